"""Temporal scan: when did the cases come closer together than chance explains."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aefi.screening.results import Window
from aefi.screening.scan import periods, replication
from aefi.screening.scan.null_distributions import poisson_ratio
from aefi.screening.scan.periods import Intervals
from aefi.screening.scan.replication import Floats, Integers

BLOCK_CELLS = 500_000
"""Counts held at a time, so that a block of replicates stays within some megabytes."""


class PValue(StrEnum):
    """Where a p-value comes from: the rank among replicates, or a distribution fitted to them."""

    RANK = "rank"
    GUMBEL = "gumbel"

    def of(self, observed: Floats, maxima: Floats) -> Floats:
        """Return the p-values of observed ratios given the maxima of the replicates."""
        if self is PValue.GUMBEL:
            return replication.gumbel_p_values(observed, maxima)
        return replication.rank_p_values(observed, maxima)


def temporal_scan(
    times: ArrayLike,
    *,
    period: Any = None,
    counts: ArrayLike | None = None,
    baseline: ArrayLike | None = None,
    interval: float = 1.0,
    max_length: float | None = None,
    min_cases: int = 2,
    replicates: int = 999,
    seed: int = 0,
    p_value: PValue | str = PValue.RANK,
    limit: int = 10,
) -> list[Window]:
    """Return the windows of time with more cases than the period as a whole explains, best first.

    Parameters
    ----------
    times
        Time of each case, such as days since the dose; any order.
    period
        (first, last) interval of the study period, both included; a number N for 1..N (0..N-1
        where a time lies before 1); the span of the times when None, which is too short a period
        if cases could have come outside it.
    counts
        Number of cases at each time, 1 each by default (whole numbers).
    baseline
        What is expected per interval, in any unit (doses, person-time); equal by default.
    interval
        Length of an interval.
    max_length
        Longest window; half the period by default.
    min_cases
        Windows with fewer cases are not tested.
    replicates, seed
        Null data sets drawn; same seed, same result.
    p_value
        "rank" among the replicates, or "gumbel" fitted to them, for p far below 1 / replicates.
    limit
        Most windows returned; they do not overlap.

    Returns
    -------
    list of Window
        `start` and `end` are the first and the last interval inside. Empty without any excess.

    Raises
    ------
    ValueError
        When a time lies outside the period, or counts or baseline do not fit.

    Notes
    -----
    LLR = c ln(c / n) + (C - c) ln((C - c) / (C - n)) for c cases where n of all C are expected.
    p = (1 + #{max LLR* >= LLR}) / (R + 1), replicates throw C cases on the period by the baseline.

    References
    ----------
    Kulldorff (1997), Communications in Statistics - Theory and Methods 26:1481-1496.
    Abrams, Kleinman & Kulldorff (2010), International Journal of Health Geographics 9:61.

    Examples
    --------
    >>> days = [1, 3, 8, 8, 9, 9, 9, 10, 17, 22, 26]
    >>> best = temporal_scan(days, period=(1, 28))[0]
    >>> best.start, best.end, best.observed, round(best.expected, 3)
    (8.0, 10.0, 6.0, 1.179)
    """
    intervals = periods.intervals_of(period, times, interval)
    seen = _counted(intervals, times, counts)
    windows = _Windows(_shares(intervals, baseline), intervals.longest(max_length), min_cases)
    if not seen.sum():
        return []
    ratios, lengths, starts = windows.all_ratios(periods.cumulated(seen))
    if not (ratios > 0.0).any():
        return []
    maxima = _maxima(windows, int(seen.sum()), replicates=replicates, seed=seed)
    p_values = PValue(p_value).of(ratios, maxima)
    found = (
        Window(
            start=intervals.label(int(starts[place])),
            end=intervals.label(int(starts[place] + lengths[place] - 1)),
            zones=(),
            observed=float(seen[starts[place] : starts[place] + lengths[place]].sum()),
            expected=float(windows.expected(int(seen.sum()), int(lengths[place]))[starts[place]]),
            log_likelihood_ratio=float(ratios[place]),
            p_value=float(p_values[place]),
        )
        for place in periods.best_first(ratios)
    )
    return periods.apart(found, limit)


@dataclass(frozen=True)
class _Windows:
    """All windows up to the longest; `shares` are the expected shares of the intervals."""

    shares: Floats
    longest: int
    min_cases: int

    @cached_property
    def _cumulated(self) -> Floats:
        return np.concatenate([[0.0], np.cumsum(self.shares)])

    @cached_property
    def _is_even(self) -> bool:
        return bool((self.shares == self.shares[0]).all())

    def expected(self, cases: int, length: int) -> Floats:
        """Return what is expected in each window of a length."""
        if self._is_even:
            many = self.shares.size
            return np.full(many - length + 1, cases * (length / many))
        return np.asarray(cases * (self._cumulated[length:] - self._cumulated[:-length]))

    def ratios(self, counts: Integers, length: int) -> Floats:
        """Return the ratio of each window of a length, for counts led by a zero."""
        held = periods.excesses(counts, length)
        cases = int(counts.flat[-1])
        ratio = poisson_ratio(held, self.expected(cases, length), cases)
        return np.where(held >= self.min_cases, ratio, 0.0)

    def best_ratios(self, counts: Integers) -> Floats:
        """Return the highest ratio of each row; of equal expectations only the fullest counts."""
        best = np.zeros(counts.shape[0])
        cases = int(counts[0, -1])
        for length in range(1, self.longest + 1):
            held, expected = periods.excesses(counts, length), self.expected(cases, length)
            if self._is_even:
                held, expected = held.max(axis=1, keepdims=True), expected[:1]
            ratio = poisson_ratio(held, expected, cases)
            np.maximum(best, np.where(held >= self.min_cases, ratio, 0.0).max(axis=1), out=best)
        return best

    def all_ratios(self, counts: Integers) -> tuple[Floats, Integers, Integers]:
        """Return the ratio, the length and the start of every window."""
        per_length = [self.ratios(counts, length) for length in range(1, self.longest + 1)]
        many = [ratios.size for ratios in per_length]
        lengths = np.repeat(np.arange(1, self.longest + 1), many)
        starts = np.concatenate([np.arange(size) for size in many])
        return np.concatenate(per_length), lengths, starts


def _maxima(windows: _Windows, cases: int, *, replicates: int, seed: int) -> Floats:
    return np.concatenate(
        [
            windows.best_ratios(periods.cumulated(np.array(block)))
            for block in _blocks(windows.shares, cases, replicates=replicates, seed=seed)
        ]
    )


def _blocks(shares: Floats, cases: int, *, replicates: int, seed: int) -> Iterator[list[Integers]]:
    step = max(1, BLOCK_CELLS // shares.size)
    for start in range(0, replicates, step):
        yield [
            replication.generator(seed, replicate).multinomial(cases, shares)
            for replicate in range(start, min(start + step, replicates))
        ]


def _counted(intervals: Intervals, times: ArrayLike, counts: ArrayLike | None) -> Integers:
    index = intervals.index(times)
    weights = np.ones(index.size) if counts is None else np.asarray(counts, dtype=np.float64)
    if weights.shape != index.shape or (weights < 0).any() or (weights % 1).any():
        raise ValueError("counts must be one whole number, 0 or more, per time")
    return np.bincount(index, weights=weights, minlength=intervals.many).astype(np.int64)


def _shares(intervals: Intervals, baseline: ArrayLike | None) -> Floats:
    if baseline is None:
        return np.full(intervals.many, 1.0 / intervals.many)
    shares = np.asarray(baseline, dtype=np.float64)
    if shares.shape != (intervals.many,) or not (shares >= 0).all() or not shares.sum() > 0:
        raise ValueError(f"the baseline needs {intervals.many} values, none below 0, not all 0")
    return np.asarray(shares / shares.sum())
