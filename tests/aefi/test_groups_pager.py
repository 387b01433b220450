"""Whoever reports while a pager looks is seen by that look or by the next one: no card is missed."""

import time

import pytest

from aefi.models import GroupEvent
from aefi.services import groups
from alerts.models import Event, Stream, Timer
from alerts.outbox import SYSTEM
from alerts.runner import Runner
from observation.models import Reaction
from observation.services import reactions
from observation.services.reactions import Seen
from tests.aefi.halls import at, fall_ill, make_bay, make_used_lot
from tests.alerts.live_site import now
from tests.factories import make_session, make_site
from tests.floor_factories import make_observation
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT = 5.0


@pytest.fixture
def site():
    site = make_site()
    make_session(site)
    make_bay(site)
    return site


def reporter(site, number, *, after=0.0):
    """Make one tablet's report of a dizzy person in bay 4."""
    row = make_observation(site, seat=f"4-{number}", started_at=now())

    def report():
        time.sleep(after)
        seen = Seen(signs={"dizzy": "yes"})
        return reactions.report_reaction(
            observation_uuid=row.uuid, seen=seen, origin=SYSTEM, now=now()
        )

    return report


def pager(name, *, until):
    """Make a pager that runs until `until` is true, or until the time is over."""
    runner = Runner(name)

    def run():
        end = time.monotonic() + LIMIT
        while not until() and time.monotonic() < end:
            time.sleep(min(0.05, runner.step()))

    return run


def on_card(site):
    card = GroupEvent.objects.filter(site=site, rule="line_of_sight").first()
    return len(card.members) if card else 0


def test_two_pagers_put_one_card_up_within_five_seconds_of_the_last_report(site):
    reports = [reporter(site, number, after=0.05 * number) for number in range(1, 9)]
    pagers = [pager(name, until=lambda: on_card(site) == 8) for name in ("pager a", "pager b")]

    answers = at_once(*reports, *pagers)

    assert [error for error in answers if isinstance(error, Exception)] == []
    cards = list(GroupEvent.objects.order_by("rule"))
    assert [(card.rule, len(card.members)) for card in cards] == [
        ("burst", 8),
        ("line_of_sight", 8),
    ]
    last_report = Reaction.objects.latest("seen_at").seen_at
    told = Event.objects.filter(type__startswith="group.").latest("seq")
    assert (told.server_at - last_report).total_seconds() < LIMIT


def test_the_log_stays_whole_and_no_look_is_set_aside(site):
    reports = [reporter(site, number) for number in range(1, 7)]
    pagers = [pager(name, until=lambda: on_card(site) == 6) for name in ("pager a", "pager b")]

    at_once(*reports, *pagers)

    seqs = list(Event.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, Stream.objects.get(site=site).seq + 1))
    assert not Timer.objects.filter(kind=groups.DUE).exclude(error="").exists()


def test_a_full_hall_is_looked_at_quickly(site):
    """Sixty reactions after eight thousand doses: what eight children in a thousand showed."""
    lots = [make_used_lot(site, number, 2000) for number in ("L1", "L2", "L3", "L4")]
    for number in range(60):
        fall_ill(site, 7 * number, seat=f"4-{number % 10 + 1}", lot=lots[number % 4])

    began = time.perf_counter()
    groups.detect(session_id=site.sessions.get().pk, now=at(420))

    assert time.perf_counter() - began < 1.0
