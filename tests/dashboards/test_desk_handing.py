"""Handing over and the county's words, as officers and sites see them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from aefi.exchange.case import CaseFacts
from aefi.models import CaseHanding
from aefi.services import case_classes, cases
from aefi.services.cases import Act
from alerts.models import Membership, Role
from alerts.outbox import Origin
from tests.callers import Caller
from tests.factories import NOON, make_member, make_site, make_user
from tests.floor_factories import frozen


@pytest.fixture(autouse=True)
def at_noon(db):
    with frozen(NOON):
        yield


@pytest.fixture
def site():
    return make_site(county_code="310104")


@pytest.fixture
def officer(site):
    return make_member(site, Role.OFFICER)


@pytest.fixture
def province():
    person = make_user("province")
    Membership.objects.create(user=person, region="31", role=Role.OFFICER)
    return person


@pytest.fixture
def case(site):
    earlier = Act(Origin(), NOON - timedelta(hours=1))
    opened = cases.open_by_hand(
        site, CaseFacts("", discovered_at=NOON - timedelta(hours=1)), earlier
    )
    return cases.move(opened.uuid, "submit", reason="", act=earlier)


def look(person, name, *keys):
    caller = Caller(person)
    caller.http.cookies["django_language"] = "en"
    return caller.ask("get", reverse(name, args=keys)).content.decode()


def hand(person, case, **said):
    return Caller(person).http.post(reverse("case-handing", args=[case.uuid]), said)


def test_the_county_offers_and_the_province_takes(case, officer, province):
    assert "Take the case" not in look(province, "case-handing", case.uuid)

    offered = hand(officer, case, act="offer", to_level="province", reason="死亡病例")
    assert "offered to Province" in " ".join(look(officer, "case-page", case.uuid).split())
    taken = hand(province, case, act="take")

    assert (offered.status_code, taken.status_code) == (302, 302)
    assert "Held by: Province" in look(officer, "case-page", case.uuid)


def test_who_does_not_hold_it_is_told_who_does(case, officer, province):
    said = {"act": "close", "reason": "x"}

    answer = Caller(province).http.post(reverse("case-page", args=[case.uuid]), said)

    case.refresh_from_db()
    assert case.state == "submitted"
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"act": "rubbish"},
        {"act": "take"},
        {"act": "decline", "reason": "x"},
        {"act": "offer"},
        {"act": "offer", "to_level": "moon", "reason": "x"},
        {"act": "offer", "to_level": "province", "reason": "\0"},
        {"act": "offer", "to_level": "province", "reason": "x" * 401},
        {"act": "offer", "to_level": "prefecture", "reason": "x"},
    ],
)
def test_a_bad_request_changes_nothing(case, officer, province, said):
    assert hand(officer, case, **said).status_code == 200
    assert not CaseHanding.objects.exists()


def test_a_site_sees_the_line_and_hands_nothing(site, case, officer):
    lead = make_member(site, Role.LEAD)

    assert "Held by" in look(lead, "case-handing", case.uuid)
    assert hand(lead, case, act="offer", to_level="province", reason="x").status_code == 403


def test_a_case_elsewhere_is_not_found(officer):
    far = make_site(name="far", county_code="440100")
    case = cases.open_by_hand(far, CaseFacts(""), Act(Origin(), NOON))

    assert hand(officer, case, act="take").status_code == 404


def test_a_site_has_a_count_of_news_until_it_opened_the_case(site, case, officer):
    doctor = make_member(site, Role.CLINICIAN)
    word = Act(Origin(actor=officer), NOON - timedelta(minutes=5))
    cases.move(case.uuid, "return", reason="缺少批号", act=word)
    desk = look(doctor, "desk")
    assert "New from the county: 1" in desk
    assert "缺少批号" in desk
    assert "New from the county" not in look(officer, "desk")

    assert "缺少批号" in look(doctor, "case-page", case.uuid)

    assert "New from the county" not in look(doctor, "desk")


def test_a_closing_tells_the_class_with_thanks(site, case, officer):
    doctor, act = make_member(site, Role.CLINICIAN), Act(Origin(actor=officer), NOON)
    word = case_classes.Word("final", "1", "x", concluded_by="3")
    case_classes.classify(case.uuid, word, act)
    cases.move(case.uuid, "close", reason="x", act=act)

    page = look(doctor, "case-page", case.uuid)

    assert "Thank you for reporting." in page
    assert "Final class" in page
