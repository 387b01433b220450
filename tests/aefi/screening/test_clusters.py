"""Groups of cases in place and time: what is proposed, and how surprising it is."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aefi.screening.clusters import find_case_groups

METHODS = ["dbscan", "hdbscan"]
LIMITS = {"max_distance": 1.5, "max_hours": 0.5}


def hall(quiet=60, *, seed=1):
    """Seat faints at random over a hall of 20 x 20 metres and a day of eight hours."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 20, (quiet, 2)).astype(float), rng.random(quiet) * 8.0


def with_cluster(positions, hours):
    seats = [(4, 4), (4, 5), (5, 4), (5, 5), (6, 5), (5, 6), (6, 6)] * 2
    times = [3.0, 3.1, 3.1, 3.2, 3.3, 3.2, 3.4] * 2
    return np.vstack([positions, seats]), np.append(hours, times)


@pytest.mark.parametrize("method", METHODS)
def test_a_flare_in_one_corner_is_proposed_and_holds_the_test(method):
    positions, hours = with_cluster(*hall())

    best = find_case_groups(positions, hours, **LIMITS, method=method)[0]

    assert set(range(60, 74)) <= set(best.members)
    assert best.start <= 3.0
    assert best.end >= 3.4
    assert best.p_value <= 0.05


@pytest.mark.parametrize("method", METHODS)
def test_chance_neighbours_do_not_hold_the_test(method):
    positions, hours = hall(120)

    groups = find_case_groups(positions, hours, **LIMITS, method=method, replicates=99)

    assert all(group.p_value > 0.05 for group in groups)


def test_the_numbers_of_a_group_by_hand():
    positions = [(0, 0)] * 3 + [(9, 9)] * 3
    hours = [1.0, 1.1, 1.2, 1.1, 4.0, 7.0]

    (group,) = find_case_groups(positions, hours, **LIMITS)

    assert group.members == (0, 1, 2)
    assert (group.start, group.end, group.observed) == (1.0, 1.2, 3.0)
    assert group.expected == pytest.approx(3 * 4 / 6)
    by_hand = 3 * math.log(3 / 2) + 3 * math.log(3 / 4)
    assert group.log_likelihood_ratio == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("shift", "groups"),
    [((1.5, 0.0, 0.0), 1), ((1.6, 0.0, 0.0), 0), ((0, 0, 0.5), 1), ((0, 0, 0.6), 0)],
)
def test_both_limits_hold_at_their_own_value(shift, groups):
    x, y, later = shift
    positions = [(0, 0), (x, y), (30, 30), (40, 40), (50, 50)]
    hours = [1.0, 1.0 + later, 3.0, 5.0, 7.0]

    assert len(find_case_groups(positions, hours, **LIMITS, min_cases=2)) == groups


@pytest.mark.parametrize("method", METHODS)
def test_a_whole_hall_at_once_is_not_a_group_in_place(method):
    positions, _ = hall(40)

    groups = find_case_groups(
        positions, np.full(40, 2.0), max_distance=50, max_hours=1, method=method
    )

    assert groups == []


def test_two_flares_are_two_groups():
    positions, hours = with_cluster(*hall())
    positions = np.vstack([positions, positions[60:] + 10])
    hours = np.append(hours, hours[60:] + 3)

    first, second = find_case_groups(positions, hours, **LIMITS)[:2]

    assert {min(first.members), min(second.members)} <= set(range(88))
    assert not set(first.members) & set(second.members)


@pytest.mark.parametrize("cases", [0, 1, 2])
def test_too_few_cases_are_no_group(cases):
    assert find_case_groups(np.zeros((cases, 2)), np.zeros(cases), **LIMITS) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"hours": [1.0]}, "finite position"),
        ({"hours": [1.0, math.nan]}, "finite position"),
        ({"max_distance": 0.0}, "above 0"),
        ({"max_hours": -1.0}, "above 0"),
        ({"min_cases": 1}, "two cases"),
    ],
)
def test_impossible_requests_say_why(changes, why):
    request = {"positions": [(0, 0), (1, 1)], "hours": [1.0, 2.0], **LIMITS, **changes}

    with pytest.raises(ValueError, match=why):
        find_case_groups(request.pop("positions"), request.pop("hours"), **request)


seats = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 40))


@given(st.lists(seats, min_size=3, max_size=18), st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_cases_changes_only_their_numbers(cases, random):
    order = random.sample(range(len(cases)), len(cases))

    def scan(rows):
        table = np.array(rows, dtype=float)
        return find_case_groups(table[:, :2], table[:, 2] / 10, **LIMITS, replicates=19)

    straight, mixed = scan(cases), scan([cases[place] for place in order])

    assert [g.p_value for g in straight] == [g.p_value for g in mixed]
    assert [g.observed for g in straight] == [g.observed for g in mixed]


@given(st.sampled_from([0.001, 0.5, 3.0, 1000.0]))
@settings(max_examples=4, deadline=None)
def test_the_units_do_not_matter(factor):
    positions, hours = with_cluster(*hall(20))

    metres = find_case_groups(positions, hours, max_distance=1.2, max_hours=0.45, replicates=19)
    other = find_case_groups(
        positions * factor, hours * 60, max_distance=1.2 * factor, max_hours=27, replicates=19
    )

    assert [group.members for group in metres] == [group.members for group in other]
    assert [group.p_value for group in metres] == [group.p_value for group in other]
