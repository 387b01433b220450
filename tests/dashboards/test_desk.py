"""The desk: the worklist by limit, a case with its clocks and verbs, in both languages."""

from datetime import timedelta

import pytest
from django.urls import reverse

from aefi.exchange.case import CaseFacts, EventFacts
from aefi.models import Case, CaseView
from aefi.services import cases, investigations
from aefi.services.cases import Act
from alerts.models import Role, Site
from alerts.outbox import Origin
from observation.models import Dose, Reaction
from tests.callers import Caller
from tests.factories import NOON, make_member, make_session, make_site
from tests.floor_factories import frozen, make_lot, make_observation

WORD = {"act": "classify", "kind": "final", "code": "1", "concluded_by": "3", "reason": "局部红肿"}
PROOF = {"act": "file", "proof": "card_accepted", "reference": "3101042026110001"}


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


def a_case(site, *, hours=0, term="发热"):
    facts = CaseFacts(
        "",
        patient_name="王小明",
        events=(EventFacts(term),),
        discovered_at=NOON - timedelta(hours=hours),
    )
    return cases.open_by_hand(site, facts, Act(Origin(), NOON))


def look(person, name, *keys, language="en", query=""):
    caller = Caller(person)
    caller.http.cookies["django_language"] = language
    return caller.ask("get", reverse(name, args=keys) + query).content.decode()


def act(person, case, **said):
    return Caller(person).http.post(reverse("case-page", args=[case.uuid]), said)


def test_the_worklist_has_the_nearest_limit_first_and_says_what_is_late(site, officer):
    late, new = a_case(site, hours=50), a_case(site)

    english = look(officer, "desk")
    chinese = look(officer, "desk", language="zh-hans")

    assert english.index(late.number) < english.index(new.number)
    assert (english.count("Overdue since"), english.count("Due by")) == (1, 1)
    assert "已超时，自" in chinese


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("?q=皮疹", 1),
        ("?state=closed", 0),
        ("?state=open", 2),
        ("?state=rubbish", 2),
        ("?page=99", 2),
    ],
)
def test_the_filters_live_in_the_address(site, officer, query, count):
    a_case(site)
    a_case(site, term="皮疹")

    assert look(officer, "desk", query=query).count("desk-row ") == count


def test_an_officer_takes_a_case_from_submission_to_its_end(site, officer, lead):
    case = a_case(site)
    act(lead, case, act="submit")
    act(officer, case, **PROOF, done_at="2026-11-22T11:59")
    act(officer, case, **WORD)

    answer = act(officer, case, act="close", reason="其余项目无法取得")

    case.refresh_from_db()
    assert answer.status_code == 302
    assert case.state == "closed"
    assert case.facts["final_class"] == "1"


def test_closing_with_gaps_says_what_is_missing(site, officer, lead):
    case = a_case(site)
    act(lead, case, act="submit")

    answer = act(officer, case, act="close")

    assert answer.status_code == 200
    assert Case.objects.get().state == "submitted"
    assert (
        "最终分类" in answer.content.decode() or "final classification" in answer.content.decode()
    )


def test_a_correction_is_a_version_and_a_stale_one_is_refused(site, officer):
    case = a_case(site)
    said = {
        "act": "facts",
        "version": 1,
        "patient_name": "王晓明",
        "reason": "更正姓名",
        "fever_c": "39.1",
    }

    act(officer, case, **said)
    stale = act(officer, case, **{**said, "patient_name": "李四"})

    case.refresh_from_db()
    assert (case.version, case.facts["patient_name"], case.facts["fever_c"]) == (2, "王晓明", 39.1)
    assert case.facts["events"][0]["term"] == "发热"
    assert stale.status_code == 200
    assert "fever_c" in look(officer, "case-page", case.uuid)


def test_what_turns_grave_shows_its_two_hours(site, lead):
    case = a_case(site)

    act(lead, case, act="turn", kind="death", reason="医院来电")

    assert "2026-11-22 14:00" in look(lead, "case-page", case.uuid)


def test_the_stages_of_an_investigation_move_its_limits(site, officer, lead):
    case = a_case(site)
    act(lead, case, act="submit")
    act(officer, case, act="stage", milestone="investigation_needed", at="2026-11-22T11:00")
    assert "2026-11-24 12:00" in look(officer, "case-page", case.uuid)  # 48 h from the report

    act(officer, case, act="stage", milestone="investigation_started", at="2026-11-22T11:30")

    shown = look(officer, "case-page", case.uuid)
    assert "2026-11-25 11:30" in shown  # the form, 3 days
    assert "Investigation started" in shown
    case.refresh_from_db()
    assert case.filings.get().proof == "investigation_started"
    act(officer, case, act="stage", milestone="site_investigation_ended", at="2026-11-22T11:45")
    assert "2026-12-22 11:45" in look(officer, "case-page", case.uuid)  # the panel, 30 days


