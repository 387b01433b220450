"""Expected reactions from doses: what each lot should show, by a model that never saw that lot.

Rates are modelled by age, sex, site, dose number, week and weekday. Lots are dealt into groups; the
expected count of a lot comes from the model fitted without its whole group, so that a bad lot
cannot explain itself. How far ordinary lots stray beyond Poisson chance is estimated the same way,
without the lot in question, and carried into the p-value. Reactions that a vaccine cannot cause
(negative controls) show what bias is left.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import PoissonRegressor
from sklearn.preprocessing import OneHotEncoder, SplineTransformer
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Floats: TypeAlias = NDArray[Any]
Integers: TypeAlias = NDArray[np.int64]
FitRates: TypeAlias = Callable[[Floats, Floats], Floats]
"""From doses and events of every cell of covariates to the fitted rate of every cell."""

PRIOR_EVENTS = 1.0
"""Penalty of the regression: a prior variance of 1 on each log rate ratio."""

DISPERSIONS = np.concatenate([[0.0], np.logspace(-4, 1, 101)])
"""Values tried for the variance of the gamma factor that each lot brings; 0 is Poisson."""


class RateModel(StrEnum):
    """Log-linear with a smooth course over weeks, or boosted trees that find interactions."""

    REGRESSION = "regression"
    BOOSTING = "boosting"


@dataclass(frozen=True)
class Doses:
    """Doses given, one row per lot and cell of covariates; all columns integer-coded."""

    lot: Integers
    age: Integers
    sex: Integers
    site: Integers
    dose_number: Integers
    week: Integers
    weekday: Integers
    doses: Floats

    def __post_init__(self) -> None:
        """Refuse columns of different lengths and rows without doses."""
        lengths = {getattr(self, column.name).shape for column in fields(self)}
        if len(lengths) != 1 or len(self.doses.shape) != 1:
            raise ValueError("all columns must be one-dimensional and equally long")
        if not (self.doses > 0).all():
            raise ValueError("every row needs doses")

    def covariates(self) -> Integers:
        """Return the columns that explain a rate; the lot is not one of them."""
        columns = (self.age, self.sex, self.site, self.dose_number, self.weekday, self.week)
        return np.stack(columns, axis=1)


@dataclass(frozen=True)
class LotExpectation:
    """One value per lot: `low` and `high` hold 95 % of an ordinary lot's counts."""

    lot: Integers
    observed: Floats
    expected: Floats
    dispersion: Floats
    low: Floats
    high: Floats
    p: Floats
    mid_p: Floats


@dataclass(frozen=True)
class Expectation:
    """Expected count of every row of doses, by lot, and the dispersion over all lots."""

    by_row: Floats
    by_lot: LotExpectation
    dispersion: float


@dataclass(frozen=True)
class SystematicError:
    """Distribution of log rate ratios where there is no effect."""

    mean: float
    deviation: float


def expect_reactions(
    doses: Doses,
    reactions: ArrayLike,
    *,
    model: RateModel | str = RateModel.REGRESSION,
    groups: int = 10,
    seed: int = 0,
) -> Expectation:
    """Return the reactions that every lot should show by its doses alone.

    Parameters
    ----------
    doses
        Doses by lot and covariates.
    reactions
        Reactions of each row (>= 0).
    model
        "regression" or "boosting"; boosting is flat beyond the weeks it saw.
    groups
        Lots are dealt into this many groups (fewer with fewer lots), each left out once.
    seed
        For boosting; the same seed gives the same result on any number of threads.

    Returns
    -------
    Expectation
        Expected counts, and by lot the negative-binomial interval and p-value for an excess.

    Raises
    ------
    ValueError
        When there are fewer than two lots, or the reactions do not fit the rows.

    Notes
    -----
    E_row = doses x rate(covariates | all other groups). O_lot ~ NB(mean E, variance E + phi E^2),
    phi by maximum likelihood over all lots but the one judged. p = P(NB >= O).

    References
    ----------
    Cameron & Trivedi (2013), Regression Analysis of Count Data, 2nd ed., chapter 3.

    Examples
    --------
    >>> lot, week = (part.ravel() for part in np.mgrid[:20, :6])
    >>> same = np.zeros(lot.size, dtype=int)
    >>> doses = Doses(lot, same, same, same, same, week, same, np.full(lot.size, 500.0))
    >>> found = expect_reactions(doses, np.where(lot == 7, 9, 3))
    >>> found.by_lot.expected[7].round(1), found.by_lot.observed[7]
    (np.float64(18.0), np.float64(54.0))
    """
    seen = np.asarray(reactions, dtype=np.float64)
    if seen.shape != doses.doses.shape or not (seen >= 0).all():
        raise ValueError("reactions must be one number per row of doses, none below 0")
    lots, lot = np.unique(doses.lot, return_inverse=True)
    if lots.size < 2:
        raise ValueError("a lot is judged by other lots: two at least are needed")
    group = _deal(np.bincount(lot, weights=doses.doses), min(groups, lots.size))[lot]
    cells, cell = np.unique(doses.covariates(), axis=0, return_inverse=True)
    with threadpool_limits(limits=1):
        fit = _FITTERS[RateModel(model)](cells, seed)
        rates = _left_out_rates(fit, cell.ravel(), group, doses.doses, seen)
    by_row = doses.doses * rates
    by_lot, dispersion = _judge(lots, np.bincount(lot, seen), np.bincount(lot, by_row))
    return Expectation(by_row, by_lot, dispersion)


