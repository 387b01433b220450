"""Legal clocks: what starts them, when they are due, what alone stops them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aefi.rules import clocks
from aefi.rules.clock_rules import CLOCK_RULES, Basis, ClockRule, Fact, Grave, Proof
from aefi.rules.clocks import CHINA, Calendar, ClockState, Evidence, Timeline

SHANGHAI_XUHUI = "310104"
YANTAI_ZHIFU = "370602"
NOON = datetime(2025, 6, 6, 4, 0, tzinfo=UTC)  # Friday, 12:00 in China
SECOND = timedelta(seconds=1)


def timeline(**changes):
    facts = {"county": SHANGHAI_XUHUI, "facts": {Fact.DISCOVERED: NOON}}
    return Timeline(**facts | changes)


def running(case, **options):
    """Return the clocks of a case by their keys."""
    return {clock.key: clock for clock in clocks.clocks_of(case, **options)}


def accepted(at, *, proof=Proof.CARD_ACCEPTED, reference="receipt 17", about=None):
    return Evidence(proof=proof, at=at, reference=reference, about=about)


def test_an_ordinary_case_has_48_hours_from_discovery():
    assert {key: clock.due_at for key, clock in running(timeline()).items()} == {
        "R48": NOON + timedelta(hours=48)
    }


def test_nothing_runs_before_discovery():
    assert running(timeline(facts={})) == {}


@pytest.mark.parametrize(
    ("fact", "code", "limit"),
    [
        (Fact.REPORT_RECEIVED, "V", timedelta(0)),
        (Fact.INVESTIGATION_STARTED, "F3", timedelta(days=3)),
        (Fact.SITE_INVESTIGATION_ENDED, "C30", timedelta(days=30)),
        (Fact.QUALITY_SUSPECTED, "S", timedelta(0)),
        (Fact.EMERGENCY_KNOWN, "E2.1", timedelta(hours=2)),
        (Fact.EMERGENCY_AT_COUNTY_HEALTH, "E2.2", timedelta(hours=2)),
        (Fact.EMERGENCY_AT_COUNTY_GOVERNMENT, "E2.3", timedelta(hours=2)),
        (Fact.EMERGENCY_AT_PREFECTURE, "E2.4", timedelta(hours=2)),
        (Fact.EMERGENCY_AT_PROVINCE, "E2.5", timedelta(hours=1)),
    ],
)
def test_each_duty_runs_from_its_own_fact(fact, code, limit):
    clock = running(timeline(facts={fact: NOON}))[code]

    assert (clock.started_at, clock.due_at) == (NOON, NOON + limit)


def test_an_investigation_is_due_only_where_one_is_needed():
    received = {Fact.REPORT_RECEIVED: NOON}

    assert "I48" not in running(timeline(facts=received))
    needed = running(timeline(facts=received, needs_investigation=True))
    assert needed["I48"].due_at == NOON + timedelta(hours=48)


def test_a_need_found_later_starts_the_investigation_clock_later():
    found_at = NOON + timedelta(days=3)
    facts = {Fact.REPORT_RECEIVED: NOON, Fact.INVESTIGATION_NEEDED: found_at}

    clock = running(timeline(facts=facts, needs_investigation=True))["I48"]

    assert clock.started_at == found_at


def test_a_preliminary_report_is_due_for_grave_cases_only():
    facts = {Fact.INVESTIGATION_STARTED: NOON}

    assert "P7" not in running(timeline(facts=facts))
    grave = running(timeline(facts=facts, grave={Grave.DEATH: NOON}))
    assert grave["P7"].due_at == NOON + timedelta(days=7)


def test_a_death_starts_two_hours_at_its_own_instant_and_leaves_the_48():
    died_at = NOON + timedelta(hours=30)

    upgraded = running(timeline(grave={Grave.DEATH: died_at}))

    assert upgraded["R2:death"].started_at == died_at
    assert upgraded["R2:death"].due_at == died_at + timedelta(hours=2)
    assert upgraded["R48"] == running(timeline())["R48"]


def test_each_grave_turn_asks_for_its_own_report():
    grave = {Grave.GROUP: NOON, Grave.DEATH: NOON + timedelta(days=1)}
    told = tuple(
        accepted(NOON + timedelta(hours=1), proof=proof, about=Grave.GROUP)
        for proof in (
            Proof.HEALTH_ADMINISTRATION_TOLD,
            Proof.DRUG_REGULATOR_TOLD,
            Proof.CARD_ACCEPTED,
        )
    )

    both = running(timeline(grave=grave, evidence=told))

    late = NOON + timedelta(days=2)
    assert both["R2:group"].state_at(late) == ClockState.MET
    assert both["R2:death"].state_at(late) == ClockState.OVERDUE


@pytest.mark.parametrize(
    ("since_due", "proven", "expected"),
    [
        (-SECOND, False, ClockState.RUNNING),
        (timedelta(0), False, ClockState.RUNNING),
        (SECOND, False, ClockState.OVERDUE),
        (timedelta(0), True, ClockState.MET),
        (SECOND, True, ClockState.LATE),
    ],
)
def test_at_the_limit_itself_a_duty_is_in_time(since_due, proven, expected):
    at = NOON + timedelta(hours=48) + since_due
    evidence = (accepted(at),) if proven else ()

    assert running(timeline(evidence=evidence))["R48"].state_at(at) == expected


def test_a_proof_without_a_reference_stops_nothing():
    clock = running(timeline(evidence=(accepted(NOON, reference="  "),)))["R48"]

    assert clock.stopped_at is None
    assert clock.missing == (Proof.CARD_ACCEPTED,)


def test_a_two_hour_report_stops_only_when_everyone_was_told():
    first = NOON + timedelta(minutes=10)
    last = NOON + timedelta(minutes=50)
    told = [
        accepted(first, proof=Proof.HEALTH_ADMINISTRATION_TOLD, about=Grave.DEATH),
        accepted(last, proof=Proof.DRUG_REGULATOR_TOLD, about=Grave.DEATH),
        accepted(first, proof=Proof.CARD_ACCEPTED, about=Grave.DEATH),
    ]

    partly = running(timeline(grave={Grave.DEATH: NOON}, evidence=tuple(told[:2])))["R2:death"]
    fully = running(timeline(grave={Grave.DEATH: NOON}, evidence=tuple(told)))["R2:death"]

    assert (partly.stopped_at, partly.missing) == (None, (Proof.CARD_ACCEPTED,))
    assert fully.stopped_at == last


def test_the_card_of_the_ordinary_report_is_no_report_of_a_later_death():
    case = timeline(grave={Grave.DEATH: NOON}, evidence=(accepted(NOON),))

    assert running(case)["R48"].stopped_at == NOON
    assert Proof.CARD_ACCEPTED in running(case)["R2:death"].missing


def test_the_first_proof_of_a_kind_counts():
    again = (accepted(NOON + timedelta(hours=60)), accepted(NOON + timedelta(hours=5)))

    assert running(timeline(evidence=again))["R48"].stopped_at == NOON + timedelta(hours=5)


@pytest.mark.parametrize(
    ("elapsed", "expected"),
    [
        (timedelta(hours=24) - SECOND, ()),
        (timedelta(hours=24), (50,)),
        (timedelta(hours=38, minutes=24) - SECOND, (50,)),
        (timedelta(hours=38, minutes=24), (50, 80)),
        (timedelta(hours=48) - SECOND, (50, 80)),
        (timedelta(hours=48), (50, 80, 100)),
    ],
)
def test_marks_are_reached_at_their_share_of_the_limit(elapsed, expected):
    assert running(timeline())["R48"].marks_reached(NOON + elapsed) == expected


def test_a_stopped_clock_has_no_marks_left():
    done = running(timeline(evidence=(accepted(NOON),)))["R48"]

    assert done.marks_reached(NOON + timedelta(days=9)) == ()


def test_the_site_knows_from_the_earlier_word():
    earlier, later = NOON, NOON + timedelta(hours=1)

    assert (
        clocks.discovered_at(staff_recorded_at=later, guardian_told_at=earlier)
        == clocks.discovered_at(staff_recorded_at=earlier, guardian_told_at=None)
        == earlier
    )
    assert clocks.discovered_at(staff_recorded_at=None, guardian_told_at=None) is None


def china(year, month, day, hour=0):
    return datetime(year, month, day, hour, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (china(2025, 6, 6, 12), china(2025, 6, 14)),  # Friday: Monday to Friday count
        (china(2025, 6, 7, 12), china(2025, 6, 14)),  # Saturday: the same five days
        (china(2025, 6, 9, 0), china(2025, 6, 17)),  # Monday 00:00: the Monday does not count
        (datetime(2025, 6, 8, 15, 59, tzinfo=UTC), china(2025, 6, 14)),  # Sunday 23:59 in China
        (datetime(2025, 6, 8, 16, 0, tzinfo=UTC), china(2025, 6, 17)),  # Monday 00:00 in China
    ],
)
def test_five_working_days_end_with_the_fifth_day(start, expected):
    assert clocks.after_working_days(start, 5) == expected


def test_holidays_do_not_count_and_weekends_worked_for_them_do():
    autumn = Calendar(
        holidays=frozenset(date(2025, 10, day) for day in range(1, 9)),
        worked_weekends=frozenset({date(2025, 9, 28), date(2025, 10, 11)}),
    )
    ended = {Fact.SITE_INVESTIGATION_ENDED: china(2025, 9, 26, 17)}  # Friday

    clock = running(timeline(facts=ended), calendar=autumn)["W5"]

    # Sunday 28th, Monday 29th, Tuesday 30th, then Thursday 9 and Friday 10 October.
    assert clock.due_at == china(2025, 10, 11)


@pytest.mark.parametrize(
    ("county", "discovered_at", "hours"),
    [
        (YANTAI_ZHIFU, china(2025, 5, 19, 23), 48),
        (YANTAI_ZHIFU, china(2025, 5, 20), 2),
        (SHANGHAI_XUHUI, china(2025, 5, 20), 48),
    ],
)
def test_a_local_rule_replaces_the_national_one_from_its_first_day(county, discovered_at, hours):
    clock = running(timeline(county=county, facts={Fact.DISCOVERED: discovered_at}))["R48"]

    assert clock.due_at - clock.started_at == timedelta(hours=hours)


def test_the_first_day_of_a_rule_is_a_day_in_china():
    last_utc_instant_before = datetime(2025, 5, 19, 15, 59, tzinfo=UTC)
    facts = {Fact.DISCOVERED: last_utc_instant_before}

    assert running(timeline(county=YANTAI_ZHIFU, facts=facts))["R48"].rule.jurisdiction == ""
    facts = {Fact.DISCOVERED: last_utc_instant_before + timedelta(minutes=1)}
    assert running(timeline(county=YANTAI_ZHIFU, facts=facts))["R48"].rule.jurisdiction == "3706"


def test_a_rule_ends_before_its_last_day():
    old = ClockRule(
        "R48",
        "old",
        Fact.DISCOVERED,
        (Proof.CARD_ACCEPTED,),
        timedelta(hours=72),
        valid_to=date(2025, 6, 6),
    )
    new = replace(old, task="new", valid_from=date(2025, 6, 6), valid_to=None)

    in_force = [
        clocks.rules_in_force(SHANGHAI_XUHUI, on, [new, old])["R48"].task
        for on in (date(2025, 6, 5), date(2025, 6, 6))
    ]

    assert in_force == ["old", "new"]


@pytest.mark.parametrize(("day", "is_running"), [(5, True), (6, False)])
def test_a_rule_that_ended_without_another_starts_no_clock(day, is_running):
    ended = ClockRule(
        "R48",
        "old",
        Fact.DISCOVERED,
        (Proof.CARD_ACCEPTED,),
        timedelta(hours=48),
        valid_to=date(2025, 6, 6),
    )
    case = timeline(facts={Fact.DISCOVERED: china(2025, 6, day, 23)})

    assert ("R48" in running(case, rules=[ended])) is is_running


def test_a_running_clock_remembers_its_row():
    assert running(timeline())["R48"].rule.id == "CN-R48-20100101"
    local = running(timeline(county=YANTAI_ZHIFU))["R48"]
    assert local.rule.id == "3706-R48-20250520"


def test_rows_have_different_ids_and_a_known_basis():
    assert len({rule.id for rule in CLOCK_RULES}) == len(CLOCK_RULES)
    to_be_approved = {rule.code for rule in CLOCK_RULES if rule.basis != Basis.OPENED}
    assert to_be_approved == {"V", "P7", "C30", "W5"}


def test_an_instant_without_its_zone_is_refused():
    with pytest.raises(clocks.NaiveInstant):
        timeline(grave={Grave.DEATH: NOON.replace(tzinfo=None)})


instants = st.datetimes(
    min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC)
)
waits = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400))


@settings(deadline=None)
@given(instants, waits, st.sampled_from(list(Fact)))
def test_what_begins_later_is_never_due_earlier(start, wait, fact):
    county = SHANGHAI_XUHUI
    sooner = running(timeline(county=county, facts={fact: start}, needs_investigation=True))
    later = running(timeline(county=county, facts={fact: start + wait}, needs_investigation=True))

    assert sooner.keys() == later.keys()
    assert all(sooner[key].due_at <= later[key].due_at for key in sooner)
    assert all(clock.started_at <= clock.due_at for clock in sooner.values())


@settings(deadline=None)
@given(instants, waits, waits)
def test_a_clock_never_turns_back(start, wait, more):
    clock = running(timeline(facts={Fact.DISCOVERED: start}))["R48"]

    earlier = clock.marks_reached(start + wait)
    assert clock.marks_reached(start + wait + more)[: len(earlier)] == earlier
    if clock.state_at(start + wait) == ClockState.OVERDUE:
        assert clock.state_at(start + wait + more) == ClockState.OVERDUE


@settings(deadline=None)
@given(waits)
def test_no_upgrade_moves_an_ordinary_clock(wait):
    upgraded = running(timeline(grave=dict.fromkeys(Grave, NOON + wait)))

    assert upgraded["R48"] == running(timeline())["R48"]
    assert len([key for key in upgraded if key.startswith("R2")]) == len(Grave)
