"""How a watch ends: by a person, once; an early end stays until somebody says what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from alerts.models import Alert, Session
from alerts.outbox import Origin
from alerts.services.refusals import Refusal
from observation.models import EndKind, Observation
from observation.rules import watch as rules
from observation.services import clocks, tiles, watch

BEFORE_DUE = "ended_before_due"
LEAVE_KINDS = (
    EndKind.LEFT_EARLY,
    EndKind.REFUSED,
    EndKind.UNWITNESSED,
    EndKind.TRANSFERRED,
    EndKind.CANCELLED,
)


class NotDue(Refusal):
    code = "not_due"


@dataclass(frozen=True)
class Ending:
    """How one watch ended, in the words of who saw it."""

    kind: str
    reason: str = ""
    agreed_by: str = ""
    is_warning_given: bool | None = None
    observation: UUID | None = None


@dataclass(frozen=True)
class Releases:
    """What a bulk release did: only those who are due go, and nobody who needs a second look."""

    released: tuple[Observation, ...]
    not_due: tuple[Observation, ...]
    held_back: tuple[Observation, ...]


@transaction.atomic
def release(*, observation_uuid: UUID, origin: Origin, now: datetime) -> Observation:
    """Let a person go after the full time; ended already, nothing changes.

    :raises NotDue: before `due_at`; an early leave is recorded as such.
    """
    row = watch.locked(observation_uuid)
    if row.ended_at is not None:
        return row
    if not rules.may_leave(now, due_at=row.due_at):
        words = _("The time is not over yet. If they leave now, record an early leave.")
        raise NotDue(words, facts={"due_at": tiles.instant(row.due_at)})
    _end(row, Ending(EndKind.COMPLETE), origin, now=now)
    _settle_rows([row], origin, now=now)
    return row


@transaction.atomic
def release_many(*, rows: Any, origin: Origin, now: datetime) -> Releases:
    """Release of `rows` those who are due; who is watched closely or called for is held back."""
    found = watch.locked_many(rows.open())
    keys = [row.uuid for row in found]
    called = set(Alert.objects.running().filter(subject__in=keys).values_list("subject", flat=True))
    due = [row for row in found if rules.may_leave(now, due_at=row.due_at)]
    held = [row for row in due if row.watched_closely_since or row.uuid in called]
    going = [row for row in due if row not in held]
    for row in going:
        _end(row, Ending(EndKind.COMPLETE), origin, now=now)
    _settle_rows(going, origin, now=now)
    waiting = [row for row in found if row not in due]
    return Releases(tuple(going), tuple(waiting), tuple(held))


@transaction.atomic
def leave(*, observation_uuid: UUID, ending: Ending, origin: Origin, now: datetime) -> Observation:
    """Record another end than the full time; ended already, nothing changes."""
    row = watch.locked(observation_uuid)
    if row.ended_at is None:
        _end(row, ending, origin, now=now)
        _settle_rows([row], origin, now=now)
    return row


@transaction.atomic
def settle(*, observation_uuid: UUID, note: str, origin: Origin, now: datetime) -> Observation:
    """Record what was done about somebody who left early; the tile goes from the board."""
    row = watch.locked(observation_uuid)
    if row.ended_at is None:
        raise StillWatched(_("This person is still being watched."))
    if row.settled_at is None:
        row.settled_at, row.settled_note = now, note[:400]
        row.save(update_fields=["settled_at", "settled_note"])
        watch.tell(row, "observation.settled", {}, origin=origin, now=now)
    return row


class StillWatched(Refusal):
    code = "still_watched"


def open_in_session(session: Session) -> list[Observation]:
    """Return the observations of a session that have no end yet."""
    rows = Observation.objects.open().filter(session=session)
    return list(rows.select_related(*watch.ON_TILE).order_by("ticket"))


@transaction.atomic
def end_many(
    *, session: Session, wanted: Sequence[Ending], origin: Origin, now: datetime
) -> list[Observation]:
    """End observations of a session as the lead says at its close; unknown keys are left alone."""
    by_key = {ending.observation: ending for ending in wanted}
    rows = Observation.objects.open().filter(session=session, uuid__in=list(by_key))
    found = watch.locked_many(rows)
    for row in found:
        _end(row, by_key[row.uuid], origin, now=now)
    _settle_rows(found, origin, now=now)
    return found


def _end(row: Observation, ending: Ending, origin: Origin, *, now: datetime) -> None:
    """Set the end on the row; a late entry keeps the time at which it happened."""
    at = max(clocks.happened_at(origin, now=now), row.started_at)
    if ending.kind == EndKind.COMPLETE and at < row.due_at:
        row.flags = sorted({*row.flags, BEFORE_DUE})
    row.ended_at, row.end_kind, row.ended_by = at, ending.kind, origin.actor
    row.end_reason, row.end_agreed_by = ending.reason[:400], ending.agreed_by[:80]
    row.is_warning_given = ending.is_warning_given
    row.watched_closely_since = row.recheck_at = None


END_FIELDS = (
    "flags",
    "ended_at",
    "end_kind",
    "ended_by",
    "end_reason",
    "end_agreed_by",
    "is_warning_given",
    "watched_closely_since",
    "recheck_at",
)


def _settle_rows(rows: Sequence[Observation], origin: Origin, *, now: datetime) -> None:
    """Write the ended rows, make their timers stale, then write the events."""
    if not rows:
        return
    Observation.objects.bulk_update(rows, END_FIELDS)
    watch.cancel_timers([row.uuid for row in rows])
    for row in rows:
        at = tiles.instant(row.ended_at)
        facts = {"kind": str(row.end_kind), "ended_at": at, "warned": row.is_warning_given}
        watch.tell(row, "observation.ended", facts, origin=origin, now=now)
