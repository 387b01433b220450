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
    """Two instants in the wrong order, as written and by how much. A warning, never a refusal."""

    earlier: str
    later: str
    earlier_at: str
    later_at: str
    days: int = 0
    hours: int = 0
    minutes: int = 0

    @property
    def text(self) -> str:
        """Return the finding in English."""
        first = f"{WORDS[self.earlier]} {self.earlier_at}"
        return f"{first} is {self._gap} after {WORDS[self.later]} {self.later_at}"

    @property
    def _gap(self) -> str:
        if self.days:
            return f"{self.days} d"
        return f"{self.hours} h {self.minutes} min" if self.hours else f"{self.minutes} min"


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
    return Disorder(first, second, _written(earlier), _written(later), **_parts(gap))


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


def _parts(gap: timedelta) -> dict[str, int]:
    """Return whole days, or hours and minutes."""
    minutes = int(gap / timedelta(minutes=1))
    days, rest = divmod(minutes, 24 * 60)
    if days and not rest:
        return {"days": days}
    hours, minutes = divmod(minutes, 60)
    return {"hours": hours, "minutes": minutes}
