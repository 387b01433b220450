"""The gamma-Poisson shrinker: the true maximum, exact quantiles, and the laws both obey."""

import gzip
from itertools import pairwise
from math import exp, isclose, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, special, stats

from aefi.screening.gamma_poisson import Cells, Likelihood
from aefi.screening.results import GPSPrior
from aefi.screening.shrinkage import fit_gps, posterior
from tests.shared import shared

DUMOUCHEL = GPSPrior(0.2, 0.1, 2.0, 4.0, 1 / 3, nll=0.0)


def make_table(seed=3, cells=4000):
    """Return counts of a known mixture: most pairs near 0.8, a tenth of them spread about 4."""
    rng = np.random.default_rng(seed)
    expected = rng.gamma(0.7, 3.0, cells) + 0.01
    common = rng.random(cells) < 0.9
    ratio = np.where(common, rng.gamma(4.0, 0.2, cells), rng.gamma(1.5, 2.7, cells))
    return rng.poisson(expected * ratio), expected


def nll_by_scipy(prior, n, expected, *, zero_truncated):
    """Return the negative log-likelihood from scipy's negative binomial, term by term."""
    total = 0.0
    parts = ((prior.alpha1, prior.beta1), (prior.alpha2, prior.beta2))
    densities = []
    for alpha, beta in parts:
        law = stats.nbinom(alpha, beta / (beta + expected))
        densities.append(law.pmf(n) / (law.sf(0) if zero_truncated else 1.0))
    total = prior.weight * densities[0] + (1 - prior.weight) * densities[1]
    return -np.log(total).sum()


def mixture_of(prior, n, expected):
    """Return weight of the first component and both frozen gammas of the posterior of one cell."""
    laws = [
        stats.gamma(alpha + n, scale=1 / (beta + expected))
        for alpha, beta in ((prior.alpha1, prior.beta1), (prior.alpha2, prior.beta2))
    ]
    f1, f2 = (
        stats.nbinom.logpmf(n, alpha, beta / (beta + expected))
        for alpha, beta in ((prior.alpha1, prior.beta1), (prior.alpha2, prior.beta2))
    )
    return special.expit(special.logit(prior.weight) + f1 - f2), laws


@pytest.mark.parametrize("zero_truncated", [False, True])
def test_reported_likelihood_is_that_of_scipy_at_the_fitted_prior(zero_truncated):
    n, expected = make_table()
    prior = fit_gps(n, expected, zero_truncated=zero_truncated)
    kept = n > 0 if zero_truncated else n >= 0

    peer = nll_by_scipy(prior, n[kept], expected[kept], zero_truncated=zero_truncated)

    assert isclose(prior.nll, peer, rel_tol=1e-11)


@pytest.mark.parametrize("zero_truncated", [False, True])
def test_no_other_optimiser_finds_a_better_prior(zero_truncated):
    n, expected = make_table()
    prior = fit_gps(n, expected, zero_truncated=zero_truncated)
    kept = n > 0 if zero_truncated else n >= 0

    def cost(theta):
        first, second, third, fourth = np.exp(theta[:4])
        trial = GPSPrior(first, second, third, fourth, special.expit(theta[4]), 0.0)
        return nll_by_scipy(trial, n[kept], expected[kept], zero_truncated=zero_truncated)

    begin = np.append(np.log([0.2, 0.1, 2.0, 4.0]), log(1 / 2))
    peer = optimize.minimize(cost, begin, method="Nelder-Mead", options={"maxiter": 1500})

    assert prior.nll <= peer.fun + 1e-6


def test_gradient_is_the_slope_of_the_likelihood():
    n, expected = make_table(cells=300)
    likelihood = Likelihood(
        Cells(n[n > 0] * 1.0, expected[n > 0], np.ones((n > 0).sum())), zero_truncated=True
    )
    theta = np.array([-0.5, 0.3, 0.7, -0.2, 0.4])

    slopes = optimize.approx_fprime(theta, lambda at: likelihood(at)[0], 1e-7)

    assert np.allclose(likelihood(theta)[1], slopes, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    "start", [(9.0, 0.1, 0.1, 9.0, 0.9), (1.0, 1.0, 1.0, 1.0, 0.5), (0.01, 5.0, 50.0, 1.0, 0.01)]
)
def test_any_start_ends_at_the_same_maximum(start):
    n, expected = make_table()

    usual = fit_gps(n, expected, zero_truncated=False)
    other = fit_gps(n, expected, zero_truncated=False, start=start)

    assert isclose(usual.nll, other.nll, abs_tol=1e-7)
    assert isclose(usual.alpha2, other.alpha2, rel_tol=1e-4)


