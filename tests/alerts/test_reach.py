"""Reach: by which channel a person is paged, and what if who answered falls silent."""

from datetime import timedelta

import pytest

from alerts.models import (
    AlertState,
    Device,
    DeviceKind,
    DutyRole,
    Event,
    Priority,
    ReceiptKind,
    ResponderState,
    Timer,
)
from alerts.outbox import SYSTEM, Origin
from alerts.services import calls
from tests.factories import NOON, make_device


def phone_of(world, person, **changes):
    """A phone in the person's hands that is heard from now, with its sound armed."""
    values = {"kind": DeviceKind.PHONE, "last_seen_at": world.now, "sound_armed_at": world.now}
    secret = f"phone of {person}"
    return make_device(world.site, secret, holder=person, **{**values, **changes})


def channels(alert, person):
    return set(alert.pages.filter(responder=person).values_list("channel", flat=True))


def acknowledge(world, alert, person, device=None):
    origin = Origin(actor=person, device=device)
    return calls.acknowledge(alert_uuid=alert.uuid, responder=person, origin=origin, now=world.now)


def prove(world, alert, kind=ReceiptKind.DISPLAYED, person=None):
    """Let the screens say what became of the pages so far."""
    pages = alert.pages.filter(channel="screen")
    for page in pages.filter(responder=person) if person else pages:
        calls.record_receipt(page=page, kind=kind, origin=SYSTEM, now=world.now)


def state_of(alert):
    alert.refresh_from_db()
    return alert.state


# Reach


def test_who_has_a_live_phone_with_sound_is_paged_on_it_alone(world):
    li = world.on_duty("li")
    phone_of(world, li)

    assert channels(world.call(), li) == {"screen"}


@pytest.mark.parametrize(
    "changes",
    [
        {"last_seen_at": None},
        {"sound_armed_at": None},
        {"retired_at": "now"},
        {"age": timedelta(seconds=10, microseconds=1)},
    ],
)
def test_who_cannot_be_reached_is_paged_outside_as_well(world, changes):
    li = world.on_duty("li")
    age = changes.pop("age", timedelta())
    if changes.get("retired_at"):
        changes["retired_at"] = world.now
    phone_of(world, li, **{"last_seen_at": world.now - age, **changes})

    assert channels(world.call(), li) == {"screen", "outside"}


def test_a_phone_heard_from_ten_seconds_ago_still_counts(world):
    li = world.on_duty("li")
    phone_of(world, li, last_seen_at=world.now - timedelta(seconds=10))

    assert channels(world.call(), li) == {"screen"}


def test_a_page_outside_waits_to_be_sent_and_a_page_on_a_screen_is_sent_with_its_event(world):
    li = world.on_duty("li")
    alert = world.call()

    assert alert.pages.get(responder=li, channel="outside").sent_at is None
    assert alert.pages.get(responder=li, channel="screen").sent_at == world.now
    listed = Event.objects.get(type="alert.paged").payload["pages"]
    assert {page["channel"] for page in listed} == {"board", "screen", "outside"}


def test_everybody_is_paged_outside_at_the_last_step(world):
    li, sun = world.on_duty("li"), world.on_duty("sun", DutyRole.NURSE)
    for person in (li, sun):
        phone_of(world, person)
    world.on_duty("zhao", DutyRole.BACKUP)
    alert = world.call()
    prove(world, alert)
    Device.objects.update(last_seen_at=world.now + timedelta(minutes=1))

    world.fast_forward(seconds=29)
    assert channels(alert, li) == {"screen"}

    world.fast_forward(seconds=2)
    assert channels(alert, li) == channels(alert, sun) == {"screen", "outside"}


# Pages that no screen proved to show


def test_a_page_without_proof_goes_outside_after_five_seconds(world):
    li = world.on_duty("li")
    phone_of(world, li)
    alert = world.call()

    world.fast_forward(seconds=4.9)
    assert channels(alert, li) == {"screen"}
    world.fast_forward(seconds=0.2)

    page = alert.pages.get(responder=li, channel="outside")
    assert (page.created_at - NOON, page.sent_at) == (timedelta(seconds=5), None)
    told = Event.objects.get(type="alert.unproved").payload
    assert told["pages"] == [
        {"page": str(page.uuid), "responder": str(li.uuid), "channel": "outside"}
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ReceiptKind.RECEIVED, {"screen", "outside"}),
        (ReceiptKind.DISPLAYED, {"screen"}),
        (ReceiptKind.SOUNDED, {"screen"}),
    ],
)
def test_what_was_shown_or_sounded_is_proof_and_what_only_came_in_is_none(world, kind, expected):
    li = world.on_duty("li")
    phone_of(world, li)
    alert = world.call()

    prove(world, alert, kind)
    world.fast_forward(seconds=9)

    assert channels(alert, li) == expected


def test_one_silent_phone_of_two_people_pages_its_own_person_alone(world):
    li, sun = world.on_duty("li"), world.on_duty("sun")
    for person in (li, sun):
        phone_of(world, person)
    alert = world.call()

    prove(world, alert, person=sun)
    world.fast_forward(seconds=6)

    assert channels(alert, li) == {"screen", "outside"}
    assert channels(alert, sun) == {"screen"}


def test_the_pages_of_a_later_step_are_looked_at_as_well(world):
    world.on_duty("li")
    zhao = world.on_duty("zhao", DutyRole.BACKUP)
    alert = world.call()
    phone_of(world, zhao, last_seen_at=world.now + timedelta(seconds=14))

    world.fast_forward(seconds=21)

    paged = alert.pages.filter(responder=zhao, channel="outside").order_by("pk").first()
    assert paged.created_at - NOON == timedelta(seconds=20)


