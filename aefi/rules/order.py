"""Whether the dates of a case can follow each other, to the minute where it is known. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from aefi.rules.clocks import CHINA

PAIRS = (
    ("born", "given"),
    ("reconstituted", "given"),
    ("given", "onset"),
    ("onset", "discovered"),
    ("onset", "died"),
    ("discovered", "reported"),
    ("reported", "received"),
    ("given", "investigated"),
    ("admitted", "discharged"),
    ("onset", "recovered"),
)
"""Which instant may not come after which. Source: docs/sources.md#date-order."""

WORDS = {
    "born": "birth",
    "reconstituted": "reconstitution",
    "given": "vaccination",
    "onset": "onset",
    "discovered": "discovery",
    "died": "death",
    "reported": "report",
    "received": "receipt",
    "investigated": "investigation",
    "admitted": "admission",
    "discharged": "discharge",
    "recovered": "recovery",
    "now": "now",
}


@dataclass(frozen=True)
class Disorder:
    """Two instants in the wrong order, told in words. A warning, never a refusal."""

    earlier: str
    later: str
    text: str


def disorders(moments: Mapping[str, date | datetime | None], *, now: datetime) -> list[Disorder]:
    """Return every pair that stands in the wrong order, and everything that lies in the future.

    A date without a time is compared by the day in China, so that it can never be blamed for
    minutes that nobody recorded. Within the same minute nothing is out of order.
    """
    known = {key: value for key, value in moments.items() if value is not None}
    pairs = [pair for pair in PAIRS if pair[0] in known and pair[1] in known]
    future = [(key, "now") for key in known if key in WORDS]
    found = [_compare(a, known[a], b, known[b]) for a, b in pairs]
    found += [_compare(a, known[a], b, now) for a, b in future]
    return [disorder for disorder in found if disorder]


def _compare(
    first: str, earlier: date | datetime, second: str, later: date | datetime
) -> Disorder | None:
    gap = _gap(earlier, later)
    if gap <= timedelta(0):
        return None
    words = (
        f"{WORDS[first]} {_written(earlier)} is {_spoken(gap)} after "
        f"{WORDS[second]} {_written(later)}"
    )
    return Disorder(first, second, words)


def _gap(earlier: date | datetime, later: date | datetime) -> timedelta:
    if isinstance(earlier, datetime) and isinstance(later, datetime):
        return _to_minute(earlier) - _to_minute(later)
    return _day(earlier) - _day(later)


def _to_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _day(value: date | datetime) -> date:
    return value.astimezone(CHINA).date() if isinstance(value, datetime) else value


def _written(value: date | datetime) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(CHINA):%Y-%m-%d %H:%M}"
    return value.isoformat()


def _spoken(gap: timedelta) -> str:
    minutes = int(gap / timedelta(minutes=1))
    days, rest = divmod(minutes, 24 * 60)
    if days and not rest:
        return f"{days} d"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"
