"""Empirical-Bayes shrinkage of reporting ratios: the gamma-Poisson shrinker (GPS, MGPS).

A count N of a pair with expected count E is Poisson(lambda E); lambda comes from a mixture of two
gamma distributions fitted to the whole table. Ratios of rare pairs are drawn towards the rest, so
that the lower limit EB05 can be ranked.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from aefi.screening.arguments import FloatArray, as_given, non_negative, refuse, whole
from aefi.screening.gamma_poisson import (
    LIMIT,
    Cells,
    Likelihood,
    log_rising_factorial,
    minimise,
)
from aefi.screening.results import GPSPrior, Posterior

STARTS = ((0.2, 0.1, 2.0, 4.0, 1 / 3), (1.5, 2.0, 0.5, 0.2, 0.8), (0.5, 0.5, 5.0, 2.0, 0.5))
"""The first is DuMouchel's (1999); the others begin with a tight bulk or a high component."""
MOST_QUANTILE_STEPS, FINALISTS = 200, 3


def fit_gps(
    observed: ArrayLike,
    expected: ArrayLike,
    *,
    zero_truncated: bool,
    zero_expected: ArrayLike = (),
    zero_counts: ArrayLike = (),
    start: Sequence[float] | None = None,
) -> GPSPrior:
    """Return the maximum-likelihood prior of the table.

    Parameters
    ----------
    observed, expected
        Whole count and expected count of each cell. A cell with no expected count cannot hold a
        report and is refused if it does.
    zero_truncated
        True when only cells with at least one report are known: each component is then truncated
        at zero (cells with a count of 0 say nothing and are left out). False uses the full table,
        whose empty cells are given among `observed` or as a histogram.
    zero_expected, zero_counts
        Histogram of the empty cells of the full table: a representative expected count of each
        bin (bins of the logarithm, about 0.1 wide, lose nothing that shows) and the number of
        cells in it. So millions of empty cells are never laid out.
    start
        Further values (alpha1, beta1, alpha2, beta2, weight) to begin from.

    Returns
    -------
    GPSPrior
        The components by rising mean, the weight of the first, and the negative log-likelihood of
        all cells. With `zero_truncated` the weight is that among the reported cells.

    Notes
    -----
    f(n; alpha, beta, E) = Gamma(alpha + n) / (Gamma(alpha) n!) (beta / (beta + E))^alpha
    (E / (beta + E))^n; the likelihood is the product of P f1 + (1 - P) f2, each f_j divided by
    1 - f_j(0) when truncated, as openEBGM and PhViD do (truncating the mixture as a whole is
    another likelihood, with another maximum). Cells of like count and expected count are merged
    to find the region; Newton steps on all cells end at the maximum itself, from the best of
    several starts.

    References
    ----------
    DuMouchel (1999), The American Statistician 53(3):177-190; DuMouchel & Pregibon (2001), KDD.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> expected = rng.gamma(1.0, 5.0, 20_000)
    >>> observed = rng.poisson(expected * rng.gamma(2.0, 0.5, expected.size))
    >>> prior = fit_gps(observed, expected, zero_truncated=False)
    >>> mean = prior.weight * prior.alpha1 / prior.beta1
    >>> round(mean + (1 - prior.weight) * prior.alpha2 / prior.beta2, 1)
    1.0
    """
    cells = _cells(observed, expected, zero_expected, zero_counts, zero_truncated=zero_truncated)
    full = Likelihood(cells, zero_truncated=zero_truncated)
    rough = Likelihood(cells.squashed(0.1), zero_truncated=zero_truncated)
    coarse = Likelihood(cells.squashed(0.5), zero_truncated=zero_truncated)
    starts = [_theta(begin) for begin in (*_starts(cells), *([start] if start is not None else []))]
    found = _search(coarse, starts, keep=FINALISTS, steps=40, least_gain=1e-2)
    found = _search(rough, found, keep=1, steps=200, least_gain=1e-6)
    return _prior(*minimise(full, found[0], curvature_of=rough, steps=50, least_gain=1e-11))


