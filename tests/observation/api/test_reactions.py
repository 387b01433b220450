"""Reactions: signs first, the call in the same transaction, and nothing ever refused."""

from contextlib import suppress
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from alerts.models import Alert, DutyRole, Page, Role
from observation.models import Observation, Reaction, ReactionVersion
from tests.factories import NOON, make_device, make_duty, make_site
from tests.floor_factories import (
    Floor,
    event_types,
    frozen,
    last_event,
    make_call,
    make_observation,
    make_recipient,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def floor():
    with frozen(NOON):
        yield Floor()


def report(floor, row, body, **headers):
    return floor.post(f"observations/{row.uuid}/reactions/", body, **headers)


def test_a_danger_sign_calls_the_team_by_itself(floor):
    doctor = floor.person(Role.CLINICIAN)
    make_duty(floor.session, doctor)
    lei = make_recipient(floor.site, "李雷", born_on=date(2017, 5, 2))
    row = make_observation(floor.site, seat="A3", recipient=lei, started_at=NOON - 6 * MINUTE)

    answer = report(floor, row, {"signs": {"breathing": "yes"}})

    alert = Alert.objects.get()
    assert answer.status_code == 201
    assert answer.json()["alert"]["uuid"] == str(alert.uuid)
    assert (alert.priority, alert.state, str(alert.seat)) == ("high", "paging", "A3")
    assert alert.summary == {
        "signs": ["breathing"],
        "stress_subtype": None,
        "reaction": answer.json()["reaction"]["uuid"],
        "minutes_since_dose": 6,
        "age_months": 114,
        "ticket": row.ticket,
    }
    assert Page.objects.filter(responder=doctor).exists()


def test_reaction_and_call_stand_in_the_log_without_a_name(floor):
    row = make_observation(floor.site, recipient=make_recipient(floor.site, "李雷"))

    report(floor, row, {"signs": {"swelling": "yes"}, "note": "李雷 肿"})

    payloads = [last_event(floor.site, kind).payload for kind in set(event_types(floor.site))]
    reported = last_event(floor.site, "reaction.reported").payload
    assert reported["signs"] == ["swelling"]
    assert reported["danger"] is True
    assert reported["alert"] == str(Alert.objects.get().uuid)
    assert "李雷" not in str(payloads)


@pytest.mark.parametrize(
    "signs", [{"dizzy": "yes"}, {"arm_sore": "yes"}, {"breathing": "no"}, {}, None]
)
def test_other_signs_are_kept_and_call_nobody(floor, signs):
    row = make_observation(floor.site)

    answer = report(floor, row, {"signs": signs}, role=Role.OBSERVER)

    assert answer.status_code == 201
    assert answer.json()["alert"] is None
    assert Reaction.objects.count() == 1


def test_an_unknown_sign_is_kept_flagged_and_brings_the_nurse(floor):
    row = make_observation(floor.site)

    answer = report(floor, row, {"signs": {"blue_toes": "yes", "rash": "no"}}).json()

    assert answer["reaction"]["signs"] == {"blue_toes": "yes", "rash": "no"}
    assert answer["reaction"]["details"]["unknown_signs"] == ["blue_toes"]
    assert answer["alert"]["priority"] == "medium"


def test_a_suspected_stress_response_pages_its_own_team(floor):
    calm = floor.person(Role.CLINICIAN)
    make_duty(floor.session, calm, DutyRole.PSYCHOLOGIST)
    row = make_observation(floor.site, seat="A3")
    body = {"signs": {"panic": "yes"}, "danger_absent": True, "stress_subtype": "acute_stress"}

    answer = report(floor, row, body).json()

    assert (answer["alert"]["priority"], answer["alert"]["policy"]) == ("medium", "stress")
    assert answer["reaction"]["stress_subtype"] == "acute_stress"
    assert Page.objects.filter(responder=calm).exists()


def test_a_stress_response_before_danger_was_looked_for_is_a_marked_high_call(floor):
    row = make_observation(floor.site)

    answer = report(floor, row, {"signs": {"panic": "yes"}, "stress_subtype": "vasovagal"}).json()

    assert answer["alert"]["priority"] == "high"
    assert answer["reaction"]["details"]["danger_not_excluded"] is True


def test_a_danger_sign_turns_a_running_stress_call_to_high(floor):
    make_duty(floor.session, floor.person(Role.CLINICIAN), DutyRole.PSYCHOLOGIST)
    row = make_observation(floor.site)
    body = {"signs": {"panic": "yes"}, "danger_absent": True, "stress_subtype": "vasovagal"}
    stress = report(floor, row, body).json()

    danger = report(floor, row, {"signs": {"not_recovered": "yes"}}).json()

    assert danger["alert"]["uuid"] == stress["alert"]["uuid"]
    alert = Alert.objects.get()
    assert (alert.priority, alert.policy_name) == ("high", "high")
    assert alert.summary["signs"] == ["panic", "not_recovered"]
    assert "alert.raised_to_high" in event_types(floor.site)


def test_signs_join_the_call_that_runs_about_the_person(floor):
    row = make_observation(floor.site, seat="A1")
    help_call = make_call(row)

    answer = report(floor, row, {"signs": {"swelling": "yes"}}).json()

    assert answer["alert"]["uuid"] == str(help_call.uuid)
    assert Alert.objects.count() == 1


def test_a_call_for_help_without_signs_is_high(floor):
    row = make_observation(floor.site)

    answer = report(floor, row, {"call_for_help": True}).json()

    assert answer["alert"]["priority"] == "high"


@pytest.mark.parametrize(
    "field",
    [
        {"onset_at": "just now"},
        {"onset_at": 12},
        {"details": [1, 2]},
        {"danger_absent": "maybe"},
        {"uuid": "x"},
        {"note": {"a": 1}},
        {"stress_subtype": ["x"]},
    ],
)
def test_a_field_that_cannot_be_read_never_stops_a_call(floor, field):
    row = make_observation(floor.site)

    answer = report(floor, row, {"signs": {"breathing": "yes"}, **field})

    assert answer.status_code == 201
    assert answer.json()["alert"]["priority"] == "high"
    assert answer.json()["ignored"] == list(field)


@pytest.mark.parametrize(
    "signs",
    [
        ["breathing"],
        "breathing",
        {"breathing": True},
        {"breathing": "severe"},
        {"breathing": {"grade": 3}},
        {"breathing": "yes", **{f"x{n}": "no" for n in range(500)}},
    ],
)
def test_signs_are_read_however_they_are_written(floor, signs):
    row = make_observation(floor.site)

    answer = report(floor, row, {"signs": signs})

    assert answer.status_code == 201
    assert answer.json()["alert"]["priority"] == "high"


def test_an_unknown_subtype_is_kept_as_written(floor):
    row = make_observation(floor.site)

    answer = report(floor, row, {"stress_subtype": "hysteria"}).json()

    assert answer["reaction"]["stress_subtype"] is None
    assert answer["reaction"]["details"]["stress_subtype_as_written"] == "hysteria"


def test_the_same_reaction_sent_twice_is_one_reaction_and_one_call(floor):
    row = make_observation(floor.site)
    body = {"uuid": str(uuid4()), "signs": {"breathing": "yes"}}

    first = report(floor, row, body).json()
    again = report(floor, row, body).json()

    assert again["reaction"]["uuid"] == first["reaction"]["uuid"] == body["uuid"]
    assert again["alert"]["uuid"] == first["alert"]["uuid"]
    assert event_types(floor.site).count("reaction.reported") == 1


def test_a_key_that_another_site_used_still_makes_a_reaction(floor):
    other = Floor(name="别处")
    uuid = str(uuid4())
    report(other, make_observation(other.site), {"uuid": uuid, "signs": {"fit": "yes"}})

    answer = report(floor, make_observation(floor.site), {"uuid": uuid, "signs": {"fit": "yes"}})

    assert answer.status_code == 201
    assert answer.json()["reaction"]["uuid"] != uuid
    assert Alert.objects.count() == 2


def test_somebody_who_was_released_is_called_for_as_well(floor):
    row = make_observation(floor.site, seat="A1", ended_at=NOON, end_kind="complete")

    answer = report(floor, row, {"signs": {"collapse": "yes"}}).json()

    assert answer["reaction"]["person_kind"] == "released"
    assert answer["alert"]["person_kind"] == "released"


def test_the_watch_goes_on_after_a_reaction(floor):
    row = make_observation(floor.site)

    report(floor, row, {"signs": {"breathing": "yes"}})

    row.refresh_from_db()
    assert row.ended_at is None
    assert floor.get("{site}/board/").json()["tiles"][0]["reaction"]["danger"] is True


def test_a_late_reaction_still_pages_and_says_its_age(floor):
    row = make_observation(floor.site, started_at=NOON - 30 * MINUTE)
    seen_at = NOON - 10 * MINUTE

    answer = report(
        floor,
        row,
        {"signs": {"breathing": "yes"}},
        X_Source="paper",
        X_Device_Time=seen_at.isoformat(),
    ).json()

    alert = Alert.objects.get()
    assert alert.called_at == seen_at
    assert answer["alert"]["late"] is True
    assert alert.summary["minutes_since_dose"] == 20


def test_an_onset_in_the_future_is_held_at_its_receipt(floor):
    row = make_observation(floor.site)

    body = {"signs": {"fever": "yes"}, "onset_at": (NOON + 9 * MINUTE).isoformat()}
    answer = report(floor, row, body).json()

    assert answer["reaction"]["onset_at"] == NOON.isoformat()


def bare_device(floor):
    make_device(floor.site)
    client = Client()
    client.cookies["aefi_device"] = "device-secret"
    return client


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"signs": {"breathing": "yes"}}, 201),
        ({"call_for_help": True}, 201),
        ({"signs": {"dizzy": "yes"}}, 403),
        ({}, 403),
    ],
)
def test_a_tablet_with_nobody_logged_in_may_call_and_no_more(floor, body, status):
    row = make_observation(floor.site)
    url = f"/api/v1/observations/{row.uuid}/reactions/"

    answer = bare_device(floor).post(url, body, content_type="application/json")

    assert answer.status_code == status
    assert Alert.objects.exists() is (status == 201)


