"""Temporal scan: worked windows, the enumerated null, and what must not change a result."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aefi.screening.scan import temporal_scan

FEW = [2, 2, 2, 5]


def llr_by_hand(c, n, cases):
    if c <= n:
        return 0.0
    return c * math.log(c / n) + (
        (cases - c) * math.log((cases - c) / (cases - n)) if c < cases else 0
    )


def best_by_hand(times, days, shares, longest, min_cases=2):
    cases = len(times)
    best = 0.0
    for start in range(1, days + 1):
        for end in range(start, min(days, start + longest - 1) + 1):
            c = sum(start <= time <= end for time in times)
            if c >= min_cases:
                best = max(best, llr_by_hand(c, cases * sum(shares[start - 1 : end]), cases))
    return best


def test_the_fullest_day_by_hand():
    (best, *_) = temporal_scan(FEW, period=(1, 5))

    assert (best.start, best.end, best.zones) == (2.0, 2.0, ())
    assert (best.observed, best.expected) == (3.0, pytest.approx(0.8))
    expected = 3 * math.log(3 / 0.8) + math.log(1 / 3.2)
    assert best.log_likelihood_ratio == pytest.approx(expected)


@pytest.mark.parametrize("shares", [(0.2,) * 5, (0.1, 0.5, 0.1, 0.1, 0.2)])
def test_the_p_value_agrees_with_the_enumerated_null(shares):
    (best, *_) = temporal_scan(FEW, period=(1, 5), baseline=shares, replicates=4000)

    exact = sum(
        math.prod(shares[day - 1] for day in times)
        for times in product(range(1, 6), repeat=4)
        if best_by_hand(times, 5, shares, 2) >= best.log_likelihood_ratio - 1e-9
    )
    assert best.p_value == pytest.approx(exact, abs=5 * math.sqrt(exact / 4000) + 1e-3)


def test_a_baseline_explains_a_full_day():
    flat = temporal_scan(FEW, period=(1, 5))[0]
    explained = temporal_scan(FEW, period=(1, 5), baseline=[1, 15, 1, 1, 2], min_cases=1)[0]

    assert flat.start == 2.0
    assert explained.start == 5.0


def test_windows_do_not_overlap_and_fall_in_evidence():
    rng = np.random.default_rng(5)
    times = [*rng.integers(0, 60, 40), *[10] * 9, *[40] * 7]

    windows = temporal_scan(times, period=(0, 59))

    ratios = [window.log_likelihood_ratio for window in windows]
    assert ratios == sorted(ratios, reverse=True)
    assert windows[0].start <= 10.0 <= windows[0].end
    assert windows[1].start <= 40.0 <= windows[1].end
    for i, one in enumerate(windows):
        assert all(one.end < other.start or other.end < one.start for other in windows[i + 1 :])


def test_windows_are_no_longer_than_asked_for():
    times = [3, 4, 5, 6, 7, 8, 20]

    assert temporal_scan(times, period=(1, 28), max_length=2)[0].end <= 4.0 + 4
    assert all(w.end - w.start < 2 for w in temporal_scan(times, period=(1, 28), max_length=2))


def test_counts_stand_for_repeated_times():
    assert temporal_scan([2, 5], counts=[3, 1], period=5) == temporal_scan(FEW, period=(1, 5))


def test_intervals_may_be_longer_than_one():
    best = temporal_scan([0.5, 6.2, 6.9, 7.5, 30.0], period=(0, 34), interval=7)[0]

    assert (best.start, best.end, best.observed) == (0.0, 0.0, 3.0)


def test_the_gumbel_p_value_goes_where_ranks_cannot():
    times = [*range(1, 29), *[14] * 25]

    ranked = temporal_scan(times, period=(1, 28))[0]
    fitted = temporal_scan(times, period=(1, 28), p_value="gumbel")[0]

    assert ranked.p_value == pytest.approx(1 / 1000)
    assert 0.0 < fitted.p_value < 1e-7


def test_gumbel_and_rank_agree_where_both_can_speak():
    times = [*range(1, 29), *[14] * 3]

    ranked = temporal_scan(times, period=(1, 28), replicates=1999)[0]
    fitted = temporal_scan(times, period=(1, 28), replicates=1999, p_value="gumbel")[0]

    assert fitted.p_value == pytest.approx(ranked.p_value, rel=0.35)


@pytest.mark.parametrize("times", [[], [3], [1, 2, 3, 4]])
def test_nothing_remarkable_gives_no_window(times):
    assert temporal_scan(times, period=(1, 4)) == []


@pytest.mark.parametrize(
    ("times", "options", "why"),
    [
        ([9], {"period": (1, 5)}, "outside"),
        ([math.nan], {"period": (1, 5)}, "finite"),
        ([1], {"period": (5, 1)}, "at least one interval"),
        ([], {}, "neither"),
        ([1, 2], {"period": 5, "counts": [1]}, "per time"),
        ([1, 2], {"period": 5, "counts": [1, 0.5]}, "whole"),
        ([1, 2], {"period": 5, "baseline": [1, 2]}, "5 values"),
        ([1, 2], {"period": 5, "baseline": [0] * 5}, "not all 0"),
    ],
)
def test_impossible_requests_say_why(times, options, why):
    with pytest.raises(ValueError, match=why):
        temporal_scan(times, **options)


@given(st.lists(st.integers(1, 20), min_size=2, max_size=25), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_cases_changes_nothing(times, random):
    shuffled = random.sample(times, len(times))

    assert temporal_scan(times, period=20, replicates=50) == temporal_scan(
        shuffled, period=20, replicates=50
    )


@given(st.lists(st.integers(1, 20), min_size=2, max_size=15), st.integers(-100, 100))
@settings(max_examples=20, deadline=None)
def test_moving_the_calendar_moves_only_the_labels(times, shift):
    here = temporal_scan(times, period=(1, 20), replicates=50)
    there = temporal_scan(
        [time + shift for time in times], period=(1 + shift, 20 + shift), replicates=50
    )

    assert [(w.start + shift, w.p_value) for w in here] == [(w.start, w.p_value) for w in there]


def test_null_p_values_are_not_too_small_too_often():
    rng = np.random.default_rng(2)
    p_values = [
        temporal_scan(rng.integers(0, 28, 20), period=(0, 27), replicates=99, seed=i)[0].p_value
        for i in range(100)
    ]

    assert np.mean(np.array(p_values) <= 0.1) <= 0.18
