"""Cells of sparse tables, and the p-value of a count whose mean is only estimated."""

from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.sparse import csr_array

from aefi.screening.facts import Floats, Integers


def predictive_p(observed: Floats, expected: Floats, variance: Floats) -> Floats:
    """Return the chance of so many or more where the mean is only known with a variance (gamma).

    The whole tail, not the mid-p, which holds an error rate only on average over cells.
    """
    mean = np.maximum(expected, 1e-12)
    spread = np.maximum(variance, 1e-9 * mean)
    shape, chance = mean**2 / spread, spread / (spread + mean)
    tail = special.betainc(np.maximum(observed, 1), shape, chance)
    return np.asarray(np.where(observed > 0, tail, 1.0))


def cell_values(table: csr_array, rows: Integers, columns: Integers) -> Floats:
    """Return some values of a table."""
    if not rows.size:
        return np.zeros(0)
    return np.asarray(table[rows, columns]).ravel()


def places_of(sizes: csr_array, rows: Integers, columns: Integers) -> Integers:
    """Return where each (row, column) stands in the data of a sorted table; -1 if it is empty."""
    row = np.repeat(np.arange(sizes.shape[0]), np.diff(sizes.indptr))
    keys = row * sizes.shape[1] + sizes.indices
    wanted = rows * sizes.shape[1] + columns
    if not keys.size:
        return np.full(wanted.size, -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    return np.where((keys[place] == wanted) & (sizes.data[place] > 0), place, -1)


@dataclass(frozen=True)
class Lookup:
    """Counts by key, 0 where a key does not occur."""

    keys: Integers
    counts: Floats

    @classmethod
    def of(cls, keys: Integers) -> "Lookup":
        distinct, counts = np.unique(keys, return_counts=True)
        return cls(distinct, counts.astype(np.float64))

    def __call__(self, keys: Integers) -> Floats:
        if not self.keys.size:
            return np.zeros(keys.size)
        place = np.minimum(np.searchsorted(self.keys, keys), self.keys.size - 1)
        return np.where(self.keys[place] == keys, self.counts[place], 0.0)


@dataclass(frozen=True)
class Seen:
    """What was seen in every (target, stratum) pair, sorted by cell so that a cell finds its own."""

    cell_key: Integers
    pair: Integers
    count: Floats

    @classmethod
    def of(cls, sizes: csr_array, pair: Integers, event: Integers, kinds: int) -> "Seen":
        keys, counts = np.unique(pair * kinds + event, return_counts=True)
        pairs = keys // kinds
        target = np.repeat(np.arange(sizes.shape[0]), np.diff(sizes.indptr))[pairs]
        cell_key = target * kinds + keys % kinds
        order = np.argsort(cell_key, kind="stable")
        return cls(cell_key[order], pairs[order], counts[order].astype(np.float64))

    def in_cells(self, keys: Integers, first_pair: Integers, starts: Integers, size: int) -> Floats:
        """Return the counts laid out as the cells' strata are: cell i from `starts[i]` on."""
        low, high = (np.searchsorted(self.cell_key, keys, side=side) for side in ("left", "right"))
        many = high - low
        cell = np.repeat(np.arange(keys.size), many)
        entry = np.arange(cell.size) - np.repeat(np.cumsum(many) - many - low, many)
        seen = np.zeros(size)
        seen[starts[cell] + self.pair[entry] - first_pair[cell]] = self.count[entry]
        return seen
