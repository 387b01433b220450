"""A study period cut into intervals of equal length, and the windows of time within it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aefi.screening.results import Window
from aefi.screening.scan.replication import Floats, Integers


@dataclass(frozen=True)
class Intervals:
    """`many` intervals of `length`, the first one starting at `start`."""

    start: float
    length: float
    many: int

    def index(self, times: ArrayLike) -> Integers:
        """Return the interval of each time.

        :raises ValueError: when a time is not a number within the period.
        """
        values = np.asarray(times, dtype=np.float64).ravel()
        if not np.isfinite(values).all():
            raise ValueError("every time must be a finite number")
        index = np.floor((values - self.start) / self.length + 1e-9).astype(np.int64)
        if ((index < 0) | (index >= self.many)).any():
            raise ValueError(f"times outside the period {self.start:g} to {self.label(-1):g}")
        return index

    def label(self, index: int) -> float:
        """Return where an interval starts; with unit length, its own number."""
        return self.start + self.length * (index % self.many)

    def longest(self, max_length: float | None) -> int:
        """Return the most intervals of a window: half the period unless said otherwise."""
        if max_length is None:
            return max(1, self.many // 2)
        return min(self.many, max(1, int(max_length / self.length + 1e-9)))


def intervals_of(period: Any, times: ArrayLike, length: float) -> Intervals:
    """Return the intervals of a period given as (first, last), a number of them, or None.

    A number N means 1..N, or 0..N-1 where a time lies before 1. None: the span of the times.

    :raises ValueError: when the period is empty.
    """
    values = np.asarray(times, dtype=np.float64).ravel()
    if period is None and values.size:
        first, last = float(values.min()), float(values.max())
    elif np.ndim(period) == 0 and period is not None:
        first = 0.0 if values.size and values.min() < 1.0 else 1.0
        last = first + float(period) - length
    elif period is not None:
        first, last = (float(edge) for edge in period)
    else:
        raise ValueError("neither times nor a period")
    if not (length > 0.0 and last >= first):
        raise ValueError("the period must hold at least one interval")
    return Intervals(first, length, int((last - first) / length + 1e-9) + 1)


def excesses(counts: Integers, length: int) -> Integers:
    """Return the count of every window of `length` intervals, given counts led by a zero."""
    return counts[..., length:] - counts[..., :-length]


def cumulated(counts: Integers) -> Integers:
    """Return running totals over the last axis, led by a zero."""
    sums = np.zeros((*counts.shape[:-1], counts.shape[-1] + 1), dtype=np.int64)
    np.cumsum(counts, axis=-1, out=sums[..., 1:])
    return sums


def apart(windows: Iterable[Window], limit: int) -> list[Window]:
    """Keep the best windows that do not meet a better one in both place and time."""
    kept: list[Window] = []
    for window in windows:
        if len(kept) >= limit:
            break
        if not any(_meet(window, better) for better in kept):
            kept.append(window)
    return kept


def best_first(ratios: Floats) -> Iterator[int]:
    """Yield the places of positive ratios, highest first, ties in their order."""
    order = np.argsort(-ratios, kind="stable")
    yield from order[ratios[order] > 0.0].tolist()


def _meet(one: Window, other: Window) -> bool:
    together = one.start <= other.end and other.start <= one.end
    return together and (one.zones == other.zones or bool(set(one.zones) & set(other.zones)))
