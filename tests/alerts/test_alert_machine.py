"""The alert machine under any order of taps, answers, departures, dead phones and passing time.

Hypothesis plays the hall; after each move the promises of a call for help are looked at.
"""

from datetime import timedelta

from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from alerts.models import (
    Alert,
    AlertState,
    Device,
    DeviceKind,
    Duty,
    DutyRole,
    Event,
    Page,
    Priority,
    ResponderState,
    Timer,
)
from alerts.outbox import Origin
from alerts.rules import states
from alerts.services import calls, paging
from alerts.services import duty as duties
from alerts.services.audit import verify_log
from tests.factories import make_device
from tests.world import World

LONGEST_SILENCE = timedelta(seconds=30)
"""While nobody answers, the next page is due within this."""
TEAM = {
    "li": DutyRole.PHYSICIAN,
    "zhao": DutyRole.BACKUP,
    "sun": DutyRole.NURSE,
    "qian": DutyRole.PSYCHOLOGIST,
    "chen": DutyRole.LEAD,
}
KINDS = [("high", ""), ("medium", ""), ("medium", "stress"), ("low", "")]
MOVES = {
    ("open", "paging"), ("open", "exhausted"), ("open", "acknowledged"), ("open", "on_scene"),
    ("paging", "acknowledged"), ("paging", "on_scene"), ("paging", "exhausted"),
    ("exhausted", "acknowledged"), ("exhausted", "on_scene"), ("exhausted", "paging"),
    ("acknowledged", "on_scene"), ("acknowledged", "paging"), ("acknowledged", "exhausted"),
    ("acknowledged", "open"), ("on_scene", "open"), ("on_scene", "paging"),
    ("on_scene", "exhausted"),
    *((state, "resolved") for state in states.UNANSWERED | states.ANSWERED),
    *((state, "cancelled") for state in states.UNANSWERED | states.ANSWERED),
    ("resolved", "reviewed"), ("cancelled", "reviewed"),
}  # fmt: skip
people = st.sampled_from([*TEAM, None])


