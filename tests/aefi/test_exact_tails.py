"""Exact tails in plain Python, against hand values and SciPy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from aefi.rules.exact_tails import adjusted_p_values, binomial_tail, poisson_tail


def test_three_or_more_where_one_is_expected_by_hand():
    assert poisson_tail(3, 1.0) == pytest.approx(1 - 2.5 / 2.718281828459045)


@given(st.integers(0, 400), st.floats(1e-6, 300.0))
def test_poisson_tails_agree_with_scipy(observed, expected):
    exact = stats.poisson.sf(observed - 1, expected)
    assert poisson_tail(observed, expected) == pytest.approx(exact, rel=1e-9, abs=1e-300)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.001, 0.999))
def test_binomial_tails_agree_with_scipy(observed, trials, probability):
    exact = stats.binom.sf(observed - 1, trials, probability)
    assert binomial_tail(observed, trials, probability) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(
    ("observed", "trials", "probability", "tail"),
    [(0, 5, 0.0, 1.0), (1, 5, 0.0, 0.0), (5, 5, 1.0, 1.0), (6, 5, 0.5, 0.0)],
)
def test_certain_and_impossible_counts(observed, trials, probability, tail):
    assert binomial_tail(observed, trials, probability) == tail


def test_nothing_expected_makes_any_count_impossible():
    assert poisson_tail(1, 0.0) == 0.0
    assert poisson_tail(0, 0.0) == 1.0


@given(st.lists(st.floats(0.0, 1.0), max_size=20))
def test_adjusted_p_values_agree_with_scipy(p_values):
    expected = stats.false_discovery_control(p_values) if p_values else []
    assert adjusted_p_values(p_values) == pytest.approx(list(expected))