def test_in_a_demonstration_a_screen_has_five_real_seconds(world, settings):
    settings.DEMO_SPEED, settings.IS_DEMO = 20.0, True
    phone_of(world, world.on_duty("li"))
    alert = world.call()

    due_at = Timer.objects.armed().get(kind="alert.unproved", subject=str(alert.uuid)).due_at
    assert due_at - NOON == timedelta(seconds=100)


def test_an_answered_call_is_sent_nowhere_else(world):
    li, sun = world.on_duty("li"), world.on_duty("sun")
    for person in (li, sun):
        phone_of(world, person)
    alert = world.call()

    acknowledge(world, alert, li)
    world.fast_forward(seconds=8)

    assert channels(alert, sun) == {"screen"}
    assert world.armed("alert.unproved") == 0


# Who answered and fell silent


def test_an_answerer_out_of_reach_for_ten_seconds_brings_the_others_in(world):
    li, _zhao = world.on_duty("li"), world.on_duty("zhao")
    phone = phone_of(world, li)
    alert = world.call()
    acknowledge(world, alert, li, phone)
    before = world.now

    world.fast_forward(seconds=10)
    assert state_of(alert) == AlertState.ACKNOWLEDGED

    world.fast_forward(seconds=5)
    assert state_of(alert) == AlertState.PAGING
    assert set(world.paged(alert, after=before)) == {"li", "zhao"}
    assert alert.responders.get(user=li).state == ResponderState.LOST


def test_a_phone_that_died_right_after_the_answer_is_missed_as_well(world):
    li = world.on_duty("li")
    phone = phone_of(world, li, last_seen_at=world.now - timedelta(seconds=3))
    alert = world.call()
    acknowledge(world, alert, li, phone)

    world.fast_forward(seconds=10)

    assert state_of(alert) == AlertState.PAGING


def test_an_answerer_whose_second_device_lives_is_not_missed(world):
    li = world.on_duty("li")
    phone = phone_of(world, li)
    make_device(world.site, "watch", holder=li, last_seen_at=world.now + timedelta(seconds=60))
    alert = world.call()
    acknowledge(world, alert, li, phone)

    world.fast_forward(seconds=40)

    assert state_of(alert) == AlertState.ACKNOWLEDGED


def test_an_answer_from_a_browser_without_a_socket_is_only_watched_for_arrival(world):
    li, _zhao = world.on_duty("li"), world.on_duty("zhao")
    alert = world.call()
    acknowledge(world, alert, li, make_device(world.site))

    world.fast_forward(seconds=89)
    assert state_of(alert) == AlertState.ACKNOWLEDGED

    world.fast_forward(seconds=1)
    assert state_of(alert) == AlertState.PAGING


def test_one_of_two_answerers_falling_silent_changes_nothing(world):
    li, zhao = world.on_duty("li"), world.on_duty("zhao")
    alert = world.call()
    acknowledge(world, alert, li, phone_of(world, li))
    acknowledge(world, alert, zhao)

    world.fast_forward(seconds=30)

    assert state_of(alert) == AlertState.ACKNOWLEDGED


def test_the_only_doctor_who_said_coming_and_is_not_there_is_paged_again(world):
    li = world.on_duty("li")
    alert = world.call()
    acknowledge(world, alert, li)
    before = world.now

    world.fast_forward(seconds=90)

    assert state_of(alert) == AlertState.EXHAUSTED
    assert world.paged(alert, after=before) == ["li"]


def test_who_treats_is_not_disturbed_when_more_help_is_asked_for(world):
    li, _zhao = world.on_duty("li"), world.on_duty("zhao")
    alert = world.call()
    calls.arrive(alert_uuid=alert.uuid, responder=li, origin=SYSTEM, now=world.now)
    before = world.now

    world.fast_forward(seconds=1)
    calls.escalate(alert_uuid=alert.uuid, origin=SYSTEM, now=world.now)
    world.fast_forward(seconds=120)

    assert state_of(alert) == AlertState.EXHAUSTED
    assert set(world.paged(alert, after=before)) == {"zhao"}


def test_a_medium_call_that_needs_more_help_becomes_high_and_forgets_the_first_answer(world):
    sun = world.on_duty("sun", DutyRole.NURSE)
    world.on_duty("li")
    alert = world.call(priority=Priority.MEDIUM)
    acknowledge(world, alert, sun)

    calls.escalate(alert_uuid=alert.uuid, origin=SYSTEM, now=world.now)

    assert state_of(alert) == AlertState.PAGING
    assert alert.priority == Priority.HIGH
    assert world.armed("alert.arrival") == world.armed("alert.answerer") == 0
    assert world.paged(alert) == ["sun", "li"]


def test_a_low_call_that_needs_help_is_paged_as_a_high_one(world):
    world.on_duty("li")
    alert = world.call(priority=Priority.LOW)

    calls.escalate(alert_uuid=alert.uuid, origin=SYSTEM, now=world.now)

    assert state_of(alert) == AlertState.PAGING
    assert world.paged(alert) == ["li"]


def test_a_low_call_that_nobody_came_to_is_back_on_the_board(world):
    li = world.on_duty("li")
    alert = world.call(priority=Priority.LOW)
    acknowledge(world, alert, li)

    world.fast_forward(seconds=90)

    assert state_of(alert) == AlertState.OPEN
    assert Timer.objects.armed().count() == 0
