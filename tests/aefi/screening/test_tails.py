"""Probabilities far out in the tail, against exact fractions."""

from fractions import Fraction
from math import comb, exp, isclose, lgamma, log

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aefi.screening.tails import hypergeometric_right_tail, log_binomial, log_hypergeometric


def log_of(fraction):
    """Return the logarithm of a fraction too small for a float."""
    shift = fraction.denominator.bit_length() - fraction.numerator.bit_length()
    return log(float(fraction * 2**shift)) - shift * log(2)


def cells(*table):
    """Return a table as flat arrays."""
    return [np.array([cell], dtype=float) for cell in table]


@given(st.integers(0, 400), st.integers(0, 400), st.integers(1, 99))
def test_binomial_probability_is_the_exact_fraction(x, y, percent):
    p = Fraction(percent, 100)
    exact = comb(x + y, x) * p**x * (1 - p) ** y

    (found,) = log_binomial(*cells(x, x + y, percent / 100, (100 - percent) / 100))

    assert isclose(found, log_of(exact), rel_tol=1e-12, abs_tol=1e-12)


@given(*[st.integers(0, 300)] * 4)
def test_table_probability_is_the_exact_fraction(a, b, c, d):
    assume(a + b + c + d > 0 and a + c > 0 and b + d > 0)
    exact = Fraction(comb(a + b, a) * comb(c + d, c), comb(a + b + c + d, a + c))

    (found,) = log_hypergeometric(*cells(a, b, c, d))

    assert isclose(found, log_of(exact), rel_tol=1e-12, abs_tol=1e-12)


def test_log_gamma_alone_would_lose_half_the_digits():
    # Central term of 10^8 fair throws: 1 / sqrt(pi n / 2) within 1 / (4 n).
    n = 100_000_000
    exact = -0.5 * log(np.pi * n / 2) - 1 / (4 * n)

    (ours,) = log_binomial(*cells(n // 2, n, 0.5, 0.5))
    naive = lgamma(n + 1) - 2 * lgamma(n / 2 + 1) - n * log(2)

    assert abs(ours - exact) < 1e-14
    assert abs(naive - exact) > 1e-9


@pytest.mark.parametrize("table", [(0, 5, 5, 5), (5, 5, 5, 0), (0, 0, 0, 0), (0, 0, 3, 4)])
def test_the_least_possible_count_is_certain(table):
    assert hypergeometric_right_tail(*cells(*table)) == 1.0


def test_a_long_slow_sum_near_the_middle_is_complete():
    # A million reports in each cell: some 4,000 terms matter; one step left adds one term.
    m = 1_000_000
    here, next_left = (
        hypergeometric_right_tail(*cells(m + k, m - k, m - k, m + k))[0] for k in (1, 0)
    )
    (term,) = np.exp(log_hypergeometric(*cells(m, m, m, m)))

    assert isclose(next_left - here, term, rel_tol=1e-9)
    assert isclose(here, 0.5 - term / 2, rel_tol=1e-12)


def test_many_tables_at_once_are_cut_in_pieces_without_a_seam():
    n = 150_000
    a = np.arange(n) % 7.0

    p = hypergeometric_right_tail(a, np.full(n, 20.0), np.full(n, 30.0), np.full(n, 500.0))

    assert np.unique(p).size == 7
    assert (p.reshape(-1)[:7] == p[n - n % 7 - 7 : n - n % 7]).all()


def test_an_impossible_chance_is_zero_and_not_a_warning():
    # ln p is about -28,000, far below the smallest float.
    (p,) = hypergeometric_right_tail(*cells(10_000, 0, 0, 10_000))

    assert p == 0.0
    (log_p,) = log_hypergeometric(*cells(10_000, 0, 0, 10_000))
    assert isclose(log_p, -(2 * 10_000) * log(2) + 0.5 * log(np.pi * 10_000), rel_tol=1e-6)
    assert exp(log_p) == 0.0
