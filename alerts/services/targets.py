"""Who is on duty now, who can be reached, and whom the words of an escalation step mean."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from alerts.models import Alert, Device, Duty, DutyRole, Site, User
from alerts.rules import escalation

DOCTORS = (DutyRole.PHYSICIAN, DutyRole.PAEDIATRICIAN, DutyRole.ANAESTHETIST)


def people_for(alert: Alert, targets: Iterable[str], *, now: datetime) -> list[User]:
    """Return whom `targets` name at the alert's place, each once, in the order of the words."""
    duties = Duty.objects.current(now).filter(session__site=alert.site).select_related("user")
    on_duty = list(duties.order_by("pk"))
    people: dict[int, User] = {}
    for target in targets:
        people |= {duty.user_id: duty.user for duty in _matching(alert, target, on_duty)}
    return list(people.values())


def _matching(alert: Alert, target: str, on_duty: list[Duty]) -> list[Duty]:
    if target == escalation.AREA_PHYSICIANS:
        doctors = [d for d in on_duty if d.role in DOCTORS]
        here = [d for d in doctors if d.area_id in {None, alert.area_id}]
        return here if alert.area_id and here else doctors
    if target == escalation.BAY_OBSERVER:
        observers = [d for d in on_duty if d.role == DutyRole.OBSERVER]
        return [d for d in observers if not alert.bay_id or d.bay_id in {None, alert.bay_id}]
    if target == escalation.NURSE_OR_PHYSICIAN:
        nurses = _matching(alert, escalation.NURSE, on_duty)
        return nurses or _matching(alert, escalation.AREA_PHYSICIANS, on_duty)
    if target == escalation.EVERYONE:
        return on_duty
    return [d for d in on_duty if d.role == ROLES[target]]


ROLES = {
    escalation.BACKUP_PHYSICIANS: DutyRole.BACKUP,
    escalation.NURSE: DutyRole.NURSE,
    escalation.PSYCHOLOGIST: DutyRole.PSYCHOLOGIST,
    escalation.SESSION_LEAD: DutyRole.LEAD,
}


def reachable(people: Iterable[User], *, now: datetime) -> set[int]:
    """Return the keys of those with a live device with armed sound in their hands."""
    ringing = Device.objects.live(now).exclude(sound_armed_at=None)
    held = ringing.filter(holder__in=[person.pk for person in people])
    return {key for key in held.values_list("holder_id", flat=True) if key is not None}


def people_on_duty(site: Site, *, now: datetime) -> Sequence[Any]:
    """Return the current duties, the devices in each person's hands, whether one can ring."""
    rows = (
        Duty.objects.current(now).filter(session__site=site).select_related("user", "area", "bay")
    )
    held: dict[int | None, list[Device]] = {}
    for device in Device.objects.in_use().filter(site=site).exclude(holder=None):
        held.setdefault(device.holder_id, []).append(device)
    live = set(Device.objects.live(now).filter(site=site).values_list("pk", flat=True))
    return [_person(duty, held.get(duty.user_id, []), live) for duty in rows.order_by("role", "pk")]


def _person(duty: Duty, devices: list[Device], live: set[int]) -> dict[str, Any]:
    ringing = [d for d in devices if d.pk in live and d.sound_armed_at is not None]
    return {
        "user": duty.user.uuid,
        "duty": duty.uuid,
        "name": str(duty.user),
        "role": duty.role,
        "area": duty.area.name if duty.area else None,
        "area_en": duty.area.name_en if duty.area else None,
        "bay": duty.bay.code if duty.bay else None,
        "from_at": duty.from_at,
        "is_reachable": bool(ringing),
        "devices": [
            {
                "name": device.name,
                "last_seen_at": device.last_seen_at,
                "sound": device.sound_armed_at is not None,
                "live": device.pk in live,
            }
            for device in devices
        ],
    }
