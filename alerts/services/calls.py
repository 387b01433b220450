"""The call for help and every answer to it. A call is never refused, an answer never an error."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from alerts.models import (
    Alert,
    AlertState,
    Area,
    Bay,
    Page,
    Priority,
    Receipt,
    ReceiptKind,
    Responder,
    ResponderState,
    Seat,
    Session,
    Site,
    User,
)
from alerts.outbox import Fact, Origin, append_event, together
from alerts.rules import escalation, states
from alerts.services import paging
from alerts.services.timers import arm_timer


@dataclass(frozen=True)
class Place:
    """Where help is needed, as far as the caller knows."""

    seat: Seat | None = None
    bay: Bay | None = None
    area: Area | None = None
    text: str = ""

    @property
    def known_bay(self) -> Bay | None:
        return self.bay or (self.seat.bay if self.seat else None)

    @property
    def known_area(self) -> Area | None:
        bay = self.known_bay
        return self.area or (bay.area if bay else None)


@dataclass(frozen=True)
class Call:
    """What is known when somebody calls: all has a default, because a call is never refused."""

    uuid: UUID = field(default_factory=uuid4)
    place: Place = field(default_factory=Place)
    priority: str = Priority.HIGH
    policy: str = ""
    subject: UUID | None = None
    person_kind: str = "unknown"
    summary: dict[str, Any] = field(default_factory=dict)
    called_at: datetime | None = None
    is_drill: bool = False


def raise_alert(*, site: Site, call: Call, origin: Origin, now: datetime) -> Alert:
    """Record a call and page its first step; the same call sent twice is one alert.

    The alert's key comes from the tablet, so that a repeat after a lost answer finds it again.
    """
    known = Alert.objects.filter(uuid=call.uuid).first()
    if known is None:
        try:
            return _raise(site, call, origin, now=now)
        except IntegrityError:  # the same call arrived twice at the same moment
            known = Alert.objects.get(uuid=call.uuid)
    if known.site_id == site.pk:
        return known
    return _raise(site, replace(call, uuid=uuid4()), origin, now=now)


@transaction.atomic
def _raise(site: Site, call: Call, origin: Origin, *, now: datetime) -> Alert:
    alert = _new_alert(site, call, origin, now=now)
    alert.save(force_insert=True)
    fact = Fact("alert.raised", str(alert.uuid), {**facts_of(alert), **_grounds_of(alert)})
    with together():
        append_event(site.pk, fact, now=now, origin=origin)
        paging.start_paging(alert, now=now)
    return alert


def _new_alert(site: Site, call: Call, origin: Origin, *, now: datetime) -> Alert:
    policy = call.policy or str(call.priority)
    return Alert(
        uuid=call.uuid,
        site=site,
        session=Session.objects.filter(site=site, closed_at=None).first(),
        area=call.place.known_area,
        bay=call.place.known_bay,
        seat=call.place.seat,
        place_text=call.place.text[:120],
        subject=call.subject,
        person_kind=call.person_kind,
        summary=call.summary,
        priority=call.priority,
        policy_name=policy,
        policy_snapshot=paging.policy_steps(site.pk, policy),
        is_drill=call.is_drill,
        source=origin.source,
        raised_by=origin.actor,
        device=origin.device,
        called_at=min(call.called_at or now, now),
        raised_at=now,
        paging_since=now,
    )


def facts_of(alert: Alert) -> dict[str, Any]:
    """Return what every screen of the site may know: place, priority, signs; no identity."""
    return {
        "seat": str(alert.seat) if alert.seat else None,
        "bay": str(alert.bay) if alert.bay else None,
        "area": str(alert.area.uuid) if alert.area else None,
        "place": alert.place,
        "observation": str(alert.subject) if alert.subject else None,
        "person_kind": alert.person_kind,
        "summary": alert.summary,
        "priority": alert.priority,
        "policy": alert.policy_name,
        "is_drill": alert.is_drill,
        "called_at": alert.called_at.isoformat(),
        "device": str(alert.device.uuid) if alert.device else None,
        "late": alert.source != "live",
    }


def _grounds_of(alert: Alert) -> dict[str, Any]:
    """Return what the log keeps beside: in which session, the caller's words, the steps to follow."""
    session = str(alert.session.uuid) if alert.session else None
    return {"session": session, "place_text": alert.place_text, "steps": alert.policy_snapshot}


def _locked(alert_uuid: UUID) -> Alert:
    return Alert.objects.select_for_update().get(uuid=alert_uuid)


