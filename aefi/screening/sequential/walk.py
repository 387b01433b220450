"""A Poisson count walking under an upper boundary: the exact chance of crossing, and when.

A schedule is a list of instants and counts: up to instant i the walk is stopped as soon as it
holds `rejects[i]` events. Everything is summed from positive terms, so small chances keep their
digits.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from aefi.screening.arguments import FloatArray

CLEAR_OF_ROUNDING = 1 + 1e-12
"""A critical value that is itself a possible ratio is lifted by this: another program's ratio of
the same counts, rounded the other way, is then still no signal."""


@dataclass(frozen=True)
class Schedule:
    """Rising instants and the counts that stop the walk.

    Up to `begin` the walk is either watched (`is_early`, stopped when it reaches `begin_reject`)
    or first looked at there.
    """

    begin: float
    begin_reject: int
    times: FloatArray
    rejects: list[int]
    is_early: bool = False


@dataclass(frozen=True)
class Walk:
    """What became of the walk: stopped, mean stopping time (or the end), and where the rest are."""

    stopped: float
    mean_time: float
    survivors: FloatArray


def walk(schedule: Schedule, rate: float, *, keep_all: bool = False) -> Walk:
    """Follow a Poisson count of the given rate through the schedule.

    `keep_all` keeps states too rare to matter, for callers that weigh them otherwise.
    """
    reject = schedule.begin_reject
    p = poisson_probabilities(reject, rate * schedule.begin)
    stopped = float(special.gammainc(reject, rate * schedule.begin))
    time, lowest = schedule.begin, 0
    if schedule.is_early:
        time = float(special.gammainc(np.arange(reject) + 1.0, rate * schedule.begin).sum() / rate)
    gaps = np.diff(schedule.times, prepend=schedule.begin)
    kernels, tails, waits = _kernels(rate * gaps, reject, schedule.rejects)
    for i, new_reject in enumerate(schedule.rejects):
        backwards, rise = p[::-1], new_reject - reject + 1
        reach = min(p.size, tails.shape[1] - rise)
        stopped += float(backwards[:reach] @ tails[i, rise : rise + reach])
        near = min(p.size, waits.shape[1] - rise + 1)
        total = float(p[: p.size - near].sum()) * gaps[i] * rate
        time += (total + float(backwards[:near] @ waits[i, rise - 1 : rise - 1 + near])) / rate
        p = np.convolve(p, kernels[i])[: new_reject - lowest]
        reject = new_reject
        if not keep_all:
            drop = min(max(_negligible_below(rate * schedule.times[i]) - lowest, 0), p.size - 1)
            p, lowest = p[drop:], lowest + drop
    return Walk(float(stopped), float(time), p)


def poisson_probabilities(count: int, mean: float) -> FloatArray:
    """Return the chances of 0 .. count - 1 events."""
    k = np.arange(count)
    return np.asarray(np.exp(special.xlogy(k, mean) - mean - special.gammaln(k + 1)))


def _kernels(
    means: FloatArray, first: int, rejects: list[int]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return per gap: chances of k events, of k or more, and mean wait until the (k+1)-th event.

    The wait is in events, cut at the gap's end: sum over j <= k of the chance of j + 1 or more.
    """
    longest = float(means.max(initial=0.0))
    rise = int(np.max(np.diff(rejects, prepend=first), initial=0))
    width = rise + 12 + int(longest + 10 * np.sqrt(longest))
    k = np.arange(width)
    chances = np.exp(special.xlogy(k, means[:, None]) - means[:, None] - special.gammaln(k + 1))
    tails = np.cumsum(chances[:, ::-1], axis=1)[:, ::-1]
    return chances, tails, np.cumsum(tails[:, 1:], axis=1)


def _negligible_below(mean: float) -> int:
    """Return a count below which a Poisson count of this mean falls less than once in 1e19."""
    return max(int(mean - 9.5 * np.sqrt(mean) - 10), 0)


def smallest_root(chance: Callable[[float], float], alpha: float, low: float) -> float:
    """Return where the falling, continuous `chance` passes alpha, somewhere above `low`."""
    high = max(2 * low, low + 2.0)
    while chance(high) > alpha:
        low, high = high, 2 * high
    return float(
        optimize.brentq(
            lambda value: np.log(max(chance(value), 1e-300) / alpha), low, high, xtol=1e-12
        )
    )


def smallest_step(
    region: Callable[[float], tuple[float, float, float]], alpha: float
) -> tuple[float, float]:
    """Return the smallest critical value whose chance is at most alpha, and that chance.

    `region(value)` gives the chance, the largest ratio that is no signal and the smallest that is
    one: between those two the test is the same. So the search moves from step to step and ends on
    one, however finely the ratios lie.
    """
    low, high = 0.0, 1.0
    while region(high)[0] > alpha:
        low, high = region(high)[2], 2 * high
    best, high, _ = region(high)
    while low < high:
        middle = (low + high) / 2
        chance, largest_below, smallest_above = region(middle)
        if chance <= alpha:
            best, high = chance, largest_below
        else:
            low = smallest_above
    return high * CLEAR_OF_ROUNDING, best


def refuse_unreachable(reachable: float, alpha: float) -> None:
    """Raise ValueError when even the loosest rule signals with less than the asked chance."""
    if reachable < alpha:
        raise ValueError(
            f"no critical value gives alpha {alpha:g}: even signalling at every excess happens by "
            f"chance with {reachable:.6g} only; lower alpha or min_events, or watch longer"
        )
