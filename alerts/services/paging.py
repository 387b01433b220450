"""Carry an alert through its steps: page, page again, escalate, exhaust, start over.

Every function here runs under the alert's row lock, so that an answer that is committed is never
followed by another page.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from alerts.gateways import clock
from alerts.models import (
    Alert,
    AlertState,
    EscalationPolicy,
    Page,
    PageChannel,
    Priority,
    ReceiptKind,
    Responder,
    ResponderState,
    Timer,
    User,
)
from alerts.outbox import SYSTEM, Fact, append_event
from alerts.rules import escalation, states
from alerts.rules.reachability import UNSEEN_LIMIT
from alerts.services.targets import people_for, reachable
from alerts.services.timers import arm_timer, arm_timers, cancel_timers

PAGING_TIMERS = ("alert.step", "alert.repage", "alert.unproved")
ANSWER_TIMERS = ("alert.arrival", "alert.answerer")
PROOFS = (ReceiptKind.DISPLAYED, ReceiptKind.SOUNDED, ReceiptKind.ACKNOWLEDGED)
"""What a screen says that its person can have noticed; "received" alone is no proof."""
HELPING = (ResponderState.COMING, ResponderState.ON_SCENE)


def policy_steps(site_id: int, name: str) -> list[dict[str, object]]:
    """Return the snapshot of the site's own steps for this kind of call, or of the defaults."""
    policy = EscalationPolicy.objects.filter(site_id=site_id, name=name).first()
    if policy is None:
        return escalation.snapshot_of(name, escalation.DEFAULT_POLICIES[name])
    steps = [
        escalation.step_of(
            after=row.after,
            repeat_every=row.repeat_every,
            targets=row.targets,
            channels=row.channels,
        )
        for row in policy.steps.order_by("number")
    ]
    return escalation.snapshot_of(f"{name} v{policy.version}", steps)


def steps_of(alert: Alert) -> list[escalation.Step]:
    """Return the steps this alert follows."""
    return [escalation.step_from(row) for row in alert.policy_snapshot]


def start_paging(alert: Alert, *, now: datetime) -> None:
    """Begin with the first step at `now`; a step with nobody on duty is skipped at once."""
    alert.paging_since = now
    alert.step = -1
    if alert.priority == Priority.LOW:
        alert.save()
        return
    advance(alert, now=now)


def advance(alert: Alert, *, now: datetime) -> None:
    """Page the next step that has somebody to page; past the last one the alert is exhausted."""
    steps = steps_of(alert)
    for number in range(alert.step + 1, len(steps)):
        people = _free(alert, people_for(alert, steps[number].targets, now=now))
        alert.step = number
        if people:
            _page_step(alert, steps, people, now=now)
            return
    exhaust(alert, now=now)


def _page_step(
    alert: Alert, steps: list[escalation.Step], people: list[User], *, now: datetime
) -> None:
    alert.state = AlertState.PAGING
    _send_round(alert, people, outside=steps[alert.step].outside, now=now)
    due_at = escalation.next_step_at(
        steps, number=alert.step, policy=alert.policy_name, since=alert.paging_since
    )
    arm_timers(alert.uuid, {"alert.step": max(due_at, now), **_looks(steps[alert.step], now)})


def _looks(step: escalation.Step, now: datetime) -> dict[str, datetime]:
    """Return when this step is paged again, and when its pages are looked at for proof."""
    repeat = {"alert.repage": now + timedelta(seconds=step.repeat_every)}
    if step.outside:
        return repeat
    real_wait = escalation.PROOF_WITHIN * clock.rate()  # a screen answers at its own pace in a demo
    return {**repeat, "alert.unproved": now + real_wait}


def exhaust(alert: Alert, *, now: datetime) -> None:
    """Page everyone on duty and the board, and again every ten seconds: never silent.

    A suspected stress response that nobody took becomes a high call instead.
    """
    if alert.policy_name == "stress":
        raise_priority(alert, now=now)
        return
    alert.state = AlertState.EXHAUSTED
    alert.step = escalation.EXHAUSTED_STEP
    cancel_timers(["alert.step", "alert.unproved"], alert.uuid)
    _page_everyone(alert, now=now)
    _tell(alert, "alert.exhausted", {}, now=now)


