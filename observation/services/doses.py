"""Doses that were given: always recorded, watched and flagged, whatever is wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from alerts.models import Seat, Session, Site, User
from alerts.outbox import Fact, Origin, append_event
from observation.models import BodySite, Dose, Observation, Party, Recipient, Route
from observation.rules import watch as rules
from observation.services import clocks, persons, privacy, tiles, watch
from observation.services.lots import LotBook
from observation.services.persons import Likely, Person
from observation.services.sessions import lock_session

TIME_UNKNOWN = "time_unknown"
ALREADY_WATCHED = "already_watched"
SEAT_UNKNOWN = "seat_unknown"
NO_DOSE = "no_dose"


@dataclass(frozen=True)
class GivenDose:
    """A dose as somebody wrote it down."""

    vaccine: str = ""
    lot: str = ""
    uuid: UUID | None = None
    dose_number: int | None = None
    route: str = ""
    body_site: str = ""
    given_at: datetime | None = None
    vaccinator: UUID | None = None
    trace_code: str = ""
    external_system: str = ""
    external_id: str = ""


@dataclass(frozen=True)
class Visit:
    """One person's visit: who, with whom, where from, and the doses."""

    person: Person = field(default_factory=Person)
    doses: tuple[GivenDose, ...] = ()
    uuid: UUID | None = None
    party: UUID | None = None
    party_label: str = ""
    station: str = ""
    seat: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recorded:
    """What became of a visit: its observation, its doses, and who may be mistaken for whom."""

    observation: Observation
    doses: tuple[Dose, ...]
    lookalikes: tuple[Likely, ...] = ()
    is_new: bool = True


@dataclass
class _Desk:
    """What one request needs of the site, read once for all its visits."""

    site: Site
    session: Session
    book: LotBook
    seats: dict[str, Seat]
    vaccinators: dict[UUID, User]
    taken_keys: set[UUID]
    origin: Origin
    now: datetime


@transaction.atomic
def record_visits(
    *, site: Site, visits: Sequence[Visit], origin: Origin, now: datetime
) -> list[Recorded]:
    """Record visits with their doses and start the watches; the same visit sent twice is one.

    The session's row is locked first, so tickets have no gaps and a repeat finds what it made.
    """
    desk = _open_desk(site, visits, origin, now=now)
    wanted = [visit.uuid for visit in visits if visit.uuid]
    known = {
        row.uuid: row
        for row in Observation.objects.filter(uuid__in=wanted).select_related(*watch.ON_TILE)
    }
    recorded = []
    for visit in visits:
        before = known.get(visit.uuid) if visit.uuid else None
        if before is not None and before.site_id == site.pk:
            recorded.append(Recorded(before, tuple(before.doses.all()), is_new=False))
        else:
            recorded.append(_record(desk, visit, uuid4() if before else visit.uuid or uuid4()))
    desk.session.save(update_fields=["last_ticket"])
    _tell(desk, [row for row in recorded if row.is_new])
    return recorded


def _open_desk(site: Site, visits: Sequence[Visit], origin: Origin, *, now: datetime) -> _Desk:
    session = lock_session(site, origin=origin, now=now)
    doses = [dose for visit in visits for dose in visit.doses]
    return _desk_for(site, session, doses, {v.seat for v in visits if v.seat}, origin, now=now)


def _desk_for(
    site: Site,
    session: Session,
    doses: Sequence[GivenDose],
    seats: set[str],
    origin: Origin,
    *,
    now: datetime,
) -> _Desk:
    people = {dose.vaccinator for dose in doses if dose.vaccinator}
    keys = [dose.uuid for dose in doses if dose.uuid]
    taken = Dose.objects.filter(uuid__in=keys).values_list("uuid", flat=True) if keys else ()
    return _Desk(
        site=site,
        session=session,
        book=LotBook.read(site, [(dose.vaccine, dose.lot) for dose in doses]),
        seats=watch.seats_named(site, seats),
        vaccinators={u.uuid: u for u in User.objects.filter(uuid__in=people)} if people else {},
        taken_keys=set(taken),
        origin=origin,
        now=now,
    )


def _record(desk: _Desk, visit: Visit, uuid: UUID) -> Recorded:
    recipient, flags = persons.identify(desk.site, visit.person, now=desk.now)
    if visit.person.guardian_consent:
        privacy.record_consent(recipient, origin=desk.origin, now=desk.now)
    alike = tuple(persons.lookalikes(recipient))
    doses = [_dose(desk, dose, visit.station) for dose in visit.doses]
    flags += [*visit.flags, *_flags_of_doses(doses), *(a.likeness for a in alike if a.is_here)]
    seat = desk.seats.get(visit.seat.strip().upper()) if visit.seat else None
    if visit.seat and seat is None:
        flags.append(SEAT_UNKNOWN)
    if Observation.objects.open().filter(recipient=recipient).exists():
        flags.append(ALREADY_WATCHED)
    observation = _new_observation(desk, visit, uuid, recipient, doses)
    observation.seat, observation.bay = seat, seat.bay if seat else None
    observation.flags = sorted(set(flags))
    observation.save(force_insert=True)
    _keep(observation, doses)
    watch.arm_new(observation, is_late=clocks.is_late(desk.origin), now=desk.now)
    return Recorded(observation, tuple(doses), alike)