def test_a_tablet_of_another_site_does_not_find_the_person(floor):
    row = make_observation(make_site(name="别处"))
    url = f"/api/v1/observations/{row.uuid}/reactions/"

    answer = bare_device(floor).post(url, {"call_for_help": True}, content_type="application/json")

    assert answer.status_code == 404


def test_an_unknown_caller_is_not_let_in(floor, client):
    row = make_observation(floor.site)

    answer = client.post(
        f"/api/v1/observations/{row.uuid}/reactions/", {}, content_type="application/json"
    )

    assert answer.status_code == 401


@pytest.mark.parametrize("kind", ["visitor", "staff", "before_dose", "unknown"])
def test_anybody_else_in_the_building_is_called_for(floor, kind):
    body = {
        "person_kind": kind,
        "person_text": "穿红衣",
        "seat": "b2",
        "signs": {"collapse": "yes"},
    }

    answer = floor.post("{site}/reactions/", body).json()

    assert answer["reaction"]["person_kind"] == kind
    assert answer["reaction"]["observation"] is None
    assert answer["alert"]["seat"] == "B2"
    assert answer["alert"]["person_kind"] == kind


def test_an_unknown_kind_and_seat_are_kept_as_text(floor):
    body = {"person_kind": "pilot", "seat": "走廊", "call_for_help": True}

    answer = floor.post("{site}/reactions/", body).json()

    assert answer["reaction"]["person_kind"] == "unknown"
    assert answer["alert"]["place"] == "走廊"


