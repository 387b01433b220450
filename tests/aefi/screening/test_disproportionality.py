"""Pair measures against worked examples, exact fractions, other software and their own laws."""

from fractions import Fraction
from math import comb, exp, inf, isclose, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2

from aefi.screening.disproportionality import (
    evans_criteria,
    expected_from_strata,
    fisher_right_tail,
    information_component,
    mantel_haenszel_rate_ratio,
    observed_to_expected,
    prr,
    ror,
    yates_chi_squared,
)

counts = st.integers(0, 300)
positive = st.integers(1, 300)


def exact_right_tail(a, b, c, d):
    """Sum the hypergeometric probabilities as fractions of whole numbers."""
    row, column, total = a + b, a + c, a + b + c + d
    ways = (comb(row, x) * comb(total - row, column - x) for x in range(a, min(row, column) + 1))
    return Fraction(sum(ways), comb(total, column))


def test_prr_is_the_ratio_of_shares_with_its_log_normal_interval():
    spread = 1.959963984540054 * sqrt(1 / 12 - 1 / 100 + 1 / 30 - 1 / 3000)

    ratio = prr(12, 88, 30, 2970)

    assert isclose(ratio.value, (12 / 100) / (30 / 3000))
    assert isclose(log(ratio.low), log(12) - spread, rel_tol=1e-12)
    assert isclose(log(ratio.high), log(12) + spread, rel_tol=1e-12)


def test_ror_agrees_with_statsmodels():
    peer = Table2x2(np.array([[12, 88], [30, 2970]]))

    ratio = ror(12, 88, 30, 2970)

    assert isclose(ratio.value, peer.oddsratio)
    assert np.allclose((ratio.low, ratio.high), peer.oddsratio_confint(), rtol=1e-12)


@pytest.mark.parametrize("measure", [prr, ror])
@pytest.mark.parametrize(
    ("table", "value"),
    [
        ((5, 10, 0, 100), inf),
        ((0, 10, 5, 100), 0.0),
        ((0, 10, 0, 100), 1.0),
        ((0, 0, 0, 0), 1.0),
        ((0, 0, 5, 100), 1.0),
        ((5, 10, 0, 0), 1.0),
    ],
)
def test_zero_cell_gives_the_limit_and_an_open_interval(measure, table, value):
    ratio = measure(*table)

    assert (ratio.value, ratio.low, ratio.high) == (value, 0.0, inf)


def test_prr_with_every_report_of_the_target_on_the_reaction_needs_no_padding():
    ratio = prr(4, 0, 10, 90)

    assert ratio.value == 10.0
    assert isclose(ratio.low, 10 * exp(-1.959963984540054 * sqrt(1 / 10 - 1 / 100)))


@pytest.mark.parametrize("measure", [prr, ror, yates_chi_squared, fisher_right_tail])
def test_arrays_give_what_each_table_gives_alone(measure):
    tables = np.random.default_rng(7).integers(0, 40, (4, 50))
    together = measure(*tables)
    alone = [measure(*table) for table in tables.T.tolist()]

    if measure in (prr, ror):
        together, alone = together.low, [ratio.low for ratio in alone]

    assert together.shape == (50,)
    assert together.tolist() == alone


def test_scalar_and_array_arguments_broadcast():
    ratio = prr([1, 2, 3], 10, [[5], [6]], 100)

    assert ratio.value.shape == (2, 3)
    assert ratio.value[1, 2] == prr(3, 10, 6, 100).value


@given(positive, positive, positive, positive)
def test_swapping_target_and_others_inverts_the_ratio(a, b, c, d):
    for measure in (prr, ror):
        one, other = measure(a, b, c, d), measure(c, d, a, b)

        assert isclose(one.value * other.value, 1, rel_tol=1e-12)
        assert isclose(one.low * other.high, 1, rel_tol=1e-9)


