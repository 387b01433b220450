"""The run sheet: append-only, late lines keep their time, only adrenaline asks for anything."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client

from aefi.models import EmergencyEntry
from aefi.rules import run_sheet as rules
from alerts.models import Role
from tests.factories import NOON, make_device
from tests.floor_factories import (
    Floor,
    event_types,
    frozen,
    last_event,
    make_call,
    make_observation,
)

MINUTE = timedelta(minutes=1)
GIVEN = {"mg": 0.3, "ml": 0.3, "confirmed": True}


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        (0.3, Decimal("0.3")),
        ("0.15", Decimal("0.15")),
        (1, Decimal(1)),
        (0, None),
        (-1, None),
        ("", None),
        (None, None),
        ("NaN", None),
        ("Infinity", None),
        (True, None),
        ("half", None),
        ([], None),
    ],
)
def test_an_amount_is_a_number_above_zero(written, amount):
    assert rules.amount(written) == amount


@pytest.mark.parametrize(
    ("data", "field", "code"),
    [
        ({}, "mg", "required"),
        ({"mg": 0.3}, "ml", "required"),
        ({"mg": "x", "ml": 0.3}, "mg", "not_an_amount"),
        ({"mg": 0.3, "ml": 0}, "ml", "not_an_amount"),
        ({"mg": 0.3, "ml": 0.3}, "confirmed", "not_confirmed"),
        ({"mg": 0.3, "ml": 0.3, "confirmed": "yes"}, "confirmed", "not_confirmed"),
    ],
)
def test_adrenaline_is_typed_in_mg_and_ml_and_confirmed(data, field, code):
    assert rules.missing_in("adrenaline", data) == rules.Missing(field, code)


def test_a_confirmed_dose_lacks_nothing():
    assert rules.missing_in("adrenaline", GIVEN) is None


@pytest.mark.parametrize("kind", ["vitals", "oxygen", "note", "anything"])
def test_no_other_line_asks_for_anything(kind):
    assert rules.missing_in(kind, {}) is None


@pytest.mark.parametrize(
    ("data", "warnings"),
    [
        ({"mg": 0.3, "ml": 0.3}, []),
        ({"mg": "0.30", "ml": 0.3}, []),
        ({"mg": 0.3, "ml": 3}, ["not_1_in_1000"]),
        ({"mg": 0.3}, []),
    ],
)
def test_another_concentration_than_one_in_a_thousand_is_pointed_out(data, warnings):
    assert rules.warnings_for("adrenaline", data) == warnings


@pytest.fixture
def floor(db):
    with frozen(NOON):
        yield Floor()


@pytest.fixture
def call(floor):
    return make_call(make_observation(floor.site, seat="A1"))


def enter(floor, call, body, **options):
    return floor.post(f"alerts/{call.uuid}/entries/", body, **{"role": Role.CLINICIAN, **options})


def test_a_line_is_kept_with_who_and_when(floor, call):
    answer = enter(floor, call, {"kind": "adrenaline", "data": GIVEN})

    line = answer.json()
    assert answer.status_code == 201
    assert (line["at"], line["entered_at"]) == (NOON.isoformat(), NOON.isoformat())
    assert line["by_uuid"] == str(floor.person(Role.CLINICIAN).uuid)
    assert line["data"] == GIVEN
    assert line["warnings"] == []


def test_the_event_of_a_line_says_what_and_when_and_no_more(floor, call):
    line = enter(floor, call, {"kind": "vitals", "data": {"hr": 120, "note": "李雷"}}).json()

    assert last_event(floor.site, "run_sheet.entered").payload == {
        "alert": str(call.uuid),
        "entry": line["uuid"],
        "kind": "vitals",
        "at": NOON.isoformat(),
        "replaces": None,
    }


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "data.mg"),
        ({"mg": 0.3}, "data.ml"),
        ({"mg": 0.3, "ml": 0.3}, "data.confirmed"),
        ("0.3 mg", "data.mg"),
        (None, "data.mg"),
    ],
)
def test_adrenaline_that_lacks_something_names_the_field(floor, call, data, field):
    answer = enter(floor, call, {"kind": "adrenaline", "data": data})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field
    assert not EmergencyEntry.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "vitals"},
        {"kind": "vitals", "data": [1]},
        {"kind": "chest rub", "data": {"x": 1}},
        {"at": "earlier"},
        {"kind": None},
        {"uuid": "x"},
        {"replaces": "nothing"},
        {"replaces": "3f2c1a52-6e0e-4a41-9c1f-0a57f2b6a001"},
        {},
    ],
)
def test_nothing_else_is_refused(floor, call, body):
    assert enter(floor, call, body).status_code == 201


def test_an_unknown_kind_is_a_note_that_keeps_the_word(floor, call):
    line = enter(floor, call, {"kind": "chest rub", "data": {"x": 1}}).json()

    assert line["kind"] == "note"
    assert line["data"] == {"x": 1, "kind_as_written": "chest rub"}


def test_a_body_that_is_no_line_is_a_wrong_request(floor, call):
    assert enter(floor, call, [1]).status_code == 400


def test_a_correction_replaces_a_line_and_both_are_kept(floor, call):
    wrong = enter(floor, call, {"kind": "adrenaline", "data": {**GIVEN, "ml": 3}}).json()

    body = {"kind": "adrenaline", "data": GIVEN, "replaces": wrong["uuid"]}
    right = enter(floor, call, body).json()

    lines = floor.get(f"alerts/{call.uuid}/entries/").json()
    assert wrong["warnings"] == ["not_1_in_1000"]
    assert right["replaces"] == wrong["uuid"]
    assert [(line["uuid"], line["replaced_by"]) for line in lines] == [
        (wrong["uuid"], right["uuid"]),
        (right["uuid"], None),
    ]
    assert EmergencyEntry.objects.get(uuid=wrong["uuid"]).data["ml"] == 3


def test_a_line_of_another_alert_is_not_replaced(floor, call):
    other = make_call(make_observation(floor.site))
    foreign = enter(floor, other, {"kind": "note"}).json()

    line = enter(floor, call, {"kind": "note", "replaces": foreign["uuid"]}).json()

    assert line["replaces"] is None
    assert line["data"]["replaces_as_written"] == foreign["uuid"]


def test_the_same_line_sent_twice_is_one_line(floor, call):
    body = {"uuid": str(uuid4()), "kind": "adrenaline", "data": GIVEN}

    first = enter(floor, call, body).json()
    again = enter(floor, call, body).json()

    assert again == first
    assert event_types(floor.site).count("run_sheet.entered") == 1


def test_a_key_of_another_alert_s_line_makes_a_new_line(floor, call):
    other = make_call(make_observation(floor.site))
    uuid = enter(floor, other, {"uuid": str(uuid4())}).json()["uuid"]

    assert enter(floor, call, {"uuid": uuid}).json()["uuid"] != uuid


@pytest.mark.parametrize("wrong", [timedelta(minutes=7), timedelta(minutes=-7), timedelta(days=1)])
def test_a_line_replayed_late_keeps_its_time_on_the_server_s_clock(floor, call, wrong):
    done_at = NOON - 12 * MINUTE
    offset_ms = -int(wrong.total_seconds() * 1000)
    body = {"kind": "adrenaline", "data": GIVEN, "at": (done_at + wrong).isoformat()}

    line = replay(floor, call, body, offset_ms=offset_ms)

    assert line["at"] == done_at.isoformat()
    assert line["entered_at"] == NOON.isoformat()
    assert line["source"] == "offline"


def test_a_line_from_an_unmeasured_clock_is_placed_at_its_receipt(floor, call):
    written = (NOON - 12 * MINUTE).isoformat()

    line = replay(floor, call, {"kind": "oxygen", "at": written}, offset_ms=None)

    assert line["at"] == NOON.isoformat()
    assert line["data"] == {"at_as_written": written}


def replay(floor, call, body, *, offset_ms):
    """Send a line that a physician's tablet kept while it was offline."""
    make_device(floor.site, clock_offset_ms=offset_ms)
    client = Client()
    client.force_login(
        floor.person(Role.CLINICIAN), backend="django.contrib.auth.backends.ModelBackend"
    )
    client.cookies["aefi_device"] = "device-secret"
    answer = client.post(
        f"/api/v1/alerts/{call.uuid}/entries/",
        body,
        content_type="application/json",
        headers={"X-Source": "offline", "Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 201
    return answer.json()


def test_lines_stand_in_the_order_of_what_was_done(floor, call):
    for minutes in (1, 5, 3):
        enter(floor, call, {"kind": "vitals", "at": (NOON - minutes * MINUTE).isoformat()})

    lines = floor.get(f"alerts/{call.uuid}/entries/").json()

    assert [line["at"] for line in lines] == [(NOON - m * MINUTE).isoformat() for m in (5, 3, 1)]


def test_an_ended_call_still_takes_lines(floor, call):
    type(call).objects.update(state="resolved", ended_at=NOON)

    assert enter(floor, call, {"kind": "handed_over"}).status_code == 201


def test_the_sheet_of_another_site_is_not_found(floor):
    other = make_call(make_observation(Floor(name="别处").site))

    assert enter(floor, other, {"kind": "note"}).status_code == 404
    assert floor.get(f"alerts/{other.uuid}/entries/").status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [(Role.OBSERVER, 201), (Role.OFFICER, 403), (Role.LEAD, 201)]
)
def test_the_floor_s_staff_write_the_sheet_and_an_officer_reads_it(floor, call, role, status):
    assert enter(floor, call, {"kind": "note"}, role=role).status_code == status
    assert floor.get(f"alerts/{call.uuid}/entries/", role=role).status_code == 200
