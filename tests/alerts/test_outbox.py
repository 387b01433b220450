"""The stream of events: no gaps, one order, a chain that verifies."""

from datetime import timedelta, timezone
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils.translation import gettext_lazy

from alerts import outbox
from alerts.models import Event, Site, Stream
from alerts.outbox import Fact, Origin, append_event, hash_of, together
from alerts.services.audit import verify_log
from tests.factories import NOON, make_device, make_site, make_user
from tests.races import at_once


def append(site, **payload):
    return append_event(site.pk, Fact("test.happened", "subject", payload), now=NOON)


@transaction.atomic
def append_and_fail(site):
    append(site)
    raise RuntimeError


def test_numbers_follow_each_other_without_a_gap(db):
    site, other = make_site(), make_site(name="elsewhere")

    numbers = [append(site).seq, append(other).seq, append(site).seq, append(site).seq]

    assert numbers == [1, 1, 2, 3]
    assert Stream.objects.get(site=site).seq == 3


def test_each_event_carries_the_hash_of_the_one_before(db):
    site = make_site()

    first, second = append(site), append(site)

    assert first.prev_hash == "0" * 64
    assert second.prev_hash == first.hash
    assert Stream.objects.get(site=site).head_hash == second.hash


def test_a_rollback_leaves_no_gap(db):
    site = make_site()
    append(site)

    with pytest.raises(RuntimeError):
        append_and_fail(site)

    assert append(site).seq == 2
    assert verify_log(site) == []


@pytest.mark.parametrize(
    "payload",
    [
        {"whole": 1.0, "minus": -0.0, "small": 5e-7, "large": 1e22, "huge": 1e308, "exact": 2**53},
        {"beyond": 2**53 + 1, "astronomic": 10**400, "third": 1 / 3, "yes": True, "no": None},
        {"nested": [{"b": [1.5, {"z": 1, "a": 2}]}, []], "": "empty name"},
        {10: "ten", 9: "nine"},
        {"at": NOON, "key": uuid4(), "words": gettext_lazy("High")},
        {"text": "徐汇 🪑 \u2028 \\u0000 \" '", "ä": "\x7f"},
    ],
)
def test_the_hash_is_the_same_after_the_event_came_back_from_the_database(db, payload):
    site = make_site()

    written = append_event(site.pk, Fact("test.happened", "subject", payload), now=NOON)

    read = Event.objects.get(pk=written.pk)
    assert hash_of(read) == written.hash
    assert verify_log(site) == []


def test_the_hash_holds_for_a_device_whose_clock_has_another_offset(db):
    site = make_site()
    at = NOON.astimezone(timezone(timedelta(hours=8))) + timedelta(microseconds=123)
    origin = Origin(actor=make_user(), device=make_device(site), source="offline", device_at=at)

    append_event(site.pk, Fact("test.happened", "subject"), now=at, origin=origin)

    assert verify_log(site) == []


def test_what_is_no_number_is_not_written(db):
    site = make_site()

    with pytest.raises(ValueError, match="not JSON compliant"):
        append(site, value=float("nan"))

    assert not Event.objects.exists()


def test_a_site_without_a_counter_gets_one_with_its_first_event(db):
    site = Site.objects.create(name="made by hand")

    assert [append(site).seq, append(site).seq] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_listeners_are_woken_after_the_commit_and_only_then():
    site, woken = make_site(), []
    outbox.on_wake(woken.append)

    with pytest.raises(RuntimeError):
        append_and_fail(site)
    assert woken == []

    with transaction.atomic():
        append(site)
        assert woken == []
    assert woken == [site.pk]


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_moment_leave_one_gapless_chain():
    site = make_site()

    def write():
        for _number in range(10):
            with transaction.atomic():
                append(site)

    at_once(write, write, write, write)

    numbers = list(Event.objects.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, 41))
    assert verify_log(site) == []


def test_what_is_told_together_is_appended_at_the_end_in_its_order(db):
    site = make_site()
    with transaction.atomic(), together():
        append_event(site.pk, Fact("test.first", "subject"), now=NOON)
        append_event(site.pk, Fact("test.second", "subject"), now=NOON)
        assert not Event.objects.exists()

    events = Event.objects.order_by("seq")
    assert [(event.seq, event.type) for event in events] == [(1, "test.first"), (2, "test.second")]
    assert events[1].prev_hash == events[0].hash


def test_what_was_told_before_a_failure_is_dropped_with_it(db):
    site = make_site()

    @transaction.atomic
    def tell_and_fail():
        with together():
            append(site)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        tell_and_fail()

    assert not Event.objects.exists()
