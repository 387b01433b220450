"""Space-time permutation scan: clusters in place and time from cases alone, without denominators.

Given how many cases each zone and each interval had, place and time are independent under the null;
a replicate shuffles the times over the cases.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aefi.screening.results import Window
from aefi.screening.scan import periods, replication
from aefi.screening.scan.hierarchy import natural_key
from aefi.screening.scan.null_distributions import poisson_ratio
from aefi.screening.scan.periods import Intervals
from aefi.screening.scan.replication import Floats, Integers
from aefi.screening.scan.temporal import BLOCK_CELLS, PValue


def space_time_permutation_scan(
    zones: Sequence[Hashable],
    times: ArrayLike,
    *,
    period: Any = None,
    coordinates: Mapping[Hashable, Sequence[float]] | None = None,
    interval: float = 1.0,
    max_length: float | None = None,
    max_share: float = 0.5,
    min_cases: int = 2,
    only_current: bool = False,
    replicates: int = 999,
    seed: int = 0,
    p_value: PValue | str = PValue.RANK,
    limit: int = 10,
) -> list[Window]:
    """Return the zones and times where cases meet more often than both margins explain, best first.

    Parameters
    ----------
    zones
        Zone of each case (site, bay, lot; any hashable value).
    times
        Time of each case, same length.
    period
        (first, last) interval, a number of intervals, or None, as in `temporal_scan`.
    coordinates
        Zone -> position in any one unit; then circles of neighbouring zones are tested as well.
    interval, max_length
        Length of an interval; longest window (half the period by default).
    max_share
        Circles hold at most this share of all cases; single zones are always tested.
    min_cases
        Windows with fewer cases are not tested.
    only_current
        Test only windows that end with the period (a cluster that is still going on).
    replicates, seed, p_value, limit
        As in `temporal_scan`; returned windows do not share both a zone and an interval.

    Returns
    -------
    list of Window
        Empty without any excess.

    Raises
    ------
    ValueError
        When zones and times differ in length, a time is outside, or a zone has no position.

    Notes
    -----
    E_A = sum over z, d in A of C_z C_d / C; LLR = c ln(c / E) + (C - c) ln((C - c) / (C - E)).
    p = (1 + #{max LLR* >= LLR}) / (R + 1).

    References
    ----------
    Kulldorff, Heffernan, Hartman, Assuncao & Mostashari (2005), PLoS Medicine 2:e59.

    Examples
    --------
    >>> zones = ["north"] * 6 + ["south"] * 6
    >>> days = [3, 3, 4, 4, 3, 9, 1, 2, 6, 7, 8, 10]
    >>> best = space_time_permutation_scan(zones, days, period=(1, 10))[0]
    >>> best.zones, best.start, best.end, best.observed, best.expected
    (('north',), 3.0, 4.0, 5.0, 2.5)
    """
    if len(zones) != np.size(times):
        raise ValueError("zones and times must have the same length")
    if not len(zones):
        return []
    intervals = periods.intervals_of(period, times, interval)
    names = sorted(set(zones), key=natural_key)
    place = {name: index for index, name in enumerate(names)}
    zone = np.array([place[name] for name in zones])
    day = intervals.index(times)
    order = np.lexsort((day, zone))
    cases = _Cases(zone[order], day[order], len(names), intervals.many)
    areas = _areas(names, np.bincount(zone), coordinates, max_share)
    sweep = _Sweep(cases, areas, intervals.longest(max_length), min_cases, only_current)
    found = list(_windows(sweep, cases.day, intervals, names))
    if not found:
        return []
    maxima = _maxima(sweep, replicates=replicates, seed=seed)
    ratios = np.array([window.log_likelihood_ratio for window in found])
    p_values = PValue(p_value).of(ratios, maxima)
    ranked = (
        replace(found[index], p_value=float(p_values[index]))
        for index in periods.best_first(ratios)
    )
    return periods.apart(ranked, limit)


@dataclass(frozen=True)
class _Cases:
    """Zone and interval of each case, in canonical order."""

    zone: Integers
    day: Integers
    zones: int
    days: int

    def table(self, day: Integers) -> Integers:
        """Return cases by zone and interval, had they fallen on these intervals."""
        cell = self.zone * self.days + day
        counts = np.bincount(cell, minlength=self.zones * self.days)
        return counts.reshape(self.zones, self.days)


@dataclass(frozen=True)
class _Sweep:
    """Every area in every window: what is expected there, and the best ratio of a data set."""

    cases: _Cases
    areas: Integers
    longest: int
    min_cases: int
    only_current: bool

    def ratios(self, tables: Integers) -> Iterator[tuple[int, Integers, Floats, Floats]]:
        """Yield (length, counts, expected, ratios) for tables of cases by zone and interval."""
        total = self.cases.day.size
        held = np.tensordot(tables, self.areas, axes=([-2], [1])).swapaxes(-1, -2)
        sums = periods.cumulated(held)
        by_area = self.areas @ np.bincount(self.cases.zone, minlength=self.cases.zones)
        by_day = periods.cumulated(np.bincount(self.cases.day, minlength=self.cases.days))
        for length in range(1, self.longest + 1):
            counts = periods.excesses(sums, length)
            expected = np.outer(by_area, periods.excesses(by_day, length)) / total
            if self.only_current:
                counts, expected = counts[..., -1:], expected[:, -1:]
            yield length, counts, expected, self._ratio(counts, expected, total)

    def best_ratios(self, tables: Integers) -> Floats:
        """Return the highest ratio of each data set."""
        best = np.zeros(tables.shape[0])
        for _, _, _, ratios in self.ratios(tables):
            np.maximum(best, ratios.max(axis=(1, 2)), out=best)
        return best

    def _ratio(self, counts: Integers, expected: Floats, total: int) -> Floats:
        """Evaluate the logarithms only where there is an excess."""
        ratio = np.zeros(counts.shape)
        high = (counts > expected) & (counts >= self.min_cases)
        wide = np.broadcast_to(expected, counts.shape)
        ratio[high] = poisson_ratio(counts[high], wide[high], total)
        return ratio


def _maxima(sweep: _Sweep, *, replicates: int, seed: int) -> Floats:
    cells = sweep.areas.shape[0] * sweep.cases.days
    step = max(1, BLOCK_CELLS // max(cells, 1))
    maxima = []
    for start in range(0, replicates, step):
        tables = [
            sweep.cases.table(replication.generator(seed, replicate).permutation(sweep.cases.day))
            for replicate in range(start, min(start + step, replicates))
        ]
        maxima.append(sweep.best_ratios(np.array(tables)))
    return np.concatenate(maxima)


def _windows(
    sweep: _Sweep, day: Integers, intervals: Intervals, names: Sequence[Hashable]
) -> Iterator[Window]:
    members = [tuple(names[zone] for zone in np.flatnonzero(area).tolist()) for area in sweep.areas]
    for length, counts, expected, ratios in sweep.ratios(sweep.cases.table(day)[np.newaxis]):
        shift = intervals.many - length if sweep.only_current else 0
        for area, start in zip(*np.nonzero(ratios[0] > 0.0), strict=True):
            yield Window(
                start=intervals.label(int(start) + shift),
                end=intervals.label(int(start) + shift + length - 1),
                zones=members[area],
                observed=float(counts[0, area, start]),
                expected=float(expected[area, start]),
                log_likelihood_ratio=float(ratios[0, area, start]),
                p_value=1.0,
            )


def _areas(
    names: Sequence[Hashable],
    cases: Integers,
    coordinates: Mapping[Hashable, Sequence[float]] | None,
    max_share: float,
) -> Integers:
    """Return one row per area, one column per zone: single zones, then circles round each."""
    single = np.eye(len(names), dtype=np.int64)
    if coordinates is None:
        return single
    missing = [name for name in names if name not in coordinates]
    if missing:
        raise ValueError(f"no position for {missing[:5]!r}")
    points = np.array([coordinates[name] for name in names], dtype=np.float64)
    distances = np.sqrt(((points[:, np.newaxis] - points[np.newaxis]) ** 2).sum(axis=2))
    circles = np.concatenate([_circles(row) for row in distances])
    circles = circles[circles @ cases <= max_share * cases.sum()]
    distinct = np.unique(np.concatenate([single, circles]), axis=0)
    return distinct[np.argsort(distinct.sum(axis=1), kind="stable")]


def _circles(distances: Floats) -> Integers:
    """Return the zones within each distance from a centre; equally far zones enter together."""
    return (distances <= np.unique(distances)[:, np.newaxis]).astype(np.int64)