def fit_systematic_error(log_ratios: ArrayLike, standard_errors: ArrayLike) -> SystematicError:
    """Return the mean and spread of log rate ratios of negative controls beyond their own errors.

    Parameters
    ----------
    log_ratios, standard_errors
        Estimates for reactions that the vaccine cannot cause (finite; at least two).

    Returns
    -------
    SystematicError
        Maximum-likelihood mean and standard deviation (0 where chance explains the spread).

    Notes
    -----
    ln RR_i ~ N(mu, tau^2 + se_i^2).

    References
    ----------
    Schuemie et al. (2014), Statistics in Medicine 33:209-218.

    Examples
    --------
    >>> error = fit_systematic_error([0.1, 0.5, 0.3, 0.3], [0.2, 0.2, 0.2, 0.2])
    >>> round(error.mean, 3), round(error.deviation, 3)
    (0.3, 0.0)
    """
    ratios = np.asarray(log_ratios, dtype=np.float64)
    errors = np.asarray(standard_errors, dtype=np.float64)
    if ratios.size < 2 or not (np.isfinite(ratios) & np.isfinite(errors) & (errors > 0)).all():
        raise ValueError("at least two finite estimates with errors above 0 are needed")

    def mean_at(variance: float) -> float:
        return float(np.average(ratios, weights=1.0 / (errors**2 + variance)))

    def deficit(deviation: float) -> float:
        total = errors**2 + deviation**2
        return float((np.log(total) + (ratios - mean_at(deviation**2)) ** 2 / total).sum())

    widest = float(np.ptp(ratios)) + 1e-9
    found = optimize.minimize_scalar(deficit, bounds=(0.0, widest), method="bounded")
    deviation = float(found.x) if deficit(float(found.x)) < deficit(0.0) - 1e-9 else 0.0
    return SystematicError(mean_at(deviation**2), deviation)


def calibrated_p(log_ratio: ArrayLike, standard_error: ArrayLike, error: SystematicError) -> Floats:
    """Return the one-sided p-value of a log rate ratio, given what negative controls show.

    Notes
    -----
    p = 1 - Phi((ln RR - mu) / sqrt(tau^2 + se^2)).

    References
    ----------
    Schuemie et al. (2014), Statistics in Medicine 33:209-218.

    Examples
    --------
    >>> calibrated_p(0.5, 0.3, SystematicError(mean=0.5, deviation=0.4)).item()
    0.5
    """
    spread = np.sqrt(error.deviation**2 + np.asarray(standard_error, dtype=np.float64) ** 2)
    return np.asarray(special.ndtr((error.mean - np.asarray(log_ratio)) / spread))


def _deal(doses_by_lot: Floats, groups: int) -> Integers:
    """Deal the lots, largest first, there and back, so that groups hold similar doses."""
    turn = np.arange(doses_by_lot.size) % (2 * groups)
    dealt = np.empty(doses_by_lot.size, dtype=np.int64)
    order = np.argsort(-doses_by_lot, kind="stable")
    dealt[order] = np.minimum(turn, 2 * groups - 1 - turn)
    return dealt


def _left_out_rates(
    fit: FitRates, cell: Integers, group: Integers, doses: Floats, reactions: Floats
) -> Floats:
    """Return each row's rate from the fit without its group; rows of one cell are one row."""
    many = int(cell.max()) + 1
    given, seen = np.bincount(cell, doses, many), np.bincount(cell, reactions, many)
    rates = np.empty(cell.size)
    for left_out in range(int(group.max()) + 1):
        inside = group == left_out
        held = cell[inside]
        rest = given - np.bincount(held, doses[inside], many)
        rates[inside] = fit(rest, seen - np.bincount(held, reactions[inside], many))[held]
    return rates


