"""Reminders of the register: who gets a note when, and what ends them."""

from datetime import timedelta

import pytest

from aefi import tasks
from aefi.exchange.case import CaseFacts
from aefi.models import Case, CaseOrigin
from aefi.rules.clock_rules import Grave, Proof
from aefi.services import case_clocks, cases
from aefi.services.cases import Act, Said
from alerts.models import Event, Membership, Note, Role, Timer
from alerts.outbox import SYSTEM, Origin
from alerts.services import timers
from tests.factories import NOON, make_member, make_site, make_user
from tests.floor_factories import frozen

HOUR = timedelta(hours=1)


class Register:
    """A site with its lead, and officers of its county and its province."""

    def __init__(self):
        self.site = make_site(county_code="310104")
        self.lead = make_member(self.site, Role.LEAD)
        make_member(self.site, Role.CLINICIAN)
        for region in ("310104", "31", "44"):
            person = make_user(f"officer of {region}")
            Membership.objects.create(user=person, region=region, role=Role.OFFICER)

    def open(self):
        facts = CaseFacts("", patient_name="王小明", discovered_at=NOON)
        return cases.open_by_hand(self.site, facts, self.act(NOON))

    def act(self, at):
        return Act(Origin(actor=self.lead), at)

    def wait(self, *, until):
        """Fire every timer at its own instant."""
        while (due_at := timers.next_due_at()) is not None and due_at <= NOON + until:
            timers.fire_due(now=due_at)

    def told(self):
        rows = Note.objects.order_by("pk").values_list("created_at", "responder__username")
        found = {}
        for at, name in rows:
            found.setdefault(at - NOON, set()).add(name)
        return found


@pytest.fixture
def register(db):
    with frozen(NOON):
        yield Register()


def test_each_mark_tells_more_people(register):
    register.open()

    register.wait(until=49 * HOUR)

    site, county = {"lead"}, {"lead", "officer of 310104"}
    assert register.told() == {
        24 * HOUR: site,
        38.4 * HOUR: county,
        48 * HOUR: county | {"officer of 31"},
    }


def test_a_note_tells_number_and_duty_and_nobodys_name(register):
    case = register.open()

    register.wait(until=25 * HOUR)

    note = Note.objects.get()
    assert case.number in note.title
    assert "11-24" in note.title
    assert register.site.name in note.text
    assert "王小明" not in note.title + note.text
    event = Event.objects.filter(type="case.reminded").get()
    assert event.payload["clock"] == "R48"
    assert "王小明" not in str(event.payload)


def test_what_is_overdue_is_said_again_until_proof_is_recorded(register):
    case = register.open()
    register.wait(until=97 * HOUR)
    assert set(register.told()) >= {72 * HOUR, 96 * HOUR}
    proof = Said(Proof.CARD_ACCEPTED, "3101042026110001", NOON + 97 * HOUR)
    cases.file(case.uuid, proof, register.act(NOON + 97 * HOUR))

    register.wait(until=400 * HOUR)

    assert max(register.told()) == 96 * HOUR
    assert not Timer.objects.armed().filter(kind=case_clocks.REMINDER).exists()


def test_a_grave_turn_reminds_within_its_two_hours(register):
    case = register.open()
    cases.turn_grave(case.uuid, Grave.DEATH, reason="x", act=register.act(NOON))

    register.wait(until=2 * HOUR)

    minutes = [int(at.total_seconds() // 60) for at in register.told()]
    assert minutes == [60, 96, 120]


def test_a_pager_that_was_down_tells_the_newest_mark_once(register):
    register.open()

    timers.fire_due(now=NOON + 60 * HOUR)
    timers.fire_due(now=NOON + 60 * HOUR)

    assert list(register.told()) == [60 * HOUR]
    assert Event.objects.filter(type="case.reminded").count() == 1


def test_a_late_report_reminds_at_once(register):
    with frozen(NOON + 40 * HOUR):
        facts = CaseFacts("", discovered_at=NOON)
        cases.open_by_hand(register.site, facts, register.act(NOON + 40 * HOUR))

    register_now = NOON + 40 * HOUR
    timers.fire_due(now=register_now)

    assert register.told() == {40 * HOUR: {"lead", "officer of 310104"}}


def test_a_closed_case_is_quiet_and_a_reopened_one_is_not(register):
    case = register.open()
    for verb in ("submit", "close"):
        cases.move(case.uuid, verb, reason="x", act=Act(SYSTEM, NOON))
    assert not Timer.objects.armed().filter(kind=case_clocks.REMINDER).exists()

    cases.move(case.uuid, "reopen", reason="x", act=Act(SYSTEM, NOON))

    assert Timer.objects.armed().filter(kind=case_clocks.REMINDER).exists()


def test_a_case_of_another_register_reminds_nobody(register):
    case = register.open()
    Case.objects.filter(pk=case.pk).update(origin=CaseOrigin.IMPORTED)

    cases.comment(case.uuid, "x", Act(SYSTEM, NOON))
    cases.renew_limit(Case.objects.get())
    register.wait(until=60 * HOUR)

    assert register.told() == {}


def test_somebody_who_left_is_not_reminded(register):
    register.open()
    Membership.objects.filter(user=register.lead).update(ended_at=NOON)

    register.wait(until=40 * HOUR)

    assert register.told() == {38.4 * HOUR: {"officer of 310104"}}


def test_a_case_that_lost_its_timer_is_armed_again_and_a_quiet_one_is_not(register):
    open_, closed, imported = (register.open() for _ in range(3))
    for verb in ("submit", "close"):
        cases.move(closed.uuid, verb, reason="x", act=Act(SYSTEM, NOON))
    Case.objects.filter(pk=imported.pk).update(origin=CaseOrigin.IMPORTED)
    Timer.objects.filter(kind=case_clocks.REMINDER).delete()

    assert tasks.arm_case_reminders() == 1
    assert tasks.arm_case_reminders() == 0

    armed = Timer.objects.armed().filter(kind=case_clocks.REMINDER)
    assert [timer.subject for timer in armed] == [str(open_.uuid)]
    register.wait(until=25 * HOUR)
    assert register.told() == {24 * HOUR: {"lead"}}


def test_a_death_told_of_a_closed_case_still_reminds(register):
    case = register.open()
    for verb in ("submit", "close"):
        cases.move(case.uuid, verb, reason="x", act=Act(SYSTEM, NOON))

    cases.turn_grave(case.uuid, Grave.DEATH, reason="医院来电", act=Act(SYSTEM, NOON))
    register.wait(until=2 * HOUR)

    assert [at.total_seconds() / 60 for at in register.told()] == [60, 96, 120]
