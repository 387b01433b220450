"""Replicates of a null hypothesis: their random numbers, and p-values from their maxima.

Every replicate has a generator of its own, keyed by (seed, replicate), so that no result depends
on the order of work, on block sizes or on the number of threads.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[Any]
"""An array of float64; SciPy's special functions are typed too widely to say so."""

Integers: TypeAlias = NDArray[np.int64]

TIE = 1e-9
"""Two log-likelihood ratios nearer than this (relative) are one value that was rounded twice."""

EULER = 0.57721566490153286
"""Euler's constant. Source: Abrams, Kleinman & Kulldorff (2010), Int J Health Geogr 9:61."""


def generator(seed: int, replicate: int) -> np.random.Generator:
    """Return the counter-based generator of one replicate."""
    key = np.array([seed % 2**64, replicate], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def at_least(value: Floats) -> Floats:
    """Return the limit from which a log-likelihood ratio counts as equal to or above `value`."""
    return value - TIE * (1.0 + np.abs(value))


def rank_p_values(observed: Floats, maxima: Floats) -> Floats:
    """Return (1 + #{maxima >= observed}) / (R + 1), a valid p-value at any R."""
    return (1.0 + _reached(observed, maxima)) / (maxima.size + 1.0)


def rank_standard_errors(p_values: Floats, replicates: int) -> Floats:
    """Return the binomial Monte-Carlo standard error of p-values from `replicates` draws."""
    return np.sqrt(p_values * (1.0 - p_values) / replicates)


def gumbel_p_values(observed: Floats, maxima: Floats) -> Floats:
    """Return p-values of the Gumbel distribution fitted by moments to the maxima.

    Good for the order of a p-value far below 1 / (R + 1); for p near 0.05 prefer ranks.
    """
    scale = float(np.std(maxima, ddof=1)) * np.sqrt(6.0) / np.pi
    if not scale > 0.0:
        return rank_p_values(observed, maxima)
    location = float(np.mean(maxima)) - EULER * scale
    return np.asarray(-np.expm1(-np.exp(-(observed - location) / scale)))


def rank_critical_value(maxima: Floats, alpha: float) -> float:
    """Return the value to exceed for a rank p-value of at most `alpha`; infinity with too few."""
    rank = int(np.floor(alpha * (maxima.size + 1.0) * (1.0 + TIE)))
    return float(np.sort(maxima)[-rank]) if rank >= 1 else float("inf")


def _reached(observed: Floats, maxima: Floats) -> Integers:
    ordered = np.sort(maxima)
    below = np.searchsorted(ordered, at_least(observed), side="left")
    return np.asarray(maxima.size - below, dtype=np.int64)
