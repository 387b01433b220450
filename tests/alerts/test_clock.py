"""The one clock: the host's or the database's, a faster one in the demonstration."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from alerts.gateways import clock

START = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture
def demo(settings):
    settings.IS_DEMO, settings.DEMO_SPEED = True, 20.0
    settings.DEMO_STARTED = START.timestamp()


@pytest.mark.parametrize(("real", "shown"), [(0, 0), (1, 20), (90, 1800), (-1, -20)])
def test_the_demonstration_counts_each_second_many_times(demo, real, shown):
    at = clock.demo_time(START.timestamp() + real)

    assert at == START + timedelta(seconds=shown)
    assert at.tzinfo is UTC


def test_the_demonstrations_clock_is_the_one_that_judges(demo):
    with time_machine.travel(START + timedelta(seconds=3), tick=False):
        assert clock.now() == START + timedelta(minutes=1)
    assert clock.rate() == 20


def test_the_speed_is_of_the_demonstration_only(settings):
    settings.DEMO_SPEED = 20.0

    assert clock.rate() == 1


@pytest.mark.sqlite
def test_on_sqlite_it_is_the_hosts_clock_also_in_the_night_the_clocks_go_back(db):
    for hour in (0, 1):
        at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        with time_machine.travel(at, tick=False):
            assert clock.now() == at


@pytest.mark.postgres
def test_on_postgresql_it_is_the_databases_clock_whatever_the_hosts(db):
    with time_machine.travel(START - timedelta(days=400), tick=True):
        apart = abs(clock.now() - asked())

    assert apart < timedelta(seconds=1)


def asked():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
