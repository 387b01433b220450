"""Sessions and who is on duty in them: begin, leave, hand over with what is open."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from alerts.models import Alert, Area, Bay, Duty, Handover, Session, Site, User
from alerts.outbox import Fact, Origin, append_event
from alerts.services.refusals import Refusal
from alerts.services.targets import DOCTORS


class LastPhysician(Refusal):
    """Nobody could answer a call if this person left."""

    code = "last_physician"


class SessionOpenAlready(Refusal):
    """A site has one open session at a time."""

    code = "session_open_already"


class SessionClosed(Refusal):
    """Nobody is on duty in a session that is over."""

    code = "session_closed"


class NotTheirs(Refusal):
    """A handover is accepted by the person it was offered to."""

    code = "not_offered_to_you"


@transaction.atomic
def open_session(
    *, site: Site, name: str, lead: User | None, origin: Origin, now: datetime
) -> Session:
    """Open the site's session; its lead is on duty from now.

    :raises SessionOpenAlready: when one is open, be it for a moment only.
    """
    try:
        with transaction.atomic():
            session = Session.objects.create(site=site, name=name, lead=lead, opened_at=now)
    except IntegrityError as error:
        raise _still_open(site) from error
    fact = Fact("session.opened", str(session.uuid), {"name": name})
    append_event(site.pk, fact, now=now, origin=origin)
    if lead is not None:
        start_duty(
            session=session, user=lead, role="lead", area=None, bay=None, origin=origin, now=now
        )
    return session


def _still_open(site: Site) -> SessionOpenAlready:
    running = Session.objects.get(site=site, closed_at=None)
    message = _("The session “%(name)s” is still open; close it first.") % {"name": running.name}
    return SessionOpenAlready(message, facts={"session": str(running.uuid)})


def _locked_session(pk: int) -> Session:
    """Return the session, locked: its duties and checks change one after the other."""
    return Session.objects.select_for_update().get(pk=pk)


@transaction.atomic
def save_checks(
    *, session: Session, checks: dict[str, Any], origin: Origin, now: datetime
) -> Session:
    """Keep the answers of the readiness gate: kit, drugs, ambulance, clock, radio."""
    session = _locked_session(session.pk)
    session.checks = {**session.checks, **checks}
    session.save(update_fields=["checks"])
    fact = Fact("session.checked", str(session.uuid), {"checks": checks})
    append_event(session.site_id, fact, now=now, origin=origin)
    return session


@transaction.atomic
def start_duty(
    *,
    session: Session,
    user: User,
    role: str,
    area: Area | None,
    bay: Bay | None,
    origin: Origin,
    now: datetime,
) -> Duty:
    """Put a person on duty; the same duty started twice is one.

    :raises SessionClosed: when the session is over: the person would believe to be on duty.
    """
    session = _locked_session(session.pk)
    if session.closed_at is not None:
        raise SessionClosed(_("This session is closed; go on duty in the one that is open."))
    same = Duty.objects.current(now).filter(
        session=session, user=user, role=role, area=area, bay=bay
    )
    known = same.first()
    if known is not None:
        return known
    duty = Duty.objects.create(
        session=session, user=user, role=role, area=area, bay=bay, from_at=now, checked_in_at=now
    )
    _tell("duty.started", duty, origin, now=now)
    return duty


@transaction.atomic
def leave_duty(*, duty_uuid: UUID, is_confirmed: bool, origin: Origin, now: datetime) -> Duty:
    """Take a person off duty.

    :raises LastPhysician: when no other physician is on duty and the person has not confirmed.
    """
    duty = Duty.objects.get(uuid=duty_uuid)
    _locked_session(duty.session_id)
    duty.refresh_from_db()
    if duty.to_at is not None and duty.to_at <= now:
        return duty
    others = Duty.objects.current(now).filter(session=duty.session, role__in=DOCTORS)
    is_last = duty.role in DOCTORS and not others.exclude(pk=duty.pk).exists()
    if is_last and not is_confirmed:
        message = _(
            "You are the last physician on duty. Hand over first, or confirm that you leave."
        )
        raise LastPhysician(message, facts={"role": duty.role})
    return _end(duty, origin, now=now)


def _end(duty: Duty, origin: Origin, *, now: datetime) -> Duty:
    duty.to_at = now
    duty.save(update_fields=["to_at"])
    _tell("duty.ended", duty, origin, now=now)
    return duty


@transaction.atomic
def offer_handover(
    *, duty_uuid: UUID, to: User, subjects: list[str], note: str, origin: Origin, now: datetime
) -> Handover:
    """Offer a duty to somebody, with the alerts that are open and the seats being watched."""
    duty = Duty.objects.select_for_update().get(uuid=duty_uuid)
    running = Alert.objects.running().filter(site=duty.session.site_id)
    alerts = [str(key) for key in running.values_list("uuid", flat=True)]
    handover = Handover.objects.create(
        duty=duty, to_user=to, offered_at=now, alerts=alerts, subjects=subjects, note=note
    )
    facts = {"to": str(to.uuid), "alerts": alerts, "subjects": subjects}
    fact = Fact("duty.offered", str(duty.uuid), facts)
    append_event(duty.session.site_id, fact, now=now, origin=origin)
    return handover


@transaction.atomic
def accept_handover(*, handover_uuid: UUID, by: User, origin: Origin, now: datetime) -> Duty:
    """Begin the duty that was offered and end the one it replaces, in one move.

    Accepting again changes nothing, also after the duty taken over has ended.

    :raises NotTheirs: when the offer was made to somebody else.
    :raises SessionClosed: when the session ended before the answer.
    """
    handover = Handover.objects.select_for_update().get(uuid=handover_uuid)
    if handover.to_user_id != by.pk:
        raise NotTheirs(_("This handover was offered to somebody else."))
    old = handover.duty
    if handover.accepted_at is not None:
        return Duty.objects.filter(session=old.session, user=by, role=old.role).latest("from_at")
    duty = start_duty(
        session=old.session,
        user=by,
        role=old.role,
        area=old.area,
        bay=old.bay,
        origin=origin,
        now=now,
    )
    handover.accepted_at = now
    handover.save(update_fields=["accepted_at"])
    if old.to_at is None:
        _end(old, origin, now=now)
    facts = {"from": str(old.uuid), "alerts": handover.alerts, "subjects": handover.subjects}
    fact = Fact("duty.handed_over", str(duty.uuid), facts)
    append_event(old.session.site_id, fact, now=now, origin=origin)
    return duty


def _tell(type_: str, duty: Duty, origin: Origin, *, now: datetime) -> None:
    facts = {
        "user": str(duty.user.uuid),
        "role": duty.role,
        "area": str(duty.area.uuid) if duty.area else None,
        "bay": duty.bay.code if duty.bay else None,
    }
    append_event(duty.session.site_id, Fact(type_, str(duty.uuid), facts), now=now, origin=origin)
