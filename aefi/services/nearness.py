"""Who fell ill near each other in seats and time, and how often chance alone puts people so near."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aefi.services.hall import SETTINGS
from alerts.models import Seat, Session
from observation.models import Reaction

SEATS_APART = 3.0
"""Seats within this distance in one bay are near. Source: docs/sources.md#near-in-the-hall."""
BAYS_APART = 1_000.0


@dataclass(frozen=True)
class Nearness:
    """People near each other in seats and time.

    `observed` and `expected` count everybody ill on these seats from `start` to `end`; `p` is the
    share of halls with the same seats and the same times in any order that hold so close a group.
    """

    seats: tuple[str, ...]
    start: datetime
    end: datetime
    observed: int
    expected: float
    p: float


def nearness_in(session: Session) -> list[Nearness]:
    """Return the groups of a session, the least likely first; none of fewer than three people."""
    ill = [(seat, row.onset_at or row.seen_at) for row in _ill_in(session) if (seat := _seat(row))]
    if len(ill) < SETTINGS.sight_reactions:
        return []
    from aefi.screening.clusters import find_case_groups  # noqa: PLC0415 - scikit-learn is slow to load

    found = find_case_groups(
        [_position(seat) for seat, _ in ill],
        [at.timestamp() / 3600 for _, at in ill],
        max_distance=SEATS_APART,
        max_hours=SETTINGS.sight_period / timedelta(hours=1),
        min_cases=SETTINGS.sight_reactions,
    )
    return [
        Nearness(
            seats=tuple(sorted({ill[member][0].code for member in group.members})),
            start=datetime.fromtimestamp(group.start * 3600, UTC),
            end=datetime.fromtimestamp(group.end * 3600, UTC),
            observed=int(group.observed),
            expected=group.expected,
            p=group.p_value,
        )
        for group in found
    ]


def _ill_in(session: Session) -> list[Reaction]:
    rows = Reaction.objects.filter(session=session, undone_at=None).order_by("pk")
    return list(rows.select_related("seat", "observation__seat"))


def _seat(row: Reaction) -> Seat | None:
    return row.seat or (row.observation.seat if row.observation else None)


def _position(seat: Seat) -> tuple[float, float]:
    """Return where a seat stands, in seats; another bay is out of reach."""
    return (seat.bay_id * BAYS_APART + seat.column, float(seat.row))
