"""Health: alive without the database, ready with every migration, an engine that completes a pass."""

import time
from datetime import timedelta

import pytest
from django.db import connection

from alerts.live import Loop
from alerts.models import Heartbeat
from alerts.runner import Runner
from alerts.services import heartbeats
from tests.alerts.live_site import now

pytestmark = pytest.mark.django_db(transaction=True)


def test_alive_asks_nobody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/health/live")

    assert answer.json() == {"status": "ok"}
    assert "no-store" in answer["Cache-Control"]


def test_ready_when_the_database_has_every_migration(client):
    assert client.get("/health/ready").status_code == 200


def test_a_missing_migration_is_named(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    try:
        answer = client.get("/health/ready")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) "
                "VALUES ('sessions', '0001_initial', %s)",
                [now()],
            )

    assert answer.status_code == 503
    assert "sessions.0001_initial" in answer.json()["detail"]


def test_the_engine_is_well_while_a_pager_works(client):
    pager = Loop("timers", Runner("pager test").step)
    pager.start()
    began = time.monotonic()
    try:
        answer = client.get("/health/engine")
    finally:
        pager.stop()

    assert answer.status_code == 200
    assert answer.json()["pager"] == "pager test"
    assert time.monotonic() - began < 3


def test_an_old_heartbeat_is_no_proof(client):
    heartbeats.record("pager test", lag_ms=0, now=now() - timedelta(milliseconds=1))

    assert client.get("/health/engine").status_code == 503


def test_only_reading_is_allowed(client):
    for check in ("live", "ready", "engine"):
        assert client.post(f"/health/{check}").status_code == 405


def test_a_heartbeat_is_one_row_per_process():
    for lag in (1.0, 2.0):
        heartbeats.record("pager test", lag_ms=lag, now=now())

    assert Heartbeat.objects.get().lag_ms == 2.0


def test_the_pulse_is_that_of_the_pager_heard_from_last():
    at = now()
    heartbeats.record("pager old", lag_ms=99, now=at - timedelta(minutes=1))
    heartbeats.record("pager new", lag_ms=3, now=at - timedelta(milliseconds=400))
    heartbeats.record("web", lag_ms=0, now=at)

    pulse = heartbeats.pager_pulse(now=at)

    assert pulse == heartbeats.Pulse(age_ms=400.0, lag_ms=3)
