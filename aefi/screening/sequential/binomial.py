"""The binomial MaxSPRT: events in a risk window among all events of matched or self controls.

With c exposed among n events and p0 = 1 / (1 + z) the ratio is
c ln(c / (n p0)) + (n - c) ln((n - c) / (n (1 - p0))) for c / n > p0, else 0.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from aefi.screening.arguments import (
    FloatArray,
    as_given,
    checked_alpha,
    checked_amount,
    checked_count,
    non_negative,
    refuse,
)
from aefi.screening.results import CriticalValue, Values
from aefi.screening.sequential.walk import refuse_unreachable, smallest_step

Counts: TypeAlias = NDArray[np.int64]


def binomial_log_likelihood_ratio(
    exposed: ArrayLike, events: ArrayLike, *, controls_per_case: float
) -> Values:
    """Return the log-likelihood ratio of an excess of exposed events.

    Parameters
    ----------
    exposed, events
        Events in the risk window, and all events, in risk or control windows.
    controls_per_case
        Ratio z of control to risk time (or of controls to cases), above 0.

    Returns
    -------
    float or array
        Ratio; 0 without an excess.

    Notes
    -----
    LLR = c ln(c / (n p0)) + (n - c) ln((n - c) / (n (1 - p0))), p0 = 1 / (1 + z).

    References
    ----------
    Kulldorff et al. (2011), Sequential Analysis 30(1):58-78.

    Examples
    --------
    >>> round(binomial_log_likelihood_ratio(5, 5, controls_per_case=1), 4)
    3.4657
    """
    z = checked_amount("controls_per_case", controls_per_case)
    c, n = non_negative(exposed=exposed, events=events)
    refuse("exposed", c, c > n, "cannot be more than all events")
    total = np.where(n > 0, n, 1.0)
    ratio = special.xlogy(c, c * (1 + z) / total)
    ratio = ratio + special.xlogy(n - c, (n - c) * (1 + z) / (z * total))
    return as_given(np.where(c * (1 + z) > n, np.maximum(ratio, 0.0), 0.0))


def binomial_critical_value(
    events: int, *, controls_per_case: float, alpha: float, min_events: int = 1
) -> CriticalValue:
    """Return the critical value of the binomial MaxSPRT, looked at after every event.

    Parameters
    ----------
    events
        Number of events, exposed or not, at which surveillance ends.
    controls_per_case
        Ratio z of control to risk time (or of controls to cases), above 0.
    alpha
        Chance of a false signal over the whole surveillance.
    min_events
        Fewest exposed events with which a signal may be given.

    Returns
    -------
    CriticalValue
        The ratio to exceed, and the actual alpha: the largest that counts allow, at most the
        asked one.

    Raises
    ------
    ValueError
        When no critical value gives this alpha, with the reason.

    Notes
    -----
    Exact: the number of exposed events is followed from event to event. The ratio takes separate
    values only; the critical value is the largest of them that is no signal yet (raised by 1e-12
    of itself against rounding).

    References
    ----------
    Kulldorff et al. (2011), Sequential Analysis 30(1):58-78.

    Examples
    --------
    >>> critical = binomial_critical_value(5, controls_per_case=1, alpha=0.05)
    >>> round(critical.value, 4), critical.alpha
    (2.7726, 0.03125)
    """
    test = _Binomial(
        checked_count("events", events),
        checked_amount("controls_per_case", controls_per_case),
        checked_count("min_events", min_events),
    )
    every = test.p0**test.events
    if every > checked_alpha(alpha):
        raise ValueError(
            f"no critical value gives alpha {alpha:g}: all {events} events are exposed by chance "
            f"with {every:.6g} already; plan for more events"
        )
    refuse_unreachable(test.region(0.0)[0], alpha)
    return CriticalValue(*smallest_step(test.region, alpha))


class _Binomial:
    """One test; `region` tells what a critical value makes a signal."""

    def __init__(self, events: int, z: float, min_events: int) -> None:
        self.events, self.z, self.min_events = events, z, min_events
        self.p0 = 1 / (1 + z)
        self.n = np.arange(1, events + 1)

    def region(self, value: float) -> tuple[float, float, float]:
        """Return the chance of a signal, the largest ratio that is none, the smallest that is."""
        rejects = self._rejects(value)
        possible = rejects <= self.n
        # Fewer exposed than the minimum are no signal whatever their ratio.
        below_counts = np.minimum(rejects - 1, self.n)
        below = np.where(rejects > self.min_events, self._ratio(below_counts, self.n), 0.0)
        above = self._ratio(rejects[possible], self.n[possible])
        return self._chance(rejects), float(below.max()), float(above.min(initial=np.inf))

    def _ratio(self, exposed: Counts, events: Counts) -> FloatArray:
        return np.asarray(binomial_log_likelihood_ratio(exposed, events, controls_per_case=self.z))

    def _rejects(self, value: float) -> Counts:
        """Return for each number of events the fewest exposed that signal (one more: none can)."""
        low = np.maximum(np.floor(self.n * self.p0).astype(np.int64) + 1, self.min_events)
        low, high = np.minimum(low, self.n + 1), self.n + 1
        while (low < high).any():
            middle = (low + high) // 2
            signal = self._ratio(np.minimum(middle, self.n), self.n) > value
            high = np.where(signal, middle, high)
            low = np.where(signal, low, np.minimum(middle + 1, high))
        return np.asarray(low)

    def _chance(self, rejects: Counts) -> float:
        """Return the chance that the exposed count ever reaches its limit."""
        p, stopped = np.zeros(self.events + 2), 0.0
        p[0] = 1.0
        for limit in rejects.tolist():
            p[1 : limit + 1] = p[1 : limit + 1] * (1 - self.p0) + p[:limit] * self.p0
            p[0] *= 1 - self.p0
            stopped += float(p[limit])
            p[limit] = 0.0
        return stopped
