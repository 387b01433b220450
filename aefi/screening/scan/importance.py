"""P-values of a maximum over many cuts: the union bound, importance sampling and plain replicates.

B(x) = sum over cuts v of P0(LLR_v >= x) is a strict upper bound of P0(max LLR >= x). Importance
sampling corrects it: draw a cut v and its count in proportion to the terms of B(x), draw the other
cells given that count, let K be the number of cuts at x or above; then p(x) = B(x) E[1 / K].

One set of draws serves all observed values: a mixture of plain replicates and of importance draws
at one level per power of ten of B, each draw weighted by the density of the whole mixture (the
balance heuristic), which keeps every estimate unbiased and every weight bounded.

References
----------
Naiman & Priebe (2001), Journal of Computational and Graphical Statistics 10:296-328.
Veach & Guibas (1995), SIGGRAPH '95:419-428 (balance heuristic).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aefi.screening.scan.null_distributions import NullDistribution
from aefi.screening.scan.replication import Floats, Integers, at_least, generator

DEEPEST = 690.0
"""Log-likelihood ratios above this have p-values below the smallest float64, exp(-708)."""

NEGLIGIBLE = 37.0
"""Mass beyond this much more log-likelihood is below the rounding of float64, exp(-37) = 9e-17."""

SHALLOWEST = 100.0
"""Values whose bound is above this have p-value 1: on average 100 cuts reach them by chance."""

FEWEST = 40
"""Draws per level at least, so that deep levels keep a relative error below about a third."""

BLOCK = 64
"""Replicates held at a time: their cumulated cells fit the processor's cache."""


@dataclass(frozen=True)
class Cuts:
    """Distinct cuts: at most two stretches of cells each (n x 4), and their sizes."""

    spans: Integers
    sizes: Floats


@dataclass(frozen=True)
class Tails:
    """Every (cut, count) with an excess, most extreme first, with the bound down to it."""

    cut: Integers
    count: Integers
    ratio: Floats
    bound: Floats

    def reached(self, value: Floats) -> Integers:
        """Return how many entries are at `value` or above."""
        return np.searchsorted(-self.ratio, -at_least(value), side="right").astype(np.int64)

    def bound_at(self, value: Floats) -> Floats:
        """Return B(value)."""
        return np.concatenate([[0.0], self.bound])[self.reached(value)]

    def value_at(self, bound: float) -> float:
        """Return the lowest value whose bound is at most `bound`, infinity when there is none."""
        found = int(np.searchsorted(self.bound, bound, side="right"))
        if found == self.ratio.size:
            return float(self.ratio[-1]) if found else float("inf")
        within = self.ratio[:found][self.ratio[:found] > self.ratio[found]]
        return float(within[-1]) if within.size else float("inf")


@dataclass(frozen=True)
class Draws:
    """The maximum of each draw, and its weight for an expectation under the null."""

    maxima: Floats
    weights: Floats


@dataclass(frozen=True)
class Plan:
    """Which proposal each draw comes from: -1 for the null, else the index of a level."""

    source: Integers
    values: Floats
    bounds: Floats
    entries: Integers


def tail_table(null: NullDistribution, cuts: Cuts, highest: float, *, min_cases: int) -> Tails:
    """List every excess up to `highest` of every cut with its null probability."""
    cut, count = _excesses(null, cuts, min(highest, DEEPEST) + NEGLIGIBLE, min_cases)
    sizes = cuts.sizes[cut]
    ratio = null.log_likelihood_ratio(count.astype(np.float64), sizes)
    order = np.lexsort((count, cut, -ratio))
    order = order[ratio[order] > 0.0]
    mass = null.probability(count[order].astype(np.float64), sizes[order])
    return Tails(cut[order], count[order], ratio[order], np.cumsum(mass))


