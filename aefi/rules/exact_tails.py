"""Exact tails of small counts without NumPy, and the false discovery rate over a few of them."""

import math
from collections.abc import Iterator, Sequence
from itertools import count, islice


def poisson_tail(observed: int, expected: float) -> float:
    """Return P(X >= observed) of a Poisson count; 1 for none observed."""
    if observed <= 0:
        return 1.0
    if expected <= 0.0:
        return 0.0
    if observed <= expected:
        return 1.0 - math.fsum(islice(_poisson_terms(0, expected), observed))
    return min(1.0, _sum_until_negligible(_poisson_terms(observed, expected)))


def binomial_tail(observed: int, trials: int, probability: float) -> float:
    """Return P(X >= observed) of a binomial count; 1 for none observed."""
    if observed <= 0:
        return 1.0
    if observed > trials or probability <= 0.0:
        return 0.0
    if probability >= 1.0:
        return 1.0
    if observed <= trials * probability:
        return 1.0 - math.fsum(binomial_term(k, trials, probability) for k in range(observed))
    upper = (binomial_term(k, trials, probability) for k in range(observed, trials + 1))
    return min(1.0, math.fsum(upper))


def binomial_term(k: int, trials: int, probability: float) -> float:
    """Return P(X = k) of a binomial count with a probability strictly between 0 and 1."""
    choices = math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
    return math.exp(choices + k * math.log(probability) + (trials - k) * math.log1p(-probability))


def adjusted_p_values(p_values: Sequence[float]) -> list[float]:
    """Return Benjamini-Hochberg adjusted p-values in the given order.

    Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57:289-300.
    """
    adjusted = [1.0] * len(p_values)
    lowest = 1.0
    falling = sorted(range(len(p_values)), key=lambda index: -p_values[index])
    for rank, index in zip(range(len(p_values), 0, -1), falling, strict=True):
        lowest = min(lowest, p_values[index] * len(p_values) / rank)
        adjusted[index] = lowest
    return adjusted


def _poisson_terms(start: int, expected: float) -> Iterator[float]:
    term = math.exp(start * math.log(expected) - expected - math.lgamma(start + 1))
    for k in count(start + 1):
        yield term
        term *= expected / k


def _sum_until_negligible(terms: Iterator[float]) -> float:
    """Add falling terms until they no longer matter to a float."""
    total = 0.0
    for term in terms:
        total += term
        if term <= total * 1e-17:
            break
    return total
