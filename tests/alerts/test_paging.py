"""Paging: whom a step means, and what happens when nobody is there to be paged."""

from datetime import timedelta

import pytest

from alerts.models import AlertState, Area, DutyRole, Priority
from alerts.outbox import SYSTEM
from alerts.services import calls
from alerts.services import duty as duties


def channels(alert, person):
    return set(alert.pages.filter(responder=person).values_list("channel", flat=True))


def own_policy(world, name, *steps):
    """The site's own steps: dictionaries of what differs from a step at once for everyone."""
    policy = world.site.escalation_policies.create(name=name, version=3)
    for number, changes in enumerate(steps):
        values = {
            "after": timedelta(),
            "repeat_every": timedelta(seconds=10),
            "targets": ["everyone"],
        }
        policy.steps.create(number=number, **{**values, **changes})
    return policy


def state_of(alert):
    alert.refresh_from_db()
    return alert.state


# Whom a step means


def test_physicians_of_another_area_are_left_alone_while_the_own_area_has_one(world):
    other = Area.objects.create(site=world.site, name="接种区", kind="vaccination")
    world.on_duty("li")
    world.on_duty("far", area=other)
    world.on_duty("anywhere", area=None)

    assert world.paged(world.call()) == ["li", "anywhere"]


def test_an_area_without_a_physician_calls_those_of_the_others(world):
    other = Area.objects.create(site=world.site, name="接种区", kind="vaccination")
    world.on_duty("far", area=other)

    assert world.paged(world.call()) == ["far"]


def test_a_call_from_nowhere_pages_every_doctor(world):
    other = Area.objects.create(site=world.site, name="接种区", kind="vaccination")
    world.on_duty("li")
    world.on_duty("far", DutyRole.PAEDIATRICIAN, area=other)

    alert = world.call(place=calls.Place())

    assert world.paged(alert) == ["li", "far"]
    assert alert.place == "?"


def test_a_medium_call_pages_the_bays_observer_and_the_nurse_then_the_physician(world):
    bay = {code: world.site.bays.get(code=code) for code in "AB"}
    world.on_duty("li")
    world.on_duty("ann", DutyRole.OBSERVER, bay=bay["A"])
    world.on_duty("bob", DutyRole.OBSERVER, bay=bay["B"])
    world.on_duty("sun", DutyRole.NURSE)

    alert = world.call(priority=Priority.MEDIUM)
    assert world.paged(alert) == ["ann", "sun"]

    world.fast_forward(seconds=30)
    assert world.paged(alert) == ["ann", "sun"] * 2

    world.fast_forward(seconds=30)
    assert "li" in world.paged(alert)
    assert "bob" not in world.paged(alert)

    world.fast_forward(seconds=31)
    assert "bob" in world.paged(alert)

    world.fast_forward(seconds=30)
    assert state_of(alert) == AlertState.EXHAUSTED


def test_a_medium_call_from_an_unknown_bay_pages_every_observer(world):
    world.on_duty("ann", DutyRole.OBSERVER, bay=world.site.bays.get(code="A"))
    world.on_duty("bob", DutyRole.OBSERVER, bay=world.site.bays.get(code="B"))

    alert = world.call(priority=Priority.MEDIUM, place=calls.Place(text="at the door"))

    assert world.paged(alert) == ["ann", "bob"]


def test_without_a_nurse_a_stress_response_pages_a_physician_beside_the_psychologist(world):
    world.on_duty("li")
    world.on_duty("qian", DutyRole.PSYCHOLOGIST)

    alert = world.call(priority=Priority.MEDIUM, policy="stress")

    assert world.paged(alert) == ["qian", "li"]


def test_a_person_with_two_duties_is_paged_once(world):
    li = world.on_duty("li")
    duties.start_duty(
        session=world.session,
        user=li,
        role=DutyRole.PAEDIATRICIAN,
        area=None,
        bay=None,
        origin=SYSTEM,
        now=world.now,
    )

    assert world.paged(world.call()) == ["li"]


# Steps with nobody


def test_a_step_with_nobody_is_skipped_at_once(world):
    world.on_duty("zhao", DutyRole.BACKUP)

    alert = world.call()

    assert alert.step == 1
    assert world.paged(alert) == ["zhao"]


def test_a_repeat_includes_who_came_on_duty(world):
    world.on_duty("li")
    alert = world.call()
    world.on_duty("zhao")
    before = world.now

    world.fast_forward(seconds=10)

    assert world.paged(alert, after=before) == ["li", "zhao"]


def test_when_everyone_paged_went_off_duty_the_next_step_does_not_wait(world):
    li = world.on_duty("li")
    alert = world.call(priority=Priority.HIGH)
    world.on_duty("zhao", DutyRole.BACKUP)
    li.duties.update(to_at=world.now)

    world.fast_forward(seconds=10)

    assert world.paged(alert) == ["li", "zhao"]
    alert.refresh_from_db()
    assert alert.step == 1


def test_a_closed_session_leaves_nobody_on_duty_and_the_board_still_calls(world):
    world.on_duty("li")
    world.session.closed_at = world.now
    world.session.save()

    alert = world.call()
    world.fast_forward(seconds=20)

    assert state_of(alert) == AlertState.EXHAUSTED
    assert world.paged(alert) == []
    assert alert.pages.filter(channel="board").count() == 3


# A site's own policy


def test_a_sites_own_steps_replace_the_defaults(world):
    world.on_duty("li")
    world.on_duty("sun", DutyRole.NURSE)
    own_policy(
        world,
        "high",
        {"targets": ["nurse"], "repeat_every": timedelta(seconds=20), "channels": ["outside"]},
        {"after": timedelta(seconds=90)},
    )

    alert = world.call()
    sun = alert.pages.filter(channel="screen").get().responder
    assert (str(sun), channels(alert, sun)) == ("sun", {"screen", "outside"})
    assert alert.policy_snapshot[0]["policy"] == "high v3"

    world.fast_forward(seconds=89)
    assert world.paged(alert) == ["sun"] * 5

    world.fast_forward(seconds=1)
    assert "li" in world.paged(alert)

    world.fast_forward(seconds=29)
    assert state_of(alert) == AlertState.PAGING

    world.fast_forward(seconds=1)
    assert state_of(alert) == AlertState.EXHAUSTED


@pytest.mark.parametrize(
    "step",
    [
        {"targets": ["whoever"]},
        {"targets": "nurse"},
        {"targets": None},
        {"channels": None},
        {"repeat_every": timedelta(0)},
        {"after": timedelta(seconds=-5)},
    ],
)
def test_a_policy_with_a_mistake_in_it_still_pages(world, step):
    world.on_duty("li")
    if None in step.values():
        step = {name: {} for name in step}
    own_policy(world, "high", step)

    alert = world.call()
    world.fast_forward(seconds=5)

    assert "li" in world.paged(alert)


def test_a_policy_without_steps_is_exhausted_at_once(world):
    world.on_duty("li")
    own_policy(world, "high")

    alert = world.call()

    assert alert.state == AlertState.EXHAUSTED
    assert world.paged(alert) == ["li"]


def test_another_sites_policy_changes_nothing_here(world):
    other = calls.Site.objects.create(name="elsewhere")
    other.escalation_policies.create(name="high")

    assert len(world.call().policy_snapshot) == 3
