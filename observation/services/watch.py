"""The running watch: its timers, extensions, the closer look, sweeps and the muster list."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models import Alert, Bay, Seat, Site, Timer, TimerState
from alerts.outbox import SYSTEM, Fact, Origin, append_event, append_events
from alerts.services.refusals import Refusal
from alerts.services.timers import arm_timer, cancel_timer
from observation.models import MusterMark, Observation
from observation.rules import watch as rules
from observation.rules.tickets import observation_key
from observation.services import clocks, tiles

DUE, NOT_SEATED, RECHECK = "observation.due", "observation.not_seated", "observation.recheck"
KINDS = (DUE, NOT_SEATED, RECHECK)
ON_TILE = ("site", "session", "recipient", "party", "seat", "bay")


class WatchEnded(Refusal):
    code = "watch_ended"


def locked(observation_uuid: UUID) -> Observation:
    """Return the observation with its row locked and what its tile shows."""
    rows = Observation.objects.select_for_update(of=("self",)).select_related(*ON_TILE)
    return rows.get(uuid=observation_uuid)


def locked_open(observation_uuid: UUID) -> Observation:
    """Return the observation, locked.

    :raises WatchEnded: when somebody ended it meanwhile.
    """
    row = locked(observation_uuid)
    if row.ended_at is not None:
        raise WatchEnded(_("This watch has ended already; check the person in again."))
    return row


def locked_many(rows: Any) -> list[Observation]:
    """Lock a set of observations in one order, so that two bulk commands cannot deadlock."""
    return list(rows.select_for_update(of=("self",)).select_related(*ON_TILE).order_by("pk"))


def lock_calls(subjects: Iterable[UUID]) -> list[Alert]:
    """Lock the running calls about these observations before any event is written."""
    rows = Alert.objects.running().filter(subject__in=list(subjects))
    return list(rows.select_for_update().order_by("pk"))


def tell(
    row: Observation, type_: str, facts: dict[str, Any], *, origin: Origin, now: datetime
) -> None:
    """Append an event about an observation, when every other row of the change is written."""
    append_event(row.site_id, Fact(type_, str(row.uuid), facts), now=now, origin=origin)


def seats_named(site: Site, written: Iterable[str]) -> dict[str, Seat]:
    """Return the site's seats by each written code or key, in capitals."""
    names = {text.strip() for text in written if text}
    if not names:
        return {}
    codes = names | {name.upper() for name in names} | {name.lower() for name in names}
    keys = [key for name in names if (key := observation_key(name))]
    seats = Seat.objects.filter(Q(code__in=codes) | Q(uuid__in=keys), site=site)
    found: dict[str, Seat] = {}
    for seat in seats.select_related("bay__area"):
        found |= {seat.code.upper(): seat, str(seat.uuid).upper(): seat}
    return found


def bay_named(site: Site, written: str) -> Bay | None:
    """Return the site's bay by its code or key."""
    key = observation_key(written)
    match = Q(uuid=key) if key else Q(code__iexact=written.strip())
    return Bay.objects.filter(match, site=site).first()


def arm_new(row: Observation, *, is_late: bool, now: datetime) -> None:
    """Arm the timers of a new observation; a late entry gets none for instants that are past."""
    base = row.started_at if is_late else row.opened_at
    wanted = {DUE: row.due_at, NOT_SEATED: rules.not_seated_at(base)}
    Timer.objects.bulk_create(
        Timer(kind=kind, subject=str(row.uuid), due_at=at)
        for kind, at in wanted.items()
        if not (is_late and at <= now)
    )


def arm_due(row: Observation, *, is_late: bool, now: datetime) -> None:
    """Arm the due timer again after `due_at` moved; a late entry arms none for the past."""
    if is_late and row.due_at <= now:
        cancel_timer(DUE, row.uuid)
        return
    arm_timer(DUE, row.uuid, due_at=row.due_at)


def cancel_timers(uuids: Sequence[UUID], *, kinds: Sequence[str] = KINDS) -> None:
    """Make the armed timers of these observations stale."""
    armed = Timer.objects.armed().filter(kind__in=kinds, subject__in=[str(u) for u in uuids])
    armed.update(state=TimerState.CANCELLED)


def add_flags_to(recipient_ids: list[int], *, recorded_now: list[int]) -> list[Observation]:
    """Mark the open observations of persons who may now be mistaken for a newcomer."""
    rows = Observation.objects.open().filter(recipient__in=recipient_ids)
    others = locked_many(rows.exclude(pk__in=recorded_now))
    changed = [row for row in others if "lookalike" not in row.flags]
    for row in changed:
        row.flags = sorted({*row.flags, "lookalike"})
    Observation.objects.bulk_update(changed, ["flags"])
    return changed


@transaction.atomic
def extend(
    *, observation_uuid: UUID, minutes: int, reason: str, origin: Origin, now: datetime
) -> Observation:
    """Watch a person longer; counted from now once the first period is over."""
    row = locked_open(observation_uuid)
    by = min(timedelta(minutes=minutes), rules.EXTENSION_LIMIT)
    row.due_at = rules.extended_due(row.due_at, now=now, by=by)
    note = {"code": "extended", "minutes": minutes, "words": reason[:200], "at": tiles.instant(now)}
    row.period_reasons = [*row.period_reasons, note]
    row.save(update_fields=["due_at", "period_reasons"])
    arm_due(row, is_late=clocks.is_late(origin), now=now)
    facts = {"due_at": tiles.instant(row.due_at), "reason": "staff"}
    tell(row, "observation.extended", facts, origin=origin, now=now)
    return row


