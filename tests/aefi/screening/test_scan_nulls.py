"""Null distributions, the union bound and the replicates of the scans."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from aefi.screening.scan import importance, periods, replication
from aefi.screening.scan.null_distributions import (
    ConditionalBernoulli,
    ConditionalPoisson,
    UnconditionalBernoulli,
    UnconditionalPoisson,
)

SIZES = np.array([2.0, 3.0, 1.0, 6.0])
COUNTS = np.array([4.0, 6.0, 2.0, 12.0])
NULLS = {
    "conditional Poisson": ConditionalPoisson(SIZES, 12),
    "many conditional Poisson": ConditionalPoisson(SIZES * 10, 120),
    "unconditional Poisson": UnconditionalPoisson(SIZES),
    "conditional Bernoulli": ConditionalBernoulli(COUNTS, 9),
    "unconditional Bernoulli": UnconditionalBernoulli(COUNTS, 0.3),
}
nulls = pytest.mark.parametrize("null", NULLS.values(), ids=NULLS.keys())
PAIR = np.array([[0, 1], [2, 3]])


def replicates(null, many=3000):
    return np.array([null.draw(replication.generator(1, r)) for r in range(many)])


@nulls
def test_probabilities_of_a_cut_sum_to_one(null):
    size = np.array([null.sizes[[0, 2]].sum()])
    counts = np.arange(0.0, 200.0)

    assert null.probability(counts, size).sum() == pytest.approx(1.0, abs=1e-9)


@nulls
def test_the_mean_of_the_probabilities_is_the_expected_count(null):
    counts = np.arange(0.0, 200.0)
    mean = (counts * null.probability(counts, null.sizes[1:2])).sum()

    assert mean == pytest.approx(null.expected(null.sizes[1:2])[0])


@nulls
def test_draws_follow_the_probabilities(null):
    held = replicates(null)[:, [0, 2]].sum(axis=1)
    size = np.array([null.sizes[[0, 2]].sum()])

    seen = np.bincount(held, minlength=200)[:200] / held.size
    told = null.probability(np.arange(0.0, 200.0), size)
    assert np.abs(np.cumsum(seen) - np.cumsum(told)).max() < 0.04


@nulls
def test_draws_given_a_count_hold_it_and_leave_the_rest_to_chance(null):
    count = int(null.expected(null.sizes[[0, 2]].sum(keepdims=True))[0]) + 2
    given_count = np.array(
        [null.draw_given(replication.generator(2, r), PAIR, count) for r in range(2000)]
    )
    free = replicates(null, 8000)
    alike = free[free[:, [0, 2]].sum(axis=1) == count]

    assert (given_count[:, [0, 2]].sum(axis=1) == count).all()
    error = 6 * alike.std(axis=0) / math.sqrt(min(len(alike), 2000)) + 0.05
    assert (np.abs(given_count.mean(axis=0) - alike.mean(axis=0)) <= error).all()


@nulls
def test_the_ratio_rises_with_the_count_above_the_expected_one(null):
    size = null.sizes[3:4]
    counts = np.arange(0.0, min(float(null.highest(size)[0]), 60.0) + 1)
    ratios = null.log_likelihood_ratio(counts, size)

    excess = counts > null.expected(size)
    assert (ratios[~excess] == 0.0).all()
    assert (np.diff(ratios[excess]) > 0.0).all()


@nulls
def test_every_ratio_is_at_least_the_unconditional_poisson_one(null):
    size = null.sizes[1:2]
    counts = np.arange(0.0, min(float(null.highest(size)[0]), 60.0) + 1)

    least = UnconditionalPoisson(SIZES).log_likelihood_ratio(counts, null.expected(size))
    assert (null.log_likelihood_ratio(counts, size) >= least - 1e-9).all()


def single_cells(null):
    spans = np.array([[i, i + 1, 0, 0] for i in range(null.sizes.size)])
    return importance.Cuts(spans, null.sizes)


@nulls
def test_the_bound_is_the_sum_of_the_tails(null):
    cuts = single_cells(null)
    tails = importance.tail_table(null, cuts, 30.0, min_cases=1)
    values = np.array([0.5, 2.0, 6.0])

    counts = np.arange(0.0, 300.0)
    for value, bound in zip(values, tails.bound_at(values), strict=True):
        by_hand = 0.0
        for size in null.sizes:
            possible = counts[counts <= null.highest(np.array([size]))[0]]
            ratio = null.log_likelihood_ratio(possible, np.array([size]))
            tail = null.probability(possible, np.array([size]))[ratio >= value]
            by_hand += float(tail.sum())
        assert bound == pytest.approx(by_hand, rel=1e-9, abs=1e-15)


def test_the_lowest_value_within_a_bound_is_within_it():
    null = ConditionalPoisson(SIZES, 12)
    tails = importance.tail_table(null, single_cells(null), 30.0, min_cases=1)

    for bound in (1.0, 0.1, 1e-3):
        value = tails.value_at(bound)
        assert tails.bound_at(np.array([value]))[0] <= bound
        lower = tails.ratio[tails.ratio < value - 1e-6]
        assert tails.bound_at(lower[:1])[0] > bound or lower.size == 0


def test_ranks_count_the_data_set_itself():
    maxima = np.array([1.0, 2.0, 3.0, 4.0])

    p_values = replication.rank_p_values(np.array([5.0, 4.0, 3.5, 0.0]), maxima)

    assert p_values.tolist() == [1 / 5, 2 / 5, 2 / 5, 1.0]


def test_rounding_does_not_break_a_tie():
    above = np.array([0.1 + 0.2])

    assert replication.rank_p_values(above, np.array([0.3])).tolist() == [1.0]


@pytest.mark.parametrize(("alpha", "value"), [(0.05, 95.0), (0.01, 99.0), (0.001, math.inf)])
def test_the_critical_value_is_a_rank_of_the_maxima(alpha, value):
    assert replication.rank_critical_value(np.arange(1.0, 100.0), alpha) == value


def test_gumbel_recovers_its_own_tail():
    maxima = stats.gumbel_r(5, 2).rvs(size=20000, random_state=3)

    p = replication.gumbel_p_values(np.array([20.0]), maxima)[0]

    assert p == pytest.approx(stats.gumbel_r(5, 2).sf(20.0), rel=0.25)


def test_gumbel_falls_back_on_ranks_without_any_spread():
    assert replication.gumbel_p_values(np.array([1.0]), np.full(9, 2.0)).tolist() == [1.0]


@given(st.integers(-(2**70), 2**70), st.integers(0, 10**6))
@settings(deadline=None)
def test_a_replicate_depends_on_its_seed_and_number_alone(seed, replicate):
    first, again, other = (
        replication.generator(seed, number).random()
        for number in (replicate, replicate, replicate + 1)
    )

    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("period", "times", "start", "many"),
    [
        ((1, 28), [3], 1.0, 28),
        (28, [3], 1.0, 28),
        (28, [0, 3], 0.0, 28),
        (None, [4, 9], 4.0, 6),
        ((0.5, 2.5), [1], 0.5, 3),
    ],
)
def test_a_period_may_be_told_in_three_ways(period, times, start, many):
    intervals = periods.intervals_of(period, times, 1.0)

    assert (intervals.start, intervals.many) == (start, many)


@pytest.mark.parametrize(("max_length", "longest"), [(None, 14), (7, 7), (0.5, 1), (99, 28)])
def test_the_longest_window_is_half_the_period_unless_told(max_length, longest):
    assert periods.Intervals(1.0, 1.0, 28).longest(max_length) == longest