@given(positive, positive, positive, positive, st.integers(2, 50))
def test_scaling_all_cells_keeps_the_ratio_and_narrows_the_interval(a, b, c, d, factor):
    small, large = ror(a, b, c, d), ror(*(factor * cell for cell in (a, b, c, d)))

    assert isclose(small.value, large.value, rel_tol=1e-12)
    assert small.low < large.low <= large.high < small.high


def test_chi_squared_agrees_with_scipy_where_the_correction_fits():
    table = np.array([[12, 88], [30, 2970]])
    peer = stats.chi2_contingency(table, correction=True).statistic

    assert isclose(yates_chi_squared(12, 88, 30, 2970), peer, rel_tol=1e-12)


@pytest.mark.parametrize("table", [(10, 10, 10, 11), (0, 0, 5, 9), (3, 0, 4, 0), (0, 0, 0, 0)])
def test_chi_squared_never_overshoots_and_an_empty_margin_is_no_evidence(table):
    assert yates_chi_squared(*table) == 0.0


@given(counts, counts, counts, counts)
def test_chi_squared_is_symmetric_in_rows_and_columns(a, b, c, d):
    statistic = yates_chi_squared(a, b, c, d)

    assert isclose(statistic, yates_chi_squared(a, c, b, d), rel_tol=1e-12)
    assert isclose(statistic, yates_chi_squared(d, c, b, a), rel_tol=1e-12)


@pytest.mark.parametrize(
    ("table", "signals"),
    [
        ((5, 95, 30, 2970), True),
        ((2, 98, 10, 2990), False),
        ((3, 0, 0, 500), True),
        ((19, 81, 300, 2700), False),
        ((3, 97, 45, 2955), False),
    ],
)
def test_evans_needs_reports_ratio_and_chi_squared(table, signals):
    assert evans_criteria(*table) is signals


def test_evans_counts_a_ratio_of_exactly_two():
    assert prr(200, 800, 1000, 9000).value == 2.0
    assert evans_criteria(200, 800, 1000, 9000) is True


@given(counts, counts, counts, counts)
def test_fisher_is_the_exact_fraction(a, b, c, d):
    exact = exact_right_tail(a, b, c, d)

    p = fisher_right_tail(a, b, c, d)

    assert isclose(p, float(exact), rel_tol=1e-11, abs_tol=1e-300)


@pytest.mark.parametrize(
    "table", [(150, 9000, 200, 400_000), (90, 0, 90, 2000), (120, 40, 200, 90_000)]
)
def test_fisher_keeps_its_digits_far_out(table):
    exact = exact_right_tail(*table)

    p = fisher_right_tail(*table)

    assert 0 < p < 1e-100
    assert abs(Fraction(p) / exact - 1) < 1e-11


def test_fisher_of_ten_million_reports_is_right_where_the_answer_is_known():
    # Rows alike and columns alike: half the middle term lies on each side.
    p = fisher_right_tail(2_500_000, 2_500_000, 2_500_000, 2_500_000)
    n = 2_500_000
    # Central binomial coefficients by Stirling: C(2n, n)^2 / C(4n, 2n), error below 1e-13.
    middle = sqrt(2 / (np.pi * n)) * exp(-1 / (4 * n) + 1 / (16 * n))

    assert isclose(p, 0.5 + middle / 2, rel_tol=1e-12)


@given(positive, counts, counts, positive)
def test_fisher_tails_of_neighbours_differ_by_one_term(a, b, c, d):
    # P(X >= a) + P(X <= a - 1) = 1, the left tail being a right tail of the mirrored table.
    left = fisher_right_tail(b + 1, a - 1, d - 1, c + 1)

    assert isclose(fisher_right_tail(a, b, c, d) + left, 1, rel_tol=1e-11)


