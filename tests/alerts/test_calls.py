"""Calls: paging, escalation, answers. The clock belongs to the test."""

from uuid import uuid4

import pytest

from alerts.models import Alert, AlertState, DutyRole, Event, Priority, ResponderState
from alerts.outbox import SYSTEM
from alerts.services import calls
from tests.factories import make_site


def answer(service, alert, person, world):
    return service(alert_uuid=alert.uuid, responder=person, origin=SYSTEM, now=world.now)


def test_a_call_pages_the_physicians_of_the_area_at_once(world):
    world.on_duty("li")
    world.on_duty("zhao", DutyRole.BACKUP)

    alert = world.call()

    assert alert.state == AlertState.PAGING
    assert world.paged(alert) == ["li"]
    assert alert.place == "A8"


def test_nobody_answers_so_the_steps_follow_in_order(world):
    world.on_duty("li")
    world.on_duty("zhao", DutyRole.BACKUP)
    world.on_duty("sun", DutyRole.NURSE)
    alert = world.call()

    world.fast_forward(seconds=14.9)
    assert set(world.paged(alert)) == {"li"}

    world.fast_forward(seconds=0.2)
    assert set(world.paged(alert)) == {"li", "zhao"}

    world.fast_forward(seconds=15)
    assert set(world.paged(alert)) == {"li", "zhao", "sun"}

    world.fast_forward(seconds=30)
    alert.refresh_from_db()
    assert alert.state == AlertState.EXHAUSTED


def test_the_first_step_is_paged_again_every_ten_seconds(world):
    world.on_duty("li")
    alert = world.call()

    world.fast_forward(seconds=10)

    assert world.paged(alert) == ["li", "li"]


def test_an_exhausted_call_is_never_silent(world):
    world.on_duty("li")
    alert = world.call()
    world.fast_forward(seconds=61)
    before = world.now

    world.fast_forward(seconds=35)

    assert world.paged(alert, after=before) == ["li"] * 3


def test_with_nobody_on_duty_the_call_is_exhausted_at_once_and_the_board_is_paged(world):
    alert = world.call()

    assert alert.state == AlertState.EXHAUSTED
    assert alert.pages.filter(channel="board").count() == 1
    assert world.armed("alert.repage") == 1


def test_somebody_who_comes_on_duty_later_is_paged_by_an_exhausted_call(world):
    alert = world.call()
    world.on_duty("li")

    world.fast_forward(seconds=10)

    assert world.paged(alert) == ["li"]


def test_the_first_answer_stops_the_paging(world):
    li = world.on_duty("li")
    alert = world.call()

    answer(calls.acknowledge, alert, li, world)
    before = world.now
    world.fast_forward(seconds=80)

    alert.refresh_from_db()
    assert alert.state == AlertState.ACKNOWLEDGED
    assert world.paged(alert, after=before) == []


def test_a_second_answer_is_a_helper_and_no_error(world):
    li, zhao = world.on_duty("li"), world.on_duty("zhao")
    alert = world.call()

    answer(calls.acknowledge, alert, li, world)
    answer(calls.acknowledge, alert, zhao, world)

    first = alert.responders.get(is_first=True)
    assert first.user == li
    assert alert.responders.get(user=zhao).state == ResponderState.COMING


def test_nobody_on_scene_after_ninety_seconds_pages_the_others_only(world):
    li, _zhao = world.on_duty("li"), world.on_duty("zhao")
    alert = world.call()
    answer(calls.acknowledge, alert, li, world)
    before = world.now

    world.fast_forward(seconds=90)

    alert.refresh_from_db()
    assert alert.state == AlertState.PAGING
    assert world.paged(alert, after=before) == ["zhao"]


def test_a_doctor_on_scene_keeps_it_quiet(world):
    li = world.on_duty("li")
    alert = world.call()
    answer(calls.acknowledge, alert, li, world)
    answer(calls.arrive, alert, li, world)
    before = world.now

    world.fast_forward(seconds=600)

    alert.refresh_from_db()
    assert alert.state == AlertState.ON_SCENE
    assert world.paged(alert, after=before) == []


def test_anybody_may_tap_doctor_here_without_an_answer_before(world):
    world.on_duty("li")
    alert = world.call()

    answer(calls.arrive, alert, None, world)

    alert.refresh_from_db()
    assert alert.state == AlertState.ON_SCENE
    assert world.armed("alert.repage") == 0


