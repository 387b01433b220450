"""Alpha spending, and the record that cannot be begun again."""

from dataclasses import replace
from itertools import pairwise
from math import isclose

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from aefi.screening.sequential import Plan, Sequence, spending_thresholds

PLAN = Plan("febrile seizure after lot A", upper_limit=10.0, alpha=0.05)


def test_first_threshold_is_the_fewest_events_within_the_budget():
    spending = spending_thresholds([2.5], upper_limit=10, alpha=0.05, rho=0.5)

    # alpha(2.5) = 0.05 sqrt(1/4) = 0.025: P(N >= 7) = 0.0142, P(N >= 6) = 0.0420.
    assert spending.thresholds == (7,)
    assert isclose(spending.spent[0], stats.poisson.sf(6, 2.5), rel_tol=1e-12)
    assert stats.poisson.sf(5, 2.5) > 0.025


def test_second_threshold_by_direct_summation():
    spending = spending_thresholds([2.5, 6.0], upper_limit=10, alpha=0.05)
    first, second = spending.thresholds

    quiet = [stats.poisson.pmf(k, 2.5) for k in range(first)]
    crossed = sum(p * stats.poisson.sf(second - 1 - k, 3.5) for k, p in enumerate(quiet))
    looser = sum(p * stats.poisson.sf(second - 2 - k, 3.5) for k, p in enumerate(quiet))

    assert isclose(spending.spent[1], spending.spent[0] + crossed, rel_tol=1e-10)
    budget = 0.05 * (6 / 10) ** 0.5
    assert spending.spent[1] <= budget < spending.spent[0] + looser


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0.05, 3), min_size=1, max_size=12), st.floats(0.3, 3), st.floats(0.005, 0.2)
)
def test_never_more_is_spent_than_the_plan_allows(gaps, rho, alpha):
    times = np.cumsum(gaps)

    spending = spending_thresholds(times, upper_limit=12, alpha=alpha, rho=rho)

    budget = alpha * (np.minimum(times, 12) / 12) ** rho
    assert (np.array(spending.spent) <= budget + 1e-12).all()
    assert all(later >= earlier for earlier, later in pairwise(spending.spent))


def test_later_looks_do_not_change_earlier_thresholds():
    early = spending_thresholds([1.0, 2.0], upper_limit=10, alpha=0.05)
    later = spending_thresholds([1.0, 2.0, 7.5], upper_limit=10, alpha=0.05)

    assert later.thresholds[:2] == early.thresholds


def test_simulated_false_signals_stay_within_alpha():
    times = np.array([0.7, 1.9, 3.3, 6.0, 10.0])
    spending = spending_thresholds(times, upper_limit=10, alpha=0.05)
    gaps = np.diff(times, prepend=0.0)

    counts = np.random.default_rng(3).poisson(gaps, (40_000, 5)).cumsum(axis=1)
    share = (counts >= spending.thresholds).any(axis=1).mean()

    assert abs(share - spending.spent[-1]) < 4 * np.sqrt(0.05 * 0.95 / 40_000)


def test_minimum_events_hold_at_every_look():
    spending = spending_thresholds([0.1, 0.2, 0.4], upper_limit=10, alpha=0.05, min_events=4)

    assert min(spending.thresholds) >= 4


def test_a_sequence_gives_the_thresholds_of_its_looks():
    sequence = Sequence.begin(PLAN)
    for expected, observed in ((1.5, 2), (4.0, 5), (7.0, 9)):
        sequence = sequence.look(PLAN, expected=expected, observed=observed)

    spending = spending_thresholds([1.5, 4.0, 7.0], upper_limit=10, alpha=0.05)
    assert tuple(look.threshold for look in sequence.looks) == spending.thresholds
    assert tuple(look.spent for look in sequence.looks) == spending.spent
    assert not sequence.has_signalled


def test_reaching_the_threshold_is_a_signal():
    (threshold,) = spending_thresholds([1.5], upper_limit=10, alpha=0.05).thresholds

    below = Sequence.begin(PLAN).look(PLAN, expected=1.5, observed=threshold - 1)
    reached = Sequence.begin(PLAN).look(PLAN, expected=1.5, observed=threshold)

    assert not below.has_signalled
    assert reached.has_signalled
    assert reached.looks[0].log_likelihood_ratio > 0


def test_repeating_the_last_look_changes_nothing():
    sequence = Sequence.begin(PLAN).look(PLAN, expected=1.5, observed=2)

    assert sequence.look(PLAN, expected=1.5, observed=2) is sequence


@pytest.mark.parametrize(
    "change",
    [{"alpha": 0.1}, {"upper_limit": 20.0}, {"rho": 1.0}, {"min_events": 2}, {"hypothesis": "x"}],
)
def test_a_changed_plan_is_refused(change):
    sequence = Sequence.begin(PLAN).look(PLAN, expected=1.5, observed=2)

    with pytest.raises(ValueError, match="not the registered one"):
        sequence.look(replace(PLAN, **change), expected=3.0, observed=4)


@pytest.mark.parametrize(("expected", "observed"), [(1.0, 5), (1.5, 3), (3.0, 1)])
def test_time_and_events_never_go_back(expected, observed):
    sequence = Sequence.begin(PLAN).look(PLAN, expected=1.5, observed=2)

    with pytest.raises(ValueError, match="cannot go back"):
        sequence.look(PLAN, expected=expected, observed=observed)


def test_a_sequence_that_signalled_is_closed():
    sequence = Sequence.begin(PLAN).look(PLAN, expected=1.0, observed=20)

    with pytest.raises(ValueError, match="ended with a signal"):
        sequence.look(PLAN, expected=2.0, observed=21)


def test_a_sequence_at_its_limit_is_closed():
    sequence = Sequence.begin(PLAN).look(PLAN, expected=10.4, observed=9)

    assert sequence.looks[0].spent <= 0.05
    with pytest.raises(ValueError, match="ended with its upper limit"):
        sequence.look(PLAN, expected=11.0, observed=9)


def test_a_record_with_a_look_taken_out_is_refused():
    sequence = Sequence.begin(PLAN)
    for expected, observed in ((0.5, 1), (1.5, 2), (4.0, 5)):
        sequence = sequence.look(PLAN, expected=expected, observed=observed)
    shortened = replace(sequence, looks=sequence.looks[-1:])

    with pytest.raises(ValueError, match="do not follow from the plan"):
        shortened.look(PLAN, expected=5.0, observed=6)


def test_equal_plans_have_equal_digests_everywhere():
    same = Plan("febrile seizure after lot A", upper_limit=10.0, alpha=0.05)

    assert same.digest == PLAN.digest
    assert len(PLAN.digest) == 64


@pytest.mark.parametrize(
    "wrong", [{"alpha": 0.0}, {"upper_limit": -1.0}, {"rho": 0.0}, {"min_events": 0}]
)
def test_a_plan_that_cannot_be_followed_is_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        replace(PLAN, **wrong)
