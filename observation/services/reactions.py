"""What staff saw, stored together with the call it makes or not at all; never refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from alerts.models import Alert, Session, Site
from alerts.outbox import Fact, Origin, append_event, together
from alerts.services import calls
from observation.models import PersonKind, Reaction, ReactionVersion, StressSubtype
from observation.rules import persons, signs
from observation.rules.signs import Urgency, urgency_of
from observation.services import clocks, tiles, watch


@dataclass(frozen=True)
class Seen:
    """What was seen, of whom and where, as it was written."""

    uuid: UUID | None = None
    signs: Mapping[str, str] = field(default_factory=dict)
    danger_absent: bool | None = None
    stress_subtype: str = ""
    onset_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    call_for_help: bool = False
    person_kind: str = PersonKind.UNKNOWN
    person_text: str = ""
    seat: str = ""
    place: str = ""

    @property
    def urgency(self) -> Urgency:
        return urgency_of(
            self.signs,
            danger_absent=self.danger_absent,
            stress_subtype=self.stress_subtype,
            call_for_help=self.call_for_help,
        )


@dataclass(frozen=True)
class Reported:
    """The reaction with the call about it, if there is one."""

    reaction: Reaction
    alert: Alert | None
    is_new: bool = True


@transaction.atomic
def report_reaction(
    *, observation_uuid: UUID, seen: Seen, origin: Origin, now: datetime
) -> Reported:
    """Record a reaction of a recipient and call as its signs ask; the same one sent twice is one.

    A person who was released and is still in the building is called for as well. The watch goes on.
    """
    row = watch.locked(observation_uuid)
    if (before := _before(row.site, seen)) is not None:
        return before
    reaction = _reaction(row.site, seen, origin, now=now)
    reaction.observation, reaction.session, reaction.seat = row, row.session, row.seat
    reaction.person_kind = PersonKind.RELEASED if row.ended_at else PersonKind.RECIPIENT
    return _report(reaction, seen, origin, now=now)


@transaction.atomic
def report_other(*, site: Site, seen: Seen, origin: Origin, now: datetime) -> Reported:
    """Record a reaction of somebody not watched: a visitor, staff, one not yet vaccinated."""
    if (before := _before(site, seen)) is not None:
        return before
    reaction = _reaction(site, seen, origin, now=now)
    reaction.session = Session.objects.filter(site=site, closed_at=None).first()
    reaction.seat = watch.seats_named(site, [seen.seat]).get(seen.seat.strip().upper())
    place = seen.place or ("" if reaction.seat else seen.seat)
    reaction.place_text = place[:120]
    kind = seen.person_kind if seen.person_kind in PersonKind.values else PersonKind.UNKNOWN
    reaction.person_kind, reaction.person_text = kind, seen.person_text[:120]
    return _report(reaction, seen, origin, now=now)


def _before(site: Site, seen: Seen) -> Reported | None:
    """Return what the same report made before."""
    if seen.uuid is None:
        return None
    known = Reaction.objects.filter(site=site, uuid=seen.uuid).first()
    return Reported(known, alert_of(known), is_new=False) if known else None


def _reaction(site: Site, seen: Seen, origin: Origin, *, now: datetime) -> Reaction:
    return Reaction(
        uuid=_free_key(seen.uuid),
        site=site,
        signs=dict(seen.signs),
        stress_subtype=_subtype(seen),
        is_danger_absent=seen.danger_absent,
        seen_at=clocks.happened_at(origin, now=now),
        onset_at=clocks.on_server_clock(seen.onset_at, origin, now=now),
        entered_at=now,
        details=_details(seen),
        note=seen.note[:1000],
        source=origin.source,
        reported_by=origin.actor,
        device=origin.device,
    )


def _free_key(wanted: UUID | None) -> UUID:
    """Return the caller's key, or a new one where another site has used it."""
    if wanted is None or Reaction.objects.filter(uuid=wanted).exists():
        return uuid4()
    return wanted


def _subtype(seen: Seen) -> str:
    return seen.stress_subtype if seen.stress_subtype in StressSubtype.values else ""


def _details(seen: Seen) -> dict[str, Any]:
    """Return the details with what a reader must know of the entry itself."""
    details = dict(seen.details)
    if unknown := signs.unknown_codes(seen.signs):
        details["unknown_signs"] = unknown
    if seen.stress_subtype and not _subtype(seen):
        details["stress_subtype_as_written"] = seen.stress_subtype[:40]
    is_excluded = signs.is_danger_excluded(seen.signs, danger_absent=seen.danger_absent)
    if seen.stress_subtype and not is_excluded:
        details["danger_not_excluded"] = True
    return details


