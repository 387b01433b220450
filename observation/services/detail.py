"""Everything about one observation for a member of staff: the only answer with a name."""

from datetime import datetime
from typing import Any

from alerts.models import Event
from observation import gateways
from observation.models import Dose, Observation, PastDose, Reaction, Recipient
from observation.rules import persons, privacy
from observation.services import clocks, tiles
from observation.services.tiles import instant

HISTORY_LIMIT = 200


def sheet_of(row: Observation, *, now: datetime) -> dict[str, Any]:
    """Return the tile's facts with the person, party, doses, reactions and history."""
    seen = list(row.reactions.order_by("seen_at", "pk"))
    standing = [reaction for reaction in seen if reaction.undone_at is None]
    return {
        **tiles.tile_of(row, reaction=standing[-1] if standing else None),
        "session": str(row.session.uuid),
        "period_reasons": row.period_reasons,
        "end_reason": row.end_reason,
        "end_agreed_by": row.end_agreed_by,
        "is_warning_given": row.is_warning_given,
        "settled_note": row.settled_note,
        "person": person_of(row.recipient, now=now),
        "party_members": party_of(row),
        "doses": [dose_of(dose) for dose in _doses(row)],
        "past_doses": [past_dose_of(dose) for dose in _past(row.recipient)],
        "reactions": [reaction_of(reaction) for reaction in seen],
        "history": [_event(event) for event in _events(row)],
    }


def person_of(recipient: Recipient, *, now: datetime) -> dict[str, Any]:
    """Return who somebody is, for staff; the document number only with its last four characters."""
    on = now.astimezone(clocks.zone_of(recipient.site)).date()
    weight = recipient.weight_kg
    return {
        "uuid": str(recipient.uuid),
        "name": recipient.name,
        "born_on": recipient.born_on.isoformat() if recipient.born_on else None,
        "age_months": persons.age_months(recipient.born_on, on=on),
        "sex": recipient.sex,
        "document_kind": recipient.document_kind,
        "document": persons.masked(gateways.opened(recipient.document_cipher)),
        "phone": recipient.phone,
        "guardian": recipient.guardian,
        "needs_consent": privacy.needs_consent(recipient.born_on, on=on),
        "consent_at": instant(recipient.consent_at),
        "group_name": recipient.group_name,
        "risks": recipient.risks,
        "weight_kg": float(weight) if weight is not None else None,
    }


def party_of(row: Observation) -> list[dict[str, Any]]:
    """Return the others of the same party with their seats."""
    if row.party_id is None:
        return []
    others = Observation.objects.filter(party=row.party_id).exclude(pk=row.pk)
    return [
        {
            "uuid": str(other.uuid),
            "ticket": other.ticket,
            "name": other.recipient.name,
            "seat": tiles.code_of(other.seat),
            "due_at": instant(other.due_at),
            "ended_at": instant(other.ended_at),
        }
        for other in others.select_related("recipient", "seat").order_by("ticket")
    ]


def _doses(row: Observation) -> list[Dose]:
    return list(row.doses.select_related("vaccine", "lot", "vaccinator").order_by("given_at", "pk"))


def dose_of(dose: Dose) -> dict[str, Any]:
    """Return a dose as written and as understood."""
    return {
        "uuid": str(dose.uuid),
        "vaccine": dose.vaccine.code if dose.vaccine else None,
        "vaccine_name": dose.vaccine.name if dose.vaccine else dose.vaccine_as_written,
        "vaccine_name_en": dose.vaccine.name_en if dose.vaccine else "",
        "lot": dose.lot.number if dose.lot else dose.lot_as_written,
        "lot_uuid": str(dose.lot.uuid) if dose.lot else None,
        "dose_number": dose.dose_number,
        "route": dose.route,
        "body_site": dose.body_site,
        "given_at": instant(dose.given_at),
        "is_time_known": dose.is_time_known,
        "entered_at": instant(dose.entered_at),
        "vaccinator": str(dose.vaccinator) if dose.vaccinator else None,
        "trace_code": dose.trace_code,
        "flags": dose.flags,
        "source": dose.source,
    }


def _past(recipient: Recipient) -> list[PastDose]:
    """Return the history of a person, also from records that were merged into this one."""
    own = PastDose.objects.filter(recipient=recipient)
    merged = PastDose.objects.filter(recipient__merged_into=recipient)
    return list((own | merged).select_related("vaccine").order_by("given_at", "pk"))


def past_dose_of(dose: PastDose) -> dict[str, Any]:
    """Return a dose of the history."""
    return {
        "vaccine": dose.vaccine.name if dose.vaccine else dose.vaccine_as_written,
        "lot": dose.lot_as_written,
        "given_at": instant(dose.given_at),
        "given_as_written": dose.given_as_written,
        "status": dose.status,
    }


def reaction_of(reaction: Reaction) -> dict[str, Any]:
    """Return a reaction with all its details."""
    return {
        "uuid": str(reaction.uuid),
        "person_kind": reaction.person_kind,
        "person_text": reaction.person_text,
        "seat": tiles.code_of(reaction.seat),
        "place": reaction.place_text,
        "signs": reaction.signs,
        "danger": bool(tiles.danger_signs(reaction)),
        "danger_signs": tiles.danger_signs(reaction),
        "stress_subtype": reaction.stress_subtype or None,
        "danger_absent": reaction.is_danger_absent,
        "seen_at": instant(reaction.seen_at),
        "onset_at": instant(reaction.onset_at),
        "entered_at": instant(reaction.entered_at),
        "recovered_at": instant(reaction.recovered_at),
        "is_serious": reaction.is_serious,
        "details": reaction.details,
        "note": reaction.note,
        "version": reaction.version,
        "alert": str(reaction.alert) if reaction.alert else None,
        "undone_at": instant(reaction.undone_at),
        "source": reaction.source,
    }


def _events(row: Observation) -> list[Event]:
    events = Event.objects.filter(subject=str(row.uuid), stream__site=row.site_id)
    return list(events.select_related("actor", "device").order_by("seq")[:HISTORY_LIMIT])


def _event(event: Event) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "type": event.type,
        "at": instant(event.server_at),
        "device_at": instant(event.device_at),
        "by": str(event.actor or event.device or ""),
        "source": event.source,
        "payload": event.payload,
    }