def plan_draws(tails: Tails, observed: Floats, *, alpha: float, replicates: int) -> Plan:
    """Share the draws between the null and one level per power of ten of the bound in use."""
    bounds = tails.bound_at(observed)
    in_use = bounds[(bounds > 0.0) & (bounds <= 1.0)]
    powers = np.unique(np.floor(-np.log10(np.append(in_use, [1.0, alpha]))).clip(0, 290))
    values = np.unique([tails.value_at(10.0**-power) for power in powers])
    values = values[np.isfinite(values)]
    share = max(FEWEST, -(-replicates // (values.size + 1)))
    total = max(replicates, share * (values.size + 1))
    return Plan(
        source=np.arange(total, dtype=np.int64) % (values.size + 1) - 1,
        values=values,
        bounds=tails.bound_at(values),
        entries=tails.reached(values),
    )


def plain_plan(replicates: int) -> Plan:
    """Plan replicates of the null only."""
    none = np.zeros(0)
    source = np.full(replicates, -1, dtype=np.int64)
    return Plan(source, none, none, none.astype(np.int64))


def simulate(null: NullDistribution, cuts: Cuts, tails: Tails, plan: Plan, *, seed: int) -> Draws:
    """Draw the planned data sets and return their maxima and weights."""
    limits = _limits(tails, cuts.sizes.size)
    maxima = np.zeros(plan.source.size)
    density = np.zeros(plan.source.size)
    shares = np.bincount(plan.source + 1, minlength=plan.values.size + 1)
    for start in range(0, plan.source.size, BLOCK):
        block = slice(start, min(start + BLOCK, plan.source.size))
        cells = _draw_block(null, cuts, tails, plan, block=block, seed=seed)
        drawn, ratio = _ratios(null, cuts, limits, cells)
        size = block.stop - block.start
        top = np.zeros(size)
        np.maximum.at(top, drawn, ratio)
        maxima[block] = top
        density[block] = shares[0]
        for level, (value, bound) in enumerate(zip(plan.values, plan.bounds, strict=True)):
            reached = np.bincount(drawn[ratio >= at_least(value)], minlength=size)
            density[block] += shares[level + 1] * reached / bound
    return Draws(maxima, plan.source.size / density)


def estimate(draws: Draws, tails: Tails, observed: Floats) -> tuple[Floats, Floats]:
    """Return p-values, at most the bound and falling with the value, and their standard errors."""
    order = np.argsort(-draws.maxima, kind="stable")
    weights = draws.weights[order]
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    squares = np.concatenate([[0.0], np.cumsum(weights**2)])
    reached = np.searchsorted(-draws.maxima[order], -at_least(observed), side="right")
    size = weights.size
    mean = sums[reached] / size
    variance = np.maximum(squares[reached] / size - mean**2, 0.0)
    bounds = tails.bound_at(observed)
    p_values = np.where(mean > 0.0, np.minimum(mean, bounds), bounds)
    p_values = np.where(is_common(tails, observed), 1.0, np.minimum(p_values, 1.0))
    errors = np.where(is_common(tails, observed), 0.0, np.sqrt(variance / size))
    return _falling(observed, p_values), errors


def is_common(tails: Tails, observed: Floats) -> NDArray[np.bool_]:
    """Tell which values every data set reaches: none above zero, or 100 cuts on average do."""
    return (observed <= 0.0) | (tails.bound_at(observed) > SHALLOWEST)


def critical_value(draws: Draws, alpha: float) -> float:
    """Return the lowest maximum that is exceeded with a probability of at most `alpha`."""
    values, inverse = np.unique(draws.maxima, return_inverse=True)
    mass = np.bincount(inverse, weights=draws.weights) / draws.weights.size
    exceeding = np.cumsum(mass[::-1])[::-1] - mass
    return float(values[exceeding <= alpha][0])


def _excesses(
    null: NullDistribution, cuts: Cuts, highest: float, min_cases: int
) -> tuple[Integers, Integers]:
    """Return (cut, count) pairs from just above the expected count to beyond `highest`.

    Every model's ratio is at least the unconditional Poisson one, for which Bernstein's inequality
    says where it passes a value x: c - n = x / 3 + sqrt(x^2 / 9 + 2 n x).
    """
    mean = null.expected(cuts.sizes)
    lowest = np.maximum(np.floor(mean) + 1.0, float(min_cases))
    spread = highest / 3.0 + np.sqrt(highest**2 / 9.0 + 2.0 * mean * highest)
    top = np.minimum(null.highest(cuts.sizes), np.ceil(mean + spread))
    many = np.maximum(top - lowest + 1.0, 0.0).astype(np.int64)
    cut = np.repeat(np.arange(many.size), many)
    offset = np.arange(cut.size) - np.repeat(np.cumsum(many) - many, many)
    return cut, lowest[cut].astype(np.int64) + offset


def _limits(tails: Tails, cuts: int) -> Integers:
    """Return per cut the least count worth a look: its bound is within `SHALLOWEST`."""
    inside = int(np.searchsorted(tails.bound, SHALLOWEST, side="right"))
    limits = np.full(cuts, np.iinfo(np.int64).max)
    np.minimum.at(limits, tails.cut[:inside], tails.count[:inside])
    return limits


def _draw_block(
    null: NullDistribution, cuts: Cuts, tails: Tails, plan: Plan, *, block: slice, seed: int
) -> Integers:
    """Return the cumulated cells of the replicates, one column each, led by a row of zeros."""
    replicates = range(block.start, block.stop)
    cells = np.zeros((null.sizes.size + 1, len(replicates)), dtype=np.int64)
    for column, replicate in enumerate(replicates):
        rng = generator(seed, replicate)
        level = int(plan.source[replicate])
        if level < 0:
            cells[1:, column] = null.draw(rng)
        else:
            entry = _pick(rng, tails, int(plan.entries[level]))
            spans = cuts.spans[tails.cut[entry]].reshape(2, 2)
            spans = spans[spans[:, 1] > spans[:, 0]]
            cells[1:, column] = null.draw_given(rng, spans, int(tails.count[entry]))
    return np.cumsum(cells, axis=0)


def _pick(rng: np.random.Generator, tails: Tails, entries: int) -> int:
    position = rng.random() * tails.bound[entries - 1]
    return min(int(np.searchsorted(tails.bound[:entries], position, side="right")), entries - 1)


def _ratios(
    null: NullDistribution, cuts: Cuts, limits: Integers, cells: Integers
) -> tuple[Integers, Floats]:
    """Return (column, log-likelihood ratio) of every cut at its limit or above."""
    start, end, second_start, second_end = cuts.spans.T
    counts = cells[end] - cells[start]
    if second_end.any():
        counts += cells[second_end] - cells[second_start]
    cut, column = np.nonzero(counts >= limits[:, np.newaxis])
    count = counts[cut, column].astype(np.float64)
    return column, null.log_likelihood_ratio(count, cuts.sizes[cut])


def _falling(observed: Floats, p_values: Floats) -> Floats:
    order = np.argsort(-observed, kind="stable")
    fallen = np.empty_like(p_values)
    fallen[order] = np.maximum.accumulate(p_values[order])
    return fallen