def posterior(prior: GPSPrior, observed: ArrayLike, expected: ArrayLike) -> Posterior:
    """Return the shrunken reporting ratio of each cell with its 5 % and 95 % quantiles.

    Parameters
    ----------
    prior
        What `fit_gps` returned (or a prior of the same meaning from elsewhere).
    observed, expected
        Whole count (>= 0) and expected count (>= 0) of each cell.

    Returns
    -------
    Posterior
        EBGM, EB05 and EB95, dimensionless.

    Notes
    -----
    The posterior is Q Gamma(alpha1 + n, beta1 + E) + (1 - Q) Gamma(alpha2 + n, beta2 + E) with
    Q = P f1 / (P f1 + (1 - P) f2), f untruncated. EBGM = exp(E[ln lambda]). The quantiles solve
    the mixture's distribution function itself, between those of its components. FDA practice
    ranks by EB05 and looks at EB05 >= 2.

    References
    ----------
    DuMouchel (1999), The American Statistician 53(3):177-190.

    Examples
    --------
    >>> prior = GPSPrior(0.2, 0.1, 2.0, 4.0, 1 / 3, nll=0.0)
    >>> cell = posterior(prior, observed=12, expected=1.4)
    >>> round(cell.ebgm, 2), round(cell.eb05, 2), round(cell.eb95, 2)
    (7.8, 4.72, 12.3)
    """
    _check(prior)
    (observed,) = whole(observed=observed)
    observed, expected = non_negative(observed=observed, expected=expected)
    mixture = _Mixture(prior, observed.ravel(), expected.ravel())
    columns = (mixture.geometric_mean(), mixture.quantile(0.05), mixture.quantile(0.95))
    return Posterior(*(as_given(column.reshape(observed.shape)) for column in columns))


class _Mixture:
    """The two-gamma posterior of many cells at once."""

    def __init__(self, prior: GPSPrior, n: FloatArray, expected: FloatArray) -> None:
        self.distinct, self.place = np.unique(n, return_inverse=True)
        alphas, betas = (prior.alpha1, prior.alpha2), (prior.beta1, prior.beta2)
        self.shape = [alpha + n for alpha in alphas]
        self.rate = [beta + expected for beta in betas]
        self.distinct_shape = [alpha + self.distinct for alpha in alphas]
        marginal = [
            log_rising_factorial(alpha, self.distinct)[0][self.place]
            - n * np.log(rate)
            - alpha * np.log1p(expected / beta)
            for alpha, beta, rate in zip(alphas, betas, self.rate, strict=True)
        ]
        self.first = special.expit(special.logit(prior.weight) + marginal[0] - marginal[1])
        self.weight = [self.first, 1 - self.first]

    def geometric_mean(self) -> FloatArray:
        """Return exp of the posterior mean of ln lambda."""
        mean = np.zeros(self.first.shape)
        for weight, shape, rate in zip(self.weight, self.distinct_shape, self.rate, strict=True):
            mean += weight * (special.psi(shape)[self.place] - np.log(rate))
        return np.exp(mean)

    def quantile(self, q: float) -> FloatArray:
        """Return the q-quantile of each cell, by safeguarded Halley steps in ln lambda."""
        ends = [
            np.log(np.maximum(special.gammaincinv(shape, q), 5e-324))[self.place] - np.log(rate)
            for shape, rate in zip(self.distinct_shape, self.rate, strict=True)
        ]
        low, high = np.minimum(*ends), np.maximum(*ends)
        u = self.weight[0] * ends[0] + self.weight[1] * ends[1]
        active = np.flatnonzero(high - low > 1e-15 * np.maximum(np.abs(low), 1.0))
        for _ in range(MOST_QUANTILE_STEPS):
            if active.size == 0:
                break
            at = u[active]
            is_high, step = self._step(active, at, q)
            high[active] = np.where(is_high, np.minimum(high[active], at), high[active])
            low[active] = np.where(is_high, low[active], np.maximum(low[active], at))
            moved = at + step
            inside = (moved >= low[active]) & (moved <= high[active])
            u[active] = np.where(inside, moved, (low[active] + high[active]) / 2)
            # Halley's error falls with the cube of the step: below 1e-5 it is rounding.
            done = np.abs(u[active] - at) < 1e-5 * np.where(inside, 1.0, 1e-10)
            active = active[~done]
        return np.asarray(np.exp(u))

    def _step(
        self, cells: NDArray[np.intp], u: FloatArray, q: float
    ) -> tuple[NDArray[np.bool_], FloatArray]:
        """Return whether u lies above the quantile, and Halley's step towards it.

        The step is taken on the logarithm of the smaller tail, which bends little far out.
        """
        tail, slope, bend = np.zeros(u.shape), np.zeros(u.shape), np.zeros(u.shape)
        cumulative = special.gammainc if q < 0.5 else special.gammaincc
        for j in range(2):
            weight, shape, rate = self.weight[j][cells], self.shape[j][cells], self.rate[j][cells]
            used = np.flatnonzero(weight > 1e-17)
            weight, shape = weight[used], shape[used]
            x = rate[used] * np.exp(u[used])
            density = weight * np.exp(shape * np.log(x) - x - special.gammaln(shape))
            tail[used] += weight * cumulative(shape, x)
            slope[used] += density
            bend[used] += density * (shape - x)
        sign, goal = (1.0, q) if q < 0.5 else (-1.0, 1 - q)
        tail, rise = np.maximum(tail, 1e-300), sign * slope
        distance, first = np.log(tail / goal), rise / np.maximum(tail, 1e-300)
        second = sign * bend / tail - first * first
        with np.errstate(divide="ignore", invalid="ignore"):
            step = -2 * distance * first / (2 * first * first - distance * second)
        return sign * distance > 0, np.where(np.isfinite(step), step, np.inf)


