"""Groups of cases near each other in place and time, proposed by clustering and then tested.

Clustering has no p-value of its own. Each proposed group is scored by the ratio of the space-time
permutation scan over its places and its span of time; a replicate shuffles the times over the cases
and proposes anew, so that the search for groups is part of what is tested.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import DBSCAN, HDBSCAN

from aefi.screening.scan.null_distributions import poisson_ratio
from aefi.screening.scan.replication import generator, rank_p_values

Floats: TypeAlias = NDArray[Any]
Integers: TypeAlias = NDArray[np.int64]

FAR = 1e6
"""Distance in units of the limits at which cases have nothing to do with each other."""


class Clustering(StrEnum):
    """Fixed limits of distance and time, or groups of varying density within them."""

    DBSCAN = "dbscan"
    HDBSCAN = "hdbscan"


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """Cases proposed as one group: `members` are their places in the input.

    `observed` and `expected` count all cases at the places of the members from `start` to `end`.
    """

    members: tuple[int, ...]
    start: float
    end: float
    observed: float
    expected: float
    log_likelihood_ratio: float
    p_value: float


def find_case_groups(
    positions: ArrayLike,
    hours: ArrayLike,
    *,
    max_distance: float,
    max_hours: float,
    min_cases: int = 3,
    method: Clustering | str = Clustering.DBSCAN,
    replicates: int = 199,
    seed: int = 0,
) -> list[CaseGroup]:
    """Return groups of cases near each other in place and time, the least likely first.

    Parameters
    ----------
    positions
        (n, 2) places in one unit: kilometres between sites, metres between seats.
    hours
        Time of each case in hours.
    max_distance, max_hours
        Cases are neighbours when both are within these limits.
    min_cases
        Fewest cases of a group (>= 2).
    method
        "dbscan", or "hdbscan" for groups of varying density.
    replicates, seed
        Shuffles of the times; same seed, same result.

    Returns
    -------
    list of CaseGroup
        Empty when nothing is near enough. p-values are for the best group of a data set, so they
        hold for all groups together.

    Raises
    ------
    ValueError
        When the arrays do not fit or a limit is not above 0.

    Notes
    -----
    Distance of two cases = max(distance / max_distance, |time difference| / max_hours); neighbours
    at 1 or less. E = C_places C_span / C; LLR as in `space_time_permutation_scan`.

    References
    ----------
    Ester et al. (1996), KDD-96:226-231. Campello et al. (2013), PAKDD 2013:160-172.
    Kulldorff et al. (2005), PLoS Medicine 2:e59.

    Examples
    --------
    >>> seats = [(0, 0), (1, 0), (0, 1), (1, 1), (9, 9), (8, 2), (0, 0), (3, 9)]
    >>> hours = [1.0, 1.1, 1.2, 1.1, 0.2, 2.5, 3.9, 3.0]
    >>> group = find_case_groups(seats, hours, max_distance=1.5, max_hours=0.25)[0]
    >>> group.members, group.observed, group.expected
    ((0, 1, 2, 3), 4.0, 2.5)
    """
    cases = _cases(positions, hours, max_distance, max_hours, min_cases)
    chosen = Clustering(method)
    if cases.hours.size < min_cases:
        return []
    found = sorted(_proposals(cases, cases.hours, chosen), key=lambda group: -group.ratio)
    if not found:
        return []
    maxima = np.array(
        [
            max((group.ratio for group in _proposals(cases, shuffled, chosen)), default=0.0)
            for shuffled in _shuffles(cases.hours, replicates, seed)
        ]
    )
    p_values = rank_p_values(np.array([group.ratio for group in found]), maxima)
    return [
        CaseGroup(
            members=tuple(sorted(cases.order[group.members].tolist())),
            start=group.start,
            end=group.end,
            observed=group.observed,
            expected=group.expected,
            log_likelihood_ratio=group.ratio,
            p_value=float(p),
        )
        for group, p in zip(found, p_values, strict=True)
    ]


@dataclass(frozen=True)
class _Cases:
    """Cases in canonical order; `near` holds distances in units of the limit."""

    order: Integers
    place: Integers
    hours: Floats
    near: Floats
    max_hours: float
    min_cases: int


@dataclass(frozen=True)
class _Proposal:
    members: Integers
    start: float
    end: float
    observed: float
    expected: float
    ratio: float


def _cases(
    positions: ArrayLike,
    hours: ArrayLike,
    max_distance: float,
    max_hours: float,
    min_cases: int,
) -> _Cases:
    points = np.asarray(positions, dtype=np.float64).reshape(-1, 2)
    times = np.asarray(hours, dtype=np.float64)
    if times.shape != (points.shape[0],) or not (
        np.isfinite(points).all() and np.isfinite(times).all()
    ):
        raise ValueError("every case needs a finite position (x, y) and a finite time")
    if not (max_distance > 0.0 and max_hours > 0.0 and min_cases >= 2):
        raise ValueError("limits must be above 0 and a group has two cases at least")
    order = np.lexsort((times, points[:, 1], points[:, 0]))
    points = points[order]
    place = np.unique(points, axis=0, return_inverse=True)[1].ravel()
    gaps = points[:, np.newaxis] - points[np.newaxis]
    near = np.sqrt((gaps**2).sum(axis=2)) / max_distance
    return _Cases(order, place, times[order], near, max_hours, min_cases)


def _proposals(cases: _Cases, hours: Floats, method: Clustering) -> Iterator[_Proposal]:
    """Yield the groups of one data set that hold more cases than expected."""
    apart = np.abs(hours[:, np.newaxis] - hours[np.newaxis]) / cases.max_hours
    labels = _labels(np.maximum(cases.near, apart), method, cases.min_cases)
    by_place = np.bincount(cases.place)
    for label in range(int(labels.max()) + 1):
        members = np.flatnonzero(labels == label)
        start, end = float(hours[members].min()), float(hours[members].max())
        places = np.unique(cases.place[members])
        during = (hours >= start) & (hours <= end)
        observed = float((during & np.isin(cases.place, places)).sum())
        expected = float(by_place[places].sum() * during.sum() / hours.size)
        ratio = poisson_ratio(np.array(observed), np.array(expected), float(hours.size))
        if ratio > 0.0:
            yield _Proposal(members, start, end, observed, expected, float(ratio))


def _labels(distances: Floats, method: Clustering, min_cases: int) -> Integers:
    if method is Clustering.DBSCAN:
        found = DBSCAN(eps=1.0 + 1e-9, min_samples=min_cases, metric="precomputed").fit(distances)
    else:
        capped = np.where(distances > 1.0 + 1e-9, FAR, distances)
        found = HDBSCAN(
            min_cluster_size=min_cases, metric="precomputed", allow_single_cluster=True, copy=True
        ).fit(capped)
        return _connected(distances, found.labels_, min_cases)
    return np.asarray(found.labels_, dtype=np.int64)


def _connected(distances: Floats, labels: Integers, min_cases: int) -> Integers:
    """Split groups that hang together only beyond the limits, and drop what is then too small."""
    alike = (labels[:, np.newaxis] == labels[np.newaxis]) & (labels >= 0)
    _, part = connected_components((distances <= 1.0 + 1e-9) & alike, directed=False)
    large = np.flatnonzero(np.bincount(part) >= min_cases)
    return np.where(np.isin(part, large), np.searchsorted(large, part), -1).astype(np.int64)


def _shuffles(hours: Floats, replicates: int, seed: int) -> Iterator[Floats]:
    for replicate in range(replicates):
        yield generator(seed, replicate).permutation(hours)