def _report(reaction: Reaction, seen: Seen, origin: Origin, *, now: datetime) -> Reported:
    """Store the reaction and its call; a repeat that lost a race finds what the winner made."""
    running = _running_call(reaction)
    reaction.alert = running.uuid if running else None
    try:
        with transaction.atomic():
            reaction.save(force_insert=True)
    except IntegrityError:
        known = Reaction.objects.get(uuid=reaction.uuid)
        return Reported(known, alert_of(known), is_new=False)
    with together():
        alert = _call(reaction, seen.urgency, running, origin, now=now)
        _tell_reported(reaction, origin, now=now)
    return Reported(reaction, alert)


def _running_call(reaction: Reaction) -> Alert | None:
    """Lock and return the running call about the same person, so that one person is one call."""
    if reaction.observation is None:
        return None
    return next(iter(watch.lock_calls([reaction.observation.uuid])), None)


def _call(
    reaction: Reaction,
    urgency: Urgency,
    running: Alert | None,
    origin: Origin,
    *,
    now: datetime,
) -> Alert | None:
    """Raise a call, or add to the one that runs: its signs, and its priority when danger shows."""
    if running is not None:
        return _add_to(running, reaction, urgency, origin, now=now)
    if urgency.priority is None:
        return None
    alert = calls.raise_alert(
        site=reaction.site, call=_call_for(reaction, urgency, now=now), origin=origin, now=now
    )
    reaction.alert = alert.uuid
    reaction.save(update_fields=["alert"])
    return alert


def _call_for(reaction: Reaction, urgency: Urgency, *, now: datetime) -> calls.Call:
    row = reaction.observation
    seat = reaction.seat
    bay = seat.bay if seat else (row.bay if row else None)
    return calls.Call(
        place=calls.Place(seat=seat, bay=bay, text=reaction.place_text),
        priority=str(urgency.priority),
        policy=urgency.policy,
        subject=row.uuid if row else None,
        person_kind=str(reaction.person_kind),
        summary=_summary(reaction, now=now),
        called_at=reaction.seen_at,
    )


