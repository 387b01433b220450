"""Timers: one armed per subject, fired once, a failing one set aside, none lost."""

from datetime import timedelta
from threading import Event as Gate

import pytest
from django.db import IntegrityError, transaction

from alerts.models import Stream, Timer, TimerState
from alerts.services import timers
from alerts.services.timers import arm_timer, arm_timers, cancel_timer, fire_due
from tests.factories import NOON, make_site
from tests.races import at_once

SECOND = timedelta(seconds=1)


class Bell:
    """A handler that remembers which subjects it rang for and fails while it is broken."""

    def __init__(self):
        self.rung, self.is_broken, self.then = [], False, None
        timers.register("test.bell", self)

    def __call__(self, timer, now):
        self.rung.append(timer.subject)
        if self.then is not None:
            self.then(timer, now)
        if self.is_broken:
            raise RuntimeError("the bell is\0 broken")


@pytest.fixture
def bell(db):
    return Bell()


def state_of(timer):
    timer.refresh_from_db()
    return timer.state


def test_a_timer_fires_at_its_instant_and_not_before(bell):
    timer = arm_timer("test.bell", "a", due_at=NOON)

    assert fire_due(now=NOON - SECOND / 1000) == 0
    assert fire_due(now=NOON) == 1

    assert bell.rung == ["a"]
    assert state_of(timer) == TimerState.FIRED
    assert timer.fired_at == NOON


def test_a_timer_fires_once(bell):
    arm_timer("test.bell", "a", due_at=NOON)

    fire_due(now=NOON)
    fire_due(now=NOON)

    assert bell.rung == ["a"]


def test_timers_fire_in_the_order_of_their_instants(bell):
    for seconds, subject in [(3, "c"), (1, "a"), (2, "b")]:
        arm_timer("test.bell", subject, due_at=NOON + seconds * SECOND)

    fire_due(now=NOON + 9 * SECOND)

    assert bell.rung == ["a", "b", "c"]


def test_a_bundle_takes_no_more_than_its_limit(bell):
    for subject in "abc":
        arm_timer("test.bell", subject, due_at=NOON)

    assert fire_due(now=NOON, limit=2) == 2
    assert fire_due(now=NOON, limit=2) == 1


def test_extending_makes_the_earlier_generation_stale(bell):
    first = arm_timer("test.bell", "a", due_at=NOON)
    second = arm_timer("test.bell", "a", due_at=NOON + 60 * SECOND)

    fire_due(now=NOON + SECOND)

    assert bell.rung == []
    assert state_of(first) == TimerState.CANCELLED
    assert (second.generation, state_of(second)) == (2, TimerState.ARMED)


def test_only_one_timer_of_a_kind_is_armed_for_a_subject(bell):
    arm_timer("test.bell", "a", due_at=NOON)
    arm_timer("test.bell", "b", due_at=NOON)
    arm_timer("test.other", "a", due_at=NOON)

    assert Timer.objects.armed().count() == 3
    with pytest.raises(IntegrityError), transaction.atomic():
        Timer.objects.create(kind="test.bell", subject="a", generation=2, due_at=NOON)


def test_timers_armed_together_make_the_earlier_ones_of_their_kinds_stale(bell):
    first = arm_timer("test.bell", "a", due_at=NOON)
    other = arm_timer("test.other", "a", due_at=NOON)
    elsewhere = arm_timer("test.bell", "b", due_at=NOON)

    both = arm_timers("a", {"test.bell": NOON + SECOND, "test.gong": NOON + 2 * SECOND})

    assert state_of(first) == TimerState.CANCELLED
    assert state_of(other) == state_of(elsewhere) == TimerState.ARMED
    assert [(timer.kind, timer.generation) for timer in both] == [
        ("test.bell", 2),
        ("test.gong", 1),
    ]
    assert Timer.objects.armed().filter(subject="a").count() == 3