def test_a_reaction_at_another_site_is_not_found(floor):
    elsewhere = make_site(name="别处")

    answer = floor.post(f"sites/{elsewhere.uuid}/reactions/", {"call_for_help": True})

    assert answer.status_code == 404


def test_later_details_make_a_new_version_and_keep_the_old_one(floor):
    row = make_observation(floor.site)
    first = report(floor, row, {"signs": {"dizzy": "yes"}, "note": "站起时"}).json()["reaction"]
    body = {"signs": {"pale": "yes"}, "details": {"pulse": 52}, "is_serious": False}

    later = floor.post(f"reactions/{first['uuid']}/details/", body).json()["reaction"]

    assert later["version"] == 2
    assert later["signs"] == {"dizzy": "yes", "pale": "yes"}
    assert later["details"] == {"pulse": 52}
    assert later["is_serious"] is False
    kept = ReactionVersion.objects.get()
    assert (kept.version, kept.facts["signs"], kept.facts["note"]) == (
        1,
        {"dizzy": "yes"},
        "站起时",
    )
    assert event_types(floor.site) == ["reaction.reported", "reaction.detailed"]


def test_danger_found_later_calls_then(floor):
    row = make_observation(floor.site)
    first = report(floor, row, {"signs": {"dizzy": "yes"}}).json()["reaction"]

    later = floor.post(
        f"reactions/{first['uuid']}/details/", {"signs": {"noisy_breathing": "yes"}}
    ).json()

    assert later["alert"]["priority"] == "high"
    assert later["reaction"]["alert"] == later["alert"]["uuid"]


