"""The timer runner: due means fired, in bundles, by one of several, whatever breaks."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from alerts.gateways.instance import only_one
from alerts.live import Loop
from alerts.models import Heartbeat, Timer, TimerState
from alerts.runner import LARGEST_BUNDLE, SMALLEST_BUNDLE, Runner, lateness_ms, next_bundle
from alerts.services import timers
from tests.alerts.live_site import now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fired() -> list[str]:
    """The subjects of `test.note` timers, in the order in which they fired."""
    subjects: list[str] = []
    timers.register("test.note", lambda timer, _now: subjects.append(timer.subject))
    return subjects


def arm(subject: str, *, seconds: float = -1, kind: str = "test.note") -> Timer:
    return timers.arm_timer(kind, subject, due_at=now() + timedelta(seconds=seconds))


def step_until_given_up() -> None:
    """Let the runner try, without the pauses it makes between two tries of a failed timer."""
    for _ in range(timers.MAX_ATTEMPTS):
        Runner("pager test").step()
        Timer.objects.armed().update(due_at=now())


def test_everything_due_is_fired_in_order_and_nothing_early(fired):
    arm("late", seconds=-1)
    arm("later", seconds=-2)
    future = arm("future", seconds=60)

    Runner("pager test").step()

    assert fired == ["later", "late"]
    assert Timer.objects.armed().get() == future


def test_a_backlog_is_worked_off_in_one_step(fired):
    due_at = now() - timedelta(minutes=5)
    Timer.objects.bulk_create(
        Timer(kind="test.note", subject=str(n), due_at=due_at) for n in range(LARGEST_BUNDLE + 99)
    )

    Runner("pager test").step()

    assert len(fired) == len(set(fired)) == LARGEST_BUNDLE + 99
    assert not Timer.objects.armed().exists()


def test_the_wait_ends_when_the_next_timer_is_due(fired):
    runner = Runner("pager test")
    runner.step()
    arm("soon", seconds=0.3)

    assert 0.1 < runner.step() <= 0.3


def test_without_timers_the_wait_ends_for_the_heartbeat():
    assert 0 < Runner("pager test").step() <= 1.0


def test_each_second_the_runner_shows_that_it_lives_and_how_late_it_was(fired):
    arm("late", seconds=-2)
    before = now()

    Runner("pager test").step()

    beat = Heartbeat.objects.get(process="pager test")
    assert beat.at >= before - timedelta(seconds=1)
    assert 2000 <= beat.lag_ms < 10_000


def test_a_broken_handler_holds_nobody_up_and_is_set_aside(fired):
    def explode(_timer, _now):
        raise ValueError("poison")

    timers.register("test.poison", explode)
    arm("x", kind="test.poison", seconds=-5)
    arm("good")

    step_until_given_up()

    assert fired == ["good"]
    poisoned = Timer.objects.get(kind="test.poison")
    assert poisoned.state == TimerState.QUARANTINED
    assert "poison" in poisoned.error


def test_a_timer_of_an_unknown_kind_is_set_aside_too(fired):
    arm("x", kind="test.unheard-of")

    step_until_given_up()

    assert Timer.objects.get().state == TimerState.QUARANTINED


@pytest.mark.parametrize(
    ("size", "took", "following"),
    [
        (50, 0.01, 100),
        (50, 0.04, 50),
        (50, 0.06, 25),
        (SMALLEST_BUNDLE, 9, SMALLEST_BUNDLE),
        (LARGEST_BUNDLE, 0, LARGEST_BUNDLE),
    ],
)
def test_bundles_grow_while_they_are_quick_and_shrink_when_they_are_not(size, took, following):
    assert next_bundle(size, took) == following


def test_one_handler_takes_many_timers_and_one_poisoned_among_them_is_found(fired):
    bundles: list[int] = []

    def note_all(due, _now):
        bundles.append(len(due))
        if any(timer.subject == "poison" for timer in due):
            raise ValueError("poison")

    def note(timer, _now):
        if timer.subject == "poison":
            raise ValueError("poison")
        fired.append(timer.subject)

    timers.register("test.many", note)
    timers.register_bundle("test.many", note_all)
    for n in range(5):
        arm(str(n), kind="test.many")
    Runner("pager test").step()
    assert bundles == [5]

    for subject in ("5", "poison", "6"):
        arm(subject, kind="test.many")
    step_until_given_up()

    assert sorted(fired) == ["5", "6"]
    assert Timer.objects.get(subject="poison").state == TimerState.QUARANTINED
    assert not Timer.objects.armed().exists()


def test_a_timer_whose_row_a_command_holds_is_left_for_the_next_pass(fired):
    held = {"x"}
    timers.register(
        "test.held", lambda t, _n: fired.append(t.subject), lock=lambda s: s not in held
    )
    for subject in "xy":
        arm(subject, kind="test.held")
    runner = Runner("pager test")

    runner.step()
    assert fired == ["y"]
    held.clear()
    runner.step()

    assert fired == ["y", "x"]


def test_two_runners_share_the_work_and_fire_each_timer_once(fired):
    for n in range(60):
        arm(str(n))
    loops = [Loop(name, Runner(f"pager {name}").step) for name in "ab"]

    for loop in loops:
        loop.start()
    deadline = threading.Event()
    for _ in range(100):
        if len(fired) >= 60 or deadline.wait(0.05):
            break
    for loop in loops:
        loop.stop()

    assert sorted(fired, key=int) == [str(n) for n in range(60)]


def test_the_runner_outlives_a_lost_database(fired):
    runner = Runner("pager test")

    def lose_then_step() -> float:
        if not fired:
            fired.append("lost")
            connection.close()
            raise ConnectionResetError("the database went away")
        return runner.step()

    loop = Loop("timers", lose_then_step)
    arm("after the return")
    loop.start()
    for _ in range(60):
        if "after the return" in fired:
            break
        threading.Event().wait(0.05)
    loop.stop()

    assert fired == ["lost", "after the return"]


def test_a_second_pager_stands_by_until_the_first_is_gone(tmp_path):
    lock = tmp_path / "pager.lock"
    with only_one(lock, wait=lambda _s: True) as is_mine:
        assert is_mine
        with only_one(lock, wait=lambda _s: True) as also_mine:
            assert not also_mine

    with only_one(lock, wait=lambda _s: True) as is_mine:
        assert is_mine


def test_lateness_counts_real_time_in_the_demonstration(settings):
    at = now()
    assert lateness_ms(at - timedelta(seconds=1), at) == 1000

    settings.IS_DEMO, settings.DEMO_SPEED = True, 10.0

    assert lateness_ms(at - timedelta(seconds=1), at) == 100
