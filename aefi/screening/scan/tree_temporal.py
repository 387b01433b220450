"""Tree-temporal scan: which branch of a tree has its cases bunched at some time after the dose.

Self-controlled: each node is compared with itself over the period, so neither doses nor controls
nor a risk window fixed beforehand are needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aefi.screening.results import Cut, TreeScan
from aefi.screening.scan import periods, replication
from aefi.screening.scan.hierarchy import Node, Tree, build_tree
from aefi.screening.scan.null_distributions import poisson_ratio
from aefi.screening.scan.replication import Floats, Integers
from aefi.screening.scan.temporal import PValue
from aefi.screening.scan.tree import ALPHA


def tree_temporal_scan(
    parents: Mapping[Node, Node | None],
    times: Mapping[Node, Sequence[float]],
    *,
    period: Any,
    interval: float = 1.0,
    max_length: float | None = None,
    min_cases: int = 2,
    replicates: int = 999,
    seed: int = 0,
    alpha: float = ALPHA,
    p_value: PValue | str = PValue.RANK,
) -> TreeScan:
    """Return every branch with the window that holds most more cases than its share of the time.

    Parameters
    ----------
    parents
        Node -> its parent, None for a root.
    times
        Node -> times of its own cases, such as days since the dose.
    period
        (first, last) interval followed up, both included, or a number of intervals.
    interval, max_length, min_cases
        As in `temporal_scan`.
    replicates, seed, p_value
        As in `temporal_scan`.
    alpha
        Family-wise level of the critical value.

    Returns
    -------
    TreeScan
        One `Cut` per node with cases, by falling ratio; `node` is (node, first interval, last
        interval). The relative risk compares the window with the rest of the node's own period.

    Raises
    ------
    ValueError
        When the tree has a circle, a node is unknown or a time lies outside the period.

    Notes
    -----
    Conditional on the cases of each node: n = C_node length / period, LLR = c ln(c / n) +
    (C_node - c) ln((C_node - c) / (C_node - n)). A replicate throws each node's own cases evenly
    over the period; p = (1 + #{max LLR* >= LLR}) / (R + 1) over all nodes and windows.

    References
    ----------
    Yih et al. (2018), American Journal of Epidemiology 187:1269-1276.
    Kulldorff, Fang & Walsh (2003), Biometrics 59:323-331.

    Examples
    --------
    >>> parents = {"all": None, "fever": "all", "syncope": "all"}
    >>> times = {"fever": [1, 1, 1, 1, 2, 2, 9, 13], "syncope": [3, 7, 11, 14]}
    >>> best = tree_temporal_scan(parents, times, period=(1, 14)).cuts[0]
    >>> best.node, best.observed, round(best.expected, 3)
    (('fever', 1.0, 2.0), 6.0, 1.143)
    """
    tree = build_tree(parents)
    unknown = [node for node in times if node not in tree.position]
    if unknown:
        raise ValueError(f"times: node {unknown[0]!r} is not in the tree")
    every = np.array([time for own in times.values() for time in own], dtype=np.float64)
    intervals = periods.intervals_of(period, every, interval)
    table = _table(tree, times, intervals)
    sweep = _Sweep(tree, intervals.longest(max_length), min_cases)
    found = sweep.best(table)
    maxima = _maxima(sweep, table, replicates=replicates, seed=seed)
    p_values = PValue(p_value).of(found.ratio, maxima)
    p_values = np.where(found.ratio > 0.0, p_values, 1.0)
    errors = replication.rank_standard_errors(p_values, replicates)
    totals = tree.branches(table.sum(axis=1).astype(np.float64))
    cuts = tuple(
        Cut(
            node=(
                tree.nodes[node],
                intervals.label(int(found.start[node])),
                intervals.label(int(found.start[node] + found.length[node] - 1)),
            ),
            observed=float(found.count[node]),
            expected=float(totals[node] * found.length[node] / intervals.many),
            relative_risk=found.relative_risk(node, totals[node], intervals.many),
            log_likelihood_ratio=float(found.ratio[node]),
            p_value=float(p_values[node]),
            p_standard_error=float(errors[node]),
        )
        for node in np.argsort(-found.ratio, kind="stable").tolist()
        if totals[node] > 0.0
    )
    return TreeScan(cuts, replication.rank_critical_value(maxima, alpha))


@dataclass(frozen=True)
class _Best:
    """The best window of each node."""

    ratio: Floats
    count: Integers
    start: Integers
    length: Integers

    def relative_risk(self, node: int, total: float, many: int) -> float:
        """Return [c / n] / [(C - c) / (N - n)] within the node; infinite without cases outside."""
        outside = total - self.count[node]
        if outside <= 0.0:
            return float("inf")
        length = self.length[node]
        return float(self.count[node] / length / (outside / (many - length)))


@dataclass(frozen=True)
class _Sweep:
    """All windows of all branches."""

    tree: Tree
    longest: int
    min_cases: int

    def best(self, table: Integers) -> _Best:
        """Return the best window of each node for own cases by node and interval."""
        sums = np.zeros((table.shape[0] + 1, table.shape[1] + 1), dtype=np.int64)
        sums[1:, 1:] = table.cumsum(axis=0).cumsum(axis=1)
        held = sums[list(self.tree.ends)] - sums[:-1]
        total, many = held[:, -1], table.shape[1]
        best = _Best(np.zeros(len(total)), *(np.zeros(len(total), np.int64) for _ in range(3)))
        best.length[:] = 1
        for length in range(1, self.longest + 1):
            counts = periods.excesses(held, length)
            start = counts.argmax(axis=1)
            count = counts[np.arange(start.size), start]
            ratio = poisson_ratio(count, total * (length / many), total)
            better = (ratio > best.ratio) & (count >= self.min_cases)
            for part, value in (
                (best.ratio, ratio),
                (best.count, count),
                (best.start, start),
                (best.length, np.full(start.size, length)),
            ):
                part[better] = value[better]
        return best


def _maxima(sweep: _Sweep, table: Integers, *, replicates: int, seed: int) -> Floats:
    own = table.sum(axis=1)
    active = np.flatnonzero(own)
    even = np.full(table.shape[1], 1.0 / table.shape[1])
    maxima = np.zeros(replicates)
    for replicate in range(replicates):
        drawn = np.zeros_like(table)
        rng = replication.generator(seed, replicate)
        drawn[active] = rng.multinomial(own[active], even)
        maxima[replicate] = sweep.best(drawn).ratio.max()
    return maxima


def _table(tree: Tree, times: Mapping[Node, ArrayLike], intervals: periods.Intervals) -> Integers:
    """Return own cases by node and interval."""
    table = np.zeros((len(tree.nodes), intervals.many), dtype=np.int64)
    position = tree.position
    for node, own in times.items():
        np.add.at(table[position[node]], intervals.index(own), 1)
    return table
