"""How watches end: by a person, once, and an early end stays until somebody says what was done."""

from datetime import timedelta
from uuid import uuid4

import pytest

from alerts.models import Role, Timer
from observation.models import Observation
from tests.factories import NOON, make_device
from tests.floor_factories import (
    Floor,
    event_types,
    frozen,
    last_event,
    make_call,
    make_observation,
    make_party,
    make_recipient,
)

pytestmark = pytest.mark.django_db
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def floor():
    with frozen(NOON):
        yield Floor()


def due(floor, **changes):
    """Somebody whose time is just over."""
    return make_observation(floor.site, started_at=NOON - HALF_HOUR, **changes)


def test_at_the_due_time_itself_a_person_may_go(floor):
    row = due(floor)

    tile = floor.post(f"observations/{row.uuid}/release/", role=Role.OBSERVER).json()

    assert (tile["end_kind"], tile["ended_at"]) == ("complete", NOON.isoformat())
    assert event_types(floor.site) == ["observation.ended"]
    assert last_event(floor.site, "observation.ended").payload == {
        "kind": "complete",
        "ended_at": NOON.isoformat(),
        "warned": None,
    }


def test_a_second_before_it_is_refused_and_says_until_when(floor):
    row = due(floor, due_at=NOON + timedelta(seconds=1))

    answer = floor.post(f"observations/{row.uuid}/release/")

    assert answer.status_code == 409
    assert answer.json()["type"] == "about:blank#not_due"
    assert answer.json()["facts"]["due_at"] == (NOON + timedelta(seconds=1)).isoformat()
    assert Observation.objects.open().count() == 1


def test_the_end_makes_every_timer_stale(floor):
    row = due(floor, seat="A1")
    floor.post(f"observations/{row.uuid}/watch/")

    floor.post(f"observations/{row.uuid}/release/")

    assert Timer.objects.armed().count() == 0


def test_two_releases_are_one_end(floor):
    row = due(floor)

    floor.post(f"observations/{row.uuid}/release/")
    again = floor.post(f"observations/{row.uuid}/release/")

    assert again.status_code == 200
    assert event_types(floor.site) == ["observation.ended"]


def test_a_release_after_an_early_leave_changes_nothing(floor):
    row = due(floor)
    floor.post(f"observations/{row.uuid}/leave/", {"kind": "unwitnessed"})

    again = floor.post(f"observations/{row.uuid}/release/")

    assert again.json()["end_kind"] == "unwitnessed"


def test_an_early_leave_keeps_why_who_agreed_and_the_warning(floor):
    row = make_observation(floor.site, seat="A1")
    body = {"kind": "left_early", "reason": "接孩子", "agreed_by": "母亲", "warning_given": True}

    tile = floor.post(f"observations/{row.uuid}/leave/", body).json()

    row.refresh_from_db()
    assert tile["end_kind"] == "left_early"
    assert (row.end_reason, row.end_agreed_by, row.is_warning_given) == ("接孩子", "母亲", True)
    assert row.ended_by == floor.person(Role.VACCINATOR)


@pytest.mark.parametrize("kind", ["left_early", "refused", "cancelled"])
def test_who_leaves_early_says_why(floor, kind):
    row = make_observation(floor.site)

    answer = floor.post(f"observations/{row.uuid}/leave/", {"kind": kind, "reason": " "})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "reason"


@pytest.mark.parametrize("kind", ["unwitnessed", "transferred"])
def test_an_exit_nobody_saw_or_a_transfer_needs_no_reason(floor, kind):
    row = make_observation(floor.site)

    assert floor.post(f"observations/{row.uuid}/leave/", {"kind": kind}).status_code == 200


