"""Who sits where: seating at a scan, check-in in bulk, moving, and parties that sit together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models import Bay, Seat, Site
from alerts.outbox import Origin
from alerts.services import calls
from alerts.services.refusals import Refusal
from observation.models import Observation
from observation.services import clocks, tiles, watch

SEAT_FIELDS = ("seat", "bay", "is_seat_confirmed", "seated_at")


@dataclass(frozen=True)
class Placing:
    """One person and the place they get; without a seat they are somewhere in the bay."""

    row: Observation
    seat: Seat | None
    bay: Bay | None
    is_confirmed: bool = False


@dataclass(frozen=True)
class Seated:
    """Who was seated by one command, and who was already at the scanned seat."""

    rows: tuple[Observation, ...]
    also_here: tuple[Observation, ...] = ()


class NobodyWaiting(Refusal):
    code = "nobody_waiting"


@transaction.atomic
def seat_at(
    *, observation_uuid: UUID, seat: Seat, with_party: bool, origin: Origin, now: datetime
) -> Seated:
    """Seat or move a person at a scanned seat, their party in free seats around; calls follow."""
    rows = _with_party(observation_uuid) if with_party else []
    first = next((r for r in rows if r.uuid == observation_uuid), None)
    first = first or watch.locked_open(observation_uuid)
    others = [row for row in rows if row.pk != first.pk]
    free = iter(free_seats(seat.bay, near=seat) if others else [])
    placings = [Placing(first, seat, seat.bay, is_confirmed=True)]
    placings += [Placing(row, next(free, None), seat.bay) for row in others]
    _place(placings, origin, now=now)
    here = Observation.objects.open().filter(seat=seat).exclude(pk=first.pk)
    return Seated((first, *others), tuple(here.select_related(*watch.ON_TILE)))


def _with_party(observation_uuid: UUID) -> list[Observation]:
    """Lock a person and everybody of the same party who is still watched."""
    party = Observation.objects.filter(uuid=observation_uuid).exclude(party=None).values("party")
    return watch.locked_many(
        Observation.objects.open().filter(Q(uuid=observation_uuid) | Q(party__in=party))
    )


@transaction.atomic
def check_in_last(
    *, site: Site, station: str, last: int, bay: Bay | None, origin: Origin, now: datetime
) -> Seated:
    """Seat the last people from a station in one move, unconfirmed until their seats are scanned.

    :raises NobodyWaiting: when nobody from there is on the way.
    """
    waiting = Observation.objects.open().filter(site=site, station=station, seated_at=None)
    newest = list(waiting.order_by("-ticket").values_list("pk", flat=True)[:last])
    rows = watch.locked_many(Observation.objects.open().filter(pk__in=newest, seated_at=None))
    if not rows:
        raise NobodyWaiting(_("Nobody from this station is on the way to a seat."))
    free = iter(_free_for(site, bay, len([row for row in rows if row.seat is None])))
    placings = []
    for row in sorted(rows, key=lambda row: row.ticket):
        seat = row.seat or next(free, None)
        placings.append(Placing(row, seat, seat.bay if seat else bay))
    _place(placings, origin, now=now)
    return Seated(tuple(placing.row for placing in placings))


def free_seats(bay: Bay, *, near: Seat | None = None) -> list[Seat]:
    """Lock the bay and return its free seats, in order of the map or nearest first."""
    Bay.objects.select_for_update().get(pk=bay.pk)
    taken = Observation.objects.open().filter(bay=bay).exclude(seat=None).values("seat")
    seats = Seat.objects.filter(bay=bay).exclude(pk__in=taken).select_related("bay__area")
    found = list(seats.order_by("row", "column", "pk"))
    if near is not None:
        found = [seat for seat in found if seat.pk != near.pk]
        found.sort(key=lambda s: abs(s.row - near.row) + abs(s.column - near.column))
    return found


def _free_for(site: Site, bay: Bay | None, wanted: int) -> list[Seat]:
    """Return free seats of the bay, or of the bays of the site one after another."""
    bays = [bay] if bay else list(site.bays.order_by("column", "row", "code"))
    found: list[Seat] = []
    for one in bays:
        if len(found) < wanted:
            found += free_seats(one)
    return found


def _place(placings: Sequence[Placing], origin: Origin, *, now: datetime) -> None:
    """Write where everybody sits, make their not-seated timers stale, then tell it."""
    watch.lock_calls([placing.row.uuid for placing in placings])
    at = clocks.happened_at(origin, now=now)
    moved = {placing.row.pk for placing in placings if placing.row.seated_at is not None}
    for placing in placings:
        row = placing.row
        row.seat, row.bay, row.is_seat_confirmed = placing.seat, placing.bay, placing.is_confirmed
        row.seated_at = row.seated_at or max(at, row.started_at)
    Observation.objects.bulk_update([p.row for p in placings], SEAT_FIELDS)
    watch.cancel_timers([p.row.uuid for p in placings], kinds=[watch.NOT_SEATED])
    for placing in placings:
        _tell(placing.row, origin, is_move=placing.row.pk in moved, now=now)


def _tell(row: Observation, origin: Origin, *, is_move: bool, now: datetime) -> None:
    facts = {
        "seat": tiles.code_of(row.seat),
        "bay": tiles.code_of(row.bay),
        "is_confirmed": row.is_seat_confirmed,
        "seated_at": tiles.instant(row.seated_at),
    }
    type_ = "observation.moved" if is_move else "observation.seated"
    watch.tell(row, type_, facts, origin=origin, now=now)
    place = calls.Place(seat=row.seat, bay=row.bay, text="" if row.seat else str(row.bay or ""))
    calls.follow(subject=row.uuid, place=place, origin=origin, now=now)
