"""The watchdog: each broken promise is told once, and once more when it holds again."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import Alert, Command, Event, Heartbeat, Page, Receipt, Timer, TimerState
from alerts.outbox import SYSTEM
from alerts.services import calls, delivery, heartbeats, invariants, notices
from alerts.services.housekeeping import Keeping, roll_up
from alerts.services.timers import arm_timer
from alerts.tasks import roll_up_old_rows
from alerts.watchdog import AT_LEAST, StepDetector, Watchdog
from tests.alerts.live_site import now
from tests.factories import make_device, make_duty, make_member, make_session, make_site

pytestmark = pytest.mark.django_db


class House:
    """A site at work whose pager lives."""

    def __init__(self) -> None:
        self.site = make_site()
        self.session = make_session(self.site)
        self.watchdog = Watchdog()
        heartbeats.record("pager test", lag_ms=0, now=now())

    def on_duty(self, name: str):
        person = make_member(self.site, "clinician", name)
        make_duty(self.session, person, from_at=now() - timedelta(hours=1))
        return person

    def call(self, **changes) -> Alert:
        return calls.raise_alert(
            site=self.site, call=calls.Call(**changes), origin=SYSTEM, now=now()
        )

    def look(self) -> None:
        self.watchdog.step()

    def told(self, *types: str) -> list[tuple[str, str]]:
        events = Event.objects.filter(type__in=types).order_by("seq")
        return [(event.type, event.payload.get("code", event.subject)) for event in events]

    def technical(self) -> list[tuple[str, str]]:
        return self.told("technical.raised", "technical.cleared")


@pytest.fixture
def house(db) -> House:
    return House()


def let_time_pass(code: str) -> None:
    """Make the last notice of `code` old enough to be taken back."""
    last = Event.objects.filter(subject=code).order_by("-seq")[0]
    Event.objects.filter(pk=last.pk).update(server_at=last.server_at - AT_LEAST)


def test_all_is_well_and_nothing_is_said(house):
    for _ in range(3):
        house.look()

    assert house.technical() == []


def test_a_look_that_takes_long_is_no_step_of_the_clock(house, monkeypatch):
    house.look()
    quick = invariants.broken
    monkeypatch.setattr(invariants, "broken", lambda now: time.sleep(0.7) or quick(now=now))

    house.look()
    house.look()

    assert house.technical() == []


def test_a_silent_pager_is_told_once_and_its_return_once(house):
    beat = Heartbeat.objects.filter(process="pager test")
    beat.update(at=now() - timedelta(seconds=6))
    for _ in range(3):
        house.look()
    assert house.technical() == [("technical.raised", "pager_silent")]

    beat.update(at=now())
    let_time_pass("pager_silent")
    for _ in range(3):
        house.look()

    assert house.technical() == [
        ("technical.raised", "pager_silent"),
        ("technical.cleared", "pager_silent"),
    ]


def test_a_fault_is_shown_for_a_while_before_it_is_taken_back(house):
    beat = Heartbeat.objects.filter(process="pager test")
    beat.update(at=now() - timedelta(seconds=6))
    house.look()
    beat.update(at=now())

    house.look()

    assert house.technical() == [("technical.raised", "pager_silent")]


def test_two_watchdogs_have_one_voice(house):
    Heartbeat.objects.all().delete()
    second = Watchdog()

    for watchdog in (house.watchdog, second, house.watchdog, second):
        watchdog.step()

    assert house.technical() == [("technical.raised", "pager_silent")]


def test_a_watchdog_that_starts_anew_takes_back_what_its_forerunner_said(house):
    Heartbeat.objects.all().delete()
    house.look()
    let_time_pass("pager_silent")
    heartbeats.record("pager new", lag_ms=0, now=now())

    Watchdog().step()

    assert house.technical()[-1] == ("technical.cleared", "pager_silent")


def test_a_site_at_rest_hears_nothing(house):
    house.session.closed_at = now()
    house.session.save()
    Heartbeat.objects.all().delete()

    house.look()

    assert house.technical() == []


@pytest.mark.parametrize(("seconds", "is_late"), [(1.9, False), (2.5, True)])
def test_a_timer_more_than_two_seconds_past_due_is_a_fault(house, seconds, is_late):
    at = now()
    arm_timer("test.note", "x", due_at=at - timedelta(seconds=seconds))

    assert invariants.has_late_timers(at) is is_late
    assert ("timers_late" in invariants.broken(now=at)) is is_late


def test_a_timer_set_aside_lately_is_a_fault(house):
    timer = arm_timer("test.note", "x", due_at=now())
    Timer.objects.filter(pk=timer.pk).update(state=TimerState.QUARANTINED)

    assert set(invariants.broken(now=now())) == {"timer_quarantined"}
    assert invariants.broken(now=now() + invariants.SHOWN_FOR * 2).keys() == {"pager_silent"}


def test_a_page_unsent_for_more_than_two_seconds_is_a_fault_of_its_site(house):
    make_session(make_site())
    house.on_duty("li")
    house.call()
    page = Page.objects.filter(channel="outside")
    assert invariants.broken(now=now()) == {}

    page.update(created_at=now() - timedelta(seconds=2.5))
    assert invariants.broken(now=now()) == {"pages_late": {house.site.pk}}

    page.update(given_up_at=now(), attempts=delivery.MOST_ATTEMPTS)
    assert invariants.broken(now=now()) == {"page_given_up": {house.site.pk}}


def test_a_page_given_up_because_somebody_answered_is_no_fault(house):
    li = house.on_duty("li")
    alert = house.call()
    calls.acknowledge(alert_uuid=alert.uuid, responder=li, origin=SYSTEM, now=now())

    delivery.give_up_answered(now=now())

    assert invariants.broken(now=now()) == {}


def test_a_call_that_nobody_is_paged_for_is_a_fault(house):
    house.on_duty("li")
    alert = house.call()
    assert invariants.sites_with_unattended_alerts() == set()

    Timer.objects.filter(subject=str(alert.uuid)).update(state=TimerState.CANCELLED)

    assert invariants.sites_with_unattended_alerts() == {house.site.pk}


def test_an_answered_call_needs_somebody_who_comes(house):
    li = house.on_duty("li")
    alert = house.call()
    calls.acknowledge(alert_uuid=alert.uuid, responder=li, origin=SYSTEM, now=now())
    assert invariants.sites_with_unattended_alerts() == set()

    alert.responders.update(state="lost")

    assert invariants.sites_with_unattended_alerts() == {house.site.pk}


def test_a_line_on_the_board_pages_nobody_and_is_no_fault(house):
    house.call(priority="low")

    assert invariants.sites_with_unattended_alerts() == set()


@pytest.mark.parametrize(
    ("stepped_by", "is_step"), [(0, False), (0.4, False), (5, True), (-5, True), (3600, True)]
)
def test_a_clock_that_is_set_is_noticed(stepped_by, is_step):
    detector = StepDetector()
    at = now()
    detector.is_stepped(100.0, at)

    seen = detector.is_stepped(101.0, at + timedelta(seconds=1 + stepped_by))

    assert seen is is_step


def test_a_step_is_shown_for_half_a_minute():
    detector = StepDetector()
    at = now()
    detector.is_stepped(0.0, at)
    detector.is_stepped(1.0, at + timedelta(hours=1))

    assert detector.is_stepped(30.0, at + timedelta(hours=1, seconds=29))
    assert not detector.is_stepped(31.5, at + timedelta(hours=1, seconds=30.5))


def test_a_device_of_someone_on_duty_that_falls_silent_is_told_once(house):
    li = house.on_duty("li")
    phone = make_device(house.site, holder=li, last_seen_at=now() - timedelta(seconds=10.5))
    for _ in range(3):
        house.look()
    assert house.told("device.lost", "device.heard") == [("device.lost", str(phone.uuid))]
    assert Event.objects.get(type="device.lost").payload["holder"] == str(li.uuid)

    phone.last_seen_at = now()
    phone.save()
    for _ in range(3):
        house.look()

    assert [type_ for type_, _ in house.told("device.lost", "device.heard")] == [
        "device.lost",
        "device.heard",
    ]


def test_devices_off_duty_or_never_seen_are_not_missed(house):
    li = house.on_duty("li")
    off_duty = make_member(house.site, "observer", "wang")
    make_device(house.site, "a", holder=off_duty, last_seen_at=now() - timedelta(minutes=1))
    make_device(house.site, "b", holder=li, last_seen_at=None)
    make_device(house.site, "c", last_seen_at=now() - timedelta(minutes=1))

    house.look()

    assert house.told("device.lost") == []


def test_a_notice_is_appended_once_however_often_it_is_told(house):
    notice = notices.technical(house.site.pk, "disk_low")

    answers = [notices.tell(notice, is_on=on, now=now()) for on in (False, True, True, False)]

    assert answers == [False, True, True, False]
    assert [type_ for type_, _ in house.technical()] == ["technical.raised", "technical.cleared"]


KEEPING = Keeping(timedelta(days=7), timedelta(days=30), timedelta(days=90))


def test_old_heartbeats_and_answered_commands_go(house):
    at = now()
    for days in (6, 8):
        heartbeats.record(f"pager {days}", lag_ms=0, now=at - timedelta(days=days))
    for days in (29, 31):
        received_at = at - timedelta(days=days)
        Command.objects.create(caller="x", key=str(days), received_at=received_at)

    gone = roll_up(KEEPING, now=at)

    assert gone == {"heartbeats": 1, "commands": 1, "receipts": 0}
    assert not Heartbeat.objects.filter(process="pager 8").exists()
    assert Command.objects.get().key == "29"


def test_of_old_receipts_the_first_of_each_kind_stays(house):
    house.on_duty("li")
    house.call()
    page = Page.objects.filter(channel="screen").get()
    devices = [make_device(house.site, secret) for secret in "abc"]
    long_ago = now() - timedelta(days=91)
    for hours, device in enumerate(devices):
        at = long_ago + timedelta(hours=hours)
        Receipt.objects.create(page=page, kind="displayed", at=at, device=device)
    Receipt.objects.create(page=page, kind="sounded", at=now(), device=devices[0])

    assert roll_up(KEEPING, now=now())["receipts"] == 2

    kept = set(Receipt.objects.values_list("kind", "device_id"))
    assert kept == {("displayed", devices[0].pk), ("sounded", devices[0].pk)}


def test_the_task_takes_its_days_from_the_settings(house, settings):
    settings.KEEP_HEARTBEATS_DAYS = 0
    heartbeats.record("pager old", lag_ms=0, now=now() - timedelta(seconds=1))

    gone = roll_up_old_rows()

    assert gone["heartbeats"] >= 1


def test_the_job_is_on_the_schedule(settings):
    from dashboards.project.celery import app

    entry = settings.CELERY_BEAT_SCHEDULE["roll-up-old-rows"]
    app.loader.import_default_modules()

    assert entry["task"] in app.tasks
    assert app.conf.task_serializer == "json"
    assert app.conf.accept_content == ["json"]


@pytest.mark.parametrize(
    "question", [invariants.has_quarantined_timers, invariants.sites_with_lost_pages]
)
def test_what_is_asked_every_second_never_reads_a_whole_table(question):
    """Years of fired timers and sent pages must not slow the look for the few that failed."""
    with CaptureQueriesContext(connection) as asked:
        question(now())
    (sql,) = [query["sql"] for query in asked if query["sql"].startswith("SELECT")]

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {sql}"
        )
        plan = str(cursor.fetchall())

    assert "timer_quarantined_due" in plan or "page_given_up_unsent" in plan


def test_the_watchdog_itself_gives_a_sign_of_life_at_each_look(house):
    assert heartbeats.pulse_of(heartbeats.WATCHDOG, now=now()) is None

    house.look()

    assert heartbeats.pulse_of(heartbeats.WATCHDOG, now=now()).age_ms < 5000
