"""A step of the host's clock neither hurries nor holds what is running; slewing is followed."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from alerts.gateways.steady import SteadyClock, is_possible
from alerts.models import AlertState, Timer
from alerts.services import invariants

START = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
pytestmark = pytest.mark.skipif(not is_possible(), reason="needs Linux: CLOCK_BOOTTIME")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "clock"


def shifted(seconds: float):
    return time_machine.travel(START + timedelta(seconds=seconds), tick=True)


@pytest.mark.parametrize("step", [3600, -3600, 5, -5])
def test_a_step_is_held_back_until_it_is_taken_over(path, step):
    with shifted(0):
        clock = SteadyClock(path)
    with shifted(step):
        assert abs(clock.now() - START.timestamp()) < 1
        assert clock.is_held
        clock.follow()
        assert abs(clock.now() - START.timestamp() - step) < 1
        assert not clock.is_held


def test_slewing_is_followed(path):
    with shifted(0):
        clock = SteadyClock(path)
    with shifted(0.4):
        clock.now()
        assert not clock.is_held
    with shifted(0.8):
        assert abs(clock.now() - START.timestamp() - 0.8) < 0.3


def test_a_process_that_starts_after_the_step_counts_like_the_others(path):
    with shifted(0):
        first = SteadyClock(path)
    with shifted(-3600):
        second = SteadyClock(path)
        assert abs(first.now() - second.now()) < 0.1


def test_what_one_process_took_over_the_others_hear(path):
    with shifted(0):
        first, second = SteadyClock(path), SteadyClock(path)
    with shifted(3600):
        first.follow()
        assert abs(first.now() - second.now()) < 0.1


@pytest.mark.parametrize("text", ["", "another-boot 5.0", "nonsense"])
def test_what_was_kept_before_this_boot_is_not_used(path, text):
    path.write_text(text, "ascii")
    with shifted(0):
        assert abs(SteadyClock(path).now() - START.timestamp()) < 1


def test_a_clock_may_jump_only_while_nothing_runs(world):
    assert not invariants.is_anything_running(world.now)

    Timer.objects.create(kind="k", subject="s", due_at=world.now + timedelta(hours=1))
    assert invariants.is_anything_running(world.now)

    Timer.objects.all().delete()
    alert = world.call()
    Timer.objects.all().delete()
    assert alert.state != AlertState.RESOLVED
    assert invariants.is_anything_running(world.now)
