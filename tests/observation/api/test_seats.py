"""Seating at a scan, check-in in bulk, moving, parties that sit together."""

from datetime import timedelta

import pytest

from alerts.models import Alert, Role, Timer
from observation.models import Observation
from tests.factories import NOON, make_device, make_site
from tests.floor_factories import (
    Floor,
    event_types,
    frozen,
    last_event,
    make_call,
    make_observation,
    make_party,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor():
    with frozen(NOON):
        yield Floor()


def test_a_scan_at_the_seat_confirms_it(floor):
    row = make_observation(floor.site)

    tile = floor.post(f"observations/{row.uuid}/seat/", {"seat": "a3"}, role=Role.OBSERVER).json()

    assert (tile["seat"], tile["bay"], tile["is_seat_confirmed"]) == ("A3", "A", True)
    payload = last_event(floor.site, "observation.seated").payload
    assert payload == {
        "seat": "A3",
        "bay": "A",
        "is_confirmed": True,
        "seated_at": NOON.isoformat(),
    }


def test_a_seated_person_is_no_longer_looked_for(floor):
    row = make_observation(floor.site)

    floor.post(f"observations/{row.uuid}/seat/", {"seat": "A3"})

    assert list(Timer.objects.armed().values_list("kind", flat=True)) == ["observation.due"]


def test_a_seat_is_also_scanned_by_its_key(floor):
    row = make_observation(floor.site)
    seat = floor.site.seats.get(code="B7")

    tile = floor.post(f"observations/{row.uuid}/seat/", {"seat": str(seat.uuid)}).json()

    assert tile["seat"] == "B7"


@pytest.mark.parametrize("seat", ["Z9", "", "x" * 41, None, 4])
def test_a_seat_that_is_none_here_is_a_wrong_field(floor, seat):
    make_site(name="别处").seats.filter(code="A1").update(code="Z9")
    row = make_observation(floor.site)

    answer = floor.post(f"observations/{row.uuid}/seat/", {"seat": seat})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "seat"


def test_a_moved_person_is_told_as_moved_and_keeps_the_time_they_sat_down(floor):
    row = make_observation(floor.site, seat="A1", started_at=NOON - timedelta(minutes=5))

    tile = floor.post(f"observations/{row.uuid}/move/", {"seat": "B2"}).json()

    assert tile["seat"] == "B2"
    assert tile["seated_at"] == (NOON - timedelta(minutes=5)).isoformat()
    assert event_types(floor.site) == ["observation.moved"]


def test_a_running_call_follows_the_person(floor):
    row = make_observation(floor.site, seat="A1")
    call = make_call(row)

    floor.post(f"observations/{row.uuid}/move/", {"seat": "B2"})

    assert str(Alert.objects.get(pk=call.pk).seat) == "B2"
    assert last_event(floor.site, "alert.moved").payload["seat"] == "B2"


def test_who_already_sits_there_is_said(floor):
    sitting = make_observation(floor.site, seat="A1")
    row = make_observation(floor.site)

    tile = floor.post(f"observations/{row.uuid}/seat/", {"seat": "A1"}).json()

    assert tile["also_here"] == [sitting.ticket]


def test_an_ended_watch_is_not_seated(floor):
    row = make_observation(floor.site, ended_at=NOON, end_kind="complete")

    answer = floor.post(f"observations/{row.uuid}/seat/", {"seat": "A1"})

    assert answer.status_code == 409
    assert answer.json()["type"] == "about:blank#watch_ended"


def test_a_party_sits_down_around_the_scanned_seat(floor):
    party = make_party(floor.site)
    make_observation(floor.site, seat="A4")
    mother, one, two = (make_observation(floor.site, party=party) for _ in range(3))

    tile = floor.post(f"observations/{mother.uuid}/seat/", {"seat": "A5", "party": True}).json()

    assert tile["seat"] == "A5"
    assert {member["seat"] for member in tile["party_seated"]} == {"A3", "A6"}
    assert not any(member["is_seat_confirmed"] for member in tile["party_seated"])
    one.refresh_from_db()
    two.refresh_from_db()
    assert one.seated_at == two.seated_at == NOON


def test_who_left_the_party_earlier_stays_where_they_are(floor):
    party = make_party(floor.site)
    gone = make_observation(floor.site, party=party, ended_at=NOON, end_kind="complete")
    row = make_observation(floor.site, party=party)

    floor.post(f"observations/{row.uuid}/seat/", {"seat": "A5", "party": True})

    gone.refresh_from_db()
    assert gone.seat is None


def test_a_party_larger_than_the_bay_is_in_the_bay_without_a_seat(floor):
    party = make_party(floor.site)
    rows = [make_observation(floor.site, party=party) for _ in range(12)]

    floor.post(f"observations/{rows[0].uuid}/seat/", {"seat": "A1", "party": True})

    seated = Observation.objects.filter(party=party)
    assert seated.exclude(seat=None).values("seat").distinct().count() == 10
    assert seated.filter(seat=None, bay__code="A").count() == 2


def test_without_party_only_the_one_is_seated(floor):
    party = make_party(floor.site)
    one, other = (make_observation(floor.site, party=party) for _ in range(2))

    floor.post(f"observations/{one.uuid}/seat/", {"seat": "A5"})

    other.refresh_from_db()
    assert other.seated_at is None


@pytest.mark.parametrize("written", ["#{ticket}", "{ticket}", "https://x.example/{uuid}"])
def test_one_person_checks_in_by_ticket_or_code(floor, written):
    row = make_observation(floor.site)
    code = written.format(ticket=row.ticket, uuid=row.uuid)

    answer = floor.post("{site}/check-ins/", {"code": code, "seat": "A2"}, role=Role.OBSERVER)

    assert answer.json()["seated"][0]["seat"] == "A2"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"ticket": "999", "seat": "A1"}, 404),
        ({"ticket": "abc", "seat": "A1"}, 400),
        ({"ticket": "1"}, 400),
        ({"seat": "A1"}, 400),
        ({}, 400),
        ({"station": "S1", "last": 0}, 400),
        ({"station": "S1", "last": "many"}, 400),
        ({"station": "S1", "bay": "Z"}, 400),
        ({"station": "S9"}, 409),
        ([], 400),
    ],
)
def test_a_check_in_of_nobody_says_what_is_wrong(floor, body, status):
    make_observation(floor.site, station="S1")

    assert floor.post("{site}/check-ins/", body or {"x": 1}).status_code == status


