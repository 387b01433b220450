"""What happens at once: one visit, one end, one call, one person per seat, and no deadlock.

On PostgreSQL the acts run in threads. SQLite carries out one write transaction after another by
itself, so there the acts run one after another too.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection, connections

from alerts.models import Alert, Event, Stream
from alerts.outbox import SYSTEM
from alerts.services.refusals import Refusal
from alerts.services.timers import fire_due
from observation.models import EndKind, Observation, Reaction
from observation.services import doses, endings, reactions, seats
from observation.services.doses import Visit
from observation.services.persons import Person
from tests.factories import NOON, make_session, make_site
from tests.floor_factories import event_types, make_observation

pytestmark = pytest.mark.django_db(transaction=True)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def site():
    site = make_site()
    make_session(site)
    return site


def at_once(*acts):
    """Run every act at the same moment and return what each returned, or the refusal it met."""
    start = Barrier(len(acts))
    if connection.vendor != "postgresql":
        return [_outcome(act) for act in acts]

    def run(act):
        start.wait()
        try:
            return _outcome(act)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def _outcome(act):
    try:
        return act()
    except Refusal as refusal:
        return refusal


def is_gapless(site):
    seqs = list(
        Event.objects.filter(stream__site=site).order_by("seq").values_list("seq", flat=True)
    )
    head = Stream.objects.get(site=site).seq
    return seqs == list(range(1, head + 1))


def test_one_visit_sent_by_eight_tablets_is_one_visit(site):
    visit = Visit(uuid=uuid4(), person=Person(name="李雷"))

    def record():
        return doses.record_visits(site=site, visits=[visit], origin=SYSTEM, now=NOON)

    recorded = at_once(*[record] * 8)

    assert {rows[0].observation.pk for rows in recorded} == {Observation.objects.get().pk}
    assert event_types(site) == ["observation.started"]


def test_check_ins_at_once_get_tickets_without_gaps(site):
    def record():
        return doses.record_visits(site=site, visits=[Visit()], origin=SYSTEM, now=NOON)

    at_once(*[record] * 8)

    tickets = Observation.objects.order_by("ticket").values_list("ticket", flat=True)
    assert list(tickets) == list(range(1, 9))
    assert is_gapless(site)


def test_a_release_and_an_early_leave_at_once_are_one_end(site):
    row = make_observation(site, started_at=NOON - HALF_HOUR)
    ending = endings.Ending(EndKind.UNWITNESSED)

    def let_go():
        return endings.release(observation_uuid=row.uuid, origin=SYSTEM, now=NOON)

    def left():
        return endings.leave(observation_uuid=row.uuid, ending=ending, origin=SYSTEM, now=NOON)

    at_once(let_go, left, let_go, left)

    assert event_types(site) == ["observation.ended"]


def test_one_person_with_danger_signs_seen_by_two_is_one_call(site):
    row = make_observation(site, seat="A1")

    def report(sign):
        seen = reactions.Seen(signs={sign: "yes"})
        return lambda: reactions.report_reaction(
            observation_uuid=row.uuid, seen=seen, origin=SYSTEM, now=NOON
        )

    at_once(report("breathing"), report("swelling"), report("fit"))

    assert Reaction.objects.count() == 3
    assert Alert.objects.count() == 1
    assert set(Alert.objects.get().summary["signs"]) == {"breathing", "swelling", "fit"}


def test_one_reaction_sent_by_four_requests_is_one_reaction(site):
    seen = reactions.Seen(uuid=uuid4(), call_for_help=True)

    def report():
        return reactions.report_other(site=site, seen=seen, origin=SYSTEM, now=NOON)

    at_once(*[report] * 4)

    assert Reaction.objects.count() == 1
    assert Alert.objects.count() == 1


def test_two_bulk_check_ins_to_one_bay_share_no_seat(site):
    bay = site.bays.get(code="A")
    for number in range(8):
        make_observation(site, station=f"S{number % 2}")

    def check_in(station):
        return lambda: seats.check_in_last(
            site=site, station=station, last=4, bay=bay, origin=SYSTEM, now=NOON
        )

    at_once(check_in("S0"), check_in("S1"))

    taken = list(Observation.objects.values_list("seat__code", flat=True))
    assert len(set(taken)) == 8


def test_timers_that_fire_while_people_are_released_meet_no_deadlock(site):
    rows = [make_observation(site, started_at=NOON - HALF_HOUR) for _ in range(12)]

    def let_go(row):
        return lambda: endings.release(observation_uuid=row.uuid, origin=SYSTEM, now=NOON)

    outcomes = at_once(lambda: fire_due(now=NOON), *[let_go(row) for row in rows[:7]])

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert Observation.objects.open().count() == 5
    assert is_gapless(site)


def test_bulk_releases_that_overlap_end_each_person_once(site):
    for number in range(1, 9):
        make_observation(site, seat=f"A{number}", started_at=NOON - HALF_HOUR)
    everybody = Observation.objects.filter(site=site)

    def let_go():
        return endings.release_many(rows=everybody, origin=SYSTEM, now=NOON)

    at_once(let_go, let_go, let_go)

    assert event_types(site) == ["observation.ended"] * 8
