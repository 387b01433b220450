"""Second reports of a case: found as they arrive, merged and taken apart, or called different."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from aefi.exchange.case import CaseFacts, EventFacts, VaccineFacts
from aefi.models import Case, CasePair, PairState
from aefi.rules.clock_rules import Fact, Grave, Proof
from aefi.services import case_clocks, case_gaps, case_merges, cases, indicators, worklist
from aefi.services.cases import Act, NotNow, Said
from alerts.models import Event, Membership, Role, Site
from alerts.outbox import Origin
from tests.callers import Caller
from tests.factories import NOON, make_member, make_site, make_user
from tests.floor_factories import frozen

HOUR = timedelta(hours=1)
WANG = {
    "patient_name": "王小明",
    "birth_date": date(2019, 5, 4),
    "vaccines": (VaccineFacts("流感疫苗", lot="F1", given_at=NOON - 30 * HOUR),),
    "events": (EventFacts("发热", onset_at=NOON - 20 * HOUR),),
    "discovered_at": NOON - 10 * HOUR,
}


@pytest.fixture(autouse=True)
def at_noon(db):
    with frozen(NOON):
        yield


@pytest.fixture
def site():
    return make_site(county_code="310104")


@pytest.fixture
def officer():
    person = make_user("officer")
    Membership.objects.create(user=person, region="3101", role=Role.OFFICER)
    return person


def act(officer=None):
    return Act(Origin(actor=officer), NOON)


def opened(site, **changes):
    return cases.open_by_hand(site, CaseFacts("", **{**WANG, **changes}), act())


def merged(site, officer, **changes):
    """Two reports of one case, the second merged into the first."""
    one, other = opened(site), opened(site, **changes)
    pair = CasePair.objects.get()
    case_merges.merge(pair.uuid, case_merges.Choice(one.uuid, "同一电话"), act(officer))
    return Case.objects.get(pk=one.pk), Case.objects.get(pk=other.pk), pair


def on_worklist():
    return [case.pk for case in worklist.cases_at(Site.objects.all(), {})]


# Found


def test_the_second_report_is_found_as_it_arrives_and_told_why(site):
    one, other = opened(site), opened(site, patient_name="Xiaoming Wang")

    pair = CasePair.objects.get()
    assert (pair.one, pair.other, pair.state) == (one, other, PairState.OPEN)
    assert [words for _points, words in pair.reasons][:2] == [
        "same birth date",
        "same name with the family name first and last",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"patient_name": "李四"},
        {"patient_name": "", "birth_date": None},
        {"patient_name": "王小明", "birth_date": date(1980, 1, 1), "vaccines": (), "events": ()},
    ],
)
def test_what_is_unlike_makes_no_pair(site, changes):
    opened(site)
    opened(site, **changes)

    assert not CasePair.objects.exists()


def test_twins_are_asked_about_and_never_merged_by_themselves(site):
    opened(site, patient_name="王小明")
    opened(site, patient_name="王小敏")

    pair = CasePair.objects.get()

    assert pair.state == PairState.OPEN
    assert any("one letter apart" in words for _points, words in pair.reasons)
    assert len(on_worklist()) == 2


def test_a_pair_across_two_counties_of_a_prefecture_is_found_and_none_beyond(site):
    opened(site)
    opened(make_site(name="near", county_code="310115"))
    opened(make_site(name="far", county_code="440103"))

    assert CasePair.objects.count() == 1


def test_a_correction_that_parts_two_cases_takes_the_question_away(site):
    opened(site)
    other = opened(site)
    facts = CaseFacts("", patient_name="李四", birth_date=date(1990, 1, 1))

    cases.revise(other.uuid, facts, base=1, reason="更正", act=act())

    assert not CasePair.objects.exists()


def test_what_was_called_different_is_asked_again_only_when_more_alike(site, officer):
    opened(site, vaccines=(), events=())
    other = opened(site, vaccines=(), events=())
    pair = CasePair.objects.get()
    case_merges.call_different(pair.uuid, reason="双胞胎", act=act(officer))
    facts = CaseFacts("", patient_name="王小明", birth_date=date(2019, 5, 4))

    cases.revise(other.uuid, facts, base=1, reason="x", act=act())
    pair.refresh_from_db()
    assert pair.state == PairState.DIFFERENT
    one = Case.objects.first()
    for case in (one, other):
        facts = CaseFacts("", **WANG)
        base = Case.objects.get(pk=case.pk).version
        cases.revise(case.uuid, facts, base=base, reason="x", act=act())

    pair.refresh_from_db()
    assert pair.state == PairState.OPEN


def test_looking_costs_the_same_beside_many_cases(site, django_assert_max_num_queries):
    opened(site)
    for number in range(30):
        opened(site, patient_name=f"李{number}", birth_date=date(1990, 1, 1 + number % 28))

    with django_assert_max_num_queries(40):
        opened(site, patient_name="赵一", birth_date=date(1970, 1, 1))


# Merged


def test_a_merge_leaves_one_on_the_worklist_and_no_limit_gets_later(site, officer):
    one, _other, _pair = merged(site, officer, discovered_at=NOON - 30 * HOUR)

    assert on_worklist() == [one.pk]
    assert one.due_at == NOON + 18 * HOUR


def test_a_grave_turn_of_the_second_report_is_the_first_ones_too(site, officer):
    one, other = opened(site), opened(site)
    cases.turn_grave(other.uuid, Grave.DEATH, reason="x", act=act())
    pair = CasePair.objects.get()

    case_merges.merge(pair.uuid, case_merges.Choice(one.uuid, "x"), act(officer))

    one.refresh_from_db()
    assert one.due_at == NOON + 2 * HOUR


def test_a_card_filed_for_either_counts_for_the_kept_one(site, officer):
    one, other = opened(site), opened(site)
    cases.file(other.uuid, Said(Proof.CARD_ACCEPTED, "310104", NOON), act())
    pair = CasePair.objects.get()

    case_merges.merge(pair.uuid, case_merges.Choice(one.uuid, "x"), act(officer))

    one.refresh_from_db()
    assert one.due_at is None


def test_undoing_brings_back_both_as_they_were(site, officer):
    one, other = opened(site), opened(site, discovered_at=NOON - 30 * HOUR)
    cases.turn_grave(other.uuid, Grave.DEATH, reason="x", act=act())
    before = list(Case.objects.order_by("pk").values())
    pair = CasePair.objects.get()
    case_merges.merge(pair.uuid, case_merges.Choice(one.uuid, "x"), act(officer))

    case_merges.undo(pair.uuid, reason="doch zwei", act=act(officer))

    assert list(Case.objects.order_by("pk").values()) == before
    assert len(on_worklist()) == 2


def test_undoing_keeps_what_was_said_of_the_kept_one_since(site, officer):
    one, _other, pair = merged(site, officer, discovered_at=NOON - 30 * HOUR)
    started = NOON - HOUR
    cases.reach(one.uuid, Fact.INVESTIGATION_STARTED, at=started, act=act())

    case_merges.undo(pair.uuid, reason="x", act=act(officer))

    one.refresh_from_db()
    assert one.milestones[Fact.INVESTIGATION_STARTED] == started.isoformat()
    assert one.milestones[Fact.DISCOVERED] == (NOON - 10 * HOUR).isoformat()


def test_a_part_of_another_case_says_where_to_work(site, officer):
    one, other, _pair = merged(site, officer)

    with pytest.raises(NotNow, match=one.number):
        cases.move(other.uuid, "submit", reason="x", act=act())


def test_a_grave_turn_and_a_word_on_a_part_go_to_the_whole(site, officer):
    one, other, pair = merged(site, officer)

    cases.turn_grave(other.uuid, Grave.DEATH, reason="x", act=act())
    cases.comment(other.uuid, "家属来电", act())

    one.refresh_from_db()
    assert one.due_at == NOON + 2 * HOUR
    assert one.comments.get().text == "家属来电"
    case_merges.undo(pair.uuid, reason="x", act=act(officer))
    one.refresh_from_db()
    assert list(one.grave) == [Grave.DEATH]


def test_what_is_said_of_the_kept_one_again_stays_when_the_merge_is_undone(site, officer):
    one, other = opened(site), opened(site)
    cases.turn_grave(other.uuid, Grave.DEATH, reason="x", act=act())
    cases.move(other.uuid, "submit", reason="", act=act())
    pair = CasePair.objects.get()
    case_merges.merge(pair.uuid, case_merges.Choice(one.uuid, "x"), act(officer))
    later = Act(Origin(), NOON + HOUR)
    cases.turn_grave(one.uuid, Grave.DEATH, reason="医院来电", act=later)
    cases.move(one.uuid, "submit", reason="", act=later)
    cases.reach(one.uuid, Fact.INVESTIGATION_NEEDED, at=NOON, act=later)

    case_merges.undo(pair.uuid, reason="x", act=act(officer))

    one.refresh_from_db()
    assert one.needs_investigation
    assert Fact.REPORT_RECEIVED in one.milestones
    assert case_clocks.grave_of(one) == {Grave.DEATH: NOON + HOUR}


@pytest.mark.parametrize(
    "change", [{"state": "closed"}, {"origin": "imported"}, {"facts__country": "US"}]
)
def test_the_case_that_does_not_remind_is_not_the_one_to_keep(site, officer, change):
    one, other = opened(site), opened(site)
    if "facts__country" in change:
        change = {"facts": {**one.facts, "country": "US"}}
    Case.objects.filter(pk=one.pk).update(**change)
    pair = CasePair.objects.get()

    with pytest.raises(NotNow):
        case_merges.merge(pair.uuid, case_merges.Choice(one.uuid, "x"), act(officer))
    case_merges.merge(pair.uuid, case_merges.Choice(other.uuid, "x"), act(officer))

    assert on_worklist() == [other.pk]
    assert case_clocks.Timer.objects.armed().filter(subject=str(other.uuid)).exists()


def test_proofs_and_classes_of_a_part_count_for_the_whole(site, officer):
    one, other = opened(site), opened(site)
    cases.file(other.uuid, Said(Proof.CARD_ACCEPTED, "310104", NOON), act())
    pair = CasePair.objects.get()
    case_merges.merge(pair.uuid, case_merges.Choice(one.uuid, "x"), act(officer))
    one.refresh_from_db()

    assert "proof that the card was accepted" not in str(case_gaps.record_gaps(one))
    assert len(case_gaps.record_gaps(one)) == 1
    period = indicators.Period(NOON.date(), NOON.date())
    tallies = indicators.in_all(indicators.tallies_of(Site.objects.all(), period).values())
    shares = indicators.shares_of(indicators.records_of(Site.objects.all(), period))
    assert (tallies["reported"].numerator, tallies["reported"].denominator) == (1, 1)
    assert shares["reported"].numerator == 1


def test_a_grave_turn_told_of_a_part_shows_the_caller_no_other_sites_case(site, officer):
    near = make_site(name="near", county_code="310115")
    one, other = opened(near, phone="13911112222"), opened(site)
    pair = CasePair.objects.get()
    case_merges.merge(pair.uuid, case_merges.Choice(one.uuid, "x"), act(officer))
    lead = make_member(site, Role.LEAD)

    body = {"kind": "death", "reason": "x"}
    answer = Caller(lead).ask("post", reverse("case-turn", args=[other.uuid]), body)

    assert answer.status_code == 200
    assert answer.json()["number"] == other.number
    assert "13911112222" not in answer.content.decode()
    one.refresh_from_db()
    assert one.grave


def test_a_merged_case_has_no_reminder(site, officer):
    _one, other, _pair = merged(site, officer)

    assert case_clocks.nearest_limit(other) is None
    assert not case_clocks.Timer.objects.armed().filter(subject=str(other.uuid)).exists()


def test_a_chain_of_merges_is_refused(site, officer):
    one, other, _pair = merged(site, officer)
    third = opened(site)
    pair = CasePair.objects.get(one=one, other=third)

    with pytest.raises(NotNow):
        case_merges.merge(pair.uuid, case_merges.Choice(third.uuid, "x"), act(officer))
    case_merges.merge(pair.uuid, case_merges.Choice(one.uuid, "x"), act(officer))

    assert set(one.merged_cases.all()) == {other, third}


def test_two_who_merge_at_once_make_one_merge(site, officer):
    one, other = opened(site), opened(site)
    pair = CasePair.objects.get()
    for kept in (one, other):
        case_merges.merge(pair.uuid, case_merges.Choice(kept.uuid, "x"), act(officer))

    other.refresh_from_db()
    assert other.merged_into == one
    assert Event.objects.filter(type="case.merged").count() == 1


def test_the_events_name_no_person(site, officer):
    _one, _other, pair = merged(site, officer)
    case_merges.undo(pair.uuid, reason="王小明", act=act(officer))

    told = Event.objects.filter(type__startswith="case.").values_list("payload", flat=True)
    assert "王小明" not in str(list(told))


# The page and the API


def decide(person, **said):
    return Caller(person).http.post(reverse("duplicates"), said)


def test_the_officer_merges_and_undoes_on_the_page(site, officer):
    one, other = opened(site), opened(site, patient_name="王晓明")
    page = Caller(officer).ask("get", reverse("duplicates")).content.decode()
    assert "王晓明" in page
    assert "姓名读音相同" in page or "same name by sound" in page
    pair = CasePair.objects.get()

    decide(officer, pair=pair.uuid, act="merge", keep=other.uuid, reason="同一电话")
    one.refresh_from_db()
    assert one.merged_into == other
    shown = Caller(officer).ask("get", reverse("case-page", args=[one.uuid])).content.decode()
    assert other.number in shown
    decide(officer, pair=pair.uuid, act="undo", reason="x")

    one.refresh_from_db()
    assert one.merged_into is None


@pytest.mark.parametrize(
    "said",
    [
        {"act": "merge"},
        {"act": "merge", "reason": "\0"},
        {"act": "burn", "reason": "x"},
        {"act": "merge", "keep": "x", "reason": "x"},
        {"act": "undo", "reason": "x"},
        {"pair": "x", "act": "merge", "reason": "x"},
        {"pair": "00000000-0000-0000-0000-000000000000", "act": "merge", "reason": "x"},
    ],
)
def test_what_cannot_be_decided_says_why(site, officer, said):
    opened(site)
    opened(site)
    pair = CasePair.objects.get()

    answer = decide(officer, **{"pair": pair.uuid, **said})

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert not Case.objects.exclude(merged_into=None).exists()


def test_an_officer_of_one_county_does_not_see_the_other_countys_case(site):
    county = make_user("county")
    Membership.objects.create(user=county, region="310104", role=Role.OFFICER)
    opened(site)
    other = opened(make_site(name="near", county_code="310115"))

    page = Caller(county).ask("get", reverse("duplicates")).content.decode()

    assert other.number not in page
    assert (
        decide(county, pair=CasePair.objects.get().uuid, act="merge", reason="x").status_code == 200
    )
    assert not Case.objects.exclude(merged_into=None).exists()


def test_the_site_is_told_that_there_may_be_a_second_report(site):
    case = opened(site)
    opened(make_site(name="near", county_code="310115"), phone="13911112222")
    lead = make_member(site, Role.LEAD)

    page = Caller(lead).ask("get", reverse("case-page", args=[case.uuid])).content.decode()

    assert "重复报告" in page or "second report" in page
    assert "13911112222" not in page


def test_a_merge_keeps_the_stricter_limit_of_the_two_counties(officer):
    here, there = make_site(county_code="310104"), make_site(county_code="370602", name="there")
    one = opened(here)
    other = opened(there, patient_name="Xiaoming Wang")
    strict = case_clocks.nearest_limit(other)
    assert strict < case_clocks.nearest_limit(one)
    pair = CasePair.objects.create(one=one, other=other, score=50, found_at=NOON)

    case_merges.merge(pair.uuid, case_merges.Choice(one.uuid, "同一电话"), act(officer))

    kept = Case.objects.get(pk=one.pk)
    assert kept.due_at == strict
    [card] = [clock for clock in case_clocks.clocks(kept) if clock.rule.code == "R48"]
    assert card.rule.jurisdiction == "3706"
