"""Groups on the desk: found, read, judged and reported by who may, in both languages."""

from datetime import timedelta

import pytest
from django.urls import reverse

from aefi.models import GroupEvent
from aefi.services import cases
from aefi.services.cases import Act
from alerts.models import Role
from alerts.outbox import SYSTEM
from tests.aefi.halls import at, fall_ill, look, make_bay, sight, three_faints
from tests.callers import Caller
from tests.factories import NOON, make_member, make_session, make_site
from tests.floor_factories import frozen, make_lot


@pytest.fixture(autouse=True)
def at_noon(db):
    with frozen(at(20)):
        yield


@pytest.fixture
def site():
    found = make_site(county_code="310104")
    make_session(found)
    make_bay(found)
    return found


@pytest.fixture
def ill(site):
    found = three_faints(site, lot=make_lot(site))
    look()
    return found


@pytest.fixture
def card(site, ill):
    return sight(site)


@pytest.fixture
def officer(site):
    return make_member(site, Role.OFFICER)


def look_at(person, name, *keys, language="en"):
    caller = Caller(person)
    caller.http.cookies["django_language"] = language
    return caller.ask("get", reverse(name, args=keys))


def text_of(*args, **options):
    return look_at(*args, **options).content.decode()


def say(person, card, **said):
    return Caller(person).http.post(reverse("group", args=[card.uuid]), said)


def told(proof, reference="王主任"):
    return {"act": "told", "proof": proof, "reference": reference, "done_at": "2026-11-22T12:10"}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Group event", "Within sight of each other", "Bay 4", "collapse", "Epidemic"]),
        ("zh-hans", ["群体性事件", "流行曲线", "4 区", "病例一览表"]),
    ],
)
def test_the_page_tells_what_stands_out_in_the_readers_language(officer, card, language, words):
    page = text_of(officer, "group", card.uuid, language=language).lower()

    assert [word for word in words if word.lower() not in page] == []


def test_questions_stand_first_on_the_list_and_lead_to_their_page(officer, card):
    page = text_of(officer, "groups")

    assert "A person has to say whether it is one" in page
    assert reverse("group", args=[card.uuid]) in page


def test_a_group_is_declared_and_its_report_proved_on_the_page(officer, card):
    assert say(officer, card, act="declare", reason="三人同区晕倒").status_code == 302
    page = text_of(officer, "group", card.uuid)
    assert ("310104202601" in page, "Drug regulator told" in page) == (True, True)

    for proof in ("health_administration_told", "drug_regulator_told", "card_accepted"):
        assert say(officer, card, **told(proof)).status_code == 302

    page = text_of(officer, "group", card.uuid)
    assert ("Done: keep the time" in page, "王主任" in page) == (False, True)
    assert "✓ Reported" in text_of(officer, "groups")


@pytest.mark.parametrize(
    "said",
    [
        {"act": "declare"},
        {"act": "declare", "reason": " "},
        {"act": "explode", "reason": "x"},
        {"act": "told", "proof": "card_accepted"},
        {"act": "told", "proof": "moon", "reference": "x", "done_at": "2026-11-22T12:10"},
        told("card_accepted"),
    ],
)
def test_what_is_half_said_or_out_of_turn_changes_nothing_and_is_told(officer, card, said):
    answer = say(officer, card, **said)

    assert 'role="alert"' in answer.content.decode()
    kept = GroupEvent.objects.get(pk=card.pk)
    assert (kept.state, kept.filings.count()) == ("proposed", 0)


def test_a_clinician_reads_and_judges_nothing(site, card):
    clinician = make_member(site, Role.CLINICIAN)

    assert "Declare the group" not in text_of(clinician, "group", card.uuid)
    assert say(clinician, card, act="declare", reason="x").status_code == 403
    assert look_at(clinician, "group-form-file", card.uuid).status_code == 403


def test_a_group_elsewhere_is_not_found(card):
    stranger = make_member(make_site(name="elsewhere"), Role.OFFICER)

    assert look_at(stranger, "group", card.uuid).status_code == 404
    assert reverse("group", args=[card.uuid]) not in text_of(stranger, "groups")


def test_a_person_is_named_once_there_is_a_case_and_each_view_is_kept(officer, card, ill):
    assert "李雷" not in text_of(officer, "group", card.uuid)
    case = cases.open_from_reaction(ill[0], Act(SYSTEM, NOON + timedelta(minutes=15)))

    assert "李雷0" in text_of(officer, "group", card.uuid)
    assert [view.by for view in case.views.all()] == [officer]


def test_names_leave_for_a_reason_only(officer, card):
    plain = look_at(officer, "group-list-file", card.uuid)
    refused = Caller(officer).ask(
        "get", reverse("group-form-file", args=[card.uuid]) + "?identified=1"
    )

    assert (plain.status_code, "李雷" in plain.content.decode()) == (200, False)
    assert (refused.status_code, refused["Content-Type"]) == (409, "text/plain; charset=utf-8")


def test_the_case_of_a_member_leads_to_its_group(officer, card, ill):
    case = cases.open_from_reaction(ill[0], Act(SYSTEM, NOON + timedelta(minutes=15)))
    say(officer, card, act="declare", reason="x")

    page = text_of(officer, "case-page", case.uuid)

    assert reverse("group", args=[card.uuid]) in page


def test_who_fell_ill_near_each_other_is_told_with_how_often_chance_does_it(officer, site, card):
    for minute, number in ((-55, 9), (-30, 6), (18, 10)):
        fall_ill(site, minute, seat=f"4-{number}")

    page = text_of(officer, "group", card.uuid)

    assert "4-1, 4-2, 4-3" in page
    assert "3 people of this session fell ill near in seats and time" in page
    assert "near in seats may only mean near in the queue" in page
    assert "按到达先后就座" in text_of(officer, "group", card.uuid, language="zh-hans")
