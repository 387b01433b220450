"""Answers that come late, twice, out of order or together: none is an error."""

from uuid import uuid4

import pytest

from alerts.models import Alert, AlertState, Event, ResponderState, Timer
from alerts.outbox import SYSTEM, Origin
from alerts.services import calls, timers
from tests.factories import NOON, make_device, make_site
from tests.races import at_once
from tests.world import World


def act(service, alert, person, world, device=None):
    origin = Origin(actor=person, device=device)
    return service(alert_uuid=alert.uuid, responder=person, origin=origin, now=world.now)


def events(alert):
    types = Event.objects.filter(subject=str(alert.uuid)).order_by("seq")
    return [name for name in types.values_list("type", flat=True) if name != "page.receipt"]


def test_a_late_tap_of_coming_takes_nobody_off_the_scene(world):
    li = world.on_duty("li")
    alert = world.call()
    act(calls.arrive, alert, li, world)

    act(calls.acknowledge, alert, li, world)

    assert alert.responders.get(user=li).state == ResponderState.ON_SCENE
    assert Alert.objects.get().state == AlertState.ON_SCENE


def test_who_is_on_scene_cannot_silence_the_call_for_further_help(world):
    li, zhao = world.on_duty("li"), world.on_duty("zhao")
    alert = world.call()
    act(calls.arrive, alert, li, world)
    calls.escalate(alert_uuid=alert.uuid, origin=SYSTEM, now=world.now)

    act(calls.acknowledge, alert, li, world)
    assert Alert.objects.get().state == AlertState.PAGING

    act(calls.acknowledge, alert, zhao, world)
    assert Alert.objects.get().state == AlertState.ACKNOWLEDGED
    assert alert.responders.get(is_first=True).user == zhao


def test_a_doctor_who_has_to_leave_the_scene_is_replaced(world):
    li, _zhao = world.on_duty("li"), world.on_duty("zhao")
    alert = world.call()
    act(calls.arrive, alert, li, world)
    rounds = len(world.paged(alert))

    act(calls.decline, alert, li, world)

    assert Alert.objects.get().state == AlertState.PAGING
    assert world.paged(alert)[rounds:] == ["zhao"]


def test_a_doctor_who_leaves_a_colleague_on_scene_changes_nothing(world):
    li, zhao = world.on_duty("li"), world.on_duty("zhao")
    alert = world.call()
    act(calls.arrive, alert, li, world)
    act(calls.arrive, alert, zhao, world)

    act(calls.decline, alert, li, world)

    assert Alert.objects.get().state == AlertState.ON_SCENE


def test_a_doctor_who_leaves_the_scene_is_not_replaced_by_one_who_only_said_coming(world):
    li, zhao = world.on_duty("li"), world.on_duty("zhao")
    world.on_duty("sun", "backup")
    alert = world.call()
    act(calls.acknowledge, alert, zhao, world)
    act(calls.arrive, alert, li, world)

    act(calls.decline, alert, li, world)

    assert Alert.objects.get().state == AlertState.PAGING
    assert world.paged(alert) == ["li", "zhao", "sun"]


def test_a_locked_tablet_that_declines_takes_back_no_other_tablets_answer(world):
    world.on_duty("li")
    one, two = make_device(world.site, "one"), make_device(world.site, "two")
    alert = world.call()
    act(calls.acknowledge, alert, None, world, one)

    act(calls.decline, alert, None, world, two)

    assert alert.responders.get(is_first=True).device == one
    assert Alert.objects.get().state == AlertState.ACKNOWLEDGED


def test_an_answer_after_the_end_is_kept_and_changes_no_state(world):
    li = world.on_duty("li")
    alert = world.call()
    calls.resolve(alert_uuid=alert.uuid, outcome="fine", origin=SYSTEM, now=world.now)

    for service in (calls.acknowledge, calls.arrive, calls.decline):
        act(service, alert, li, world)
    calls.escalate(alert_uuid=alert.uuid, origin=SYSTEM, now=world.now)
    calls.cancel(alert_uuid=alert.uuid, reason="late", origin=SYSTEM, now=world.now)

    ended = Alert.objects.get()
    assert (ended.state, ended.outcome) == (AlertState.RESOLVED, "fine")
    assert events(alert)[-2:] == ["alert.resolved", "alert.joined"]


def test_a_call_is_reviewed_once_it_has_ended_and_only_then(world):
    alert = world.call()
    for words in ("too early", "looked at"):
        calls.review(alert_uuid=alert.uuid, note=words, origin=SYSTEM, now=world.now)
        calls.cancel(alert_uuid=alert.uuid, reason="mistake", origin=SYSTEM, now=world.now)

    calls.review(alert_uuid=alert.uuid, note="", origin=SYSTEM, now=world.now)

    assert events(alert).count("alert.reviewed") == 1
    assert Alert.objects.get().outcome == "looked at"


def test_a_receipt_is_kept_once_per_device(world):
    li = world.on_duty("li")
    page = world.call().pages.get(responder=li, channel="screen")
    phone = Origin(device=make_device(world.site))

    def shown(origin):
        return calls.record_receipt(page=page, kind="displayed", origin=origin, now=world.now)

    assert [shown(phone), shown(phone), shown(SYSTEM), shown(SYSTEM)] == [True, False, True, False]
    assert Event.objects.filter(type="page.receipt").count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_call_arriving_five_times_at_once_is_one():
    site, key = make_site(), uuid4()

    def call():
        return calls.raise_alert(site=site, call=calls.Call(uuid=key), origin=SYSTEM, now=NOON)

    alerts = at_once(*[call] * 5)

    assert {alert.pk for alert in alerts} == {Alert.objects.get().pk}
    assert Event.objects.filter(type="alert.raised").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_two_sites_at_once_makes_a_call_at_each():
    key, sites = uuid4(), [make_site(), make_site(name="elsewhere")]

    def call_at(site):
        return calls.raise_alert(site=site, call=calls.Call(uuid=key), origin=SYSTEM, now=NOON)

    here, there = at_once(*[lambda site=site: call_at(site) for site in sites])

    assert (here.site, there.site) == tuple(sites)
    assert here.uuid != there.uuid


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("race", range(5))
def test_answers_and_an_escalation_at_once_leave_one_winner_and_no_page_after_it(race):
    world = World()
    people = [world.on_duty(name) for name in ("li", "zhao")]
    alert, other = world.call(), world.call()
    world.now = alert.raised_at.replace(second=15)

    outcomes = at_once(
        lambda: act(calls.acknowledge, alert, people[0], world),
        lambda: timers.fire_due(now=world.now),
        lambda: timers.fire_due(now=world.now),
        lambda: act(calls.acknowledge, other, people[1], world),
        lambda: calls.escalate(alert_uuid=other.uuid, origin=SYSTEM, now=world.now),
        lambda: act(calls.acknowledge, alert, people[1], world),
    )

    assert [o for o in outcomes if isinstance(o, Exception)] == []
    alert.refresh_from_db()
    assert alert.state == AlertState.ACKNOWLEDGED
    assert alert.responders.filter(is_first=True).count() == 1
    assert events(alert).count("alert.acknowledged") == 1
    told = events(alert)
    assert "alert.paged" not in told[told.index("alert.acknowledged") :]
    kinds = Timer.objects.armed().filter(subject=str(alert.uuid)).values_list("kind", flat=True)
    assert sorted(kinds) == ["alert.answerer", "alert.arrival"]