def _new_observation(
    desk: _Desk, visit: Visit, uuid: UUID, recipient: Recipient, doses: list[Dose]
) -> Observation:
    """Build the watch: from the last dose whose time is known, else from the check-in."""
    started_at = max((dose.given_at for dose in doses), default=desk.now)
    period = rules.period_for(recipient.risks)
    desk.session.last_ticket += 1
    return Observation(
        uuid=uuid,
        site=desk.site,
        session=desk.session,
        recipient=recipient,
        party=_party(desk.site, visit),
        ticket=desk.session.last_ticket,
        station=visit.station[:20],
        opened_at=desk.now,
        started_at=started_at,
        due_at=started_at + period.length,
        period_reasons=list(period.reasons),
    )


def _party(site: Site, visit: Visit) -> Party | None:
    if visit.party is None:
        return None
    label = {"label": visit.party_label[:60]}
    party, _is_new = Party.objects.get_or_create(uuid=visit.party, defaults={"site": site, **label})
    return party if party.site_id == site.pk else Party.objects.create(site=site, **label)


def _dose(desk: _Desk, given: GivenDose, station: str) -> Dose:
    """Build the row of a dose, with every flag that holds on its day at the site."""
    is_late = clocks.is_late(desk.origin)
    offset = clocks.offset_of(desk.origin, now=desk.now)
    time = rules.dose_time(
        given.given_at, offset=offset, received_at=desk.now, is_late_entry=is_late
    )
    on = time.at.astimezone(clocks.zone_of(desk.site)).date()
    match = desk.book.match(given.vaccine, given.lot, on=on)
    flags = [*match.flags] if time.is_known or not given.given_at else [*match.flags, TIME_UNKNOWN]
    uuid = given.uuid if given.uuid and given.uuid not in desk.taken_keys else uuid4()
    desk.taken_keys.add(uuid)
    return Dose(
        uuid=uuid,
        vaccine=match.vaccine,
        vaccine_as_written=given.vaccine[:120],
        lot=match.lot,
        lot_as_written=given.lot[:40],
        dose_number=given.dose_number,
        route=given.route if given.route in Route.values else "",
        body_site=given.body_site if given.body_site in BodySite.values else "",
        given_at=time.at,
        is_time_known=time.is_known,
        entered_at=desk.now,
        vaccinator=desk.vaccinators.get(given.vaccinator) if given.vaccinator else None,
        station=station[:20],
        trace_code=given.trace_code[:64],
        flags=flags,
        source=desk.origin.source,
        external_system=given.external_system[:120],
        external_id=given.external_id[:120],
    )


def _flags_of_doses(doses: Sequence[Dose]) -> list[str]:
    return [flag for dose in doses for flag in dose.flags] if doses else [NO_DOSE]


def _keep(observation: Observation, doses: Sequence[Dose]) -> None:
    for dose in doses:
        dose.observation = observation
    Dose.objects.bulk_create(doses)


def _tell(desk: _Desk, recorded: list[Recorded]) -> None:
    """Write the events last: the stream's row is taken when every other row is."""
    alike = [a.recipient.pk for row in recorded for a in row.lookalikes if a.is_here]
    own = [row.observation.pk for row in recorded]
    flagged = watch.add_flags_to(alike, recorded_now=own) if alike else []
    for row in recorded:
        session = str(desk.session.uuid)
        facts = {**tiles.started_facts(row.observation), "session": session}
        _event(desk, "observation.started", row.observation, facts)
    for observation in flagged:
        _event(desk, "observation.flagged", observation, {"flags": observation.flags})


def _event(desk: _Desk, type_: str, row: Observation, facts: dict[str, Any]) -> None:
    fact = Fact(type_, str(row.uuid), facts)
    append_event(desk.site.pk, fact, now=desk.now, origin=desk.origin)


@transaction.atomic
def add_doses(
    *, observation_uuid: UUID, doses: Sequence[GivenDose], origin: Origin, now: datetime
) -> Recorded:
    """Record further doses of a visit; `due_at` moves on, never back.

    After the end of the watch a further dose starts a new one: every dose is watched.
    """
    row = watch.locked(observation_uuid)
    desk = _desk_for(row.site, row.session, doses, set(), origin, now=now)
    mine = {dose.uuid: dose for dose in row.doses.all()}
    again = [mine[dose.uuid] for dose in doses if dose.uuid in mine]
    fresh = [dose for dose in doses if dose.uuid not in mine]
    if not fresh:
        return Recorded(row, tuple(again), is_new=False)
    if row.ended_at is not None:
        person = Person(uuid=row.recipient.uuid)
        visit = Visit(person=person, doses=tuple(fresh), station=row.station)
        return record_visits(site=row.site, visits=[visit], origin=origin, now=now)[0]
    added = [_dose(desk, dose, row.station) for dose in fresh]
    _keep(row, added)
    _move_on(desk, row, added)
    return Recorded(row, (*again, *added))


def _move_on(desk: _Desk, row: Observation, added: list[Dose]) -> None:
    last = max(dose.given_at for dose in added)
    length = rules.period_for(row.recipient.risks).length
    due_at = rules.moved_due(row.due_at, last_dose_at=last, length=length)
    flags = sorted({*row.flags, *_flags_of_doses(added)} - {NO_DOSE})
    is_moved, is_flagged, is_later = due_at != row.due_at, flags != row.flags, last > row.started_at
    row.started_at, row.due_at, row.flags = max(row.started_at, last), due_at, flags
    row.save(update_fields=["started_at", "due_at", "flags"])
    if is_moved:
        watch.arm_due(row, is_late=clocks.is_late(desk.origin), now=desk.now)
    if is_moved or is_later:
        facts = {"due_at": tiles.instant(due_at), "started_at": tiles.instant(row.started_at)}
        facts["reason"] = "further_dose"
        _event(desk, "observation.extended", row, facts)
    if is_flagged:
        _event(desk, "observation.flagged", row, {"flags": flags})
