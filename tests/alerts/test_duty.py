"""Sessions and duties: one session at a time, the last physician, handing over."""

from datetime import timedelta

import pytest

from alerts.models import Duty, DutyRole, Event, Session
from alerts.outbox import SYSTEM
from alerts.services import duty as duties
from alerts.services.targets import people_on_duty
from tests.factories import NOON, make_device, make_duty, make_member, make_session, make_site
from tests.races import at_once
from tests.world import World

MINUTE = timedelta(minutes=1)


def start(world, person, role=DutyRole.PHYSICIAN, session=None):
    return duties.start_duty(
        session=session or world.session,
        user=person,
        role=role,
        area=None,
        bay=None,
        origin=SYSTEM,
        now=world.now,
    )


def leave(world, duty, *, is_confirmed=False):
    return duties.leave_duty(
        duty_uuid=duty.uuid, is_confirmed=is_confirmed, origin=SYSTEM, now=world.now
    )


def open_session(site, name="下午", lead=None):
    return duties.open_session(site=site, name=name, lead=lead, origin=SYSTEM, now=NOON)


def offer(world, duty, to):
    return duties.offer_handover(
        duty_uuid=duty.uuid, to=to, subjects=["s"], note="seat A8", origin=SYSTEM, now=world.now
    )


def accept(world, handover, by):
    return duties.accept_handover(handover_uuid=handover.uuid, by=by, origin=SYSTEM, now=world.now)


def told():
    return list(Event.objects.order_by("pk").values_list("type", flat=True))


# Sessions


def test_opening_a_session_puts_its_lead_on_duty(db):
    site = make_site()
    chen = make_member(site, "lead", "chen")

    session = open_session(site, lead=chen)

    assert Duty.objects.get().role == DutyRole.LEAD
    assert (session.lead, told()) == (chen, ["session.opened", "duty.started"])


def test_a_second_session_is_refused_while_one_is_open(world):
    with pytest.raises(duties.SessionOpenAlready, match="上午") as refused:
        open_session(world.site)

    assert refused.value.facts == {"session": str(world.session.uuid)}


def test_a_session_may_follow_a_closed_one(world):
    world.session.closed_at = world.now
    world.session.save()

    assert open_session(world.site).closed_at is None


@pytest.mark.django_db(transaction=True)
def test_of_two_sessions_opened_at_once_one_is_refused():
    site = make_site()

    results = at_once(lambda: open_session(site), lambda: open_session(site))

    assert sorted(type(result).__name__ for result in results) == ["Session", "SessionOpenAlready"]
    assert Session.objects.count() == 1


def test_answers_of_the_readiness_gate_add_up(world):
    stale = Session.objects.get()
    for checks in ({"kit": True}, {"ambulance": "120", "kit": False}):
        duties.save_checks(session=stale, checks=checks, origin=SYSTEM, now=world.now)

    world.session.refresh_from_db()
    assert world.session.checks == {"kit": False, "ambulance": "120"}


@pytest.mark.django_db(transaction=True)
def test_answers_given_at_once_on_two_tablets_are_both_kept():
    world = World()

    def answer(name):
        return duties.save_checks(
            session=world.session, checks={name: True}, origin=SYSTEM, now=world.now
        )

    at_once(*[lambda name=name: answer(name) for name in "abcd"])

    world.session.refresh_from_db()
    assert set(world.session.checks) == set("abcd")


# Duties


def test_a_duty_runs_from_its_start_to_just_before_its_end(world):
    li = world.on_duty("li")
    duty = Duty.objects.get(user=li)
    duty.to_at = world.now + MINUTE
    duty.save()

    def on_duty(at):
        return Duty.objects.current(at).filter(user=li).exists()

    assert not on_duty(duty.from_at - MINUTE / 60)
    assert on_duty(duty.from_at)
    assert on_duty(duty.to_at - MINUTE / 60)
    assert not on_duty(duty.to_at)


def test_the_same_duty_started_twice_is_one(world):
    li = make_member(world.site, "clinician", "li")

    assert start(world, li).pk == start(world, li).pk
    assert told() == ["duty.started"]


def test_two_roles_are_two_duties(world):
    li = make_member(world.site, "clinician", "li")

    start(world, li)
    start(world, li, DutyRole.PAEDIATRICIAN)

    assert world.duties() == 2


def test_nobody_goes_on_duty_in_a_closed_session(world):
    closed = make_session(world.site, closed_at=world.now)

    with pytest.raises(duties.SessionClosed):
        start(world, make_member(world.site, "clinician", "li"), session=closed)


def test_the_last_physician_is_asked_to_confirm(world):
    world.on_duty("li")
    li = world.duty

    with pytest.raises(duties.LastPhysician) as refused:
        leave(world, li)
    assert refused.value.code == "last_physician"
    assert world.duties() == 1

    leave(world, li, is_confirmed=True)
    assert world.duties() == 0