class Hall(RuleBasedStateMachine):
    """One site, a team of five, one call; every command may be said twice or late."""

    def __init__(self):
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()

    def teardown(self):
        try:
            self.states_follow_the_table()
            assert verify_log(self.world.site) == []
        finally:
            transaction.set_rollback(True)
            self.example.__exit__(None, None, None)

    @initialize(kind=st.sampled_from(KINDS), on_duty=st.sets(st.sampled_from([*TEAM])))
    def somebody_calls(self, kind, on_duty):
        self.world = World()
        self.team, self.phones, self.said = {}, {}, []
        for name, role in TEAM.items():
            person = self.team[name] = self.world.on_duty(name, role)
            self.phones[name] = make_device(
                self.world.site, name, kind=DeviceKind.PHONE, holder=person
            )
        Duty.objects.exclude(user__username__in=on_duty).update(to_at=self.world.now)
        self.alive = set(TEAM)
        self.keep_phones_alive()
        priority, policy = kind
        self.escalation, self.step = 0, -1
        self.alert = self.world.call(priority=priority, policy=policy)

    def keep_phones_alive(self):
        phones = Device.objects.filter(name__isnull=False, holder__username__in=self.alive)
        phones.update(last_seen_at=self.world.now, sound_armed_at=self.world.now)

    def origin(self, name):
        return Origin(actor=self.team.get(name), device=self.phones.get(name))

    def say(self, service, name, **words):
        """Say something now, and remember it so that it may arrive once more."""
        self.said.append((service, name, words))
        values = {**words, "origin": self.origin(name), "now": self.world.now}
        if service in {calls.acknowledge, calls.arrive, calls.decline}:
            values["responder"] = self.team.get(name)
        service(alert_uuid=self.alert.uuid, **values)

    @rule(name=people)
    def acknowledges(self, name):
        self.say(calls.acknowledge, name)

    @rule(name=people)
    def arrives(self, name):
        self.say(calls.arrive, name)

    @rule(name=people)
    def declines(self, name):
        self.say(calls.decline, name)

    @rule()
    def asks_for_more_help(self):
        self.say(calls.escalate, None)

    @rule(service=st.sampled_from([calls.resolve, calls.cancel, calls.review]), sure=st.booleans())
    def ends(self, service, sure):
        if sure and len(self.said) > 3:
            word = {calls.resolve: "outcome", calls.cancel: "reason", calls.review: "note"}[service]
            self.say(service, None, **{word: "over"})

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def something_said_before_arrives_again(self, data):
        service, name, words = data.draw(st.sampled_from(self.said))
        self.say(service, name, **words)

    @rule(name=st.sampled_from([*TEAM]))
    def comes_on_duty(self, name):
        duties.start_duty(
            session=self.world.session,
            user=self.team[name],
            role=TEAM[name],
            area=None,
            bay=None,
            origin=self.origin(name),
            now=self.world.now,
        )

    @rule(name=st.sampled_from([*TEAM]))
    def goes_off_duty(self, name):
        for duty in Duty.objects.current(self.world.now).filter(user=self.team[name]):
            duties.leave_duty(
                duty_uuid=duty.uuid,
                is_confirmed=True,
                origin=self.origin(name),
                now=self.world.now,
            )

    @rule(name=st.sampled_from([*TEAM]))
    def phone_dies_or_lives(self, name):
        self.alive ^= {name}

    @rule(seconds=st.sampled_from([0.1, 4, 5, 10, 15]))
    def a_moment_passes(self, seconds):
        self.let_time_pass(seconds)

    @rule(seconds=st.sampled_from([31, 61, 95]))
    def minutes_pass(self, seconds):
        self.let_time_pass(seconds)

    def let_time_pass(self, seconds):
        end = self.world.now + timedelta(seconds=seconds)
        while self.world.now < end:
            step = min(2.0, (end - self.world.now).total_seconds())
            self.world.fast_forward(seconds=step)
            self.keep_phones_alive()
            self.look()

    def look(self):
        self.alert = Alert.objects.get(pk=self.alert.pk)
        self.never_silent()
        self.steps_go_forward()

    @invariant()
    def promises_hold(self):
        self.look()
        assert self.alert.responders.filter(is_first=True).count() <= 1

    def never_silent(self):
        alert, now = self.alert, self.world.now
        armed = {t.kind: t.due_at for t in Timer.objects.armed().filter(subject=str(alert.uuid))}
        paging_on = [armed[kind] for kind in paging.PAGING_TIMERS if kind in armed]
        if alert.state in states.ENDED:
            assert armed == {}
        elif alert.state in states.ANSWERED:
            assert paging_on == []
            assert alert.responders.filter(state__in=paging.HELPING).exists()
            assert alert.state == AlertState.ON_SCENE or "alert.arrival" in armed
        elif alert.priority == Priority.LOW:
            assert armed == {}
        else:
            assert min(paging_on) <= now + LONGEST_SILENCE
            last = Page.objects.filter(alert=alert).latest("created_at").created_at
            assert now - last <= LONGEST_SILENCE

    def steps_go_forward(self):
        begins = ["alert.reopened", "alert.raised_to_high"]
        escalation = Event.objects.filter(type__in=begins).count()
        if escalation == self.escalation:
            assert self.alert.step >= self.step
        self.escalation, self.step = escalation, self.alert.step

    def states_follow_the_table(self):
        """Replay the events: each change of state is allowed, nothing is paged once answered."""
        state = "open"
        for event in Event.objects.filter(subject=str(self.alert.uuid)).order_by("seq"):
            told = event.payload.get("state", state)
            if event.type == "alert.reopened":
                told = "open"
            if event.type == "alert.raised_to_high" and state in states.ANSWERED:
                state = "open"
                continue
            if event.type == "alert.paged":
                assert state in states.UNANSWERED, f"paged while {state}"
            assert told == state or (state, told) in MOVES, f"{event.type}: {state} → {told}"
            state = told
        assert state == self.alert.state
        if state == AlertState.ON_SCENE:
            on_scene = self.alert.responders.filter(state=ResponderState.ON_SCENE)
            assert on_scene.exists()


def test_the_promises_of_a_call_hold_in_any_order_of_events(db):
    run_state_machine_as_test(
        Hall,
        settings=settings(
            max_examples=40,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            derandomize=True,
            phases=[Phase.generate],  # a story of fifteen moves is short enough to read
        ),
    )
