"""Quasi-Poisson regression of many series on one design, solved in one batch.

The design is an intercept, a period of the year and perhaps a trend, laid out so that the intercept
is the prediction itself: period 0 and time 0 are those of the week to be predicted.
"""

from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[Any]
"""An array of float64."""

LOWEST = -20.0
"""Linear predictors end here: a period without cases has no finite maximum (exp(-20) = 2e-9)."""

TOLERANCE = 1e-8
"""Relative change of the deviance at convergence, as in R's glm."""

MOST_STEPS = 30


@dataclass(frozen=True)
class Prediction:
    """Mean, dispersion (>= 1) and variance of the log mean, one value per series."""

    mean: Floats
    dispersion: Floats
    log_variance: Floats


@dataclass(frozen=True)
class _Design:
    """Rows by columns; the distinct products of pairs of columns, and which pair is which."""

    matrix: Floats
    products: Floats
    pairs: NDArray[np.int64]

    def information(self, weights: Floats) -> Floats:
        """Return X'WX of every series: few products are distinct, the periods do not overlap."""
        width = self.matrix.shape[1]
        return np.asarray((weights @ self.products)[:, self.pairs].reshape(-1, width, width))

    def quadratic(self, inverse: Floats) -> Floats:
        """Return x'Ax of every series and row."""
        width = self.matrix.shape[1]
        sums = np.zeros((inverse.shape[0], self.products.shape[1]))
        for pair, values in zip(self.pairs, inverse.reshape(-1, width**2).T, strict=True):
            sums[:, pair] += values
        return np.asarray(sums @ self.products.T)


@dataclass(frozen=True)
class _Fit:
    """Fitted means (n_series, n_rows), inverse information (n_series, p, p), intercepts."""

    means: Floats
    inverse: Floats
    intercept: Floats


def predict(
    counts: Floats, group: NDArray[np.int64], trend: Floats | None, *, reweighting: float | None
) -> Prediction:
    """Return what each series predicts for period 0 at time 0.

    The trend is left out for series where it predicts more than they ever held.

    :raises ValueError: when period 0 has no rows.
    """
    if not (group == 0).any():
        raise ValueError("no past week in the period of the tested one")
    if trend is None:
        return _predict(counts, _design(group, None), reweighting)
    sloped = _predict(counts, _design(group, trend), reweighting)
    steep = np.flatnonzero(sloped.mean > counts.max(axis=1))
    if steep.size:
        flat = _predict(counts[steep], _design(group, None), reweighting)
        for part in fields(Prediction):
            getattr(sloped, part.name)[steep] = getattr(flat, part.name)
    return sloped


def _predict(counts: Floats, design: _Design, reweighting: float | None) -> Prediction:
    weights = np.ones(counts.shape)
    fit = _fit(counts, design, weights)
    dispersion = _dispersion(counts, fit, weights, design)
    if reweighting is not None:
        residuals = _anscombe(counts, fit, dispersion, design)
        weights = _outbreak_weights(residuals, reweighting)
        fit = _fit(counts, design, weights)
        dispersion = _dispersion(counts, fit, weights, design)
    empty = counts.max(axis=1) == 0.0
    mean = np.where(empty, 0.0, np.exp(fit.intercept))
    return Prediction(mean, np.where(empty, 1.0, dispersion), dispersion * fit.inverse[:, 0, 0])


def _design(group: NDArray[np.int64], trend: Floats | None) -> _Design:
    others = np.unique(group[group > 0])
    columns = [np.ones(group.size), *((group == other).astype(float) for other in others)]
    if trend is not None:
        columns.append(trend)
    matrix = np.stack(columns, axis=1)
    products = matrix[:, :, np.newaxis] * matrix[:, np.newaxis, :]
    distinct, pairs = np.unique(products.reshape(matrix.shape[0], -1), axis=1, return_inverse=True)
    return _Design(matrix, distinct, pairs.ravel())


def _fit(counts: Floats, design: _Design, weights: Floats) -> _Fit:
    """Iterate weighted least squares; a series whose deviance stands still is left alone."""
    eta = np.log(counts + 0.1)
    intercept = np.zeros(counts.shape[0])
    deviance = np.full(counts.shape[0], np.inf)
    moving = np.arange(counts.shape[0])
    for _ in range(MOST_STEPS):
        seen, weight = counts[moving], weights[moving]
        beta = _step(seen, eta[moving], design, weight)
        eta[moving] = np.maximum(beta @ design.matrix.T, LOWEST)
        intercept[moving] = np.maximum(beta[:, 0], LOWEST)
        before = deviance[moving]
        deviance[moving] = _deviance(seen, eta[moving], weight)
        change = np.abs(deviance[moving] - before)
        moving = moving[change > TOLERANCE * (np.abs(deviance[moving]) + 0.1)]
        if not moving.size:
            break
    means = np.exp(eta)
    return _Fit(means, np.linalg.inv(design.information(weights * means)), intercept)


def _step(counts: Floats, eta: Floats, design: _Design, weights: Floats) -> Floats:
    """Solve the weighted least squares of the linearised model of each series."""
    means = np.exp(eta)
    working = weights * means
    score = (working * eta + weights * (counts - means)) @ design.matrix
    solved = np.linalg.solve(design.information(working), score[:, :, np.newaxis])
    return np.asarray(solved[:, :, 0])


def _deviance(counts: Floats, eta: Floats, weights: Floats) -> Floats:
    """Return twice the log-likelihood deficit, up to a constant of the counts."""
    return np.asarray(2.0 * (weights * (np.exp(eta) - counts * eta)).sum(axis=1))


def _dispersion(counts: Floats, fit: _Fit, weights: Floats, design: _Design) -> Floats:
    rows, columns = design.matrix.shape
    pearson = (weights * (counts - fit.means) ** 2 / fit.means).sum(axis=1)
    return np.asarray(np.maximum(pearson / max(rows - columns, 1), 1.0))


def _anscombe(counts: Floats, fit: _Fit, dispersion: Floats, design: _Design) -> Floats:
    """Return Anscombe residuals, standardised by dispersion and leverage."""
    raw = 1.5 * (np.cbrt(counts**2) * fit.means ** (-1.0 / 6.0) - np.sqrt(fit.means))
    leverage = np.minimum(fit.means * design.quadratic(fit.inverse), 1.0 - 1e-9)
    return np.asarray(raw / np.sqrt(dispersion[:, np.newaxis] * (1.0 - leverage)))


def _outbreak_weights(residuals: Floats, limit: float) -> Floats:
    """Return weights falling as residual^-2 above the limit, their sum the number of rows."""
    high = residuals > limit
    falling = np.where(high, np.where(high, residuals, 1.0) ** -2.0, 1.0)
    return np.asarray(falling * (residuals.shape[1] / falling.sum(axis=1, keepdims=True)))
