"""Null distributions of the cases on the cells of a tree, one class per model.

A cell is what one node holds itself; a cut is a set of cells. `size` is the expected count of a
set of cells (Poisson) or the number of its observations, cases and controls (Bernoulli). Each
class knows the log-likelihood ratio of a cut, the probability of its count, and draws whole data
sets, freely or given the count of one cut (for importance sampling).

References
----------
Kulldorff, Fang & Walsh (2003), Biometrics 59:323-331.
Kulldorff et al. (2013), Pharmacoepidemiology and Drug Safety 22:517-523.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from aefi.screening.scan.replication import TIE, Floats, Integers


class NullDistribution(Protocol):
    """What the scan needs to know about the cases when nothing is going on."""

    @property
    def sizes(self) -> Floats:
        """Size of each cell, all above zero."""

    def log_likelihood_ratio(self, count: Floats, size: Floats) -> Floats:
        """Return the evidence for an excess; zero without one."""

    def probability(self, count: Floats, size: Floats) -> Floats:
        """Return the null probability that a cut of `size` holds exactly `count` cases."""

    def expected(self, size: Floats) -> Floats:
        """Return the mean count of a cut of `size`."""

    def highest(self, size: Floats) -> Floats:
        """Return the largest possible count of a cut of `size`."""

    def draw(self, rng: np.random.Generator) -> Integers:
        """Draw the cases of every cell."""

    def draw_given(self, rng: np.random.Generator, spans: Integers, count: int) -> Integers:
        """Draw the cases of every cell, given that those within `spans` hold `count`."""


@dataclass(frozen=True)
class ConditionalPoisson:
    """Multinomial: the `cases` fall on the cells in proportion to their sizes (same sum)."""

    sizes: Floats
    cases: int

    def log_likelihood_ratio(self, count: Floats, size: Floats) -> Floats:
        """c ln(c/n) + (C - c) ln((C - c) / (C - n)) where c > n."""
        return poisson_ratio(count, size, self.cases)

    def probability(self, count: Floats, size: Floats) -> Floats:
        """Binomial(C, n / C)."""
        share = np.minimum(size / self.cases, 1.0)
        return np.asarray(stats.binom.pmf(count, self.cases, share), dtype=np.float64)

    def expected(self, size: Floats) -> Floats:
        """Return the size itself: sizes are scaled to sum to the cases."""
        return size

    def highest(self, size: Floats) -> Floats:
        """Return the number of cases."""
        return np.full(size.shape, float(self.cases))

    def draw(self, rng: np.random.Generator) -> Integers:
        """Draw a multinomial data set."""
        return self._scatter(rng, np.array([[0, self.sizes.size]]), self.cases)

    def draw_given(self, rng: np.random.Generator, spans: Integers, count: int) -> Integers:
        """Draw two multinomials, inside and outside."""
        outside = _complement(spans, self.sizes.size)
        inner = self._scatter(rng, spans, count)
        return inner + self._scatter(rng, outside, self.cases - count)

    @cached_property
    def _cumulated(self) -> Floats:
        return np.concatenate([[0.0], np.cumsum(self.sizes)])

    def _scatter(self, rng: np.random.Generator, spans: Integers, count: int) -> Integers:
        starts, ends = spans[:, 0], spans[:, 1]
        held = int((ends - starts).sum())
        if count == 0 or held == 0:
            return np.zeros(self.sizes.size, dtype=np.int64)
        if count > 4 * held:
            return _multinomial(rng, self.sizes, _cells(spans), count)
        mass = self._cumulated[ends] - self._cumulated[starts]
        edges = np.cumsum(mass)
        position = np.sort(rng.random(count)) * edges[-1]  # sorted keys are found 4 times faster
        span = np.searchsorted(edges[:-1], position, side="right")
        position += (self._cumulated[starts] - (edges - mass))[span]
        cell = np.searchsorted(self._cumulated[1:], position, side="right")
        cell = np.clip(cell, starts[span], ends[span] - 1)  # rounding at a span's edge
        return np.bincount(cell, minlength=self.sizes.size).astype(np.int64)


@dataclass(frozen=True)
class UnconditionalPoisson:
    """Independent Poisson counts with the sizes as means: expected counts trusted as given."""

    sizes: Floats

    def log_likelihood_ratio(self, count: Floats, size: Floats) -> Floats:
        """c ln(c/n) - (c - n) where c > n."""
        value = special.xlogy(count, _ratio(count, size)) - (count - size)
        return _where_excess(count > size * (1.0 + TIE), value)

    def probability(self, count: Floats, size: Floats) -> Floats:
        """Poisson(n)."""
        return np.asarray(stats.poisson.pmf(count, size), dtype=np.float64)

    def expected(self, size: Floats) -> Floats:
        """Return the size itself."""
        return size

    def highest(self, size: Floats) -> Floats:
        """Return infinity: a Poisson count has no upper limit."""
        return np.full(size.shape, np.inf)

    def draw(self, rng: np.random.Generator) -> Integers:
        """Draw independent Poisson counts."""
        return rng.poisson(self.sizes).astype(np.int64)

    def draw_given(self, rng: np.random.Generator, spans: Integers, count: int) -> Integers:
        """Draw a multinomial inside and Poisson counts outside."""
        drawn = self.draw(rng)
        drawn[_cells(spans)] = 0
        return drawn + _multinomial(rng, self.sizes, _cells(spans), count)


@dataclass(frozen=True)
class ConditionalBernoulli:
    """Hypergeometric: which observations are the `cases` is drawn without replacement."""

    sizes: Floats
    cases: int

    @property
    def _total(self) -> float:
        return float(self.sizes.sum())

    def log_likelihood_ratio(self, count: Floats, size: Floats) -> Floats:
        """Log-likelihood of two proportions, inside and outside, over that of one."""
        cases, total = self.cases, self._total
        inside = _binomial_log_likelihood(count, size)
        outside = _binomial_log_likelihood(cases - count, total - size)
        whole = _binomial_log_likelihood(np.array(float(cases)), np.array(total))
        excess = count * total > size * cases * (1.0 + TIE)
        return _where_excess(excess, inside + outside - whole)

    def probability(self, count: Floats, size: Floats) -> Floats:
        """Hypergeometric(N, n, C)."""
        rest, total = self._total - size, self._total
        possible = (count <= np.minimum(size, self.cases)) & (self.cases - count <= rest)
        kept = np.where(possible, count, np.maximum(0.0, self.cases - rest))
        log_p = _log_choose(size, kept) + _log_choose(rest, self.cases - kept)
        log_p -= _log_choose(np.array(total), np.array(float(self.cases)))
        return np.where(possible, np.exp(log_p), 0.0)

    def expected(self, size: Floats) -> Floats:
        """Return n C / N."""
        return size * (self.cases / self._total)

    def highest(self, size: Floats) -> Floats:
        """Return the smaller of the observations and the cases."""
        return np.minimum(size, float(self.cases))

    def draw(self, rng: np.random.Generator) -> Integers:
        """Draw a multivariate hypergeometric data set."""
        return _hypergeometric(rng, self.sizes, np.arange(self.sizes.size), self.cases)

    def draw_given(self, rng: np.random.Generator, spans: Integers, count: int) -> Integers:
        """Draw two multivariate hypergeometrics, inside and outside."""
        outside = _cells(_complement(spans, self.sizes.size))
        inner = _hypergeometric(rng, self.sizes, _cells(spans), count)
        return inner + _hypergeometric(rng, self.sizes, outside, self.cases - count)


@dataclass(frozen=True)
class UnconditionalBernoulli:
    """Independent binomial counts: each observation is a case with the same known probability."""

    sizes: Floats
    case_probability: float

    def log_likelihood_ratio(self, count: Floats, size: Floats) -> Floats:
        """c ln(c / (n p)) + (n - c) ln((n - c) / (n (1 - p))) where c > n p."""
        p = self.case_probability
        value = special.xlogy(count, _ratio(count, size * p))
        value = value + special.xlogy(size - count, _ratio(size - count, size * (1.0 - p)))
        return _where_excess(count > size * p * (1.0 + TIE), value)

    def probability(self, count: Floats, size: Floats) -> Floats:
        """Binomial(n, p)."""
        p = stats.binom.pmf(count, size, self.case_probability)
        return np.asarray(p, dtype=np.float64)

    def expected(self, size: Floats) -> Floats:
        """Return n p."""
        return size * self.case_probability

    def highest(self, size: Floats) -> Floats:
        """Return the number of observations."""
        return size

    def draw(self, rng: np.random.Generator) -> Integers:
        """Draw independent binomial counts."""
        return rng.binomial(self.sizes.astype(np.int64), self.case_probability).astype(np.int64)

    def draw_given(self, rng: np.random.Generator, spans: Integers, count: int) -> Integers:
        """Draw a multivariate hypergeometric inside and binomial counts outside."""
        drawn = self.draw(rng)
        drawn[_cells(spans)] = 0
        return drawn + _hypergeometric(rng, self.sizes, _cells(spans), count)


def poisson_ratio(count: Floats, expected: Floats, cases: Floats | float) -> Floats:
    """Return c ln(c/n) + (C - c) ln((C - c) / (C - n)) where c > n, else 0."""
    rest = special.xlogy(cases - count, _ratio(cases - count, cases - expected))
    value = special.xlogy(count, _ratio(count, expected)) + rest
    return _where_excess(count > expected * (1.0 + TIE), value)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Return above / below, and 1 where nothing is above (0 ln 0 is 0)."""
    shape = np.broadcast_shapes(np.shape(above), np.shape(below))
    above, below = np.broadcast_to(above, shape), np.broadcast_to(below, shape)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        quotient = above / below
    return np.where(above > 0.0, np.where(below > 0.0, quotient, np.inf), 1.0)


