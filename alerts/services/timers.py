"""Arm, extend, cancel and fire timers; higher apps register what happens when theirs are due."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import Max, QuerySet

from alerts.models import Timer, TimerState

Handler = Callable[[Timer, datetime], None]
BundleHandler = Callable[[list[Timer], datetime], None]
Lock = Callable[[str], bool]
_handlers: dict[str, Handler] = {}
_bundle_handlers: dict[str, BundleHandler] = {}
_locks: dict[str, Lock] = {}
MAX_ATTEMPTS = 3
"""A timer whose handler failed this often is quarantined and shown.

Source: docs/sources.md#quarantine.
"""

RETRY_AFTER = timedelta(seconds=1)
"""A failed timer is tried again after once and then twice this, so that a hiccup can pass."""

LOCK_WAIT_MS = 50
"""How long a firing waits for a row that somebody else is changing.

It gives way long before PostgreSQL looks for deadlocks, so an answer to a call is never the victim.
"""
BUSY = {"55P03", "40P01"}
"""PostgreSQL's codes for a lock not had in time and for a deadlock."""

log = structlog.get_logger(__name__)


def register(kind: str, handler: Handler, *, lock: Lock | None = None) -> None:
    """Name the function that runs, in the timer's transaction, when one of `kind` is due.

    `lock` takes the row that commands lock before this timer; false when one of them holds it.
    """
    _handlers[kind] = handler
    if lock is not None:
        _locks[kind] = lock


def register_bundle(kind: str, handler: BundleHandler) -> None:
    """Name a second function for `kind` that handles many due timers as `register`'s does one."""
    _bundle_handlers[kind] = handler


def arm_timer(kind: str, subject: object, *, due_at: datetime) -> Timer:
    """Arm a timer; an armed one of the same kind and subject becomes stale in the same move."""
    latest = Timer.objects.filter(kind=kind, subject=str(subject)).order_by("-generation").first()
    if latest is not None and latest.state == TimerState.ARMED:
        Timer.objects.filter(pk=latest.pk).update(state=TimerState.CANCELLED)
    generation = latest.generation + 1 if latest else 1
    return Timer.objects.create(
        kind=kind, subject=str(subject), generation=generation, due_at=due_at
    )


def arm_timers(subject: object, due_at: Mapping[str, datetime]) -> list[Timer]:
    """Arm one timer of each kind in one go, each as `arm_timer` arms one."""
    before = Timer.objects.filter(subject=str(subject), kind__in=due_at)
    latest = dict(before.order_by().values_list("kind").annotate(Max("generation")))
    if latest:
        before.filter(state=TimerState.ARMED).update(state=TimerState.CANCELLED)
    return Timer.objects.bulk_create(
        Timer(kind=kind, subject=str(subject), generation=latest.get(kind, 0) + 1, due_at=at)
        for kind, at in due_at.items()
    )


def cancel_timer(kind: str, subject: object) -> None:
    """Make the armed timer of this kind and subject stale, if there is one."""
    cancel_timers([kind], subject)


def cancel_timers(kinds: Collection[str], subject: object) -> None:
    """Make the armed timers of these kinds and this subject stale in one go."""
    armed = Timer.objects.armed().filter(kind__in=kinds, subject=str(subject))
    armed.update(state=TimerState.CANCELLED)


def next_due_at() -> datetime | None:
    """Return the instant of the earliest armed timer."""
    return Timer.objects.armed().order_by("due_at").values_list("due_at", flat=True).first()


def fire_due(*, now: datetime, limit: int = 200) -> int:
    """Try up to `limit` due timers and return how many were taken; others may work beside this.

    Claim and effect are one transaction: a process that dies leaves its timers armed for the next
    one, and a timer that somebody else took or cancelled meanwhile is left alone.
    """
    due = list(Timer.objects.due(now)[:limit])
    taken = 0
    for kind, group in groupby(due, key=lambda timer: timer.kind):
        if kind in _bundle_handlers:
            taken += _fire_together(list(group), now)
        else:
            taken += sum(_fire(timer, now) for timer in group)
    return taken


def _fire_together(due: list[Timer], now: datetime) -> int:
    """Run one handler for all; when that fails, each timer alone, to find the poisoned one."""
    kind = due[0].kind
    try:
        with transaction.atomic():
            _wait_for_rows(LOCK_WAIT_MS)
            mine = list(_claimable(due))
            rows = Timer.objects.filter(pk__in=[timer.pk for timer in mine])
            rows.update(state=TimerState.FIRED, fired_at=now)
            if mine:
                _bundle_handlers[kind](mine, now)
            return len(mine)
    except Exception as error:  # noqa: BLE001 - whatever the handler raised, the others go on
        log.warning("bundle_failed", kind=kind, timers=len(due), error=str(error))
    return sum(_fire(timer, now) for timer in due)


def _claimable(due: list[Timer]) -> QuerySet[Timer]:
    """Return those of `due` that are still armed and in nobody else's hands, locked."""
    rows = Timer.objects.armed().filter(pk__in=[timer.pk for timer in due])
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    return rows.order_by("due_at")


def _fire(timer: Timer, now: datetime) -> int:
    """Fire one timer in a transaction of its own; 0 when it was not ours to take.

    The row that commands lock before they touch a timer is locked first here too, or left for the
    next pass when a command holds it: the other order would meet that command head-on.
    """
    try:
        with transaction.atomic():
            _wait_for_rows(LOCK_WAIT_MS)
            if not _locks.get(timer.kind, _no_lock)(timer.subject):
                return 0
            armed = Timer.objects.filter(pk=timer.pk, state=TimerState.ARMED)
            if not armed.update(state=TimerState.FIRED, fired_at=now):
                return 0
            _handlers[timer.kind](timer, now)
    except Exception as error:  # noqa: BLE001 - whatever the handler raised, the other timers go on
        if _is_busy(error):
            return 0
        _set_aside(timer, error, now=now)
    return 1


def _no_lock(_subject: str) -> bool:
    return True


def _wait_for_rows(milliseconds: int) -> None:
    """Limit how long the statements of this transaction wait for locked rows; PostgreSQL only."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{milliseconds}ms"])


def _is_busy(error: Exception) -> bool:
    """Say whether a row was in other hands; the timer stays armed and its turn comes at once."""
    return isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "") in BUSY


def _set_aside(timer: Timer, error: Exception, *, now: datetime) -> None:
    """Arm a failed timer for another try a little later, or quarantine it after the last one."""
    attempts = timer.attempts + 1
    is_last = attempts >= MAX_ATTEMPTS
    text = f"{type(error).__name__}: {error}".replace("\0", "")
    Timer.objects.filter(pk=timer.pk).update(
        state=TimerState.QUARANTINED if is_last else TimerState.ARMED,
        due_at=timer.due_at if is_last else now + attempts * RETRY_AFTER,
        attempts=attempts,
        error=text.encode(errors="replace").decode(),
    )
    log.error(
        "timer_failed", kind=timer.kind, subject=timer.subject, attempts=attempts, exc_info=error
    )