def _regression(cells: Integers, _seed: int) -> FitRates:
    """Prepare a penalised Poisson regression: levels one by one, weeks along a spline."""
    levels = OneHotEncoder(sparse_output=False, handle_unknown="infrequent_if_exist")
    weeks = cells[:, -1:].astype(np.float64)
    knots = int(np.clip(np.unique(weeks).size // 4, 2, 12))
    course = SplineTransformer(n_knots=knots, degree=3, include_bias=False)
    matrix = np.hstack([levels.fit_transform(cells[:, :-1]), course.fit_transform(weeks)])

    def fit(doses: Floats, reactions: Floats) -> Floats:
        used = doses > 0.5
        if not reactions[used].any():
            return np.zeros(doses.size)
        regressor = PoissonRegressor(
            alpha=PRIOR_EVENTS / doses[used].sum(), solver="newton-cholesky", tol=1e-8
        )
        rate = reactions[used] / doses[used]
        regressor.fit(matrix[used], rate, sample_weight=doses[used])
        return np.asarray(regressor.predict(matrix))

    return fit


def _boosting(cells: Integers, seed: int) -> FitRates:
    """Prepare boosted trees: sex, site and weekday are unordered, the rest is."""
    unordered = [1, 2, 4]

    def fit(doses: Floats, reactions: Floats) -> Floats:
        used = doses > 0.5
        if not reactions[used].any():
            return np.zeros(doses.size)
        categorical = [column for column in unordered if cells[:, column].max() < 255]
        regressor = HistGradientBoostingRegressor(
            loss="poisson",
            max_iter=60,
            max_leaf_nodes=8,
            l2_regularization=PRIOR_EVENTS,
            categorical_features=categorical,
            early_stopping=False,
            random_state=seed,
        )
        rate = reactions[used] / doses[used]
        regressor.fit(cells[used], rate, sample_weight=doses[used])
        return np.asarray(regressor.predict(cells))

    return fit


_FITTERS = {RateModel.REGRESSION: _regression, RateModel.BOOSTING: _boosting}


def _judge(lots: Integers, observed: Floats, expected: Floats) -> tuple[LotExpectation, float]:
    """Return every lot beside its expectation, its dispersion estimated without it."""
    fits = _log_likelihoods(observed, expected)
    total = fits.sum(axis=0)
    dispersion = DISPERSIONS[np.argmax(total - fits, axis=1)]
    mean = np.maximum(expected, 1e-12)
    tail, same = _tail(observed, mean, dispersion), _mass(observed, mean, dispersion)
    low, high = (_quantile(share, mean, dispersion) for share in (0.025, 0.975))
    judged = LotExpectation(
        lot=lots.astype(np.int64),
        observed=observed,
        expected=expected,
        dispersion=dispersion,
        low=low,
        high=high,
        p=tail,
        mid_p=tail - 0.5 * same,
    )
    return judged, float(DISPERSIONS[np.argmax(total)])


def _log_likelihoods(observed: Floats, expected: Floats) -> Floats:
    """Return the log-likelihood of each lot at each dispersion (n_lots, n_dispersions)."""
    mean = np.maximum(expected, 1e-12)[:, np.newaxis]
    count = observed[:, np.newaxis]
    size = 1.0 / DISPERSIONS[np.newaxis, 1:]
    mixed = special.gammaln(count + size) - special.gammaln(size) - size * np.log1p(mean / size)
    mixed += special.xlogy(count, mean / (mean + size))
    plain = special.xlogy(count, mean) - mean
    return np.hstack([plain, mixed])


def _tail(observed: Floats, mean: Floats, dispersion: Floats) -> Floats:
    mixed = stats.nbinom.sf(observed - 1.0, *_mixture(mean, dispersion))
    return np.where(dispersion > 0.0, mixed, stats.poisson.sf(observed - 1.0, mean))


def _mass(observed: Floats, mean: Floats, dispersion: Floats) -> Floats:
    mixed = stats.nbinom.pmf(observed, *_mixture(mean, dispersion))
    return np.where(dispersion > 0.0, mixed, stats.poisson.pmf(observed, mean))


def _quantile(share: float, mean: Floats, dispersion: Floats) -> Floats:
    mixed = stats.nbinom.ppf(share, *_mixture(mean, dispersion))
    return np.where(dispersion > 0.0, mixed, stats.poisson.ppf(share, mean))


def _mixture(mean: Floats, dispersion: Floats) -> tuple[Floats, Floats]:
    """Return SciPy's (n, p) of a negative binomial; any valid ones where it is not used."""
    size = 1.0 / np.where(dispersion > 0.0, dispersion, 1.0)
    return size, size / (size + mean)