def _where_excess(excess: NDArray[np.bool_], value: Floats) -> Floats:
    return np.where(excess, np.maximum(value, 0.0), 0.0)


def _binomial_log_likelihood(count: Floats, size: Floats) -> Floats:
    inside = special.xlogy(count, _ratio(count, size))
    return np.asarray(inside + special.xlogy(size - count, _ratio(size - count, size)))


def _log_choose(n: Floats, k: Floats) -> Floats:
    return np.asarray(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))


def _cells(spans: Integers) -> Integers:
    return np.concatenate([np.arange(start, end) for start, end in spans.tolist()])


def _complement(spans: Integers, size: int) -> Integers:
    """Return the spans of [0, size) that lie outside the given ascending, disjoint spans."""
    edges = np.concatenate([[0], spans.ravel(), [size]]).reshape(-1, 2)
    return edges[edges[:, 1] > edges[:, 0]]


def _multinomial(rng: np.random.Generator, sizes: Floats, cells: Integers, count: int) -> Integers:
    drawn = np.zeros(sizes.size, dtype=np.int64)
    drawn[cells] = rng.multinomial(count, sizes[cells] / sizes[cells].sum())
    return drawn


def _hypergeometric(
    rng: np.random.Generator, sizes: Floats, cells: Integers, count: int
) -> Integers:
    drawn = np.zeros(sizes.size, dtype=np.int64)
    if count:
        colours = sizes[cells].astype(np.int64)
        drawn[cells] = rng.multivariate_hypergeometric(colours, count, method="marginals")
    return drawn
