"""The likelihood of a two-component gamma-Poisson mixture, its gradient, and its maximum.

Parameters travel as `theta` = (ln alpha1, ln beta1, ln alpha2, ln beta2, logit weight).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import special

from aefi.screening.arguments import FloatArray

Objective: TypeAlias = Callable[[FloatArray], tuple[float, FloatArray]]

LIMIT = np.log(1e6)
"""Components are sought between 1e-6 and 1e6; beyond, they are a point mass or nothing."""
EXACT_BELOW, FEW = 26, 1000
EXACT_SUMS_BELOW = 257
FLATTEST, LONGEST_STEP = 1e-9, 1.0


@dataclass(frozen=True)
class Cells:
    """Distinct cells of the table: count, expected count and how many cells are alike."""

    n: FloatArray
    expected: FloatArray
    weight: FloatArray

    def squashed(self, width: float) -> "Cells":
        """Return the cells merged by bins of ln E, and of ln n from 26 up; few stay as they are."""
        if self.n.size <= FEW:
            return self
        level = self.n.astype(np.int64)
        large = level >= EXACT_BELOW
        level[large] = EXACT_BELOW + (np.log(self.n[large] / EXACT_BELOW) / width).astype(np.int64)
        bins = np.floor(np.log(self.expected) / width).astype(np.int64)
        key = bins * (level.max() + 1) + level
        _, place = np.unique(key, return_inverse=True)
        weight = np.bincount(place, self.weight).astype(np.float64)
        mean_n = np.bincount(place, self.weight * self.n) / weight
        mean_log = np.bincount(place, self.weight * np.log(self.expected)) / weight
        return Cells(np.rint(mean_n), np.exp(mean_log), weight)


class Likelihood:
    """Negative log-likelihood of cells, constants included, with its gradient in theta."""

    def __init__(self, cells: Cells, *, zero_truncated: bool) -> None:
        self.cells, self.zero_truncated = cells, zero_truncated
        self.distinct, self.place = np.unique(cells.n, return_inverse=True)
        log_factorial = special.gammaln(self.distinct + 1)[self.place]
        self.constant = cells.n * np.log(cells.expected) - log_factorial

    def __call__(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Return the negative log-likelihood and its gradient."""
        first, slopes1 = self._component(*theta[:2])
        second, slopes2 = self._component(*theta[2:4])
        weight = special.expit(theta[4])
        ratio = theta[4] + first - second
        fading = np.exp(-np.abs(ratio))
        log_other = -np.logaddexp(0.0, theta[4])
        mixed = second + log_other + np.maximum(ratio, 0) + np.log1p(fading) + self.constant
        share = np.where(ratio > 0, 1.0, fading) / (1 + fading) * self.cells.weight
        rest = self.cells.weight - share
        slopes = [share @ slopes1[0], share @ slopes1[1], rest @ slopes2[0], rest @ slopes2[1]]
        slopes.append(share.sum() - weight * self.cells.weight.sum())
        return -float(mixed @ self.cells.weight), -np.array(slopes)

    def _component(
        self, log_alpha: float, log_beta: float
    ) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
        """Return the log probability of each cell, less the constant, and its two slopes."""
        n, expected = self.cells.n, self.cells.expected
        alpha, beta = np.exp(log_alpha), np.exp(log_beta)
        rise, slope = log_rising_factorial(alpha, self.distinct)
        spread, share = np.log1p(expected / beta), expected / (beta + expected)
        log_f = rise[self.place] - n * log_beta - (alpha + n) * spread
        by_alpha = alpha * (slope[self.place] - spread)
        by_beta = (alpha + n) * share - n
        if self.zero_truncated:
            log_f = log_f - np.log(-np.expm1(-alpha * spread))
            odds_of_zero = alpha * np.exp(-alpha * spread) / -np.expm1(-alpha * spread)
            by_alpha, by_beta = by_alpha - odds_of_zero * spread, by_beta + odds_of_zero * share
        return log_f, (by_alpha, by_beta)


def log_rising_factorial(alpha: float, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return ln Gamma(alpha + n) - ln Gamma(alpha) and its derivative in alpha.

    Small n are summed term by term: for a large alpha the two log-gammas are alike in their
    first ten digits.
    """
    steps = alpha + np.arange(EXACT_SUMS_BELOW - 1)
    short = np.minimum(n, EXACT_SUMS_BELOW - 1).astype(np.int64)
    log_sums = np.concatenate([[0.0], np.cumsum(np.log(steps))])[short]
    inverse_sums = np.concatenate([[0.0], np.cumsum(1 / steps)])[short]
    is_short = n < EXACT_SUMS_BELOW
    return (
        np.where(is_short, log_sums, special.gammaln(alpha + n) - special.gammaln(alpha)),
        np.where(is_short, inverse_sums, special.psi(alpha + n) - special.psi(alpha)),
    )


def minimise(
    objective: Objective,
    theta: FloatArray,
    *,
    curvature_of: Objective,
    steps: int,
    least_gain: float,
) -> tuple[FloatArray, float]:
    """Return the lowest point found and its value, by damped Newton steps inside the limits.

    The curvature may be that of a cheaper, nearly equal objective: steps then still end at the
    minimum of `objective` itself, whose gradient decides. Stops when a step promises less than
    `least_gain`.
    """
    value, gradient = objective(theta)
    for _ in range(steps):
        step, gain = _newton_step(theta, gradient, curvature(curvature_of, theta))
        if gain < least_gain + 1e-14 * abs(value):
            break
        theta, value, gradient, moved = _descend(objective, theta, step, value, gradient)
        if not moved:
            break
    return theta, value


def curvature(objective: Objective, theta: FloatArray) -> FloatArray:
    """Return the matrix of second derivatives, by differences of the analytic gradient."""
    width = 1e-6
    here = objective(theta)[1]
    columns = [(objective(theta + width * unit)[1] - here) / width for unit in np.eye(theta.size)]
    matrix = np.array(columns)
    return np.asarray((matrix + matrix.T) / 2)


def _newton_step(
    theta: FloatArray, gradient: FloatArray, matrix: FloatArray
) -> tuple[FloatArray, float]:
    """Return the step among parameters that are not held at a limit, and the gain it promises."""
    held = (np.abs(theta) >= LIMIT) & (np.sign(theta) == -np.sign(gradient))
    free = np.flatnonzero(~held)
    step = np.zeros(theta.size)
    if free.size == 0:
        return step, 0.0
    values, vectors = np.linalg.eigh(matrix[np.ix_(free, free)])
    # A saddle is left downhill: negative curvature counts as positive, flat as nearly flat.
    scale = np.maximum(np.abs(values), FLATTEST * max(np.abs(values).max(), 1.0))
    step[free] = -vectors @ ((vectors.T @ gradient[free]) / scale)
    gain = -float(step @ gradient)
    return step * min(1.0, LONGEST_STEP / max(np.abs(step).max(), 1e-300)), gain


def _descend(
    objective: Objective, theta: FloatArray, step: FloatArray, value: float, gradient: FloatArray
) -> tuple[FloatArray, float, FloatArray, bool]:
    """Go along the step, halved until it leads down; say whether it did."""
    for _ in range(30):
        candidate = np.clip(theta + step, -LIMIT, LIMIT)
        lower, new_gradient = objective(candidate)
        if lower < value:
            return candidate, lower, new_gradient, True
        step = step / 2
    return theta, value, gradient, False
