"""Cells of sparse tables, and the p-value of a count whose mean is only estimated."""

import numpy as np
from scipy import special
from scipy.sparse import csr_array

from aefi.screening.facts import Floats, Integers


def predictive_mid_p(observed: Floats, expected: Floats, variance: Floats) -> Floats:
    """Return the mid-p of a count whose mean is itself only known with a variance (gamma)."""
    mean = np.maximum(expected, 1e-12)
    spread = np.maximum(variance, 1e-9 * mean)
    shape, chance = mean**2 / spread, spread / (spread + mean)
    at_least = np.where(observed > 0, special.betainc(np.maximum(observed, 1), shape, chance), 1.0)
    return np.asarray((at_least + special.betainc(observed + 1, shape, chance)) / 2)


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
