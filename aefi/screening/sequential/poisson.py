"""The Poisson MaxSPRT: a count against a known expected count, looked at continuously or in groups.

The ratio at c events by expected count mu is (mu - c) + c ln(c / mu) for c > mu, else 0.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aefi.screening.arguments import (
    FloatArray,
    as_given,
    checked_alpha,
    checked_amount,
    checked_count,
    non_negative,
)
from aefi.screening.results import CriticalValue, Performance, Values
from aefi.screening.sequential.walk import (
    CLEAR_OF_ROUNDING,
    Schedule,
    refuse_unreachable,
    smallest_root,
    smallest_step,
    walk,
)


def poisson_log_likelihood_ratio(observed: ArrayLike, expected: ArrayLike) -> Values:
    """Return the log-likelihood ratio of an excess.

    Parameters
    ----------
    observed, expected
        Count of events and expected count so far (>= 0).

    Returns
    -------
    float or array
        Ratio; 0 without an excess, `inf` for an event where none is expected.

    Notes
    -----
    LLR = (mu - c) + c ln(c / mu) for c > mu.

    References
    ----------
    Kulldorff et al. (2011), Sequential Analysis 30(1):58-78.

    Examples
    --------
    >>> round(poisson_log_likelihood_ratio(10, 4.0), 4)
    3.1629
    """
    c, mu = non_negative(observed=observed, expected=expected)
    is_excess = c > mu
    with np.errstate(divide="ignore"):
        log_ratio = np.log(np.where(is_excess, c, 1.0)) - np.log(np.where(is_excess, mu, 1.0))
    return as_given(np.where(is_excess, mu - c + c * log_ratio, 0.0))


def poisson_critical_value(
    upper_limit: float, *, alpha: float, min_events: int = 1, start: float = 0.0
) -> CriticalValue:
    """Return the critical value of the continuous Poisson MaxSPRT.

    Parameters
    ----------
    upper_limit
        Expected count at which surveillance ends.
    alpha
        Chance of a false signal over the whole surveillance.
    min_events
        Fewest events with which a signal may be given.
    start
        Expected count before which nothing is looked at; with a late start some alphas cannot be
        met exactly, and the largest below is taken.

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
    With c events a signal is given before mu_c = -c W0(-exp(-1 - CV / c)) (Lambert's W). The
    chance that the c-th event comes before mu_c for any c is summed exactly over the states at
    the successive mu_c.

    References
    ----------
    Kulldorff et al. (2011), Sequential Analysis 30(1):58-78; Kulldorff & Silva (2017),
    REVSTAT 15(3):373-394.

    Examples
    --------
    >>> critical = poisson_critical_value(1, alpha=0.05)
    >>> round(critical.value, 6), round(critical.alpha, 6)
    (2.853937, 0.05)
    """
    checked_alpha(alpha)
    test = _Continuous(upper_limit, min_events, start)
    refuse_unreachable(test.chance(0.0), alpha)
    low, jump = test.last_jump_above(alpha)
    if jump is not None and test.chance(jump, just_below=True) > alpha:
        value = jump * CLEAR_OF_ROUNDING
        return CriticalValue(value, test.chance(value))
    value = smallest_root(test.chance, alpha, low)
    return CriticalValue(value, test.chance(value))


def poisson_performance(
    upper_limit: float,
    critical_value: float | CriticalValue,
    relative_risk: float,
    *,
    min_events: int = 1,
    start: float = 0.0,
) -> Performance:
    """Return power and mean times of the continuous Poisson MaxSPRT at a relative risk.

    Parameters
    ----------
    upper_limit, min_events, start
        As for `poisson_critical_value`.
    critical_value
        The ratio to exceed.
    relative_risk
        True events per expected event; 1 gives the actual alpha as power.

    Returns
    -------
    Performance
        Power; mean expected count at the signal, given that there is one; mean expected count at
        the end of surveillance, by signal or limit.

    Notes
    -----
    The mean time is the integral of the chance of no signal yet, closed form between the mu_c.

    References
    ----------
    Kulldorff et al. (2011), Sequential Analysis 30(1):58-78.

    Examples
    --------
    >>> result = poisson_performance(10, 3.467952, 2.0)
    >>> round(result.power, 4), round(result.expected_time_to_signal, 3)
    (0.6851, 4.131)
    """
    value = critical_value.value if isinstance(critical_value, CriticalValue) else critical_value
    if not (np.isfinite(value) and value >= 0):
        raise ValueError(f"critical_value must be a finite ratio from 0 up (got {value:g})")
    rate = checked_amount("relative_risk", relative_risk)
    test = _Continuous(upper_limit, min_events, start)
    course = walk(test.schedule(value), rate)
    power = min(course.stopped, 1.0)
    if power == 0:
        return Performance(power, np.inf, course.mean_time)
    # Of a very rare signal little is left after the subtraction: its time still has its limits.
    to_signal = (course.mean_time - test.upper_limit * (1 - power)) / power
    to_signal = min(max(to_signal, test.start), test.upper_limit)
    return Performance(power, to_signal, course.mean_time)


def group_critical_value(
    look_times: ArrayLike, *, alpha: float, min_events: int = 1
) -> CriticalValue:
    """Return the critical value of a Poisson MaxSPRT looked at only at given times.

    Parameters
    ----------
    look_times
        Expected counts at the looks, rising.
    alpha
        Chance of a false signal over all looks.
    min_events
        Fewest events with which a signal may be given.

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
    The ratio takes separate values only; the critical value is the largest of them that is no
    signal yet (raised by 1e-12 of itself against rounding).

    References
    ----------
    Silva & Kulldorff (2015), Biometrics 71(3):851-858.

    Examples
    --------
    >>> critical = group_critical_value([2.0, 4.0, 6.0, 8.0, 10.0], alpha=0.05)
    >>> critical.alpha <= 0.05
    True
    """
    checked_alpha(alpha)
    times = checked_times(look_times)
    least = checked_count("min_events", min_events)

    def region(value: float) -> tuple[float, float, float]:
        rejects = np.array([_first_signal(value, time, least) for time in times])
        schedule = Schedule(times[0], int(rejects[0]), times[1:], rejects[1:].tolist())
        # Fewer events than the minimum are no signal whatever their ratio.
        below = np.where(rejects > least, poisson_log_likelihood_ratio(rejects - 1, times), 0.0)
        above = poisson_log_likelihood_ratio(rejects, times)
        return walk(schedule, 1.0).stopped, float(below.max()), float(above.min())

    refuse_unreachable(region(0.0)[0], alpha)
    return CriticalValue(*smallest_step(region, alpha))


class _Continuous:
    """One continuous test; its chance of a signal falls as the critical value rises."""

    def __init__(self, upper_limit: float, min_events: int, start: float) -> None:
        self.upper_limit = checked_amount("upper_limit", upper_limit)
        self.min_events = checked_count("min_events", min_events)
        if not 0 <= start <= self.upper_limit:
            raise ValueError(f"start must lie between 0 and upper_limit (got {start:g})")
        self.start = float(start)

    def chance(self, value: float, *, just_below: bool = False) -> float:
        """Return the chance of a false signal; `just_below`: of a critical value a hair less."""
        return walk(self.schedule(value, just_below=just_below), 1.0).stopped

    def schedule(self, value: float, *, just_below: bool = False) -> Schedule:
        """Return until when each count signals, from the first that can to the end."""
        first = _first_signal(value, self.start, self.min_events, just_below=just_below)
        last = max(_first_signal(value, self.upper_limit, self.min_events, just_below=True), first)
        counts = np.arange(first, last + 1)
        times = np.minimum(signal_times(value, counts), self.upper_limit)
        times[-1] = self.upper_limit
        if self.start == 0:
            return Schedule(times[0], first, times[1:], counts[1:].tolist(), is_early=True)
        return Schedule(self.start, first, np.maximum(times, self.start), counts.tolist())

    def last_jump_above(self, alpha: float) -> tuple[float, float | None]:
        """Return a critical value with a chance above alpha, and the next at which that may jump.

        With a late start the chance jumps where a count stops signalling at the start itself.
        """
        if self.start == 0:
            return 0.0, None
        low, count = 0.0, _first_signal(0.0, self.start, self.min_events)
        while self.chance(jump := float(poisson_log_likelihood_ratio(count, self.start))) > alpha:
            low, count = jump, count + 1
        return low, jump


def fewest_to_signal(value: float, expected: float, *, min_events: int = 1) -> int:
    """Return the fewest events that are a signal at an expected count, by a critical value."""
    return _first_signal(value, expected, min_events)


def _first_signal(value: float, time: float, least: int, *, just_below: bool = False) -> int:
    """Return the fewest events that signal at a time; `just_below` counts equality as a signal."""
    if time == 0:
        return least
    # From (x^2 / 2) / (mu + x / 3) <= LLR(mu + x, mu): enough events for any signal.
    enough = time + value / 3 + np.sqrt(value * value / 9 + 2 * time * value)
    lowest = max(least, int(time) + 1)
    counts = np.arange(lowest, max(int(enough), lowest) + 3)
    ratios = poisson_log_likelihood_ratio(counts, time)
    return int(counts[np.searchsorted(ratios, value, side="left" if just_below else "right")])


def signal_times(value: float, counts: NDArray[np.int64]) -> FloatArray:
    """Return the expected counts before which each count is a signal.

    With mu = c e^-y the boundary is e^-y - 1 + y = CV / c, convex and rising: Newton's steps from
    above its root fall to it and keep the digits that Lambert's W loses near its branch point.
    """
    goal = value / counts
    y = goal + np.sqrt(2 * goal)
    for _ in range(50):
        step = (y + np.expm1(-y) - goal) / np.maximum(-np.expm1(-y), 1e-300)
        y = np.maximum(y - step, 0.0)
        if (np.abs(step) <= 1e-15 * y).all():
            break
    return np.asarray(counts * np.exp(-y))


def checked_times(look_times: ArrayLike) -> FloatArray:
    times = np.asarray(look_times, dtype=np.float64)
    if times.ndim != 1 or times.size == 0 or not np.isfinite(times).all():
        raise ValueError("look_times must be a list of finite expected counts")
    if times[0] <= 0 or (np.diff(times) <= 0).any():
        raise ValueError("look_times must rise from above 0: pass cumulative expected counts")
    return times
