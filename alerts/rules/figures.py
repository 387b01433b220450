"""How long things took, in one line of numbers. Pure: no Django, no clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class Spread:
    """How a number of durations in seconds lie; quantiles are values that occurred."""

    count: int
    mean: float
    p50: float
    p95: float
    p99: float
    longest: float


def spread_of(seconds: Iterable[float]) -> Spread | None:
    """Return how the durations lie; None when there are none. A clock set back counts as 0."""
    ordered = sorted(max(0.0, value) for value in seconds)
    if not ordered:
        return None
    mean = sum(ordered) / len(ordered)
    p50, p95, p99 = (quantile(ordered, share) for share in (0.5, 0.95, 0.99))
    return Spread(len(ordered), mean, p50, p95, p99, ordered[-1])


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of the values do not exceed."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)]