@pytest.mark.parametrize("role", ["physician", "paediatrician", "anaesthetist"])
def test_a_physician_leaves_freely_while_another_doctor_stays(world, role):
    world.on_duty("zhao", role)
    world.on_duty("li")

    leave(world, world.duty)

    assert world.duties() == 1


def test_a_physician_may_leave_one_of_two_duties(world):
    li = world.on_duty("li")
    first = world.duty
    start(world, li, DutyRole.PAEDIATRICIAN)

    assert leave(world, first).to_at == world.now


@pytest.mark.parametrize("role", ["nurse", "observer", "backup", "lead"])
def test_others_leave_without_a_question(world, role):
    world.on_duty("sun", role)

    assert leave(world, world.duty).to_at == world.now


def test_a_duty_is_left_once(world):
    world.on_duty("sun", DutyRole.NURSE)
    first = leave(world, world.duty).to_at
    world.now += MINUTE

    assert leave(world, world.duty).to_at == first
    assert told() == ["duty.ended"]


@pytest.mark.django_db(transaction=True)
def test_of_two_last_physicians_leaving_at_once_one_is_asked():
    world = World()
    both = []
    for name in ("li", "zhao"):
        world.on_duty(name)
        both.append(world.duty)

    results = at_once(*[lambda duty=duty: leave(world, duty) for duty in both])

    assert sorted(type(result).__name__ for result in results) == ["Duty", "LastPhysician"]
    assert world.duties() == 1


# Handing over


def test_a_handover_moves_the_duty_with_the_calls_that_run(world):
    world.on_duty("li")
    li = world.duty
    zhao = make_member(world.site, "clinician", "zhao")
    alert = world.call()

    handover = offer(world, li, zhao)
    world.now += MINUTE
    duty = accept(world, handover, zhao)

    li.refresh_from_db()
    assert (li.to_at, duty.from_at) == (world.now, world.now)
    assert (duty.user, duty.role, duty.area) == (zhao, li.role, li.area)
    handed = Event.objects.get(type="duty.handed_over").payload
    assert handed == {"from": str(li.uuid), "alerts": [str(alert.uuid)], "subjects": ["s"]}


def test_only_the_person_asked_may_accept(world):
    world.on_duty("li")
    zhao, sun = (make_member(world.site, "clinician", name) for name in ("zhao", "sun"))
    handover = offer(world, world.duty, zhao)

    with pytest.raises(duties.NotTheirs):
        accept(world, handover, sun)


def test_accepting_again_changes_nothing_even_after_the_new_duty_ended(world):
    world.on_duty("li")
    li = world.duty
    zhao = make_member(world.site, "clinician", "zhao")
    handover = offer(world, li, zhao)
    duty = accept(world, handover, zhao)
    ended_at = Duty.objects.get(pk=li.pk).to_at
    leave(world, duty, is_confirmed=True)
    world.now += MINUTE

    again = accept(world, handover, zhao)

    assert again.pk == duty.pk
    assert world.duties() == 0
    assert Duty.objects.get(pk=li.pk).to_at == ended_at


def test_a_handover_of_a_duty_that_ended_meanwhile_keeps_its_end(world):
    world.on_duty("sun", DutyRole.NURSE)
    sun = world.duty
    zhao = make_member(world.site, "clinician", "zhao")
    handover = offer(world, sun, zhao)
    ended_at = leave(world, sun).to_at
    world.now += MINUTE

    accept(world, handover, zhao)

    assert Duty.objects.get(pk=sun.pk).to_at == ended_at
    assert world.duties() == 1


def test_a_handover_is_not_accepted_after_the_session(world):
    world.on_duty("li")
    zhao = make_member(world.site, "clinician", "zhao")
    handover = offer(world, world.duty, zhao)
    world.session.closed_at = world.now
    world.session.save()

    with pytest.raises(duties.SessionClosed):
        accept(world, handover, zhao)


# Who is there


def test_the_list_of_people_says_who_can_be_reached(world):
    li = world.on_duty("li", area=world.site.areas.get())
    world.on_duty("sun", DutyRole.NURSE, bay=world.site.bays.get(code="A"))
    make_device(
        world.site, name="phone", holder=li, last_seen_at=world.now, sound_armed_at=world.now
    )
    make_duty(world.session, make_member(world.site, username="gone"), to_at=world.now)

    people = {str(row["name"]): row for row in people_on_duty(world.site, now=world.now)}

    assert set(people) == {"li", "sun"}
    assert (people["li"]["is_reachable"], people["sun"]["is_reachable"]) == (True, False)
    assert people["li"]["devices"][0]["live"]
    assert (people["li"]["area"], people["li"]["area_en"]) == ("留观区", "Observation area")
    assert people["sun"]["bay"] == "A"
