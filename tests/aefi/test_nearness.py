"""People who fell ill near each other in seats and time, against what the order of times would do alone."""

import pytest

from aefi.services.nearness import nearness_in
from alerts.models import Session
from tests.aefi.halls import at, fall_ill, make_bay, three_faints, visitor_ill
from tests.factories import NOON, make_session, make_site
from tests.floor_factories import frozen

EARLIER = ((-100, "5-9"), (-70, "5-2"), (-40, "6-5"), (60, "5-6"), (95, "6-1"), (130, "6-9"))


@pytest.fixture
def site(db):
    with frozen(at(140)):
        found = make_site()
        make_session(found, opened_at=NOON.replace(hour=6))
        for code in ("4", "5", "6"):
            make_bay(found, code)
        yield found


def session_of(site) -> Session:
    return Session.objects.get(site=site)


def test_people_on_neighbouring_seats_within_minutes_are_told_with_their_chance(site):
    three_faints(site, 0, 6, 12)
    for minute, seat in EARLIER:
        fall_ill(site, minute, seat=seat)

    [near] = nearness_in(session_of(site))

    assert near.seats == ("4-1", "4-2", "4-3")
    assert (near.start, near.end) == (at(0), at(12))
    assert (near.observed, near.expected) == (3, 1.0)
    assert 0 < near.p <= 0.1


def test_people_far_apart_in_seats_bays_or_time_are_no_group(site):
    for minute, seat in (*EARLIER, (0, "4-1"), (5, "4-5"), (10, "4-9"), (12, "5-3"), (80, "4-2")):
        fall_ill(site, minute, seat=seat)

    assert nearness_in(session_of(site)) == []


def test_three_who_are_all_there_is_have_nothing_to_stand_against(site):
    three_faints(site, 0, 6, 12)

    assert nearness_in(session_of(site)) == []


def test_people_without_a_seat_are_left_out(site):
    for minute in (0, 1, 2):
        visitor_ill(site, minute)

    assert nearness_in(session_of(site)) == []
