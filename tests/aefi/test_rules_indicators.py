"""Shares with their failures, and rates with exact limits."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from aefi.rules import indicators
from aefi.rules.indicators import Failure, Interval, within

START = datetime(2025, 6, 6, 4, 0, tzinfo=UTC)
LIMIT = timedelta(hours=48)


def took(case, duration):
    return Interval(case, START, START + duration)


@pytest.mark.parametrize(
    ("duration", "failures"),
    [
        (LIMIT, ()),
        (LIMIT + timedelta(seconds=1), (Failure("1", "took 48.0 h"),)),
        (timedelta(hours=50, minutes=30), (Failure("1", "took 50.5 h"),)),
        (timedelta(0), ()),
        (-timedelta(minutes=1), (Failure("1", "ended before it started"),)),
    ],
)
def test_at_the_limit_itself_a_report_is_in_time(duration, failures):
    assert within([took("1", duration)], LIMIT).failures == failures


def test_a_missing_time_is_a_failure_and_not_left_out():
    share = within(
        [took("1", timedelta(hours=1)), Interval("2", START, None), Interval("3", None, START)],
        LIMIT,
    )

    assert (share.numerator, share.denominator) == (1, 3)
    assert share.failures == (
        Failure("2", "no end recorded"),
        Failure("3", "no start recorded"),
    )


def test_no_cases_make_no_share():
    share = within([], LIMIT)

    assert share.value is None
    assert share.meets(0.9) is None


@pytest.mark.parametrize(("good", "is_met"), [(8, False), (9, True), (10, True)])
def test_a_target_is_met_when_it_is_reached(good, is_met):
    cases = [took(str(n), timedelta(0) if n < good else timedelta(days=3)) for n in range(10)]

    assert within(cases, LIMIT).meets(indicators.TARGETS["reported"]) is is_met


def test_the_national_coverage_of_2012_is_reproduced():
    counties = dict.fromkeys(map(str, range(2824)), 1) | dict.fromkeys(
        map(str, range(3000, 3272)), 0
    )

    share = indicators.counties_reporting(counties)

    assert round(100 * share.value, 2) == 91.21
    assert len(share.failures) == 272


def test_an_incomplete_case_says_what_it_misses():
    share = indicators.completeness({"1": [], "2": ["lot", "outcome"]})

    assert (share.numerator, share.denominator) == (1, 2)
    assert share.failures == (Failure("2", "missing: lot, outcome"),)


def test_pending_is_not_classified():
    share = indicators.classified({"1": "1", "2": "8", "3": ""})

    assert share.numerator == 1
    assert share.failures == (Failure("2", "pending"), Failure("3", "no class"))


intervals = st.builds(
    took, st.text(max_size=3), st.timedeltas(timedelta(days=-9), timedelta(days=9))
)


@settings(deadline=None)
@given(st.lists(intervals))
def test_numerator_and_failures_add_up(known):
    share = within(known, LIMIT)

    assert share.numerator + len(share.failures) == share.denominator == len(known)


@pytest.mark.parametrize(
    ("events", "low", "high"),
    [(0, 0.0, 3.69), (1, 0.03, 5.57), (7, 2.81, 14.42), (100, 81.36, 121.63)],
)
def test_limits_agree_with_published_tables(events, low, high):
    found = indicators.poisson_limits(events)

    assert [round(limit, 2) for limit in found] == [low, high]


@pytest.mark.parametrize("events", [1, 2, 5, 20, 75, 999, 31_434, 323_627])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_limits_agree_with_scipy(events, confidence):
    tail = (1 - confidence) / 2

    low, high = indicators.poisson_limits(events, confidence=confidence)

    assert low == pytest.approx(chi2.ppf(tail, 2 * events) / 2, rel=1e-8)
    assert high == pytest.approx(chi2.ppf(1 - tail, 2 * events + 2) / 2, rel=1e-8)


def test_a_published_school_rate_is_reproduced():
    # Seven confirmed cases in 269,680 school doses: 2.6 per 100,000 (1.0 to 5.3) in print.
    school = indicators.rate(7, 269_680)

    assert round(school.value, 1) == 2.6
    assert (round(school.low, 1), round(school.high, 1)) == (1.0, 5.3)


@pytest.mark.parametrize(("events", "doses"), [(1, 0), (1, -5), (-1, 100)])
def test_a_rate_without_doses_is_refused(events, doses):
    with pytest.raises(ValueError, match="a rate needs doses"):
        indicators.rate(events, doses)


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=3000))
def test_limits_lie_around_the_count_and_grow_with_it(events):
    low, high = indicators.poisson_limits(events)
    next_low, next_high = indicators.poisson_limits(events + 1)

    assert low <= events <= high
    assert low < next_low
    assert high < next_high