def test_information_component_matches_gamma_quantiles_of_scipy():
    observed, expected = np.array([0, 1, 3, 12, 500]), np.array([0.3, 0.1, 5.0, 1.4, 100.0])
    posterior = stats.gamma(observed + 0.5, scale=1 / (expected + 0.5))

    ic = information_component(observed, expected)

    assert np.allclose(ic.value, np.log2((observed + 0.5) / (expected + 0.5)), rtol=1e-14)
    assert np.allclose(ic.low, np.log2(posterior.ppf(0.025)), rtol=1e-9)
    assert np.allclose(ic.high, np.log2(posterior.ppf(0.975)), rtol=1e-9)


@pytest.mark.parametrize("observed", [5, 12, 60, 400])
def test_information_component_is_near_the_published_approximation(observed):
    # Noren et al. 2013: IC025 = IC - 3.3 (O + 1/2)^-1/2 - 2 (O + 1/2)^-3/2.
    n = observed + 0.5
    ic = information_component(observed, 2.0)

    assert isclose(ic.low, ic.value - 3.3 / sqrt(n) - 2 * n**-1.5, abs_tol=0.05)
    assert isclose(ic.high, ic.value + 2.4 / sqrt(n) - 0.5 * n**-1.5, abs_tol=0.05)


@given(counts, st.floats(0, 1e4))
def test_information_component_rises_with_reports_and_holds_its_value(observed, expected):
    one, more = (
        information_component(observed, expected),
        information_component(observed + 1, expected),
    )

    assert one.low < one.value < one.high
    assert one.low < more.low


def test_no_expected_count_shrinks_like_any_other():
    assert information_component(0, 0).value == 0.0
    assert isclose(information_component(1, 0).value, log(3) / log(2))


def test_observed_to_expected_of_ten_over_four():
    ratio = observed_to_expected(10, 4)

    assert ratio.value == 2.5
    assert isclose(ratio.low, stats.chi2.ppf(0.025, 20) / 8, rel_tol=1e-10)
    assert isclose(ratio.high, stats.chi2.ppf(0.975, 22) / 8, rel_tol=1e-10)
    assert isclose(ratio.p, stats.poisson.sf(9, 4), rel_tol=1e-12)
    half_step = stats.poisson.sf(10, 4) + stats.poisson.pmf(10, 4) / 2
    assert isclose(ratio.mid_p, half_step, rel_tol=1e-12)


@pytest.mark.parametrize(
    ("observed", "expected", "result"),
    [
        (0, 2.0, (0.0, 0.0, 3.6888794541139363 / 2, 1.0, 1 - exp(-2) / 2)),
        (0, 0.0, (1.0, 0.0, inf, 1.0, 0.5)),
        (3, 0.0, (inf, inf, inf, 0.0, 0.0)),
    ],
)
def test_observed_to_expected_at_zero(observed, expected, result):
    ratio = observed_to_expected(observed, expected)

    found = (ratio.value, ratio.low, ratio.high, ratio.p, ratio.mid_p)
    assert np.allclose(found, result, rtol=1e-12)


@given(st.integers(1, 2000), st.floats(0.01, 2000))
def test_limits_are_where_each_tail_holds_its_share(observed, expected):
    ratio = observed_to_expected(observed, expected)

    assert ratio.low < ratio.value < ratio.high
    assert 0 <= ratio.mid_p <= ratio.p <= 1
    assert isclose(observed_to_expected(observed, ratio.low * expected).p, 0.025, rel_tol=1e-7)
    upper = stats.poisson.cdf(observed, ratio.high * expected)
    assert isclose(upper, 0.025, rel_tol=1e-7)


def test_far_tail_of_observed_to_expected_keeps_its_digits():
    # P(Poisson(1) >= 100) = e^-1 (1/100! + 1/101! + ...)
    series, term = Fraction(0), Fraction(1)
    for k in range(1, 140):
        term /= k
        series += term if k >= 100 else 0

    assert isclose(observed_to_expected(100, 1).p, exp(-1) * float(series), rel_tol=1e-12)