def _changed(
    alert: Alert, type_: str, facts: dict[str, Any], *, origin: Origin, now: datetime
) -> Alert:
    alert.version += 1
    alert.save()
    facts = {**facts, "state": alert.state}
    append_event(alert.site_id, Fact(type_, str(alert.uuid), facts), now=now, origin=origin)
    return alert


@transaction.atomic
def acknowledge(
    *, alert_uuid: UUID, responder: User | None, origin: Origin, now: datetime
) -> Alert:
    """Record "I am coming"; the first answer stops the paging, later ones are further helpers."""
    alert = _locked(alert_uuid)
    is_there = _answers_of(alert, responder, origin).filter(state=ResponderState.ON_SCENE).exists()
    is_first = states.may("acknowledge", alert.state) and not is_there
    if not is_there:  # a tap that arrives late, or for further help, takes nobody off the scene
        _answer(alert, responder, ResponderState.COMING, origin, now=now, is_first=is_first)
    _receipt_for(alert, responder, origin, now=now)
    if not is_first:
        return _changed(alert, "alert.joined", _who(responder, origin), origin=origin, now=now)
    paging.stop_paging(alert)
    alert.state = AlertState.ACKNOWLEDGED
    alert.acknowledged_at = alert.acknowledged_at or now
    arm_timer("alert.arrival", alert.uuid, due_at=now + escalation.ARRIVAL_LIMIT)
    arm_timer("alert.answerer", alert.uuid, due_at=now + escalation.ANSWERER_CHECK)
    return _changed(alert, "alert.acknowledged", _who(responder, origin), origin=origin, now=now)


def _answer(
    alert: Alert, user: User | None, state: str, origin: Origin, *, now: datetime, is_first: bool
) -> None:
    """Keep one answer per person; an answer with nobody logged in counts for its device."""
    if is_first:
        alert.responders.filter(is_first=True).update(is_first=False)
    values = {"state": state, "since": now, "device": origin.device}
    known = _answers_of(alert, user, origin).first()
    if known is None:
        Responder.objects.create(alert=alert, user=user, is_first=is_first, **values)
        return
    alert.responders.filter(pk=known.pk).update(**values, is_first=is_first or known.is_first)


def _answers_of(alert: Alert, user: User | None, origin: Origin) -> QuerySet[Responder]:
    """Return the answer of this person, or of the device when nobody was logged in."""
    if user is not None:
        return alert.responders.filter(user=user)
    return alert.responders.filter(user=None, device=origin.device)


def _who(user: User | None, origin: Origin) -> dict[str, Any]:
    return {
        "responder": str(user.uuid) if user else None,
        "name": str(user) if user else str(origin.device or ""),
    }


def _receipt_for(alert: Alert, user: User | None, origin: Origin, *, now: datetime) -> None:
    pages = alert.pages.filter(responder=user) if user else alert.pages.filter(channel="board")
    page = pages.order_by("-pk").first()
    if page is not None:
        record_receipt(page=page, kind=ReceiptKind.ACKNOWLEDGED, origin=origin, now=now)


@transaction.atomic
def arrive(*, alert_uuid: UUID, responder: User | None, origin: Origin, now: datetime) -> Alert:
    """Record "doctor here", tapped by anybody at the seat; the paging is over."""
    alert = _locked(alert_uuid)
    if not states.may("arrive", alert.state):
        return alert
    is_first = not alert.responders.filter(is_first=True).exists()
    if responder or is_first:
        _answer(alert, responder, ResponderState.ON_SCENE, origin, now=now, is_first=is_first)
    else:
        alert.responders.filter(is_first=True).update(state=ResponderState.ON_SCENE, since=now)
    paging.stop_paging(alert)
    paging.stop_watching_answer(alert)
    alert.state = AlertState.ON_SCENE
    alert.acknowledged_at = alert.acknowledged_at or now
    alert.arrived_at = alert.arrived_at or now
    return _changed(alert, "alert.arrived", _who(responder, origin), origin=origin, now=now)


@transaction.atomic
def decline(*, alert_uuid: UUID, responder: User | None, origin: Origin, now: datetime) -> Alert:
    """Record "I cannot come" or "I must leave"; when nobody is left, others are paged at once."""
    alert = _locked(alert_uuid)
    if alert.state in states.ENDED:
        return alert
    _answers_of(alert, responder, origin).update(is_first=False)
    _answer(alert, responder, ResponderState.DECLINED, origin, now=now, is_first=False)
    _changed(alert, "alert.declined", _who(responder, origin), origin=origin, now=now)
    if _is_left_alone(alert):
        paging.page_others(alert, reason="declined", now=now)
    elif alert.state == AlertState.PAGING and _all_declined(alert, now=now):
        paging.advance(alert, now=now)
    return alert


