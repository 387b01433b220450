"""A step of PostgreSQL's clock neither hurries nor holds what is running, in any process."""

import pytest
from django.db import OperationalError, connection

from alerts.gateways import steady_database
from alerts.gateways.steady import is_possible, since_boot
from alerts.gateways.steady_database import Reading, SteadyDatabaseClock, read_database, write_hold
from alerts.models import ClockHold

START = 1_795_000_000.0
pytestmark = pytest.mark.skipif(not is_possible(), reason="needs Linux: CLOCK_BOOTTIME")


class House:
    """A database whose clock can be set, and the row that its processes share."""

    def __init__(self) -> None:
        self.step, self.held, self.version = 0.0, 0.0, 0
        self._began = since_boot()

    def read(self) -> Reading:
        at = START + since_boot() - self._began + self.step
        return Reading(at, self.held, self.version)

    def write(self, seconds: float, version: int) -> None:
        if version == self.version:
            self.held, self.version = seconds, version + 1

    def counted(self) -> float:
        """Seconds since 1970 as if nobody had set the clock."""
        return START + since_boot() - self._began


@pytest.fixture
def house(monkeypatch):
    house = House()
    monkeypatch.setattr(steady_database, "READ_EVERY", 0.0)
    monkeypatch.setattr(steady_database, "write_hold", house.write)
    return house


@pytest.mark.parametrize("step", [3600, -3600, 5, -5])
def test_a_step_is_held_back_by_every_process_until_it_is_taken_over(house, step):
    first, second = SteadyDatabaseClock(house.read), SteadyDatabaseClock(house.read)
    house.step = step
    assert [abs(one.now() - house.counted()) < 0.1 for one in (first, second)] == [True, True]
    assert first.is_held
    assert second.is_held

    first.share()
    second.share()
    late = SteadyDatabaseClock(house.read)
    assert [abs(one.now() - house.counted()) < 0.1 for one in (first, second, late)] == [True] * 3
    assert late.is_held

    late.follow()
    assert [abs(one.now() - house.counted() - step) < 0.1 for one in (first, second, late)] == [
        True
    ] * 3
    assert not any(one.is_held for one in (first, second, late))


def test_a_second_step_is_held_on_top_of_the_first(house):
    clock = SteadyDatabaseClock(house.read)
    for step in (5, 65):
        house.step = step
        clock.now()
        clock.share()
        clock.now()  # hears that it was agreed on

    assert abs(clock.now() - house.counted()) < 0.1
    assert (round(house.held), house.version) == (-65, 2)


def test_slewing_is_followed(house):
    clock = SteadyDatabaseClock(house.read)
    for step in (0.3, 0.6, 0.9):
        house.step = step
        assert abs(clock.now() - house.counted() - step) < 0.1

    assert not clock.is_held


def test_between_two_readings_the_database_is_not_asked(house, monkeypatch):
    monkeypatch.setattr(steady_database, "READ_EVERY", 60.0)
    clock = SteadyDatabaseClock(house.read)
    house.step = 100

    assert abs(clock.now() - house.counted()) < 0.1
    assert not clock.is_held


def test_an_answer_that_came_late_is_no_step(house, monkeypatch):
    clock = SteadyDatabaseClock(house.read)
    monkeypatch.setattr(steady_database, "PROMPT", -1.0)  # every answer is late
    house.step = -8.0

    assert abs(clock.now() - house.counted()) < 0.1
    assert not clock.is_held


def test_while_the_database_is_away_the_clock_goes_on(house):
    clock = SteadyDatabaseClock(house.read)
    clock._ask = broken

    assert abs(clock.now() - house.counted()) < 0.1
    assert not clock.is_held


def broken():
    raise OperationalError("The database is away.")


@pytest.mark.postgres
def test_the_row_is_written_by_one_of_two_that_saw_the_same_step(db):
    assert read_database()[1:] == (0.0, 0)

    write_hold(-3600.0, 0)
    write_hold(-3601.0, 0)

    assert read_database()[1:] == (-3600.0, 1)
    write_hold(0.0, 1)
    assert ClockHold.objects.values_list("seconds", "version").get() == (0.0, 2)
    assert connection.vendor == "postgresql"
