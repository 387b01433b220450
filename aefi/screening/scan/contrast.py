"""One lot's days against those of other lots: on which days do its reports crowd?

Given how many reports of both came on each day, the lot's own are a draw without replacement. So
neither the common course of onsets nor the chance in the others' counts is taken for known.
"""

import numpy as np
from numpy.typing import ArrayLike

from aefi.screening.arguments import non_negative
from aefi.screening.facts import Floats, Integers
from aefi.screening.results import Window
from aefi.screening.tails import hypergeometric_right_tail

AT_ONCE = 500
Seed = int | tuple[int, ...]


def contrast_scan(
    own: ArrayLike,
    others: ArrayLike,
    *,
    max_length: int,
    min_cases: int = 2,
    replicates: int = 19_999,
    seed: Seed = 0,
    limit: float = 1.0,
) -> Window | None:
    """Return the run of days that holds too many of a lot's own reports, against others' reports.

    Parameters
    ----------
    own, others
        Reports by day (whole numbers), equally long.
    max_length
        Longest run, in days.
    min_cases
        Runs with fewer of the lot's reports are not looked at.
    replicates, seed
        Divisions of all reports drawn; same seed, same result.
    limit
        Nothing is drawn, and None returned, where even a single run alone would not be at most so
        unlikely: with all runs looked at, the p-value only grows.

    Returns
    -------
    Window or None
        The run with the least chance by itself (hypergeometric), from 0. Its p-value is that of the
        least chance of all runs: by rank among the replicates, or by the union bound where that is
        smaller than a rank can be.

    Notes
    -----
    p = (1 + #{min p* <= min p}) / (R + 1), exact at any counts. A Poisson scan that takes the
    others' days for the truth, with a Gumbel tail, signals too often: docs/calibration.md.
    """
    seen, rest = non_negative(own=own, others=others)
    days = np.flatnonzero(seen + rest)
    if not seen.sum() or not days.size:
        return None
    runs = _Runs(days, (seen + rest)[days].astype(np.int64), int(seen.sum()), max_length, min_cases)
    inside = runs.inside(seen[days][np.newaxis].astype(np.int64))[0]
    chances = runs.chances(runs.sizes, inside)
    best = int(chances.argmin())
    least = float(chances[best])
    if least > limit or least >= 1.0:
        return None
    first, last = runs.spans[best]
    return Window(
        start=float(days[first]),
        end=float(days[last - 1]),
        zones=(),
        observed=float(inside[best]),
        expected=float(runs.drawn * runs.sizes[best] / runs.pooled.sum()),
        log_likelihood_ratio=-float(np.log(max(least, 1e-300))),
        p_value=_p_value(runs, least, replicates, seed),
    )


class _Runs:
    """All runs of days on which anything came, and the chances of counts in them."""

    def __init__(
        self, days: Integers, pooled: Integers, drawn: int, longest: int, least: int
    ) -> None:
        self.pooled, self.drawn, self.least = pooled, drawn, max(least, 1)
        places = range(days.size)
        self.spans = [(a, b + 1) for a in places for b in places[a:] if days[b] - days[a] < longest]
        self._first, self._last = np.array(self.spans).T
        ends = np.concatenate([[0], np.cumsum(pooled)])
        self.sizes = ends[self._last] - ends[self._first]

    def inside(self, counts: Integers) -> Integers:
        """Return the reports in every run, for rows of counts by day."""
        none = np.zeros((len(counts), 1), dtype=np.int64)
        ends = np.concatenate([none, counts.cumsum(axis=1)], axis=1)
        return np.asarray(ends[:, self._last] - ends[:, self._first])

    def chances(self, sizes: Integers, counts: Integers) -> Floats:
        """Return the chance of each count or more in a run of each size; 1 below the least."""
        left = self.pooled.sum() - sizes - self.drawn + counts
        chance = np.where(counts > sizes, 0.0, 1.0)
        real = (counts >= self.least) & (counts <= sizes) & (left >= 0)
        cells = (counts, self.drawn - counts, sizes - counts, left)
        chance[real] = hypergeometric_right_tail(*(x[real].astype(np.float64) for x in cells))
        chance[counts < self.least] = 1.0
        return chance

    def reached(self, least: float, replicates: int, seed: Seed) -> int:
        """Count the replicates in which some run has a chance of at most `least`."""
        sizes, row = np.unique(self.sizes, return_inverse=True)
        grid = np.meshgrid(sizes, np.arange(self.drawn + 1), indexing="ij")
        table = self.chances(*(part.ravel() for part in grid)).reshape(sizes.size, -1)
        within = table <= least * (1 + 1e-9)
        rng, reached = np.random.default_rng(seed), 0
        for start in range(0, replicates, AT_ONCE):
            many = min(AT_ONCE, replicates - start)
            drawn = rng.multivariate_hypergeometric(
                self.pooled, self.drawn, many, method="marginals"
            )
            reached += int(within[row, self.inside(drawn)].any(axis=1).sum())
        return reached


def _p_value(runs: _Runs, least: float, replicates: int, seed: Seed) -> float:
    bound = least * len(runs.spans)
    if bound * (replicates + 1) < 1.0:
        return bound
    return (1 + runs.reached(least, replicates, seed)) / (replicates + 1)