def _cells(
    observed: ArrayLike,
    expected: ArrayLike,
    zero_expected: ArrayLike,
    zero_counts: ArrayLike,
    *,
    zero_truncated: bool,
) -> Cells:
    (n,) = whole(observed=observed)
    n, mean = (array.ravel() for array in non_negative(observed=n, expected=expected))
    empty_mean, empty = non_negative(zero_expected=zero_expected, zero_counts=zero_counts)
    if zero_truncated and empty.size:
        raise ValueError("zero_counts belong to the full table: pass zero_truncated=False")
    refuse("expected", mean, (mean == 0) & (n > 0), "must be above 0 where something was observed")
    n, mean = np.concatenate([n, np.zeros(empty.size)]), np.concatenate([mean, empty_mean.ravel()])
    weight = np.concatenate([np.ones(n.size - empty.size), empty.ravel()])
    # An empty cell where nothing was expected has likelihood 1 whatever the prior.
    told = (mean > 0) & (weight > 0) & ((n > 0) | (not zero_truncated))
    if not (n[told] > 0).any():
        raise ValueError(
            "observed holds no reported cell: a prior needs at least one count above 0"
        )
    return Cells(n[told], mean[told], weight[told])


def _starts(cells: Cells) -> list[tuple[float, ...]]:
    """Return DuMouchel's start, others, and a narrow component at several places of a wide one."""
    mean = float((cells.weight @ cells.n) / (cells.weight @ cells.expected))
    narrow = [
        (100.0, 100.0 / (place * mean), 1.0, 1.0 / mean, share)
        for place, share in ((0.1, 0.5), (0.5, 0.2), (0.8, 0.1), (1.0, 0.8), (1.2, 0.1), (3.0, 0.1))
    ]
    return [*STARTS, *narrow]


def _search(
    likelihood: Likelihood, starts: list[FloatArray], *, keep: int, steps: int, least_gain: float
) -> list[FloatArray]:
    """Return the `keep` best points reached from the starts, best first."""
    found = [
        minimise(likelihood, theta, curvature_of=likelihood, steps=steps, least_gain=least_gain)
        for theta in starts
    ]
    return [theta for theta, _ in sorted(found, key=lambda point: point[1])[:keep]]


def _theta(start: Sequence[float]) -> FloatArray:
    alpha1, beta1, alpha2, beta2, weight = start
    _check(GPSPrior(alpha1, beta1, alpha2, beta2, weight, nll=0.0))
    theta = np.log([alpha1, beta1, alpha2, beta2, 1.0])
    theta[4] = special.logit(weight)
    return np.clip(theta, -LIMIT, LIMIT)


def _prior(theta: FloatArray, nll: float) -> GPSPrior:
    """Return the prior at theta, the component with the smaller mean first."""
    alpha1, beta1, alpha2, beta2 = (float(value) for value in np.exp(theta[:4]))
    weight = float(special.expit(theta[4]))
    if alpha1 / beta1 > alpha2 / beta2:
        return GPSPrior(alpha2, beta2, alpha1, beta1, float(special.expit(-theta[4])), nll)
    return GPSPrior(alpha1, beta1, alpha2, beta2, weight, nll)


def _check(prior: GPSPrior) -> None:
    shapes = np.array([prior.alpha1, prior.beta1, prior.alpha2, prior.beta2])
    if not (np.isfinite(shapes).all() and (shapes > 0).all() and 0 <= prior.weight <= 1):
        raise ValueError(f"a prior has alphas and betas above 0 and a weight in 0..1 (got {prior})")