def test_further_details_do_not_call_a_second_time(floor):
    row = make_observation(floor.site)
    first = report(floor, row, {"signs": {"breathing": "yes"}}).json()
    Alert.objects.update(state="resolved", ended_at=NOON)

    floor.post(f"reactions/{first['reaction']['uuid']}/details/", {"details": {"spo2": 97}})

    assert Alert.objects.count() == 1


def test_recovery_is_kept_on_the_server_s_clock(floor):
    row = make_observation(floor.site)
    first = report(floor, row, {"signs": {"dizzy": "yes"}}).json()["reaction"]
    at = (NOON - MINUTE).isoformat()

    later = floor.post(f"reactions/{first['uuid']}/details/", {"recovered_at": at}).json()

    assert later["reaction"]["recovered_at"] == at


def test_undo_takes_the_call_back_too(floor):
    row = make_observation(floor.site)
    first = report(floor, row, {"signs": {"breathing": "yes"}}).json()["reaction"]

    undone = floor.post(f"reactions/{first['uuid']}/undo/").json()
    floor.post(f"reactions/{first['uuid']}/undo/")

    assert undone["alert"]["state"] == "cancelled"
    assert undone["reaction"]["undone_at"] == NOON.isoformat()
    assert floor.get("{site}/board/").json()["tiles"][0]["reaction"] is None
    assert event_types(floor.site).count("reaction.undone") == 1


def test_undo_leaves_a_call_that_another_reaction_stands_behind(floor):
    row = make_observation(floor.site)
    first = report(floor, row, {"signs": {"breathing": "yes"}}).json()["reaction"]
    report(floor, row, {"signs": {"swelling": "yes"}})

    undone = floor.post(f"reactions/{first['uuid']}/undo/").json()

    assert undone["alert"]["state"] != "cancelled"


def test_undo_leaves_a_call_that_somebody_made_by_hand(floor):
    row = make_observation(floor.site)
    call = make_call(row, summary={"reaction": None})
    first = report(floor, row, {"signs": {"breathing": "yes"}}).json()["reaction"]

    floor.post(f"reactions/{first['uuid']}/undo/")

    assert Alert.objects.get(pk=call.pk).state != "cancelled"


@pytest.mark.parametrize("verb", ["details", "undo"])
def test_a_reaction_of_another_site_is_not_found(floor, verb):
    other = Floor(name="别处")
    first = report(other, make_observation(other.site), {"signs": {"dizzy": "yes"}}).json()

    answer = floor.post(f"reactions/{first['reaction']['uuid']}/{verb}/", {"call_for_help": True})

    assert answer.status_code == 404


def test_undo_needs_somebody_who_is_logged_in(floor):
    first = report(floor, make_observation(floor.site), {"signs": {"fit": "yes"}}).json()

    answer = bare_device(floor).post(
        f"/api/v1/reactions/{first['reaction']['uuid']}/undo/", {}, content_type="application/json"
    )

    assert answer.status_code == 403


def test_nothing_is_stored_when_the_call_cannot_be(floor):
    """Reaction and call are one transaction: a table that is missing takes both back."""
    row = make_observation(floor.site)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE alerts_alert RENAME TO alerts_alert_gone")

    told = None
    with suppress(DatabaseError):
        told = report(floor, row, {"signs": {"breathing": "yes"}}).status_code

    assert told in {None, 503}
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE alerts_alert_gone RENAME TO alerts_alert")
    assert not Reaction.objects.exists()
    assert not Alert.objects.exists()
    assert Observation.objects.open().count() == 1