def test_the_last_people_of_a_station_are_seated_in_one_move(floor):
    make_observation(floor.site, seat="A1")
    rows = [make_observation(floor.site, station="S3") for _ in range(12)]
    make_observation(floor.site, station="S1")

    answer = floor.post("{site}/check-ins/", {"station": "S3", "last": 10, "bay": "A"})

    seated = answer.json()["seated"]
    assert [tile["ticket"] for tile in seated] == [row.ticket for row in rows[2:]]
    assert [tile["seat"] for tile in seated] == [f"A{n}" for n in range(2, 11)] + [None]
    assert not any(tile["is_seat_confirmed"] for tile in seated)
    assert event_types(floor.site) == ["observation.seated"] * 10


def test_without_a_bay_the_bays_fill_one_after_another(floor):
    for number in range(1, 10):
        make_observation(floor.site, seat=f"A{number}")
    for _number in range(2):
        make_observation(floor.site, station="S3")

    answer = floor.post("{site}/check-ins/", {"station": "S3"}).json()

    assert [tile["seat"] for tile in answer["seated"]] == ["A10", "B1"]


def test_a_planned_seat_is_kept_at_the_check_in(floor):
    row = make_observation(floor.site, station="S3")
    Observation.objects.update(seat=floor.site.seats.get(code="B9"))

    answer = floor.post("{site}/check-ins/", {"station": "S3"}).json()

    assert [(tile["ticket"], tile["seat"]) for tile in answer["seated"]] == [(row.ticket, "B9")]


def test_a_late_seating_keeps_its_own_time(floor):
    row = make_observation(floor.site, started_at=NOON - timedelta(minutes=20))
    sat_down = NOON - timedelta(minutes=15)

    tile = floor.post(
        f"observations/{row.uuid}/seat/",
        {"seat": "A1"},
        X_Source="paper",
        X_Device_Time=sat_down.isoformat(),
    ).json()

    assert tile["seated_at"] == sat_down.isoformat()
    assert last_event(floor.site, "observation.seated").source == "paper"


def test_an_officer_does_not_seat_people(floor):
    row = make_observation(floor.site)

    answer = floor.post(f"observations/{row.uuid}/seat/", {"seat": "A1"}, role=Role.OFFICER)

    assert answer.status_code == 403


def test_a_bare_device_does_not_seat_people(floor, client):
    make_device(floor.site)
    client.cookies["aefi_device"] = "device-secret"
    row = make_observation(floor.site)

    answer = client.post(
        f"/api/v1/observations/{row.uuid}/seat/", {"seat": "A1"}, content_type="application/json"
    )

    assert answer.status_code == 403