def _is_left_alone(alert: Alert) -> bool:
    """Say whether nobody is coming any more, or nobody is on scene who was there."""
    needed = {
        AlertState.ACKNOWLEDGED: paging.HELPING,
        AlertState.ON_SCENE: (ResponderState.ON_SCENE,),
    }.get(AlertState(alert.state))
    return needed is not None and not alert.responders.filter(state__in=needed).exists()


def _all_declined(alert: Alert, *, now: datetime) -> bool:
    """Say whether everyone paged so far has said no."""
    paged = set(alert.pages.exclude(responder=None).values_list("responder_id", flat=True))
    declined = alert.responders.filter(state=ResponderState.DECLINED)
    return paged <= set(declined.values_list("user_id", flat=True))


@transaction.atomic
def resolve(*, alert_uuid: UUID, outcome: str, origin: Origin, now: datetime) -> Alert:
    """End a call that was attended to."""
    return _end(alert_uuid, "resolve", AlertState.RESOLVED, outcome, origin=origin, now=now)


@transaction.atomic
def cancel(*, alert_uuid: UUID, reason: str, origin: Origin, now: datetime) -> Alert:
    """Take a call back; those who were paged are told."""
    return _end(alert_uuid, "cancel", AlertState.CANCELLED, reason, origin=origin, now=now)


@transaction.atomic
def review(*, alert_uuid: UUID, note: str, origin: Origin, now: datetime) -> Alert:
    """Close the book on an ended call."""
    return _end(alert_uuid, "review", AlertState.REVIEWED, note, origin=origin, now=now)


def _end(
    alert_uuid: UUID,
    move: str,
    state: AlertState,
    words: str,
    *,
    origin: Origin,
    now: datetime,
) -> Alert:
    alert = _locked(alert_uuid)
    if not states.may(move, alert.state):
        return alert
    paging.stop_paging(alert)
    paging.stop_watching_answer(alert)
    alert.state = state
    alert.ended_at = alert.ended_at or now
    alert.outcome = words[:400] or alert.outcome
    return _changed(alert, f"alert.{state}", {"words": words[:400]}, origin=origin, now=now)


@transaction.atomic
def escalate(*, alert_uuid: UUID, origin: Origin, now: datetime) -> Alert:
    """Page the next step now, because somebody asked for more help."""
    alert = _locked(alert_uuid)
    if not states.may("escalate", alert.state):
        return alert
    _changed(alert, "alert.escalated", {}, origin=origin, now=now)
    if alert.priority != Priority.HIGH:
        paging.raise_priority(alert, now=now)
    elif alert.state in states.UNANSWERED:
        paging.advance(alert, now=now)
    else:
        paging.page_others(alert, reason="more_help", now=now)
    return alert


@transaction.atomic
def move(*, alert_uuid: UUID, place: Place, origin: Origin, now: datetime) -> Alert:
    """Give the call the patient's new place."""
    alert = _locked(alert_uuid)
    alert.seat, alert.bay, alert.area = place.seat, place.known_bay, place.known_area
    alert.place_text = place.text[:120]
    facts = facts_of(alert)
    where = {name: facts[name] for name in ("seat", "bay", "area", "place")}
    where["place_text"] = alert.place_text
    return _changed(alert, "alert.moved", where, origin=origin, now=now)


@transaction.atomic
def describe(*, alert_uuid: UUID, summary: dict[str, Any], origin: Origin, now: datetime) -> Alert:
    """Give a running call what became known since; the same again changes nothing."""
    alert = _locked(alert_uuid)
    if alert.summary == summary:
        return alert
    alert.summary = summary
    return _changed(alert, "alert.described", {"summary": summary}, origin=origin, now=now)


def follow(*, subject: UUID, place: Place, origin: Origin, now: datetime) -> None:
    """Move every running call about `subject` to where the person now is."""
    for alert in Alert.objects.running().filter(subject=subject):
        move(alert_uuid=alert.uuid, place=place, origin=origin, now=now)


@transaction.atomic
def record_receipt(*, page: Page, kind: str, origin: Origin, now: datetime) -> bool:
    """Keep the proof that a page got somewhere; false when it was known already."""
    _, is_new = Receipt.objects.get_or_create(
        page=page, kind=kind, device=origin.device, defaults={"at": now}
    )
    if is_new:
        facts = {
            "page": str(page.uuid),
            "kind": kind,
            "responder": str(page.responder.uuid) if page.responder else None,
        }
        fact = Fact("page.receipt", str(page.alert.uuid), facts)
        append_event(page.alert.site_id, fact, now=now, origin=origin)
    return is_new