def test_components_come_by_rising_mean():
    n, expected = make_table()

    prior = fit_gps(n, expected, zero_truncated=False)

    assert prior.alpha1 / prior.beta1 < prior.alpha2 / prior.beta2
    assert isclose(prior.alpha1 / prior.beta1, 0.8, abs_tol=0.1)
    assert isclose(prior.weight, 0.9, abs_tol=0.1)


def test_a_histogram_of_zeros_stands_for_the_zeros():
    n, expected = make_table()
    empty = n == 0
    edges = np.arange(-6, 4, 0.05)
    place = np.digitize(np.log(expected[empty]), edges)
    counts = np.bincount(place)
    middle = np.exp(np.bincount(place, np.log(expected[empty])) / np.maximum(counts, 1))

    laid_out = fit_gps(n, expected, zero_truncated=False)
    binned = fit_gps(
        n[~empty],
        expected[~empty],
        zero_truncated=False,
        zero_expected=middle,
        zero_counts=counts,
    )

    assert isclose(binned.nll, laid_out.nll, rel_tol=1e-5)
    assert isclose(binned.alpha1, laid_out.alpha1, rel_tol=1e-3)
    assert isclose(binned.weight, laid_out.weight, rel_tol=1e-3)


def test_a_million_empty_cells_cost_one_bin():
    n, expected = make_table()

    prior = fit_gps(
        n, expected, zero_truncated=False, zero_expected=[1e-4], zero_counts=[1_000_000]
    )

    assert np.isfinite(prior.nll)


def test_truncated_fit_ignores_empty_cells():
    n, expected = make_table()

    with_zeros = fit_gps(n, expected, zero_truncated=True)
    without = fit_gps(n[n > 0], expected[n > 0], zero_truncated=True)

    assert with_zeros == without


def test_order_of_cells_does_not_matter():
    n, expected = make_table(cells=3000)
    shuffled = np.random.default_rng(0).permutation(n.size)

    one = fit_gps(n, expected, zero_truncated=True)
    other = fit_gps(n[shuffled], expected[shuffled], zero_truncated=True)

    assert isclose(one.nll, other.nll, abs_tol=1e-7)


@pytest.mark.parametrize("zero_truncated", [False, True])
@pytest.mark.parametrize(
    ("n", "expected"),
    [
        ([3], [0.5]),
        ([1, 2, 5, 3], [0.5, 1, 1, 3]),
        ([1] * 50, np.linspace(0.1, 4, 50)),
        ([100_000, 90_000, 120_000], [1e5, 1e5, 1e5]),
    ],
)
def test_tables_with_little_to_say_still_end_in_a_usable_prior(n, expected, zero_truncated):
    prior = fit_gps(n, expected, zero_truncated=zero_truncated)

    cell = posterior(prior, n, expected)

    assert np.isfinite(prior.nll)
    assert (cell.eb05 > 0).all()
    assert (cell.eb05 < cell.eb95).all()


@pytest.mark.shared
@pytest.mark.parametrize("zero_truncated", [False, True])
def test_hundred_thousand_real_pairs_reach_the_maximum(zero_truncated):
    with gzip.open(shared("data/disproportionality/phvid_pairs.csv.gz"), "rt") as lines:
        next(lines)
        rows = [line.rstrip().split(",") for line in lines]
    drug, event = (np.unique([row[i] for row in rows], return_inverse=True)[1] for i in (0, 1))
    n = np.array([float(row[2]) for row in rows])
    expected = np.bincount(drug, n)[drug] * np.bincount(event, n)[event] / n.sum()

    prior = fit_gps(n, expected, zero_truncated=zero_truncated)

    likelihood = Likelihood(Cells(n, expected, np.ones(n.size)), zero_truncated=zero_truncated)
    theta = np.log([prior.alpha1, prior.beta1, prior.alpha2, prior.beta2, 1.0])
    theta[4] = special.logit(prior.weight)
    value, gradient = likelihood(theta)
    assert isclose(value, prior.nll, rel_tol=1e-12)
    # One standard error of a parameter is about 0.01: the slope left is far below any effect.
    assert np.abs(gradient).max() < 0.05
    peer = optimize.minimize(likelihood, theta + 0.1, jac=True, method="BFGS")
    assert prior.nll <= peer.fun + 1e-6


def test_posterior_of_one_cell_by_numerical_integration():
    n, expected = 12, 1.4
    share, laws = mixture_of(DUMOUCHEL, n, expected)

    def density(x):
        return share * laws[0].pdf(x) + (1 - share) * laws[1].pdf(x)

    cell = posterior(DUMOUCHEL, n, expected)

    mean_log = integrate.quad(lambda x: log(x) * density(x), 0, 60, epsabs=1e-12)[0]
    assert isclose(cell.ebgm, exp(mean_log), rel_tol=1e-8)
    assert isclose(integrate.quad(density, 0, cell.eb05)[0], 0.05, rel_tol=1e-8)
    assert isclose(integrate.quad(density, cell.eb95, 60)[0], 0.05, rel_tol=1e-7)


