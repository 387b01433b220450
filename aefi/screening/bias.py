"""What negative controls show: reactions that no vaccine causes stray as far as reporting is uneven.

A lot given where people report eagerly has more of everything. How far counts of control reactions
stray from what is expected of them, beyond chance, is bias; a signal must stand out from that too.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from aefi.screening.cells import predictive_p
from aefi.screening.facts import Floats

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
LEAST_CELLS, LEAST_REPORTS = 10, 20
"""Fewer control cells or reports tell nothing of their spread. Source: docs/screening.md#controls."""
LEAST_EXPECTED = 0.1
"""Cells that lead to expect less are left out, whatever was seen in them."""
WIDEST = 2.0
"""Largest standard deviation of the log ratio that is looked for: a factor of 7."""


@dataclass(frozen=True)
class Bias:
    """Distribution of the log ratio of observed to expected where there is no effect.

    `cells` and `reports` are the control cells and the reports in them that it was fitted to.
    """

    mean: float
    deviation: float
    cells: int
    reports: int


def fit_bias(observed: Floats, expected: Floats, variance: Floats) -> Bias | None:
    """Return how far control cells stray beyond chance; None where they are too few to tell.

    Parameters
    ----------
    observed, expected, variance
        Counts of control cells (zeros among them), what others lead to expect, and its variance.

    Returns
    -------
    Bias or None
        Maximum-likelihood mean and standard deviation of the log ratio (0 where chance explains it).

    Notes
    -----
    O_i ~ Poisson(m_i e^b_i), m_i ~ gamma(mean E_i, variance V_i), b_i ~ N(mu, tau^2); the integral
    over b_i by Gauss-Hermite quadrature with 15 nodes. Counts, not their logarithms: a cell without
    reports counts as one.

    References
    ----------
    Schuemie et al. (2014), Statistics in Medicine 33:209-218.
    """
    kept = expected >= LEAST_EXPECTED
    seen, mean, spread = (values[kept] for values in (observed, expected, variance))
    if seen.size < LEAST_CELLS or seen.sum() < LEAST_REPORTS:
        return None
    shape = mean**2 / np.maximum(spread, 1e-6 * mean)

    def deficit(parameters: Floats) -> float:
        return -float(_log_likelihood(seen, mean, shape, parameters[0], abs(parameters[1])))

    start = (np.log(seen.sum() / mean.sum()), 0.3)
    found = optimize.minimize(
        deficit, start, method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-3}
    )
    centre, deviation = float(found.x[0]), min(abs(float(found.x[1])), WIDEST)
    return Bias(centre, deviation, int(seen.size), int(seen.sum()))


def _log_likelihood(seen: Floats, mean: Floats, shape: Floats, mu: float, tau: float) -> float:
    levels = mean[:, np.newaxis] * np.exp(np.clip(mu + tau * NODES, -10, 10))
    count, size = seen[:, np.newaxis], shape[:, np.newaxis]
    share = levels / (size + levels)
    same = special.gammaln(count + size) - special.gammaln(size) - special.gammaln(count + 1)
    mass = same + size * np.log1p(-share) + special.xlogy(count, share)
    return float(special.logsumexp(mass, axis=1, b=WEIGHTS).sum())


def chance(observed: Floats, expected: Floats, variance: Floats, bias: Bias | None) -> Floats:
    """Return the chance of so many or more; with bias, the larger one of with and without it.

    Controls take signals away and never make one: a mean below 0 counts as 0.
    """
    plain = predictive_p(observed, expected, variance)
    if bias is None:
        return plain
    factors = np.exp(max(bias.mean, 0.0) + bias.deviation * NODES)
    spread = sum(
        weight * predictive_p(observed, expected * factor, variance * factor**2)
        for weight, factor in zip(WEIGHTS, factors, strict=True)
    )
    return np.asarray(np.maximum(plain, spread))
