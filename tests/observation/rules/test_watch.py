"""The watch's length, its phases and where its due time comes from; both sides of each limit."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from observation.rules import watch
from observation.rules.watch import DoseTime, Phase, RiskPeriod

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def test_everybody_is_watched_thirty_minutes():
    period = watch.period_for([])

    assert period.length == timedelta(minutes=30)
    assert period.reasons == ()


@pytest.mark.parametrize("risk", ["earlier_reaction", "known_allergy", "earlier_anaphylaxis"])
def test_a_recorded_risk_lengthens_the_watch_and_says_by_which_rule(risk):
    period = watch.period_for([risk, "asthma"])

    assert period.length == timedelta(minutes=60)
    assert period.reasons == (
        {
            "code": risk,
            "minutes": 60,
            "source": "docs/sources.md#longer-watch",
            "version": "2026-1",
        },
    )


def test_the_longest_rule_wins_and_all_that_hold_are_named():
    table = [RiskPeriod("a", 45, "x", "1"), RiskPeriod("b", 90, "x", "1")]

    period = watch.period_for({"a", "b"}, table=table)

    assert period.length == timedelta(minutes=90)
    assert [reason["code"] for reason in period.reasons] == ["a", "b"]


def test_no_rule_shortens_the_watch():
    table = [RiskPeriod("calm", 10, "x", "1")]

    assert watch.period_for(["calm"], table=table).length == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("left", "phase"),
    [
        (timedelta(minutes=30), Phase.OBSERVING),
        (timedelta(minutes=5), Phase.OBSERVING),
        (timedelta(minutes=5) - SECOND, Phase.SOON),
        (SECOND, Phase.SOON),
        (timedelta(0), Phase.MAY_LEAVE),
        (-MINUTE, Phase.MAY_LEAVE),
    ],
)
def test_the_phase_follows_the_time_left(left, phase):
    assert watch.phase_at(NOON, due_at=NOON + left, ended_at=None) is phase


def test_an_ended_watch_is_ended_whatever_its_due_time():
    assert watch.phase_at(NOON, due_at=NOON + MINUTE, ended_at=NOON) is Phase.ENDED


@pytest.mark.parametrize(("late", "may"), [(-SECOND, False), (timedelta(0), True), (SECOND, True)])
def test_a_person_may_leave_at_the_due_time_itself(late, may):
    assert watch.may_leave(NOON + late, due_at=NOON) is may


@pytest.mark.parametrize(
    "wrong",
    [timedelta(minutes=7), timedelta(minutes=-7), timedelta(days=1), timedelta(days=-1)],
)
def test_a_wrong_tablet_clock_is_corrected_by_its_offset(wrong):
    true = NOON - timedelta(minutes=4)

    time = watch.dose_time(true + wrong, offset=-wrong, received_at=NOON, is_late_entry=False)

    assert time == DoseTime(true, is_known=True)


@pytest.mark.parametrize("ahead", [SECOND, timedelta(minutes=7), timedelta(days=1)])
def test_a_dose_is_never_later_than_its_receipt(ahead):
    offset = timedelta(0)

    time = watch.dose_time(NOON + ahead, offset=offset, received_at=NOON, is_late_entry=False)

    assert time == DoseTime(NOON, is_known=True)


def test_with_an_unknown_offset_the_watch_runs_from_the_check_in():
    written = NOON - timedelta(minutes=12)

    time = watch.dose_time(written, offset=None, received_at=NOON, is_late_entry=False)

    assert time == DoseTime(NOON, is_known=False)


def test_without_a_time_the_watch_runs_from_the_check_in():
    time = watch.dose_time(None, offset=timedelta(0), received_at=NOON, is_late_entry=False)

    assert time == DoseTime(NOON, is_known=False)


@pytest.mark.parametrize(
    ("age", "is_known"), [(timedelta(hours=4), True), (timedelta(hours=4, seconds=1), False)]
)
def test_a_live_dose_of_long_ago_has_a_wrong_clock(age, is_known):
    offset = timedelta(0)

    time = watch.dose_time(NOON - age, offset=offset, received_at=NOON, is_late_entry=False)

    assert time.is_known is is_known
    assert time.at == (NOON - age if is_known else NOON)


def test_an_entry_from_paper_may_be_of_yesterday():
    yesterday = NOON - timedelta(days=1)

    time = watch.dose_time(yesterday, offset=timedelta(0), received_at=NOON, is_late_entry=True)

    assert time == DoseTime(yesterday, is_known=True)


def test_an_instant_beyond_the_calendar_is_no_time():
    end = datetime.max.replace(tzinfo=UTC)

    assert watch.corrected(end, offset=timedelta(days=2), received_at=NOON) is None


def test_thirty_minutes_are_thirty_minutes_in_the_night_the_clocks_change():
    """In Berlin 02:50 summer time and 02:20 winter time of this night are half an hour apart."""
    berlin = ZoneInfo("Europe/Berlin")
    given_at = datetime(2026, 10, 25, 2, 50, tzinfo=berlin, fold=0)

    time = watch.dose_time(
        given_at, offset=timedelta(0), received_at=given_at.astimezone(UTC), is_late_entry=False
    )
    due_at = time.at + watch.STANDARD_PERIOD

    assert due_at == datetime(2026, 10, 25, 1, 20, tzinfo=UTC)
    assert due_at.astimezone(berlin).strftime("%H:%M") == "02:20"


@pytest.mark.parametrize(
    ("later", "moved"),
    [
        (timedelta(minutes=10), timedelta(minutes=40)),
        (timedelta(0), timedelta(minutes=30)),
        (timedelta(minutes=-10), timedelta(minutes=30)),
    ],
)
def test_a_further_dose_moves_the_due_time_on_never_back(later, moved):
    due_at = NOON + timedelta(minutes=30)

    after = watch.moved_due(due_at, last_dose_at=NOON + later, length=watch.STANDARD_PERIOD)

    assert after == NOON + moved


def test_an_extension_counts_from_now_once_the_period_is_over():
    by = timedelta(minutes=15)

    running = watch.extended_due(NOON + MINUTE, now=NOON, by=by)
    over = watch.extended_due(NOON - timedelta(minutes=9), now=NOON, by=by)

    assert running == NOON + MINUTE + by
    assert over == NOON + by


def test_somebody_on_the_way_is_looked_for_after_three_minutes():
    assert watch.not_seated_at(NOON) == NOON + timedelta(minutes=3)


def test_the_closer_look_and_the_sweep_have_their_times():
    assert timedelta(minutes=5) == watch.RECHECK_EVERY
    assert timedelta(minutes=8) == watch.SWEEP_EVERY