@settings(deadline=None)
@given(
    st.tuples(*[st.floats(0.01, 200)] * 4),
    st.floats(0, 1),
    st.integers(0, 2000),
    st.floats(1e-4, 2000),
)
def test_quantiles_hold_their_share_whatever_the_prior(shapes, weight, n, expected):
    prior = GPSPrior(*shapes, weight, nll=0.0)

    cell = posterior(prior, n, expected)

    low = [special.gammaincinv(shapes[i] + n, 0.05) / (shapes[i + 1] + expected) for i in (0, 2)]
    high = [special.gammaincinv(shapes[i] + n, 0.95) / (shapes[i + 1] + expected) for i in (0, 2)]
    assert min(low) * (1 - 1e-9) <= cell.eb05 <= max(low) * (1 + 1e-9)
    assert min(high) * (1 - 1e-9) <= cell.eb95 <= max(high) * (1 + 1e-9)
    share, laws = mixture_of(prior, n, expected)
    if np.isfinite(share) and cell.eb05 > 1e-290:
        assert isclose(
            sum(w * law.cdf(cell.eb05) for w, law in zip((share, 1 - share), laws, strict=True)),
            0.05,
            rel_tol=1e-6,
        )
        assert isclose(
            sum(w * law.sf(cell.eb95) for w, law in zip((share, 1 - share), laws, strict=True)),
            0.05,
            rel_tol=1e-6,
        )


def test_shrinkage_fades_as_reports_grow():
    cells = [posterior(DUMOUCHEL, n, n / 4.0) for n in (1, 10, 100, 1000, 100_000)]
    widths = [cell.eb95 / cell.eb05 for cell in cells]

    assert all(wide > narrow for wide, narrow in pairwise(widths))
    assert isclose(cells[-1].ebgm, 4.0, rel_tol=1e-3)
    assert cells[0].ebgm < 2.5


def test_more_reports_never_lower_the_limit():
    n = np.arange(0, 400)

    cells = posterior(DUMOUCHEL, n, 20.0)

    assert (np.diff(cells.eb05) > 0).all()
    assert (np.diff(cells.ebgm) > 0).all()


def test_one_component_gives_plain_gamma_quantiles():
    prior = GPSPrior(2.0, 4.0, 0.2, 0.1, 1.0, nll=0.0)
    law = stats.gamma(2.0 + 5, scale=1 / (4.0 + 1.5))

    cell = posterior(prior, 5, 1.5)

    assert np.allclose((cell.eb05, cell.eb95), law.ppf([0.05, 0.95]), rtol=1e-9)
    assert isclose(cell.ebgm, exp(special.psi(7.0)) / 5.5, rel_tol=1e-12)


def test_posterior_takes_scalars_and_tables_alike():
    table = posterior(DUMOUCHEL, [[0, 12], [3, 7]], [1.4, 2.0])

    assert table.eb05.shape == (2, 2)
    assert isclose(table.eb05[0, 1], posterior(DUMOUCHEL, 12, 2.0).eb05, rel_tol=1e-12)
    assert isinstance(posterior(DUMOUCHEL, 12, 2.0).eb05, float)


def test_a_cell_without_expected_count_keeps_the_prior_rates():
    cell = posterior(DUMOUCHEL, 0, 0.0)
    share, laws = mixture_of(DUMOUCHEL, 0, 0.0)

    assert isclose(share, 1 / 3)
    assert isclose(share * laws[0].cdf(cell.eb95) + (1 - share) * laws[1].cdf(cell.eb95), 0.95)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [0.0, 1.0]), "expected must be above 0"),
        (([0, 0], [1.0, 1.0]), "at least one count above 0"),
        (([], []), "at least one count above 0"),
        (([1.5], [1.0]), "observed must be whole"),
        (([1], [-1.0]), "expected must not be negative"),
        (([1], [float("nan")]), "expected must be finite"),
    ],
)
def test_a_table_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit_gps(*arguments, zero_truncated=False)


def test_zeros_do_not_go_with_a_truncated_fit():
    with pytest.raises(ValueError, match="zero_truncated=False"):
        fit_gps([1], [1.0], zero_truncated=True, zero_expected=[0.1], zero_counts=[5])


def test_a_prior_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="alphas and betas above 0"):
        posterior(GPSPrior(0.0, 1.0, 1.0, 1.0, 0.5, nll=0.0), 1, 1.0)