def raise_priority(alert: Alert, *, now: datetime) -> None:
    """Turn a lesser call into a high one and page from its first step."""
    stop_watching_answer(alert)
    alert.priority = Priority.HIGH
    alert.policy_name = "high"
    alert.policy_snapshot = policy_steps(alert.site_id, "high")
    _tell(alert, "alert.raised_to_high", {"steps": alert.policy_snapshot}, now=now)
    start_paging(alert, now=now)


def stop_paging(alert: Alert) -> None:
    """Make every timer of this alert's paging stale."""
    cancel_timers(PAGING_TIMERS, alert.uuid)


def stop_watching_answer(alert: Alert) -> None:
    """Make the timers that watch the answerer stale."""
    cancel_timers(ANSWER_TIMERS, alert.uuid)


def page_others(alert: Alert, *, reason: str, now: datetime) -> None:
    """Start over for those who are not coming already; who is treating is not disturbed."""
    stop_watching_answer(alert)
    alert.state = AlertState.OPEN
    _tell(alert, "alert.reopened", {"reason": reason}, now=now)
    start_paging(alert, now=now)


def lock_alert(subject: str) -> bool:
    """Lock the alert of a timer; false when a command holds it and will be done in a moment."""
    rows = Alert.objects.filter(uuid=subject).order_by()
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return rows.values_list("pk", flat=True).first() is not None


def step_due(timer: Timer, now: datetime) -> None:
    """Handle `alert.step`: nobody answered in time, so the next step is paged."""
    alert = Alert.objects.select_for_update().get(uuid=timer.subject)
    if states.may("page", alert.state):
        advance(alert, now=now)


def repage_due(timer: Timer, now: datetime) -> None:
    """Handle `alert.repage`: page the same step again, with whoever is on duty by now.

    When all of them left or declined meanwhile, the next step does not wait for its time.
    """
    alert = Alert.objects.select_for_update().get(uuid=timer.subject)
    if not states.may("page", alert.state):
        return
    if alert.step == escalation.EXHAUSTED_STEP:
        _page_everyone(alert, now=now)
        return
    steps = steps_of(alert)[: alert.step + 1]
    targets = [target for step in steps for target in step.targets]
    people = _free(alert, people_for(alert, targets, now=now))
    if not people:
        advance(alert, now=now)
        return
    _send_round(alert, people, outside=steps[-1].outside, now=now)
    arm_timers(alert.uuid, _looks(steps[-1], now))


def unproved_due(timer: Timer, now: datetime) -> None:
    """Handle `alert.unproved`: page those outside as well whose screens proved nothing.

    A phone counts as at hand for ten seconds after it fell silent; its page need not wait for that.
    """
    alert = Alert.objects.select_for_update().get(uuid=timer.subject)
    if not states.may("page", alert.state):
        return
    people = _free(alert, _without_proof(alert))
    if not people:
        return
    pages = [_page(alert, person, PageChannel.OUTSIDE, now=now) for person in people]
    Page.objects.bulk_create(pages, ignore_conflicts=True)
    alert.version += 1
    alert.save()
    facts = {"step": alert.step, "round": alert.round, "state": alert.state}
    _tell(alert, "alert.unproved", {**facts, "pages": _listed(pages)}, now=now)


def _without_proof(alert: Alert) -> list[User]:
    """Return who was paged on a screen since paging began, without a proof or a page outside."""
    pages = Page.objects.filter(alert=alert, created_at__gte=alert.paging_since)
    paged = pages.filter(channel=PageChannel.SCREEN).values("responder")
    proved = pages.filter(receipts__kind__in=PROOFS, responder__isnull=False).values("responder")
    outside = pages.filter(channel=PageChannel.OUTSIDE, responder__isnull=False).values("responder")
    silent = User.objects.filter(pk__in=paged).exclude(pk__in=proved).exclude(pk__in=outside)
    return list(silent.order_by("pk"))


def _page_everyone(alert: Alert, *, now: datetime) -> None:
    """Page all on duty but who is treating; who declined or said they come is asked again."""
    people = people_for(alert, [escalation.EVERYONE], now=now)
    _send_round(alert, _free(alert, people, but=[ResponderState.ON_SCENE]), outside=True, now=now)
    arm_timer("alert.repage", alert.uuid, due_at=now + escalation.EXHAUSTED_REPEAT)


