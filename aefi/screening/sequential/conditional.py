"""The conditional Poisson MaxSPRT: the background rate itself comes from a limited history.

History holds c events in V person-time; k events of surveillance come within P, and r = P / V.
The ratio is c ln[c (1 + r) / (c + k)] + k ln[k (1 + r) / (r (c + k))] for k / c > r, else 0.
"""

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
)
from aefi.screening.results import CriticalValue, Values
from aefi.screening.sequential.walk import (
    Schedule,
    poisson_probabilities,
    refuse_unreachable,
    smallest_root,
    walk,
)

MOST_EVENTS = 1500
"""Beyond, the rarest paths leave the range of float64."""


def conditional_log_likelihood_ratio(
    events: ArrayLike, time_ratio: ArrayLike, *, history_events: float
) -> Values:
    """Return the log-likelihood ratio of an excess over a limited history.

    Parameters
    ----------
    events
        Events of the surveillance so far (>= 0).
    time_ratio
        Person-time (or doses) of the surveillance so far over that of the history (>= 0).
    history_events
        Events of the history (> 0).

    Returns
    -------
    float or array
        Ratio; 0 without an excess, `inf` for an event in no time.

    Notes
    -----
    LLR = c ln[c (1 + r) / (c + k)] + k ln[k (1 + r) / (r (c + k))].

    References
    ----------
    Li & Kulldorff (2010), Statistics in Medicine 29(2):284-295.

    Examples
    --------
    >>> round(conditional_log_likelihood_ratio(10, 0.2, history_events=20), 4)
    2.4686
    """
    c = checked_amount("history_events", history_events)
    k, r = non_negative(events=events, time_ratio=time_ratio)
    with np.errstate(divide="ignore"):
        surveillance = np.log(np.where(k > 0, k, 1.0) * (1 + r) / (c + k)) - np.log(r)
    ratio = c * np.log(c * (1 + r) / (c + k)) + np.where(k > 0, k * surveillance, 0.0)
    return as_given(np.where(k > c * r, ratio, 0.0))


def conditional_critical_value(
    events: int, *, history_events: int, alpha: float, min_events: int = 1
) -> CriticalValue:
    """Return the critical value of the conditional Poisson MaxSPRT.

    Parameters
    ----------
    events
        Number of events of the surveillance at which it ends, at most 1500.
    history_events
        Events of the history; its person-time is taken to end with its last event
        (the "liberal" reading of Silva, Li & Kulldorff; the original one of Li & Kulldorff).
    alpha
        Chance of a false signal over the whole surveillance.
    min_events
        Fewest events with which a signal may be given.

    Returns
    -------
    CriticalValue
        The ratio to exceed, and the actual alpha.

    Raises
    ------
    ValueError
        When no critical value gives this alpha, with the reason.

    Notes
    -----
    With k events a signal is given while P / V is below r_k, where the ratio equals the critical
    value. Without excess the event count by P / V, over all histories, is a Polya process: given
    its value at one instant the earlier events are spread evenly, as for a Poisson process. So the
    chance of no signal is found exactly from a Poisson walk, each end state weighed by its
    negative binomial chance instead of its Poisson chance.

    References
    ----------
    Li & Kulldorff (2010), Statistics in Medicine 29(2):284-295.

    Examples
    --------
    >>> critical = conditional_critical_value(20, history_events=20, alpha=0.05, min_events=2)
    >>> round(critical.alpha, 6)
    0.05
    """
    checked_alpha(alpha)
    last, least = checked_count("events", events), checked_count("min_events", min_events)
    history = checked_count("history_events", history_events)
    if not least <= last <= MOST_EVENTS:
        raise ValueError(f"events must lie between min_events and {MOST_EVENTS} (got {last})")

    def chance(value: float) -> float:
        return _chance(value, np.arange(least, last + 1), history)

    refuse_unreachable(chance(0.0), alpha)
    value = smallest_root(chance, alpha, 0.0)
    return CriticalValue(value, chance(value))


def _chance(value: float, counts: NDArray[np.int64], history: int) -> float:
    """Return the chance of a false signal with any of the counts."""
    times = _signal_ratios(value, counts, history)
    last = int(counts[-1])
    # Of all rates this one keeps the smallest chance of 0 .. last - 1 events largest.
    rate = last / (np.e * times[-1])
    schedule = Schedule(times[0], int(counts[0]), times[1:], counts[1:].tolist(), is_early=True)
    survived = walk(schedule, rate, keep_all=True).survivors
    given_end = survived / poisson_probabilities(last, rate * times[-1])
    k, share = np.arange(last), times[-1] / (1 + times[-1])
    log_chance = special.gammaln(history + k) - special.gammaln(history) - special.gammaln(k + 1)
    log_chance += history * np.log1p(-share) + k * np.log(share)
    return 1 - float(given_end @ np.exp(log_chance))


def _signal_ratios(value: float, counts: NDArray[np.int64], history: int) -> FloatArray:
    """Return the P / V below which each count is a signal, by bisection in ln(r / (1 + r))."""
    share = counts / (history + counts)
    high = np.log(share)
    low = high - (value - history * np.log1p(-share)) / counts
    for _ in range(80):
        middle = (low + high) / 2
        p = np.exp(middle)
        signal = (
            counts * (np.log(share) - middle) + history * (np.log1p(-share) - np.log1p(-p)) > value
        )
        low, high = np.where(signal, middle, low), np.where(signal, high, middle)
    p = np.exp(high)
    return np.asarray(p / (1 - p))
