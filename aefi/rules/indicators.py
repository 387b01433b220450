"""How well a region reports: shares with every failure named, and rates with exact limits. Pure.

Nothing is left out silently: what has no time counts in the denominator and as a failure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, inf, lgamma, log

PER_DOSES = 100_000
"""Rates are per this many doses. Source: docs/sources.md#rates-per-doses."""

REPORT_LIMIT = INVESTIGATION_LIMIT = timedelta(hours=48)
FORM_LIMIT, PRELIMINARY_LIMIT = timedelta(days=3), timedelta(days=7)
"""What each interval is measured against. Source: docs/sources.md#clock-rules."""

TARGETS = {
    "reported": 0.90,
    "investigated": 0.90,
    "form_filed": 0.90,
    "preliminary_report": 0.90,
    "complete": 1.0,
    "classified": 0.90,
    "counties": 1.0,
}
"""Lowest share that is good enough. Source: docs/sources.md#indicator-targets."""


@dataclass(frozen=True)
class Failure:
    """A case that did not make it, and why in words."""

    case: str
    reason: str


@dataclass(frozen=True)
class Share:
    """Numerator and denominator with all failures; their numbers add up."""

    numerator: int
    denominator: int
    failures: tuple[Failure, ...]

    @property
    def value(self) -> float | None:
        """Return the share, or nothing where there is nothing to share."""
        return self.numerator / self.denominator if self.denominator else None

    def meets(self, target: float) -> bool | None:
        """Say whether the share reaches a target; nothing to say without a denominator."""
        return None if self.value is None else self.value >= target


@dataclass(frozen=True)
class Interval:
    """From when to when something took, in one case."""

    case: str
    started_at: datetime | None
    ended_at: datetime | None


def within(intervals: Iterable[Interval], limit: timedelta) -> Share:
    """Return the share that ended within `limit` of its start; the limit itself is in time."""
    known = list(intervals)
    failures = tuple(f for interval in known if (f := _lateness(interval, limit)))
    return Share(len(known) - len(failures), len(known), failures)


def _lateness(interval: Interval, limit: timedelta) -> Failure | None:
    if interval.started_at is None:
        return Failure(interval.case, "no start recorded")
    if interval.ended_at is None:
        return Failure(interval.case, "no end recorded")
    took = interval.ended_at - interval.started_at
    if took < timedelta(0):
        return Failure(interval.case, "ended before it started")
    if took <= limit:
        return None
    return Failure(interval.case, f"took {took / timedelta(hours=1):.1f} h")


def completeness(missing_by_case: Mapping[str, Iterable[str]]) -> Share:
    """Return the share of cases that miss no key item, from what each case misses."""
    missing = {case: list(items) for case, items in missing_by_case.items()}
    failures = tuple(
        Failure(case, "missing: " + ", ".join(items)) for case, items in missing.items() if items
    )
    return Share(len(missing) - len(failures), len(missing), failures)


def classified(class_by_case: Mapping[str, str], *, pending: str = "8") -> Share:
    """Return the share of cases with a final class other than pending."""
    failures = tuple(
        Failure(case, "pending" if code == pending else "no class")
        for case, code in class_by_case.items()
        if code in {"", pending}
    )
    return Share(len(class_by_case) - len(failures), len(class_by_case), failures)


def counties_reporting(reports_by_county: Mapping[str, int]) -> Share:
    """Return the share of counties with at least one report."""
    silent = tuple(
        Failure(county, "no report") for county, count in reports_by_county.items() if count < 1
    )
    return Share(len(reports_by_county) - len(silent), len(reports_by_county), silent)


@dataclass(frozen=True)
class Rate:
    """Events per 100,000 doses with exact two-sided limits; unrounded."""

    events: int
    doses: int
    value: float
    low: float
    high: float


def rate(events: int, doses: int, *, confidence: float = 0.95) -> Rate:
    """Return a rate with its exact Poisson limits (Garwood).

    :raises ValueError: when there are no doses or fewer than no events.
    """
    if doses <= 0 or events < 0:
        raise ValueError("a rate needs doses, and events are not negative")
    low, high = poisson_limits(events, confidence=confidence)
    scale = PER_DOSES / doses
    return Rate(events, doses, events * scale, low * scale, high * scale)


def poisson_limits(events: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact limits of a Poisson mean; (0, …) for no events.

    Source: docs/sources.md#exact-poisson-limits.
    """
    tail = (1 - confidence) / 2
    low = 0.0 if events == 0 else _gamma_quantile(events, tail)
    return low, _gamma_quantile(events + 1, 1 - tail)


def _gamma_quantile(shape: int, probability: float) -> float:
    low, high = 0.0, float(shape)
    while _gamma_below(shape, high) < probability:
        low, high = high, high * 2
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        low, high = (middle, high) if _gamma_below(shape, middle) < probability else (low, middle)


def _gamma_below(shape: float, x: float) -> float:
    """Return the lower regularised incomplete gamma function of a positive `x`.

    A series below the mean, else one minus a continued fraction (Lentz): each converges fast there.
    """
    front = exp(shape * log(x) - x - lgamma(shape))
    if x < shape + 1:
        return front * _series(shape, x)
    return 1 - front * _fraction(shape, x)


def _series(shape: float, x: float) -> float:
    term = total = 1 / shape
    step = shape
    while term > total * 1e-17:
        step += 1
        term *= x / step
        total += term
    return total


def _fraction(shape: float, x: float) -> float:
    tiny = 1e-300
    b = x + 1 - shape
    c, d = inf, 1 / b
    value, i = d, 0
    change = inf
    while abs(change - 1) > 1e-15:
        i += 1
        a = -i * (i - shape)
        b += 2
        d = 1 / (a * d + b or tiny)
        c = b + a / c or tiny
        change = c * d
        value *= change
    return value
