"""How long a person is watched after a dose, and what falls due meanwhile. Pure; aware UTC."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

STANDARD_PERIOD = timedelta(minutes=30)
"""Everybody is watched this long. Source: docs/sources.md#observation-period."""

SOON = timedelta(minutes=5)
"""Nearly done when less than this is left. Source: docs/sources.md#soon."""

NOT_SEATED_LIMIT = timedelta(minutes=3)
"""From the needle to a chair no longer than this. Source: docs/sources.md#not-seated-limit."""

RECHECK_EVERY = timedelta(minutes=5)
"""Who is watched closely is looked at this often. Source: docs/sources.md#recheck."""

SWEEP_EVERY = timedelta(minutes=8)
"""A bay is looked over this often. Source: docs/sources.md#sweep."""

VISIT_LIMIT = timedelta(hours=4)
"""A dose longer ago is not of a visit that goes on. Source: docs/sources.md#visit-limit."""

EXTENSION_LIMIT = timedelta(minutes=240)
"""The longest single extension. Source: docs/sources.md#extension-limit."""


@dataclass(frozen=True)
class RiskPeriod:
    """How long a person with a recorded risk is watched, and by which version of which rule."""

    code: str
    minutes: int
    source: str
    version: str


RISK_PERIODS = (
    RiskPeriod("earlier_reaction", 60, "docs/sources.md#longer-watch", "2026-1"),
    RiskPeriod("known_allergy", 60, "docs/sources.md#longer-watch", "2026-1"),
    RiskPeriod("earlier_anaphylaxis", 60, "docs/sources.md#longer-watch", "2026-1"),
)
"""Recorded risks that lengthen the watch. Source: docs/sources.md#longer-watch."""


@dataclass(frozen=True)
class Period:
    """The length of one watch with the rules that set it."""

    length: timedelta
    reasons: tuple[dict[str, object], ...]


class Phase(StrEnum):
    OBSERVING = "observing"
    SOON = "soon"
    MAY_LEAVE = "may_leave"
    ENDED = "ended"


def period_for(
    risks: Iterable[str],
    *,
    table: Iterable[RiskPeriod] = RISK_PERIODS,
    standard: timedelta | None = None,
) -> Period:
    """Return the longest period that any recorded risk asks for, at least the standard one."""
    recorded = set(risks)
    longer = [row for row in table if row.code in recorded]
    lengths = [timedelta(minutes=row.minutes) for row in longer]
    return Period(
        length=max([standard or STANDARD_PERIOD, *lengths]),
        reasons=tuple(asdict(row) for row in longer),
    )


def phase_at(now: datetime, *, due_at: datetime, ended_at: datetime | None) -> Phase:
    """Return the phase at `now`; the watch is over at `due_at` itself."""
    if ended_at is not None:
        return Phase.ENDED
    if now >= due_at:
        return Phase.MAY_LEAVE
    return Phase.SOON if due_at - now < SOON else Phase.OBSERVING


def may_leave(now: datetime, *, due_at: datetime) -> bool:
    """Say whether the full time is over; at `due_at` itself it is."""
    return now >= due_at


def corrected(
    device_at: datetime | None, *, offset: timedelta | None, received_at: datetime
) -> datetime | None:
    """Return a device's instant on the server's clock, never later than its receipt.

    None when the instant is missing or the device's offset is unknown. The answer is in UTC: sums
    of instants in a zone count the wall's hours, wrong in the night the clocks change.
    """
    if device_at is None or offset is None:
        return None
    try:
        return min(device_at.astimezone(UTC) + offset, received_at)
    except OverflowError:
        return None


@dataclass(frozen=True)
class DoseTime:
    """When a dose counts as given, and whether that is known."""

    at: datetime
    is_known: bool


def dose_time(
    given_at: datetime | None,
    *,
    offset: timedelta | None,
    received_at: datetime,
    is_late_entry: bool,
) -> DoseTime:
    """Return the instant a watch runs from: the dose's, or the check-in's when that is not known.

    A live entry cannot be about a dose of many hours ago: such a clock is wrong, and starting from
    the check-in only watches the person longer.
    """
    at = corrected(given_at, offset=offset, received_at=received_at)
    if at is None or (not is_late_entry and received_at - at > VISIT_LIMIT):
        return DoseTime(received_at, is_known=False)
    return DoseTime(at, is_known=True)


def moved_due(due_at: datetime, *, last_dose_at: datetime, length: timedelta) -> datetime:
    """Return the due time after a further dose: it moves on, never back."""
    return max(due_at, last_dose_at + length)


def extended_due(due_at: datetime, *, now: datetime, by: timedelta) -> datetime:
    """Return the due time after an extension: counted from now once the first period is over."""
    return max(due_at, now) + by


def not_seated_at(opened_at: datetime) -> datetime:
    """Return when somebody still on the way to a chair is looked for."""
    return opened_at + NOT_SEATED_LIMIT