@pytest.mark.parametrize("kind", ["complete", "vanished", "", None, 7])
def test_an_end_of_another_kind_is_a_wrong_field(floor, kind):
    row = make_observation(floor.site)

    answer = floor.post(f"observations/{row.uuid}/leave/", {"kind": kind, "reason": "x"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "kind"


@pytest.mark.parametrize(
    ("kind", "stays"),
    [
        ("left_early", True),
        ("refused", True),
        ("unwitnessed", True),
        ("transferred", False),
        ("cancelled", False),
    ],
)
def test_an_early_leave_stays_on_the_board_until_it_is_settled(floor, kind, stays):
    row = make_observation(floor.site)
    floor.post(f"observations/{row.uuid}/leave/", {"kind": kind, "reason": "x"})

    before = floor.get("{site}/board/").json()["tiles"]
    floor.post(f"observations/{row.uuid}/settle/", {"note": "电话已通知"})
    after = floor.get("{site}/board/").json()["tiles"]

    assert bool(before) is stays
    assert after == []


def test_settling_twice_tells_once(floor):
    row = make_observation(floor.site)
    floor.post(f"observations/{row.uuid}/leave/", {"kind": "unwitnessed"})

    floor.post(f"observations/{row.uuid}/settle/", {"note": "电话已通知"})
    floor.post(f"observations/{row.uuid}/settle/", {"note": "又一次"})

    row.refresh_from_db()
    assert row.settled_note == "电话已通知"
    assert event_types(floor.site).count("observation.settled") == 1


def test_who_is_still_watched_is_not_settled(floor):
    row = make_observation(floor.site)

    answer = floor.post(f"observations/{row.uuid}/settle/", {"note": "x"})

    assert answer.status_code == 409
    assert answer.json()["type"] == "about:blank#still_watched"


def test_of_a_bay_only_those_due_go(floor):
    gone = [due(floor, seat=f"A{n}") for n in (1, 2)]
    waiting = make_observation(floor.site, seat="A3")
    elsewhere = due(floor, seat="B1")

    answer = floor.post("{site}/releases/", {"bay": "a"}).json()

    assert [tile["ticket"] for tile in answer["released"]] == [row.ticket for row in gone]
    assert [tile["ticket"] for tile in answer["not_due"]] == [waiting.ticket]
    assert Observation.objects.open().filter(pk=elsewhere.pk).exists()
    assert event_types(floor.site) == ["observation.ended"] * 2


def test_who_is_watched_closely_or_called_for_is_held_back(floor):
    watched = due(floor, seat="A1", watched_closely_since=NOON)
    called = due(floor, seat="A2")
    make_call(called)
    free = due(floor, seat="A3")

    answer = floor.post("{site}/releases/", {"bay": "A"}).json()

    assert [tile["ticket"] for tile in answer["released"]] == [free.ticket]
    assert [tile["ticket"] for tile in answer["held_back"]] == [watched.ticket, called.ticket]


def test_a_class_a_party_and_tickets_are_released(floor):
    party = make_party(floor.site)
    pupil = due(floor, recipient=make_recipient(floor.site, group_name="三（2）班"))
    child = due(floor, party=party)
    single = due(floor)

    released = [
        floor.post("{site}/releases/", body).json()["released"]
        for body in (
            {"group": "三（2）班"},
            {"party": str(party.uuid)},
            {"tickets": [single.ticket, 999]},
        )
    ]

    assert [[tile["ticket"] for tile in tiles] for tiles in released] == [
        [pupil.ticket],
        [child.ticket],
        [single.ticket],
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"bay": ""},
        {"bay": "Z"},
        {"party": "x"},
        {"tickets": "1"},
        {"tickets": ["x"]},
        {"tickets": [2**40]},
    ],
)
def test_a_release_of_nobody_named_is_a_wrong_request(floor, body):
    assert floor.post("{site}/releases/", body).status_code == 400


def test_people_of_another_site_are_never_released(floor):
    other = Floor(name="别处")
    row = due(other)

    answer = floor.post("{site}/releases/", {"tickets": [row.ticket]}).json()

    assert answer["released"] == []
    assert Observation.objects.open().filter(pk=row.pk).exists()


def test_a_release_replayed_late_keeps_the_time_of_the_tap(floor):
    row = make_observation(floor.site, started_at=NOON - timedelta(minutes=50))
    tapped = NOON - timedelta(minutes=10)

    tile = replay(floor, row, tapped, offset_ms=0)

    assert tile["ended_at"] == tapped.isoformat()
    assert tile["flags"] == []


def test_a_late_release_from_before_the_due_time_is_marked(floor):
    row = make_observation(floor.site, started_at=NOON - timedelta(minutes=40))

    tile = replay(floor, row, NOON - timedelta(minutes=15), offset_ms=0)

    assert tile["flags"] == ["ended_before_due"]


@pytest.mark.parametrize("wrong", [timedelta(minutes=7), timedelta(minutes=-7), timedelta(days=1)])
def test_a_late_release_from_a_wrong_clock_is_corrected(floor, wrong):
    row = make_observation(floor.site, started_at=NOON - timedelta(minutes=50))
    tapped = NOON - timedelta(minutes=10)
    offset_ms = -int(wrong.total_seconds() * 1000)

    tile = replay(floor, row, tapped + wrong, offset_ms=offset_ms)

    assert tile["ended_at"] == tapped.isoformat()


def test_a_late_release_from_an_unmeasured_clock_ends_at_its_receipt(floor):
    row = make_observation(floor.site, started_at=NOON - timedelta(minutes=50))

    tile = replay(floor, row, NOON - timedelta(minutes=10), offset_ms=None)

    assert tile["ended_at"] == NOON.isoformat()


def replay(floor, row, device_time, *, offset_ms):
    """Send a release that a tablet kept while it was offline."""
    from django.test import Client

    make_device(floor.site, clock_offset_ms=offset_ms)
    client = Client()
    client.force_login(
        floor.person(Role.OBSERVER), backend="django.contrib.auth.backends.ModelBackend"
    )
    client.cookies["aefi_device"] = "device-secret"
    headers = {
        "X-Source": "offline",
        "X-Device-Time": device_time.isoformat(),
        "Idempotency-Key": str(uuid4()),
    }
    url = f"/api/v1/observations/{row.uuid}/release/"
    answer = client.post(url, {}, content_type="application/json", headers=headers)
    assert answer.status_code == 200
    return answer.json()


def test_a_release_takes_few_queries_on_a_full_floor(floor, django_assert_max_num_queries):
    for _number in range(40):
        make_observation(floor.site)
    row = due(floor)
    floor.person(Role.OBSERVER)

    with django_assert_max_num_queries(20):
        floor.post(f"observations/{row.uuid}/release/", role=Role.OBSERVER)
