"""Tablets, phones and screens: enrol by a code, switch persons, report their state, retire."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session as Login
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from alerts.models import Area, Device, DeviceKind, Site, User
from alerts.outbox import Fact, Origin, append_event
from alerts.rules.secrets import digest
from alerts.services.refusals import Refusal

ENROLMENT_PERIOD = timedelta(minutes=30)
"""How long an enrolment code is good. Source: docs/sources.md#enrolment-period."""


LOGIN_DEVICE = "aefi_device"
"""The name under which a login remembers the device it was made on."""


class CodeUnknown(Refusal):
    """The enrolment code is wrong, used or too old."""

    code = "enrolment_code_unknown"


@transaction.atomic
def add_device(
    *, site: Site, name: str, kind: str, area: Area | None, origin: Origin, now: datetime
) -> tuple[Device, str]:
    """Return a new device and the code, shown once as QR, under which it enrols itself."""
    code = secrets.token_urlsafe(16)
    device = Device.objects.create(
        site=site,
        area=area,
        name=name,
        kind=kind,
        enrolled_by=origin.actor,
        enrolment_digest=digest(code),
        enrolment_ends_at=now + ENROLMENT_PERIOD,
    )
    _tell("device.added", device, {"kind": kind}, origin, now=now)
    return device, code


@transaction.atomic
def enrol(*, code: str, now: datetime) -> tuple[Device, str]:
    """Turn an enrolment code into the device's secret; a code works once.

    :raises CodeUnknown: when no device waits for this code.
    """
    waiting = Device.objects.select_for_update().in_use().filter(enrolment_ends_at__gt=now)
    device = waiting.filter(enrolment_digest=digest(code)).first()
    if device is None:
        raise CodeUnknown(_("This code was used or is too old; show a new one."), field="code")
    secret = secrets.token_urlsafe(32)
    device.secret_digest, device.enrolment_digest = digest(secret), ""
    device.enrolled_at = now
    device.save()
    _tell("device.enrolled", device, {}, Origin(device=device), now=now)
    return device, secret


@transaction.atomic
def retire(*, device: Device, origin: Origin, now: datetime) -> Device:
    """Shut out a lost device at once, and whoever is logged in on it."""
    device.retired_at = device.retired_at or now
    device.holder, device.secret_digest = None, ""
    device.save()
    for login in Login.objects.iterator():
        if login.get_decoded().get(LOGIN_DEVICE) == device.pk:
            login.delete()
    _tell("device.retired", device, {}, origin, now=now)
    return device


def report_state(device: Device, state: dict[str, Any], *, now: datetime) -> Device:
    """Keep what a device says of itself: armed sound, clock offset, trust in the certificate."""
    device.last_seen_at = now
    if "sound_armed" in state:
        device.sound_armed_at = now if state["sound_armed"] else None
    for name in ("clock_offset_ms", "is_trusted"):
        if state.get(name) is not None:
            setattr(device, name, state[name])
    device.last_seq = max(device.last_seq, int(state.get("last_seq") or 0))
    fields = ["last_seen_at", "sound_armed_at", "clock_offset_ms", "is_trusted", "last_seq"]
    device.save(update_fields=fields)
    return device


@transaction.atomic
def hand_to(*, device: Device, person: User | None, origin: Origin, now: datetime) -> Device:
    """Note whose hands a device is in; locking a phone leaves it with its owner."""
    if person is None and device.kind == DeviceKind.PHONE:
        return device
    device.holder = person
    device.save(update_fields=["holder"])
    facts = {"holder": str(person.uuid) if person else None}
    _tell("device.switched", device, facts, origin, now=now)
    return device


def _tell(
    type_: str, device: Device, facts: dict[str, Any], origin: Origin, *, now: datetime
) -> None:
    append_event(device.site_id, Fact(type_, str(device.uuid), facts), now=now, origin=origin)