def arrival_due(timer: Timer, now: datetime) -> None:
    """Handle `alert.arrival`: somebody said they come, nobody is there."""
    alert = Alert.objects.select_for_update().get(uuid=timer.subject)
    if alert.state == AlertState.ACKNOWLEDGED:
        page_others(alert, reason="nobody_on_scene", now=now)


def answerer_due(timer: Timer, now: datetime) -> None:
    """Handle `alert.answerer`: page others when everyone who is coming went out of reach."""
    alert = Alert.objects.select_for_update().get(uuid=timer.subject)
    if alert.state != AlertState.ACKNOWLEDGED:
        return
    coming = list(alert.responders.filter(state=ResponderState.COMING).select_related("device"))
    lost = [r for r in coming if r.device and not _heard_from(r, now=now)]
    if coming and len(lost) == len(coming):
        Responder.objects.filter(pk__in=[r.pk for r in lost]).update(
            state=ResponderState.LOST, is_first=False, since=now
        )
        page_others(alert, reason="answerer_out_of_reach", now=now)
        return
    arm_timer("alert.answerer", alert.uuid, due_at=now + escalation.ANSWERER_CHECK)


def _heard_from(responder: Responder, *, now: datetime) -> bool:
    device = responder.device
    if device is None or device.last_seen_at is None:
        return True
    if device.last_seen_at < responder.since - UNSEEN_LIMIT:
        return True  # it was not live when the person answered, so it cannot fall silent
    same_hands = Q(pk=device.pk) | Q(holder=responder.user_id, holder__isnull=False)
    return type(device).objects.live(now).filter(same_hands).exists()


def _free(
    alert: Alert, people: list[User], *, but: Iterable[str] = (*HELPING, ResponderState.DECLINED)
) -> list[User]:
    """Leave out those whose answer to this alert is one of `but`."""
    busy = set(alert.responders.filter(state__in=but).values_list("user_id", flat=True))
    return [person for person in people if person.pk not in busy]


def _send_round(alert: Alert, people: list[User], *, outside: bool, now: datetime) -> None:
    """Write one round of pages and the event that carries them to the screens."""
    alert.round += 1
    pages = [_page(alert, None, PageChannel.BOARD, now=now)]
    at_hand = set() if outside else reachable(people, now=now)
    for person in people:
        pages.append(_page(alert, person, PageChannel.SCREEN, now=now))
        if person.pk not in at_hand:
            pages.append(_page(alert, person, PageChannel.OUTSIDE, now=now))
    Page.objects.bulk_create(pages, ignore_conflicts=True)
    alert.version += 1
    alert.save()
    facts = {"step": alert.step, "round": alert.round, "state": alert.state}
    facts |= {"pages": _listed(pages), "next_step_at": _next_step(alert)}
    _tell(alert, "alert.paged", facts, now=now)


def _listed(pages: Iterable[Page]) -> list[dict[str, str | None]]:
    return [
        {"page": str(p.uuid), "responder": _key(p.responder), "channel": p.channel} for p in pages
    ]


def _next_step(alert: Alert) -> str | None:
    steps = steps_of(alert)
    if alert.step >= len(steps):
        return None
    at = escalation.next_step_at(
        steps, number=alert.step, policy=alert.policy_name, since=alert.paging_since
    )
    return at.isoformat()


def _page(alert: Alert, person: User | None, channel: str, *, now: datetime) -> Page:
    """Build a page; what goes to a screen is sent by the event itself, in this same commit."""
    key = escalation.page_key(
        alert.uuid,
        step=alert.step,
        round_=alert.round,
        responder=_key(person) or "board",
        channel=channel,
    )
    sent_at = None if channel == PageChannel.OUTSIDE else now
    return Page(
        alert=alert,
        key=key,
        responder=person,
        channel=channel,
        step=alert.step,
        round=alert.round,
        created_at=now,
        next_attempt_at=now,
        sent_at=sent_at,
    )


def _key(person: User | None) -> str | None:
    return str(person.uuid) if person else None


def _tell(alert: Alert, type_: str, facts: dict[str, object], *, now: datetime) -> None:
    append_event(alert.site_id, Fact(type_, str(alert.uuid), facts), now=now, origin=SYSTEM)
