"""One act on several cases: every case has its own answer, and nothing is half-silent."""

import uuid

import pytest
from django.urls import reverse

from aefi.exchange.case import CaseFacts
from aefi.models import Case, CaseComment
from aefi.services import cases
from aefi.services.cases import Act
from alerts.models import Event, Role
from alerts.outbox import Origin
from tests.callers import Caller
from tests.factories import NOON, make_member, make_site
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
def lead(site):
    return make_member(site, Role.LEAD)


def opened(site, *, is_submitted=False):
    act = Act(Origin(), NOON)
    case = cases.open_by_hand(site, CaseFacts("", discovered_at=NOON), act)
    return cases.move(case.uuid, "submit", reason="", act=act) if is_submitted else case


def bulk(person, rows, verb, words=""):
    said = {"case": [getattr(row, "uuid", row) for row in rows], "verb": verb, "words": words}
    caller = Caller(person)
    caller.http.cookies["django_language"] = "en"
    return caller.http.post(reverse("desk-bulk"), said)


def states():
    return list(Case.objects.order_by("pk").values_list("state", flat=True))


def test_each_case_is_done_or_refused_by_itself(site, officer):
    ready, draft = opened(site, is_submitted=True), opened(site)

    page = bulk(officer, [draft, ready], "return", "缺少批号").content.decode()

    assert states() == ["returned", "draft"]
    assert "Done: 1 · Refused: 1" in page
    assert "Not possible while the case is" in page
    assert ready.number in page
    assert Event.objects.filter(type="case.returned").count() == 1


@pytest.mark.parametrize(
    ("verb", "expected"), [("submit", "submitted"), ("comment", "draft"), ("close", "draft")]
)
def test_the_acts(site, officer, verb, expected):
    bulk(officer, [opened(site), opened(site)], verb, "x")

    assert states() == [expected, expected]
    assert CaseComment.objects.count() == (2 if verb == "comment" else 0)


def test_cases_close_with_one_reason(site, officer):
    bulk(officer, [opened(site, is_submitted=True)], "close", "无法补充")

    assert states() == ["closed"]


def test_a_case_ticked_twice_is_done_once(site, officer):
    case = opened(site)

    bulk(officer, [case, case], "comment", "x")

    assert CaseComment.objects.count() == 1


@pytest.mark.parametrize("verb", ["return", "close"])
def test_a_site_does_not_do_what_is_the_officers(site, lead, verb):
    page = bulk(lead, [opened(site, is_submitted=True)], verb, "x").content.decode()

    assert states() == ["submitted"]
    assert "Your role does not do this" in page


def test_a_case_of_another_region_is_told_as_none_and_stays(officer, site):
    far = opened(make_site(name="far", county_code="440100"))

    page = bulk(officer, [far, uuid.uuid4()], "submit").content.decode()

    assert states() == ["draft"]
    assert page.count("There is no such case.") == 2
    assert far.number not in page


@pytest.mark.parametrize("verb", ["return", "close", "comment", "rubbish", "\0"])
def test_without_words_or_verb_nothing_happens_and_the_ticks_stay(site, officer, verb):
    case = opened(site, is_submitted=True)

    page = bulk(officer, [case], verb).content.decode()

    assert states() == ["submitted"]
    assert "errorlist" in page
    assert str(case.uuid) in page


@pytest.mark.parametrize("keys", [[], ["x"], [uuid.uuid4() for _ in range(101)]])
def test_none_too_many_or_no_key_is_told(officer, keys):
    answer = bulk(officer, keys, "submit")

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


def test_every_line_has_a_box_that_belongs_to_the_form(site, officer):
    case = opened(site)

    page = Caller(officer).ask("get", reverse("desk")).content.decode()

    assert f'name="case" value="{case.uuid}"' in " ".join(page.split())
    assert 'id="bulk"' in page
    assert "data-keys" in page
