"""A higher app follows a type of event: in its transaction, and never at its cost."""

import pytest
from django.db import transaction

from alerts import outbox
from alerts.models import Event, Timer
from alerts.outbox import Fact, append_event, append_events
from alerts.services.timers import arm_timer
from tests.factories import NOON, make_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def follow():
    """Register followers for the length of one test."""
    before = {type_: list(known) for type_, known in outbox._followers.items()}
    yield outbox.on_event
    outbox._followers.clear()
    outbox._followers.update(before)


def append(site, type_="test.happened"):
    return append_event(site.pk, Fact(type_, "subject"), now=NOON)


@transaction.atomic
def append_and_fail(site):
    append(site)
    raise RuntimeError


def test_a_follower_sees_the_events_of_its_type_and_no_others(follow):
    site, seen = make_site(), []
    follow("test.happened", lambda event: seen.append((event.seq, event.stream.site_id)))

    append(site, "test.other")
    append_events(site.pk, [Fact("test.happened", "1"), Fact("test.happened", "2")], now=NOON)

    assert seen == [(2, site.pk), (3, site.pk)]


def test_several_followers_of_one_type_all_act(follow):
    site, seen = make_site(), []
    follow("test.happened", lambda _event: seen.append("first"))
    follow("test.happened", lambda _event: seen.append("second"))

    append(site)

    assert seen == ["first", "second"]


def test_what_a_follower_stores_stands_and_falls_with_the_event(follow):
    site = make_site()
    follow("test.happened", lambda event: arm_timer("test.note", event.seq, due_at=NOON))

    with pytest.raises(RuntimeError):
        append_and_fail(site)
    assert not Timer.objects.exists()

    append(site)
    assert Timer.objects.get().subject == "1"


def test_a_follower_that_breaks_costs_neither_the_event_nor_the_other_followers(follow):
    site, seen = make_site(), []

    def explode(event):
        arm_timer("test.note", event.seq, due_at=NOON)
        raise ValueError("poison")

    follow("test.happened", explode)
    follow("test.happened", lambda event: seen.append(event.seq))

    append(site)

    assert Event.objects.get().type == "test.happened"
    assert seen == [1]
    assert not Timer.objects.exists()