def _summary(reaction: Reaction, *, now: datetime) -> dict[str, Any]:
    """Return what the page says: signs, minutes, age, ticket; no name."""
    summary: dict[str, Any] = {
        "signs": signs.seen(reaction.signs),
        "stress_subtype": reaction.stress_subtype or None,
        "reaction": str(reaction.uuid),
    }
    row = reaction.observation
    if row is None:
        return summary
    minutes = int((reaction.seen_at - row.started_at).total_seconds() // 60)
    on = now.astimezone(clocks.zone_of(reaction.site)).date()
    months = persons.age_months(row.recipient.born_on, on=on)
    return {
        **summary,
        "minutes_since_dose": max(0, minutes),
        "age_months": months,
        "ticket": row.ticket,
    }


def _add_to(
    alert: Alert, reaction: Reaction, urgency: Urgency, origin: Origin, *, now: datetime
) -> Alert:
    known = list(alert.summary.get("signs", []))
    new = [code for code in signs.seen(reaction.signs) if code not in known]
    extra = {"reaction": str(reaction.uuid)} if "reaction" not in alert.summary else {}
    summary = {**alert.summary, **extra, "signs": [*known, *new]}
    alert = calls.describe(alert_uuid=alert.uuid, summary=summary, origin=origin, now=now)
    if signs.is_more_urgent(urgency.priority, alert.priority):
        return calls.escalate(alert_uuid=alert.uuid, origin=origin, now=now)
    return alert


def _tell_reported(reaction: Reaction, origin: Origin, *, now: datetime) -> None:
    row = reaction.observation
    facts = {
        "reaction": str(reaction.uuid),
        "observation": str(row.uuid) if row else None,
        "signs": signs.seen(reaction.signs),
        "danger": bool(tiles.danger_signs(reaction)),
        "stress_subtype": reaction.stress_subtype or None,
        "alert": str(reaction.alert) if reaction.alert else None,
    }
    _tell(reaction, "reaction.reported", facts, origin, now=now)


def _tell(
    reaction: Reaction, type_: str, facts: dict[str, Any], origin: Origin, *, now: datetime
) -> None:
    fact = Fact(type_, str(reaction.uuid), {"reaction": str(reaction.uuid), **facts})
    append_event(reaction.site_id, fact, now=now, origin=origin)


def alert_of(reaction: Reaction) -> Alert | None:
    """Return the call that a reaction made or joined."""
    return Alert.objects.filter(uuid=reaction.alert).first() if reaction.alert else None


KEPT_IN_VERSIONS = ("signs", "details", "note", "stress_subtype", "is_danger_absent", "is_serious")


@transaction.atomic
def add_details(
    *, reaction_uuid: UUID, seen: Seen, changes: Mapping[str, Any], origin: Origin, now: datetime
) -> Reported:
    """Add later details as a new version; the earlier one is kept, and danger found now calls now.

    `seen` holds what was seen this time; `changes` may set `is_serious` and `recovered_at`.
    """
    reaction = _locked(reaction_uuid)
    _keep_version(reaction, origin, now=now)
    reaction.signs = {**reaction.signs, **seen.signs}
    reaction.details = {**reaction.details, **_details(seen)}
    reaction.note = seen.note[:1000] or reaction.note
    reaction.stress_subtype = _subtype(seen) or reaction.stress_subtype
    if seen.danger_absent is not None:
        reaction.is_danger_absent = seen.danger_absent
    onset_at = clocks.on_server_clock(seen.onset_at, origin, now=now)
    reaction.onset_at = onset_at or reaction.onset_at
    _apply(reaction, changes, origin, now=now)
    reaction.version += 1
    reaction.save()
    alert = alert_of(reaction)
    if reaction.undone_at is None:
        alert = _call(reaction, _urgency_now(reaction, seen), _call_now(reaction), origin, now=now)
    _tell(reaction, "reaction.detailed", {"version": reaction.version}, origin, now=now)
    return Reported(reaction, alert or alert_of(reaction))


def _locked(reaction_uuid: UUID) -> Reaction:
    """Lock the observation first, as every other command does, then the reaction."""
    rows = Reaction.objects.select_related("site", "observation__recipient", "observation__bay")
    observation = rows.values_list("observation__uuid", flat=True).get(uuid=reaction_uuid)
    if observation is not None:
        watch.locked(observation)
    return rows.select_related("seat__bay").select_for_update(of=("self",)).get(uuid=reaction_uuid)


def _keep_version(reaction: Reaction, origin: Origin, *, now: datetime) -> None:
    ReactionVersion.objects.create(
        reaction=reaction,
        version=reaction.version,
        facts={name: getattr(reaction, name) for name in KEPT_IN_VERSIONS},
        replaced_at=now,
        replaced_by=origin.actor,
    )


def _apply(
    reaction: Reaction, changes: Mapping[str, Any], origin: Origin, *, now: datetime
) -> None:
    if changes.get("is_serious") is not None:
        reaction.is_serious = bool(changes["is_serious"])
    recovered_at = clocks.on_server_clock(changes.get("recovered_at"), origin, now=now)
    reaction.recovered_at = recovered_at or reaction.recovered_at


def _urgency_now(reaction: Reaction, seen: Seen) -> Urgency:
    """Return how the reaction calls with all that is known; nothing calls a second time."""
    has_called = reaction.alert is not None
    return urgency_of(
        {code: seen.signs[code] for code in seen.signs} if has_called else reaction.signs,
        danger_absent=seen.danger_absent if has_called else reaction.is_danger_absent,
        stress_subtype="" if has_called else reaction.stress_subtype,
        call_for_help=seen.call_for_help,
    )


def _call_now(reaction: Reaction) -> Alert | None:
    """Return the running call to add to: the one about the person, or the reaction's own."""
    running = _running_call(reaction)
    if running is not None or reaction.alert is None:
        return running
    rows = Alert.objects.running().filter(uuid=reaction.alert)
    return rows.select_for_update().first()


@transaction.atomic
def undo_reaction(*, reaction_uuid: UUID, origin: Origin, now: datetime) -> Reported:
    """Take a reaction back and cancel its call, unless another reaction stands behind it."""
    reaction = _locked(reaction_uuid)
    if reaction.undone_at is not None:
        return Reported(reaction, alert_of(reaction), is_new=False)
    reaction.undone_at = now
    reaction.save(update_fields=["undone_at"])
    alert = alert_of(reaction)
    if alert is not None and _made_it_alone(reaction, alert):
        alert = calls.cancel(alert_uuid=alert.uuid, reason="undone", origin=origin, now=now)
    _tell(reaction, "reaction.undone", {}, origin, now=now)
    return Reported(reaction, alert)


def _made_it_alone(reaction: Reaction, alert: Alert) -> bool:
    if alert.summary.get("reaction") != str(reaction.uuid):
        return False
    others = Reaction.objects.filter(alert=alert.uuid, undone_at=None).exclude(pk=reaction.pk)
    return not others.exists()