def test_a_stage_ahead_of_the_clock_is_refused(site, officer):
    case = a_case(site)

    answer = act(
        officer, case, act="stage", milestone="investigation_started", at="2027-01-01T00:00"
    )

    case.refresh_from_db()
    assert "errorlist" in answer.content.decode()
    assert "investigation_started" not in case.milestones


def test_a_site_records_no_stage_of_the_officers(site, lead):
    case = a_case(site)
    said = {"milestone": "investigation_needed", "at": "2026-11-22T11:00"}

    assert act(lead, case, act="stage", **said).status_code == 403


def test_the_page_counts_the_same_lot_and_session(site, officer):
    session, lot = make_session(site), make_lot(site, "B202607A")
    watches = [make_observation(site, session=session) for _ in range(3)]
    for watch in watches:
        at = {"given_at": NOON, "entered_at": NOON}
        Dose.objects.create(observation=watch, vaccine=lot.vaccine, lot=lot, dose_number=1, **at)
    seen = {"site": site, "signs": {"fever": "yes"}, "seen_at": NOON, "entered_at": NOON}
    for watch in watches[:2]:
        Reaction.objects.create(observation=watch, session=session, **seen)
    case = cases.open_from_reaction(Reaction.objects.first(), Act(Origin(), NOON))

    found = investigations.beside(case, Site.objects.filter(pk=site.pk))

    counts = [(one.doses, one.recipients, one.reactions, one.cases) for one in found]
    assert [one.name for one in found] == ["B202607A", session.name]
    assert counts == [(3, 3, 2, 1)] * 2
    assert "B202607A" in look(officer, "case-page", case.uuid)
    assert investigations.beside(case, Site.objects.none())[0].doses == 0


@pytest.mark.parametrize("name", ["return", "close"])
def test_a_site_does_not_do_what_is_the_officers(site, lead, name):
    case = a_case(site)
    act(lead, case, act="submit")

    assert act(lead, case, act=name, reason="x").status_code == 403
    assert Case.objects.get().state == "submitted"


@pytest.mark.parametrize("said", [{}, {"act": "rubbish"}])
def test_a_verb_that_is_none_changes_nothing(site, officer, said):
    case = a_case(site)

    assert act(officer, case, **said).status_code == 200
    assert Case.objects.get().version == 1


def test_looking_at_a_case_is_kept(site, officer):
    case = a_case(site)

    look(officer, "case-page", case.uuid)

    assert CaseView.objects.get().by == officer


@pytest.mark.parametrize(
    "said", [{"act": "comment"}, {"act": "file", "proof": "x"}, {"act": "turn"}]
)
def test_a_half_filled_form_changes_nothing_and_marks_the_field(site, officer, said):
    case = a_case(site)

    answer = act(officer, case, **said)

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()


# Indicators


def test_the_indicators_name_every_case_that_failed_and_lead_to_it(site, officer):
    case = a_case(site)

    page = look(officer, "indicators")

    assert "0/1 = 0.0 %" in page
    assert "below the target" in page
    assert reverse("case-page", args=[case.uuid]) in page
    assert "no end recorded" in page
    assert "1 cases have no dose recorded here" in page


def test_the_indicators_are_told_in_chinese(site, officer):
    a_case(site)

    page = look(officer, "indicators", language="zh-hans")

    assert "发现后 48 小时内报告" in page
    assert "未记录终点" in page


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("?since=2026-12-01&until=2026-11-01", "The last day lies before the first one."),
        ("?since=0001-01-01&until=9999-12-31", "Choose a day between 1990 and 2100."),
        ("?since=x&until=", "Enter a valid date."),
    ],
)
def test_a_period_that_cannot_be_is_explained(site, officer, query, word):
    a_case(site)

    assert word in look(officer, "indicators", query=query)


def test_the_file_of_the_indicators_has_each_share_with_its_failures(site, officer):
    case = a_case(site)

    text = look(officer, "indicators-file", query="?since=2026-01-01&until=2026-12-31")

    assert f"310104,2026-11,reported,0,1,{case.number}" in text


def test_a_site_outside_the_region_is_in_no_indicator(site, officer):
    case = a_case(make_site(county_code="440100"))

    assert case.number not in look(officer, "indicators")