def test_who_declines_after_coming_brings_the_others_in_at_once(world):
    li, _zhao = world.on_duty("li"), world.on_duty("zhao")
    alert = world.call()
    answer(calls.acknowledge, alert, li, world)
    rounds = alert.pages.count()

    answer(calls.decline, alert, li, world)

    alert.refresh_from_db()
    assert alert.state == AlertState.PAGING
    assert alert.pages.count() > rounds
    assert not alert.responders.filter(is_first=True).exists()


def test_everyone_declining_exhausts_the_call_at_once(world):
    li, zhao = world.on_duty("li"), world.on_duty("zhao")
    alert = world.call()

    answer(calls.decline, alert, li, world)
    answer(calls.decline, alert, zhao, world)

    alert.refresh_from_db()
    assert alert.state == AlertState.EXHAUSTED


def test_who_said_no_is_asked_again_once_the_call_is_exhausted(world):
    li = world.on_duty("li")
    alert = world.call()
    answer(calls.decline, alert, li, world)
    before = world.now

    world.fast_forward(seconds=10)

    assert world.paged(alert, after=before) == ["li"]


def test_a_stress_response_pages_psychologist_and_nurse_then_becomes_high(world):
    world.on_duty("li")
    world.on_duty("qian", DutyRole.PSYCHOLOGIST)
    world.on_duty("sun", DutyRole.NURSE)
    alert = world.call(priority=Priority.MEDIUM, policy="stress")
    assert set(world.paged(alert)) == {"qian", "sun"}

    world.fast_forward(seconds=60)

    alert.refresh_from_db()
    assert alert.priority == Priority.HIGH
    assert "li" in world.paged(alert)


def test_a_low_call_is_a_line_on_the_board_and_pages_nobody(world):
    world.on_duty("li")

    alert = world.call(priority=Priority.LOW)

    assert alert.state == AlertState.OPEN
    assert alert.pages.count() == 0


def test_the_same_call_sent_twice_is_one(world):
    key = uuid4()

    first, second = world.call(uuid=key), world.call(uuid=key)

    assert first.pk == second.pk
    assert Alert.objects.count() == 1


def test_a_key_taken_at_another_site_still_makes_a_call_here(world):
    elsewhere = calls.raise_alert(
        site=make_site(name="elsewhere"), call=calls.Call(), origin=SYSTEM, now=world.now
    )

    alert = world.call(uuid=elsewhere.uuid)

    assert alert.site == world.site
    assert alert.uuid != elsewhere.uuid


@pytest.mark.parametrize("service", [calls.resolve, calls.cancel])
def test_an_ended_call_pages_nobody_any_more(world, service):
    world.on_duty("li")
    alert = world.call()
    words = {"outcome": "ok"} if service is calls.resolve else {"reason": "mistake"}

    service(alert_uuid=alert.uuid, origin=SYSTEM, now=world.now, **words)
    before = world.now
    world.fast_forward(seconds=120)

    assert world.paged(alert, after=before) == []
    assert world.armed("alert.repage") == world.armed("alert.step") == 0


def test_the_place_follows_the_patient(world):
    key = uuid4()
    alert = world.call(subject=key)
    seat = world.site.seats.get(code="B3")

    calls.follow(subject=key, place=calls.Place(seat=seat), origin=SYSTEM, now=world.now)

    alert.refresh_from_db()
    assert alert.place == "B3"
    assert alert.bay.code == "B"
    assert Event.objects.filter(type="alert.moved").get().payload["seat"] == "B3"


def test_a_changed_policy_leaves_a_running_call_alone(world):
    world.on_duty("li")
    alert = world.call()
    world.site.escalation_policies.create(name="high")

    world.fast_forward(seconds=61)

    alert.refresh_from_db()
    assert len(alert.policy_snapshot) == 3
    assert alert.state == AlertState.EXHAUSTED


def test_more_help_pages_the_next_step_now(world):
    world.on_duty("li")
    world.on_duty("zhao", DutyRole.BACKUP)
    alert = world.call()

    calls.escalate(alert_uuid=alert.uuid, origin=SYSTEM, now=world.now)

    assert "zhao" in world.paged(alert)