def test_a_cancelled_timer_never_fires_and_may_be_armed_again(bell):
    arm_timer("test.bell", "a", due_at=NOON)
    cancel_timer("test.bell", "a")
    cancel_timer("test.bell", "nobody")
    assert fire_due(now=NOON) == 0

    arm_timer("test.bell", "a", due_at=NOON)

    assert fire_due(now=NOON) == 1


def test_a_handler_that_cancels_a_later_timer_of_its_bundle_is_obeyed(bell):
    arm_timer("test.bell", "a", due_at=NOON)
    cancelled = arm_timer("test.bell", "b", due_at=NOON + SECOND)
    bell.then = lambda timer, now: cancel_timer("test.bell", "b")

    fire_due(now=NOON + SECOND)

    assert bell.rung == ["a"]
    assert state_of(cancelled) == TimerState.CANCELLED


def test_a_handler_may_arm_its_own_next_generation(bell):
    arm_timer("test.bell", "a", due_at=NOON)
    bell.then = lambda timer, now: arm_timer("test.bell", timer.subject, due_at=now + SECOND)

    fire_due(now=NOON)

    assert timers.next_due_at() == NOON + SECOND


def test_a_poisoned_timer_holds_nobody_up_and_is_quarantined_after_three_tries(bell):
    poisoned = arm_timer("test.poison", "a", due_at=NOON)
    arm_timer("test.bell", "b", due_at=NOON)

    fire_due(now=NOON)
    assert bell.rung == ["b"]
    assert (state_of(poisoned), poisoned.attempts) == (TimerState.ARMED, 1)

    fire_due(now=NOON + SECOND)
    fire_due(now=NOON + 3 * SECOND)
    assert (state_of(poisoned), poisoned.attempts) == (TimerState.QUARANTINED, 3)
    assert "test.poison" in poisoned.error

    fire_due(now=NOON + 60 * SECOND)
    assert poisoned.attempts == 3


def test_a_failed_timer_waits_a_moment_so_that_a_hiccup_can_pass(bell):
    timer = arm_timer("test.bell", "a", due_at=NOON)
    bell.is_broken = True
    fire_due(now=NOON)
    assert fire_due(now=NOON) == 0
    bell.is_broken = False

    fire_due(now=NOON + SECOND)

    assert state_of(timer) == TimerState.FIRED
    assert bell.rung == ["a", "a"]


def test_what_a_failing_handler_did_before_is_undone(bell):
    bell.then = lambda timer, now: arm_timer("test.other", timer.subject, due_at=now)
    bell.is_broken = True
    timer = arm_timer("test.bell", "a", due_at=NOON)

    fire_due(now=NOON)

    assert not Timer.objects.filter(kind="test.other").exists()
    assert state_of(timer) == TimerState.ARMED
    assert timer.error == "RuntimeError: the bell is broken"


@pytest.mark.django_db(transaction=True)
def test_two_pagers_never_fire_the_same_timer():
    bell = Bell()
    for number in range(60):
        arm_timer("test.bell", number, due_at=NOON)

    def drain():
        while Timer.objects.due(NOON).exists():
            fire_due(now=NOON, limit=7)

    at_once(drain, drain)

    assert sorted(bell.rung, key=int) == [str(number) for number in range(60)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_row_in_other_hands_delays_neither_the_bundle_nor_its_own_timer():
    site = make_site()
    bell, taken, done = Bell(), Gate(), Gate()

    def needs_the_stream(timer, now):
        if timer.subject == "locked":
            Stream.objects.select_for_update().get(site=site)

    bell.then = needs_the_stream
    locked = arm_timer("test.bell", "locked", due_at=NOON)
    arm_timer("test.bell", "free", due_at=NOON + SECOND)

    def hold():
        with transaction.atomic():
            Stream.objects.select_for_update().get(site=site)
            taken.set()
            return done.wait(timeout=10)

    def fire():
        taken.wait(timeout=10)
        fire_due(now=NOON + SECOND)
        done.set()

    assert at_once(hold, fire) == [True, None]
    assert bell.rung == ["locked", "free"]
    assert (state_of(locked), locked.attempts) == (TimerState.ARMED, 0)
    assert fire_due(now=NOON + SECOND) == 1
