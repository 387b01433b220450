"""When a clock reminds, whom, and how it goes on while no proof is there."""

from datetime import timedelta

import pytest

from aefi.rules.clock_rules import Fact, Grave, Proof
from aefi.rules.clocks import Evidence, Timeline, clocks_of
from aefi.rules.reminders import CIRCLES, Circle, due, instant, next_at, percent, reached
from tests.factories import NOON

HOUR = timedelta(hours=1)


def clock(code="R48", **changes):
    timeline = Timeline(**{"county": "310104", "facts": {Fact.DISCOVERED: NOON}, **changes})
    return next(one for one in clocks_of(timeline) if one.rule.code == code)


@pytest.mark.parametrize(
    ("number", "hours", "mark"),
    [(0, 24, 50), (1, 38.4, 80), (2, 48, 100), (3, 72, 100), (4, 96, 100)],
)
def test_forty_eight_hours_remind_at_the_marks_and_then_daily(number, hours, mark):
    one = clock()

    assert instant(one, number) == NOON + hours * HOUR
    assert percent(one, number) == mark


def test_two_hours_remind_at_the_marks_and_then_every_two_hours():
    one = clock("R2", grave={Grave.DEATH: NOON})

    ats = [instant(one, number) - NOON for number in range(5)]

    assert ats == [timedelta(minutes=minutes) for minutes in (60, 96, 120, 240, 360)]


def test_a_duty_at_once_goes_to_the_county_at_once_and_wider_after_an_hour():
    one = clock("V", facts={Fact.REPORT_RECEIVED: NOON})

    found = [(instant(one, n) - NOON, percent(one, n)) for n in range(3)]

    assert found == [(0 * HOUR, 80), (HOUR, 100), (2 * HOUR, 100)]


@pytest.mark.parametrize(
    ("hours", "number"),
    [(0, -1), (23.99, -1), (24, 0), (38.4, 1), (47.9, 1), (48, 2), (71, 2), (72, 3), (480, 20)],
)
def test_the_newest_reminder_is_the_one_whose_instant_passed_last(hours, number):
    one = clock()

    assert reached(one, NOON + hours * HOUR) == number
    if number >= 0:
        assert instant(one, number) <= NOON + hours * HOUR < instant(one, number + 1)


def test_what_was_slept_through_is_said_once_and_not_three_times():
    one = clock()

    assert due([one], {}, NOON + 50 * HOUR) == [(one, 2)]
    assert due([one], {"R48": 2}, NOON + 50 * HOUR) == []
    assert next_at([one], {"R48": 2}) == NOON + 72 * HOUR


def test_proof_ends_the_reminders():
    filed = Evidence(Proof.CARD_ACCEPTED, NOON + HOUR, "3101042026110001")
    one = clock(evidence=(filed,))

    assert due([one], {}, NOON + 50 * HOUR) == []
    assert next_at([one], {}) is None


def test_each_mark_reaches_further_than_the_one_before():
    circles = [set(CIRCLES[mark]) for mark in sorted(CIRCLES)]

    assert circles[0] < circles[1] < circles[2] == set(Circle)