@transaction.atomic
def watch_closely(*, observation_uuid: UUID, origin: Origin, now: datetime) -> Observation:
    """Ask for a closer look: a re-check is due every five minutes until the watch of it ends."""
    row = locked_open(observation_uuid)
    if row.watched_closely_since is not None:
        return row
    row.watched_closely_since = clocks.happened_at(origin, now=now)
    _set_recheck(row, now=now)
    tell(row, "observation.watch_started", _closer_look(row), origin=origin, now=now)
    return row


@transaction.atomic
def recheck(*, observation_uuid: UUID, origin: Origin, now: datetime) -> Observation:
    """Record that somebody looked again; the next look is due in five minutes."""
    row = locked_open(observation_uuid)
    row.watched_closely_since = row.watched_closely_since or clocks.happened_at(origin, now=now)
    _set_recheck(row, now=now)
    tell(row, "observation.rechecked", _closer_look(row), origin=origin, now=now)
    return row


def _closer_look(row: Observation) -> dict[str, Any]:
    since, recheck_at = tiles.instant(row.watched_closely_since), tiles.instant(row.recheck_at)
    return {"since": since, "recheck_at": recheck_at}


def _set_recheck(row: Observation, *, now: datetime) -> None:
    row.recheck_at = now + rules.RECHECK_EVERY
    row.save(update_fields=["watched_closely_since", "recheck_at"])
    arm_timer(RECHECK, row.uuid, due_at=row.recheck_at)


@transaction.atomic
def unwatch(*, observation_uuid: UUID, origin: Origin, now: datetime) -> Observation:
    """End the closer look; the ordinary watch goes on."""
    row = locked(observation_uuid)
    if row.watched_closely_since is None:
        return row
    row.watched_closely_since = row.recheck_at = None
    row.save(update_fields=["watched_closely_since", "recheck_at"])
    cancel_timer(RECHECK, row.uuid)
    tell(row, "observation.watch_ended", {}, origin=origin, now=now)
    return row


@transaction.atomic
def sweep(*, bay_id: int, origin: Origin, now: datetime) -> Bay:
    """Record that everybody in a bay was looked at; a late entry never moves the time back."""
    bay = Bay.objects.select_for_update().get(pk=bay_id)
    at = clocks.happened_at(origin, now=now)
    bay.swept_at = max(bay.swept_at or at, at)
    bay.save(update_fields=["swept_at"])
    facts = {"bay": bay.code, "at": tiles.instant(bay.swept_at)}
    fact = Fact("bay.swept", str(bay.uuid), facts)
    append_event(bay.site_id, fact, now=now, origin=origin)
    return bay


class NotEvacuating(Refusal):
    code = "not_evacuating"


@transaction.atomic
def tick_muster(
    *, observation_uuid: UUID, is_seen: bool, origin: Origin, now: datetime
) -> MusterMark:
    """Mark a watched person as seen outside or missing in the evacuation; the last word counts.

    :raises NotEvacuating: when the site is not being evacuated.
    """
    row = locked(observation_uuid)
    since = row.site.evacuating_since
    if since is None:
        raise NotEvacuating(_("No evacuation is running at this site."))
    mark, _is_new = MusterMark.objects.update_or_create(
        observation=row,
        evacuation_at=since,
        defaults={"is_seen": is_seen, "at": now, "by": origin.actor},
    )
    facts = {"observation": str(row.uuid), "is_seen": is_seen}
    tell(row, "muster.ticked", facts, origin=origin, now=now)
    return mark


def _open_for(timer: Timer) -> Observation | None:
    """Return the open observation of a timer, unlocked.

    A command locks the observation and then its timers; a handler that holds a timer and waited for
    the observation could meet it head-on. An event too many after an end does no harm.
    """
    return Observation.objects.open().filter(uuid=timer.subject).first()


def observation_due(timer: Timer, now: datetime) -> None:
    """Handle `observation.due`: the person may leave; nobody is ended by a timer."""
    row = _open_for(timer)
    if row is not None and rules.may_leave(now, due_at=row.due_at):
        tell(row, "observation.due", {}, origin=SYSTEM, now=now)


def observations_due(due: list[Timer], now: datetime) -> None:
    """Handle many `observation.due` at once: a hall that was filled together empties together."""
    ended = {timer.subject for timer in due}
    rows = Observation.objects.open().filter(uuid__in=ended, due_at__lte=now).order_by("due_at")
    by_site: dict[int, list[Fact]] = {}
    for site_id, key in rows.values_list("site_id", "uuid"):
        by_site.setdefault(site_id, []).append(Fact("observation.due", str(key), {}))
    for site_id, facts in sorted(by_site.items()):
        append_events(site_id, facts, now=now, origin=SYSTEM)


def not_seated_due(timer: Timer, now: datetime) -> None:
    """Handle `observation.not_seated`: somebody went from the needle and reached no chair."""
    row = _open_for(timer)
    if row is not None and row.seated_at is None:
        tell(row, "observation.not_seated", {}, origin=SYSTEM, now=now)


def recheck_due(timer: Timer, now: datetime) -> None:
    """Handle `observation.recheck`: the closer look is due."""
    row = _open_for(timer)
    if row is not None and row.recheck_at is not None and row.recheck_at <= now:
        tell(row, "observation.recheck_due", {}, origin=SYSTEM, now=now)
