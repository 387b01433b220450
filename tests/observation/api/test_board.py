"""The board: the floor as it stands at the head of the stream, in few queries, without names."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerts.models import Role, Stream
from alerts.services.notices import technical, tell
from tests.factories import NOON, make_device, make_duty, make_site
from tests.floor_factories import (
    Floor,
    frozen,
    make_call,
    make_observation,
    make_party,
    make_recipient,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def floor():
    with frozen(NOON):
        yield Floor()


def test_the_board_has_every_tile_and_the_head_to_go_on_from(floor):
    row = make_observation(floor.site, seat="A1", party=make_party(floor.site))
    floor.post(f"observations/{row.uuid}/watch/")

    board = floor.get("{site}/board/").json()

    stream = Stream.objects.get(site=floor.site)
    assert (board["epoch"], board["head"]) == (str(stream.epoch), 1)
    assert board["server_time"] == NOON.isoformat()
    assert board["tiles"] == [
        {
            "uuid": str(row.uuid),
            "ticket": 1,
            "party": str(row.party.uuid),
            "group": "",
            "station": "",
            "seat": "A1",
            "bay": "A",
            "is_seat_confirmed": True,
            "seated_at": NOON.isoformat(),
            "opened_at": NOON.isoformat(),
            "started_at": NOON.isoformat(),
            "due_at": (NOON + 30 * MINUTE).isoformat(),
            "watched_closely_since": NOON.isoformat(),
            "recheck_at": (NOON + 5 * MINUTE).isoformat(),
            "flags": [],
            "ended_at": None,
            "end_kind": None,
            "settled_at": None,
            "reaction": None,
        }
    ]


def test_the_counts_follow_the_phases(floor):
    make_observation(floor.site)
    make_observation(floor.site, seat="A1", due_at=NOON + 4 * MINUTE)
    make_observation(floor.site, seat="A2", due_at=NOON)
    make_observation(floor.site, seat="A3", watched_closely_since=NOON)
    make_observation(floor.site, ended_at=NOON, end_kind="left_early")
    make_observation(floor.site, ended_at=NOON, end_kind="complete")

    assert floor.get("{site}/board/").json()["counts"] == {
        "open": 4,
        "soon": 1,
        "may_leave": 1,
        "unsettled": 1,
        "not_seated": 1,
        "watched_closely": 1,
    }


def test_a_running_call_is_on_the_board_with_who_was_reached(floor):
    doctor = floor.person(Role.CLINICIAN)
    make_duty(floor.session, doctor)
    row = make_observation(floor.site, seat="A1")
    call = make_call(row)

    (alert,) = floor.get("{site}/board/").json()["alerts"]

    assert (alert["uuid"], alert["state"], alert["seat"]) == (str(call.uuid), "paging", "A1")
    assert alert["reach"]["paged"] == 1
    assert alert["responders"] == []


def test_an_ended_call_is_not_on_the_board(floor):
    call = make_call(make_observation(floor.site))
    type(call).objects.update(state="resolved")

    assert floor.get("{site}/board/").json()["alerts"] == []


def test_the_board_has_no_name_in_it(floor):
    make_observation(floor.site, recipient=make_recipient(floor.site, "李雷", guardian="李母"))

    text = floor.get("{site}/board/").content.decode()

    assert "李" not in text


def test_a_tablet_reads_the_board_of_its_own_site_only(floor):
    make_device(floor.site)
    client = Client()
    client.cookies["aefi_device"] = "device-secret"

    own = client.get(f"/api/v1/sites/{floor.site.uuid}/board/")
    other = client.get(f"/api/v1/sites/{make_site(name='别处').uuid}/board/")
    sheet = client.get(f"/api/v1/observations/{make_observation(floor.site).uuid}/")
    search = client.get(f"/api/v1/sites/{floor.site.uuid}/observations/")

    assert [a.status_code for a in (own, other, sheet, search)] == [200, 404, 403, 403]


def test_the_board_needs_somebody(floor, client):
    assert client.get(f"/api/v1/sites/{floor.site.uuid}/board/").status_code == 401


def test_a_full_floor_takes_as_few_queries_as_a_single_recipient(floor):
    row = make_observation(floor.site)
    floor.post(f"observations/{row.uuid}/reactions/", {"signs": {"breathing": "yes"}})
    floor.person(Role.OBSERVER)
    with CaptureQueriesContext(connection) as of_one:
        floor.get("{site}/board/")
    for _number in range(59):
        make_observation(floor.site)

    with CaptureQueriesContext(connection) as of_all:
        board = floor.get("{site}/board/").json()

    assert len(board["tiles"]) == 60
    assert len(of_all) == len(of_one) <= 16


def test_the_board_names_the_technical_faults_that_last(floor):
    for code in ("disk_low", "pages_late"):
        tell(technical(floor.site.pk, code), is_on=True, now=NOON)
    tell(technical(floor.site.pk, "disk_low"), is_on=False, now=NOON)

    assert floor.get("{site}/board/").json()["faults"] == ["pages_late"]
