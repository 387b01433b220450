"""Space-time permutation scan: worked windows, all permutations, and what must not matter."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aefi.screening.scan import space_time_permutation_scan

ZONES = ["a", "a", "a", "b", "b", "b"]
TIMES = [1, 1, 2, 4, 3, 2]


def best_by_hand(times, days, longest):
    best = 0.0
    for zone in set(ZONES):
        for start in range(1, days + 1):
            for end in range(start, min(days, start + longest - 1) + 1):
                inside = [start <= time <= end for time in times]
                c = sum(here and zone == where for here, where in zip(inside, ZONES, strict=True))
                e = sum(inside) * ZONES.count(zone) / len(ZONES)
                if c >= 2 and c > e:
                    rest = len(ZONES) - c
                    outside = rest * math.log(rest / (len(ZONES) - e)) if rest else 0.0
                    best = max(best, c * math.log(c / e) + outside)
    return best


def test_a_worked_window():
    best = space_time_permutation_scan(ZONES, TIMES, period=(1, 4))[0]

    assert best.zones == ("a",)
    assert (best.start, best.end) == (1.0, 1.0)
    assert (best.observed, best.expected) == (2.0, 1.0)
    assert best.log_likelihood_ratio == pytest.approx(2 * math.log(2) + 4 * math.log(4 / 5))


def test_the_p_value_agrees_with_all_permutations():
    zones_first = space_time_permutation_scan(ZONES, TIMES, period=(1, 4), replicates=4000)[0]

    null = [best_by_hand(times, 4, 2) for times in permutations(TIMES)]
    exact = np.mean(np.array(null) >= zones_first.log_likelihood_ratio - 1e-9)
    assert zones_first.p_value == pytest.approx(exact, abs=5 * math.sqrt(exact / 4000))


def outbreak():
    """Make two zones three units apart that flare together among quiet ones."""
    rng = np.random.default_rng(3)
    zones = [f"site {i}" for i in range(12) for _ in range(10)] + ["site 3"] * 8 + ["site 4"] * 8
    times = [*rng.integers(1, 31, 120), *[17, 17, 17, 18, 18, 18, 18, 19] * 2]
    return zones, times


def test_neighbouring_zones_are_found_together_when_positions_are_known():
    zones, times = outbreak()
    coordinates = {f"site {i}": (3.0 * i, 0.0) for i in range(12)}

    alone = space_time_permutation_scan(zones, times, period=(1, 30), replicates=199)[0]
    joined = space_time_permutation_scan(
        zones, times, period=(1, 30), coordinates=coordinates, replicates=199
    )[0]

    assert len(alone.zones) == 1
    assert {"site 3", "site 4"} <= set(joined.zones)
    assert joined.log_likelihood_ratio > alone.log_likelihood_ratio
    assert joined.p_value < alone.p_value


def test_circles_hold_at_most_the_allowed_share_of_cases():
    zones, times = outbreak()
    coordinates = {f"site {i}": (3.0 * i, 0.0) for i in range(12)}

    windows = space_time_permutation_scan(
        zones, times, coordinates=coordinates, max_share=0.2, replicates=19
    )

    assert all(sum(zone in window.zones for zone in zones) <= 0.2 * 136 for window in windows)


def test_a_change_of_all_zones_together_is_no_cluster():
    zones = ["a", "b", "c"] * 10
    times = [3] * 24 + [1, 2, 4, 5, 6, 7]

    windows = space_time_permutation_scan(zones, times, period=(1, 10), replicates=199)

    assert all(window.p_value > 0.2 for window in windows)


def test_only_current_windows_end_with_the_period():
    zones, times = outbreak()

    windows = space_time_permutation_scan(
        zones, times, period=(1, 30), only_current=True, replicates=19
    )

    assert windows
    assert {window.end for window in windows} == {30.0}


def test_returned_windows_do_not_meet():
    zones, times = outbreak()

    windows = space_time_permutation_scan(zones, times, period=(1, 30), replicates=19)

    for i, one in enumerate(windows):
        for other in windows[i + 1 :]:
            apart_in_time = one.end < other.start or other.end < one.start
            assert apart_in_time or not set(one.zones) & set(other.zones)


def test_zones_may_be_of_any_kind():
    zones = [("site", 1), ("site", 1), None, None, 7, 7.5]

    best = space_time_permutation_scan(zones, [1, 1, 2, 3, 4, 5], replicates=19)[0]

    assert best.zones == (("site", 1),)


@pytest.mark.parametrize("cases", [0, 1])
def test_too_few_cases_give_no_window(cases):
    assert space_time_permutation_scan(["a"] * cases, [1] * cases, period=(1, 5)) == []


@pytest.mark.parametrize(
    ("zones", "times", "options", "why"),
    [
        (["a"], [1, 2], {}, "same length"),
        (["a", "b"], [1, 9], {"period": (1, 5)}, "outside"),
        (["a", "b"], [1, 2], {"coordinates": {"a": (0, 0)}}, "no position for"),
    ],
)
def test_impossible_requests_say_why(zones, times, options, why):
    with pytest.raises(ValueError, match=why):
        space_time_permutation_scan(zones, times, **options)


rows = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 12)), min_size=2, max_size=20)


@given(rows, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_cases_changes_nothing(cases, random):
    def scan(table):
        zones, times = zip(*table, strict=True)
        return space_time_permutation_scan(zones, times, period=(1, 12), replicates=39)

    assert scan(cases) == scan(random.sample(cases, len(cases)))


def test_the_seed_decides_and_nothing_else():
    zones, times = outbreak()

    first, again, other = (
        space_time_permutation_scan(zones, times, replicates=49, seed=seed)[0].p_value
        for seed in (1, 1, 2)
    )

    assert first == again
    assert 0.0 < other <= 1.0