def test_expected_from_strata_is_the_sum_of_the_strata():
    tables = np.array([[4, 16, 6, 24], [1, 9, 9, 81], [0, 0, 0, 0]]).T

    assert expected_from_strata(*tables) == 20 * 10 / 50 + 10 * 10 / 100
    assert expected_from_strata(*(row[:1] for row in tables)) == 4.0


def test_stratification_removes_a_difference_that_age_alone_explains():
    # Both lots report fever 40 % in the young and 5 % in the old; lot A went to the young.
    a, b, c, d = [80, 1], [120, 19], [8, 10], [12, 190]

    crude = prr(sum(a), sum(b), sum(c), sum(d)).value
    adjusted = sum(a) / expected_from_strata(a, b, c, d)

    assert crude > 4
    assert isclose(adjusted, 1, rel_tol=1e-12)


def test_rate_ratio_of_one_stratum_is_the_crude_one():
    ratio = mantel_haenszel_rate_ratio(12, 1000, 30, 9000)

    spread = 1.959963984540054 * sqrt(1 / 12 + 1 / 30)
    assert isclose(ratio.value, 3.6)
    assert isclose(log(ratio.high / ratio.value), spread, rel_tol=1e-12)


def test_rate_ratio_over_strata_by_hand():
    # sum(a T0/T) = 10 * 0.5 + 5 * 0.8 = 9; sum(b T1/T) = 5 * 0.5 + 10 * 0.2 = 4.5.
    ratio = mantel_haenszel_rate_ratio([10, 5], [1000, 1000], [5, 10], [1000, 4000])

    assert isclose(ratio.value, 2.0)
    # sum[(a + b) T1 T0 / T^2] = 15 * 0.25 + 15 * 0.16 = 6.15
    spread = 1.959963984540054 * sqrt(6.15 / (9 * 4.5))
    assert isclose(log(ratio.value / ratio.low), spread, rel_tol=1e-12)


def test_rate_ratio_without_events_on_a_side_is_open():
    none_in_target = mantel_haenszel_rate_ratio([0, 0], [10, 10], [1, 2], [10, 10])
    none_elsewhere = mantel_haenszel_rate_ratio([1, 2], [10, 10], [0, 0], [10, 10])
    none_at_all = mantel_haenszel_rate_ratio([0], [10], [0], [10])

    assert (none_in_target.value, none_in_target.low, none_in_target.high) == (0.0, 0.0, inf)
    assert (none_elsewhere.value, none_elsewhere.low, none_elsewhere.high) == (inf, 0.0, inf)
    assert (none_at_all.value, none_at_all.low, none_at_all.high) == (1.0, 0.0, inf)


@given(st.lists(st.tuples(positive, positive, positive, positive), min_size=1, max_size=5))
def test_rate_ratio_does_not_depend_on_the_unit_of_doses(strata):
    a, t1, b, t0 = np.array(strata).T
    one = mantel_haenszel_rate_ratio(a, t1, b, t0)
    thousand = mantel_haenszel_rate_ratio(a, t1 * 1000, b, t0 * 1000)

    assert isclose(one.value, thousand.value, rel_tol=1e-12)
    assert isclose(one.low, thousand.low, rel_tol=1e-9)


def test_events_without_doses_are_refused():
    with pytest.raises(ValueError, match="other_events need doses"):
        mantel_haenszel_rate_ratio([1], [10], [1], [0])


@pytest.mark.parametrize("measure", [prr, ror, yates_chi_squared, evans_criteria])
@pytest.mark.parametrize("wrong", [-1, float("nan"), inf])
def test_a_count_that_cannot_be_is_refused_with_what_to_do(measure, wrong):
    with pytest.raises(ValueError, match="c must"):
        measure(1, 2, [3, wrong], 4)


def test_fisher_refuses_weights():
    with pytest.raises(ValueError, match="b must be whole: pass counts"):
        fisher_right_tail(1, 2.5, 3, 4)


def test_observed_to_expected_takes_whole_events_only():
    with pytest.raises(ValueError, match="observed must be whole"):
        observed_to_expected(2.5, 1.0)
