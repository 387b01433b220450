"""What the screening functions return: frozen values, never rounded.

A field typed `Values` is a float when every argument was a scalar and a float64 array otherwise.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = Any
"""A float or a float64 array, by the arguments; NumPy's own functions are typed the same way."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure with its two-sided 95 % interval, of the kind its function says."""

    value: Values
    low: Values
    high: Values


@dataclass(frozen=True, slots=True)
class ObservedToExpected:
    """Observed over expected, its exact 95 % interval, and the chance of so many or more."""

    value: Values
    low: Values
    high: Values
    p: Values
    mid_p: Values


@dataclass(frozen=True, slots=True)
class GPSPrior:
    """Two gamma components (shape alpha, rate beta), smaller mean first; the weight is the first's.

    `nll` is the negative log-likelihood of all the data at these values, constants included.
    """

    alpha1: float
    beta1: float
    alpha2: float
    beta2: float
    weight: float
    nll: float


@dataclass(frozen=True, slots=True)
class Posterior:
    """Geometric mean and 5 % and 95 % quantiles of the reporting ratio after seeing its count."""

    ebgm: Values
    eb05: Values
    eb95: Values


@dataclass(frozen=True, slots=True)
class CriticalValue:
    """The log-likelihood ratio that a signal must exceed, and its chance of a false signal.

    The rule is strict: equal to `value` is not yet a signal. `alpha` is the actual chance, at most
    the asked one.
    """

    value: float
    alpha: float


@dataclass(frozen=True, slots=True)
class Performance:
    """How a sequential test does at one relative risk; times are expected counts under no excess.

    `expected_time_to_signal` is over the sequences that signal (infinite when none can),
    `expected_sample_size` over all of them.
    """

    power: float
    expected_time_to_signal: float
    expected_sample_size: float


@dataclass(frozen=True, slots=True)
class Cut:
    """One branch of the tree against everything else."""

    node: Hashable
    observed: float
    expected: float
    relative_risk: float
    log_likelihood_ratio: float
    p_value: float
    p_standard_error: float


@dataclass(frozen=True, slots=True)
class TreeScan:
    """The cuts of a tree, best first, and the log-likelihood ratio that a signal must exceed."""

    cuts: tuple[Cut, ...]
    critical_value: float


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, both ends included, in some zones (none named: everywhere)."""

    start: float
    end: float
    zones: tuple[Hashable, ...]
    observed: float
    expected: float
    log_likelihood_ratio: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Alarms:
    """A statistic per period, the threshold it must exceed, and whether it did."""

    statistic: NDArray[np.float64]
    threshold: NDArray[np.float64]
    alarm: NDArray[np.bool_]
