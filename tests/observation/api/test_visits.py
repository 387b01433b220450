"""Doses before and after the needle: planned ones are judged, given ones are always recorded."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from alerts.models import Device, Role, Session, Timer
from observation.models import Dose, Observation, Party, Recipient
from tests.factories import NOON, make_device, make_site
from tests.floor_factories import (
    Floor,
    event_types,
    frozen,
    last_event,
    make_lot,
    make_observation,
    make_recipient,
    make_vaccine,
)

pytestmark = pytest.mark.django_db
TEN_BEFORE = NOON - timedelta(minutes=10)


@pytest.fixture
def floor():
    with frozen(NOON):
        yield Floor()


def visit(**changes):
    """The body of one visit with one dose, given ten minutes before noon."""
    dose = {"vaccine": "HPV9", "lot": "B202607A", "given_at": TEN_BEFORE.isoformat()}
    person = {"name": "李雷", "born_on": "2017-05-02"}
    return {"recipient": person, "station": "S1", "doses": [dose], **changes}


def at(text):
    return datetime.fromisoformat(text)


def test_a_visit_starts_a_watch_of_thirty_minutes_from_the_dose(floor):
    make_lot(floor.site)

    answer = floor.post("{site}/observations/", visit())

    tile = answer.json()
    assert answer.status_code == 201
    assert at(tile["started_at"]) == TEN_BEFORE
    assert at(tile["due_at"]) == TEN_BEFORE + timedelta(minutes=30)
    assert tile["ticket"] == 1
    assert tile["flags"] == []
    assert event_types(floor.site) == ["observation.started"]


def test_the_event_of_a_visit_carries_keys_and_no_name(floor):
    floor.post("{site}/observations/", visit(recipient={"name": "李雷", "group_name": "三（2）班"}))

    payload = last_event(floor.site, "observation.started").payload
    assert payload["ticket"] == 1
    assert payload["group"] == "三（2）班"
    assert "李雷" not in str(payload)


def test_the_timers_of_the_watch_are_armed_in_the_same_move(floor):
    tile = floor.post("{site}/observations/", visit()).json()

    timers = dict(Timer.objects.armed().filter(subject=tile["uuid"]).values_list("kind", "due_at"))
    assert timers == {
        "observation.due": TEN_BEFORE + timedelta(minutes=30),
        "observation.not_seated": NOON + timedelta(minutes=3),
    }


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"held_at": NOON}, "lot_held"),
        ({"expires_on": date(2026, 11, 21)}, "lot_expired"),
    ],
)
def test_a_dose_from_a_bad_lot_is_recorded_watched_and_flagged(floor, changes, flag):
    make_lot(floor.site, **changes)

    answer = floor.post("{site}/observations/", visit())

    assert answer.status_code == 201
    assert answer.json()["flags"] == [flag]
    assert Dose.objects.get().flags == [flag]
    assert Timer.objects.armed().filter(kind="observation.due").count() == 1


def test_a_dose_from_a_lot_of_another_site_is_flagged(floor):
    make_lot(make_site(name="别处"))

    assert floor.post("{site}/observations/", visit()).json()["flags"] == ["lot_not_issued"]


def test_a_dose_of_an_unknown_vaccine_and_lot_is_kept_as_written(floor):
    dose = {"vaccine": "什么疫苗", "lot": "??"}

    answer = floor.post("{site}/observations/", visit(doses=[dose]))

    kept = Dose.objects.get()
    assert answer.status_code == 201
    assert answer.json()["flags"] == ["lot_unknown", "vaccine_unknown"]
    assert (kept.vaccine_as_written, kept.lot_as_written) == ("什么疫苗", "??")


def test_a_vaccine_is_known_by_its_lot_alone(floor):
    lot = make_lot(floor.site)

    floor.post("{site}/observations/", visit(doses=[{"lot": "b2026-07a"}]))

    assert Dose.objects.get().vaccine == lot.vaccine


def test_a_lot_of_another_vaccine_is_flagged(floor):
    make_lot(floor.site, vaccine=make_vaccine("MMR"))
    make_vaccine("HPV9")

    assert floor.post("{site}/observations/", visit()).json()["flags"] == ["lot_of_other_vaccine"]


@pytest.mark.parametrize(
    "field",
    [
        {"given_at": "gestern"},
        {"given_at": "2026-11-22T11:50:00"},
        {"dose_number": "zweite"},
        {"route": "nasal?"},
        {"vaccinator": "not-a-key"},
        {"uuid": "x"},
    ],
)
def test_a_field_that_cannot_be_read_never_refuses_a_dose(floor, field):
    make_lot(floor.site)
    dose = {"vaccine": "HPV9", "lot": "B202607A", **field}

    answer = floor.post("{site}/observations/", visit(doses=[dose]))

    assert answer.status_code == 201
    assert answer.json()["ignored"] == [f"doses[0].{next(iter(field))}"]
    assert Observation.objects.get().due_at == NOON + timedelta(minutes=30)


@pytest.mark.parametrize(
    "person",
    [
        {"born_on": "5 Mai"},
        {"sex": "?"},
        {"weight_kg": "schwer"},
        {"weight_kg": -3},
        {"risks": "known_allergy"},
        {"document_kind": "library card"},
        {"uuid": "x"},
    ],
)
def test_a_person_that_cannot_be_read_never_refuses_a_dose(floor, person):
    answer = floor.post("{site}/observations/", visit(recipient={"name": "李雷", **person}))

    assert answer.status_code == 201
    assert answer.json()["ignored"] == [f"recipient.{next(iter(person))}"]
    assert Recipient.objects.get().name == "李雷"


@pytest.mark.parametrize("body", [[], [2], {"doses": "x"}, {"doses": [3]}, {"recipient": []}])
def test_what_is_no_visit_at_all_is_a_wrong_request_and_no_crash(floor, body):
    answer = floor.post("{site}/observations/", body or [1])

    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_a_check_in_without_a_dose_is_watched_from_the_check_in(floor):
    tile = floor.post("{site}/observations/", {}, role=Role.OBSERVER).json()

    assert at(tile["due_at"]) == NOON + timedelta(minutes=30)
    assert tile["flags"] == ["no_dose"]


def test_a_recorded_risk_makes_the_watch_longer(floor):
    person = {"name": "李雷", "risks": ["known_allergy", "asthma"]}

    tile = floor.post("{site}/observations/", visit(recipient=person)).json()

    assert at(tile["due_at"]) == TEN_BEFORE + timedelta(minutes=60)
    assert Observation.objects.get().period_reasons[0]["code"] == "known_allergy"


@pytest.mark.parametrize("wrong", [7 * 60, -7 * 60, 86_400])
def test_the_tablet_s_measured_clock_error_is_taken_out(floor, wrong):
    device = make_device(floor.site, clock_offset_ms=-wrong * 1000)
    device_time = TEN_BEFORE + timedelta(seconds=wrong)
    dose = {"vaccine": "HPV9", "lot": "B202607A", "given_at": device_time.isoformat()}

    tile = from_tablet(floor, device, visit(doses=[dose]))

    assert at(tile["started_at"]) == TEN_BEFORE


def test_a_tablet_whose_clock_was_never_measured_starts_at_the_check_in(floor):
    device = make_device(floor.site, clock_offset_ms=None)

    tile = from_tablet(floor, device, visit())

    assert at(tile["started_at"]) == NOON
    assert "time_unknown" in tile["flags"]
    assert Dose.objects.get().is_time_known is False


def from_tablet(floor, device: Device, body):
    """Send a visit from an enrolled tablet in the hands of a vaccinator who logged in."""
    from django.test import Client

    client = Client()
    client.force_login(
        floor.person(Role.VACCINATOR), backend="django.contrib.auth.backends.ModelBackend"
    )
    client.cookies["aefi_device"] = "device-secret"
    url = f"/api/v1/sites/{floor.site.uuid}/observations/"
    answer = client.post(url, body, content_type="application/json")
    assert answer.status_code == 201
    return answer.json()


@pytest.mark.parametrize("wrong", [timedelta(minutes=7), timedelta(minutes=-7)])
def test_a_live_request_that_shows_its_clock_is_measured_by_its_arrival(floor, wrong):
    dose = {"given_at": (TEN_BEFORE + wrong).isoformat()}

    answer = floor.post(
        "{site}/observations/", visit(doses=[dose]), X_Device_Time=(NOON + wrong).isoformat()
    )

    assert at(answer.json()["started_at"]) == TEN_BEFORE


def test_a_late_entry_keeps_its_time_and_arms_nothing_for_the_past(floor):
    given_at = NOON - timedelta(hours=20)
    dose = {"given_at": given_at.isoformat()}

    tile = floor.post("{site}/observations/", visit(doses=[dose]), X_Source="paper").json()

    assert at(tile["due_at"]) == given_at + timedelta(minutes=30)
    assert Timer.objects.count() == 0
    assert Dose.objects.get().source == "paper"


def test_a_late_entry_of_a_watch_that_still_runs_arms_what_is_to_come(floor):
    tile = floor.post("{site}/observations/", visit(), X_Source="paper").json()

    timers = list(Timer.objects.armed().values_list("kind", flat=True))
    assert timers == ["observation.due"]
    assert at(tile["due_at"]) == TEN_BEFORE + timedelta(minutes=30)


def test_the_same_key_answers_the_same_again(floor):
    key = str(uuid4())

    first = floor.post("{site}/observations/", visit(), key=key)
    again = floor.post("{site}/observations/", visit(), key=key)

    assert again.json() == first.json()
    assert again["Idempotent-Replay"] == "true"
    assert Observation.objects.count() == 1


def test_the_same_visit_under_another_key_is_one_visit(floor):
    uuid = str(uuid4())

    first = floor.post("{site}/observations/", visit(uuid=uuid)).json()
    again = floor.post("{site}/observations/", visit(uuid=uuid)).json()

    assert again["ticket"] == first["ticket"]
    assert again["doses"] == first["doses"]
    assert event_types(floor.site) == ["observation.started"]


def test_a_key_that_another_site_used_makes_a_new_visit(floor):
    elsewhere = make_observation(make_site(name="别处"))

    tile = floor.post("{site}/observations/", visit(uuid=str(elsewhere.uuid))).json()

    assert tile["uuid"] != str(elsewhere.uuid)
    assert Observation.objects.filter(site=floor.site).count() == 1


def test_many_visits_are_recorded_in_their_order(floor):
    make_lot(floor.site)
    people = [{"recipient": {"name": name}, "doses": [{"lot": "B202607A"}]} for name in "甲乙丙"]

    answer = floor.post("{site}/observations/", {"visits": people}).json()

    assert [row["ticket"] for row in answer["observations"]] == [1, 2, 3]
    assert Session.objects.get(site=floor.site).last_ticket == 3
    assert event_types(floor.site) == ["observation.started"] * 3


def test_an_empty_list_of_visits_is_a_wrong_request(floor):
    assert floor.post("{site}/observations/", {"visits": []}).status_code == 400


def test_without_an_open_session_a_dose_opens_one(floor):
    Session.objects.update(closed_at=NOON)

    answer = floor.post("{site}/observations/", visit())

    assert answer.status_code == 201
    assert Session.objects.get(closed_at=None).name == "2026-11-22"
    assert event_types(floor.site) == ["session.opened", "observation.started"]


def test_the_day_of_an_opened_session_is_the_site_s_own():
    midnight_in_urumqi = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
    with frozen(midnight_in_urumqi):
        floor = Floor(timezone="Asia/Urumqi")
        Session.objects.update(closed_at=NOON)
        floor.post("{site}/observations/", {})

    assert Session.objects.get(closed_at=None).name == "2026-11-23"


def test_a_namesake_and_a_twin_are_listed_and_marked_on_both_tiles(floor):
    born_on = date(2017, 5, 2)
    twin = make_observation(
        floor.site, recipient=make_recipient(floor.site, "李梅", born_on=born_on)
    )
    make_recipient(floor.site, "李雷", born_on=date(2015, 1, 1))

    answer = floor.post("{site}/observations/", visit()).json()

    likeness = {row["name"]: (row["likeness"], row["tickets"]) for row in answer["namesakes"]}
    assert likeness == {"李梅": ("twin", [twin.ticket]), "李雷": ("namesake", [])}
    assert "twin" in answer["flags"]
    twin.refresh_from_db()
    assert twin.flags == ["lookalike"]
    assert last_event(floor.site, "observation.flagged").subject == str(twin.uuid)


def test_the_same_document_is_the_same_person(floor):
    person = {"name": "李雷", "document_kind": "id_card", "document_number": "310104201705020011"}

    first = floor.post("{site}/observations/", visit(recipient=person)).json()
    spaced = {**person, "document_number": "310104 20170502 0011"}
    again = floor.post("{site}/observations/", visit(recipient=spaced)).json()

    assert again["recipient"] == first["recipient"]
    assert "already_watched" in again["flags"]


def test_a_document_number_is_not_stored_in_clear(floor):
    person = {"name": "李雷", "document_number": "310104201705020011"}

    tile = floor.post("{site}/observations/", visit(recipient=person)).json()

    row = Recipient.objects.get()
    sheet = floor.get(f"observations/{tile['uuid']}/").json()
    assert "310104201705020011" not in f"{row.document_cipher}{row.document_digest}"
    assert sheet["person"]["document"] == "**************0011"


def test_a_document_of_another_name_is_not_taken_for_the_same_person(floor):
    make = {"document_number": "310104201705020011"}
    first = floor.post("{site}/observations/", visit(recipient={"name": "李雷", **make})).json()

    other = floor.post("{site}/observations/", visit(recipient={"name": "韩梅", **make})).json()

    assert other["recipient"] != first["recipient"]
    assert "document_of_other_name" in other["flags"]


def test_a_known_person_is_completed_and_never_renamed(floor):
    known = make_recipient(floor.site, "李雷", phone="1")
    person = {"uuid": str(known.uuid), "name": "别名", "phone": "2", "guardian": "李母"}

    floor.post("{site}/observations/", visit(recipient=person))

    known.refresh_from_db()
    assert (known.name, known.phone, known.guardian) == ("李雷", "2", "李母")


def test_a_party_is_made_once_and_shared(floor):
    party = str(uuid4())

    one = floor.post("{site}/observations/", visit(party=party, party_label="李家")).json()
    two = floor.post("{site}/observations/", visit(party=party)).json()

    assert one["party"] == two["party"] == party
    assert Party.objects.get().label == "李家"


def test_a_party_s_key_of_another_site_is_not_joined(floor):
    elsewhere = Party.objects.create(site=make_site(name="别处"))

    tile = floor.post("{site}/observations/", visit(party=str(elsewhere.uuid))).json()

    assert tile["party"] != str(elsewhere.uuid)


def test_a_planned_seat_is_not_yet_sat_in(floor):
    tile = floor.post("{site}/observations/", visit(seat="a4")).json()

    assert (tile["seat"], tile["bay"], tile["seated_at"]) == ("A4", "A", None)


def test_an_unknown_seat_is_flagged_and_refuses_nothing(floor):
    tile = floor.post("{site}/observations/", visit(seat="Z99")).json()

    assert tile["seat"] is None
    assert "seat_unknown" in tile["flags"]


def test_a_further_dose_moves_the_due_time_on(floor):
    make_lot(floor.site)
    row = make_observation(floor.site, started_at=NOON - timedelta(minutes=20))
    dose = {"lot": "B202607A", "given_at": (NOON - timedelta(minutes=1)).isoformat()}

    tile = floor.post(f"observations/{row.uuid}/doses/", {"doses": [dose]}).json()

    assert at(tile["due_at"]) == NOON + timedelta(minutes=29)
    assert event_types(floor.site) == ["observation.extended"]
    timer = Timer.objects.armed().get(kind="observation.due")
    assert timer.due_at == NOON + timedelta(minutes=29)


def test_an_earlier_further_dose_leaves_the_due_time(floor):
    make_lot(floor.site)
    row = make_observation(floor.site)
    dose = {"lot": "B202607A", "given_at": TEN_BEFORE.isoformat()}

    tile = floor.post(f"observations/{row.uuid}/doses/", {"doses": [dose]}).json()

    assert at(tile["due_at"]) == row.due_at
    assert event_types(floor.site) == []


def test_the_same_further_dose_is_one_dose(floor):
    row = make_observation(floor.site)
    body = {"doses": [{"uuid": str(uuid4()), "lot": "??"}]}

    floor.post(f"observations/{row.uuid}/doses/", body)
    floor.post(f"observations/{row.uuid}/doses/", body)

    assert row.doses.count() == 1


def test_a_dose_after_the_end_starts_a_new_watch(floor):
    row = make_observation(floor.site, ended_at=NOON, end_kind="complete")

    tile = floor.post(f"observations/{row.uuid}/doses/", {"doses": [{"lot": "x"}]}).json()

    assert tile["uuid"] != str(row.uuid)
    assert tile["recipient"] == str(row.recipient.uuid)
    assert Observation.objects.open().count() == 1


def test_a_planned_dose_from_a_good_lot_may_go(floor):
    make_lot(floor.site)

    answer = floor.post("{site}/dose-checks/", {"vaccine": "HPV9", "lot": "b202607a"})

    assert answer.json() == {"go": True, "warnings": []}


@pytest.mark.parametrize(
    ("changes", "lot", "code"),
    [
        ({"held_at": NOON}, "B202607A", "lot_held"),
        ({"expires_on": date(2026, 11, 21)}, "B202607A", "lot_expired"),
        ({}, "B999", "lot_unknown"),
    ],
)
def test_a_planned_dose_from_a_bad_lot_is_refused_with_the_fact(floor, changes, lot, code):
    make_lot(floor.site, **changes)

    answer = floor.post("{site}/dose-checks/", {"vaccine": "HPV9", "lot": lot})

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == code


def test_a_planned_dose_from_a_lot_not_issued_here_is_refused(floor):
    make_lot(make_site(name="别处"))

    answer = floor.post("{site}/dose-checks/", {"vaccine": "HPV9", "lot": "B202607A"})

    assert answer.json()["errors"][0]["code"] == "lot_not_issued"


def test_a_lot_expires_by_the_day_of_the_site_s_own_zone():
    """At 16:30 UTC it is already the next day in Shanghai and still the last one in Berlin."""
    make = {"vaccine": "HPV9", "lot": "B202607A"}
    last_day = date(2026, 11, 22)
    with frozen(datetime(2026, 11, 22, 16, 30, tzinfo=UTC)):
        shanghai, berlin = Floor(), Floor(name="Berlin", timezone="Europe/Berlin")
        make_lot(shanghai.site, expires_on=last_day)
        make_lot(berlin.site, number="B2", expires_on=last_day)

        late = shanghai.post("{site}/dose-checks/", make)
        in_time = berlin.post("{site}/dose-checks/", {**make, "lot": "B2"})

    assert late.status_code == 409
    assert in_time.json()["warnings"] == ["lot_expires_today"]


def test_a_planned_dose_says_what_is_known_of_the_person(floor):
    make_lot(floor.site)
    person = make_recipient(floor.site, risks=["known_allergy"])
    body = {"vaccine": "HPV9", "lot": "B202607A", "recipient": str(person.uuid)}

    assert floor.post("{site}/dose-checks/", body).json()["warnings"] == ["risk:known_allergy"]


def test_a_planned_dose_that_was_given_this_visit_is_said(floor):
    make_lot(floor.site)
    given = floor.post("{site}/observations/", visit()).json()
    body = {"vaccine": "HPV9", "lot": "B202607A", "recipient": given["recipient"]}

    assert floor.post("{site}/dose-checks/", body).json()["warnings"] == ["given_this_visit"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("q=李雷", [1]),
        ("q=李", [1, 2]),
        ("q=%232", [2]),
        ("q=a2", [2]),
        ("ticket=1", [1]),
        ("ticket=x", []),
        ("bay=a", [2]),
        ("group=三（2）班", [1]),
        ("party=nobody", []),
        ("state=open", [1, 2]),
        ("state=due", [2]),
        ("state=waiting", [1]),
        ("state=ended", [3]),
        ("state=all", [1, 2, 3]),
        ("state=nonsense", [1, 2]),
        ("q=%00", [1, 2]),
        ("", [1, 2]),
    ],
)
def test_people_are_found_by_what_staff_know(floor, words, found):
    lei = make_recipient(floor.site, "李雷", group_name="三（2）班")
    mei = make_recipient(floor.site, "李梅")
    make_observation(floor.site, recipient=lei)
    make_observation(floor.site, recipient=mei, seat="A2", due_at=NOON)
    make_observation(floor.site, ended_at=NOON, end_kind="complete")

    answer = floor.get("{site}/observations/?" + words)

    assert sorted(row["ticket"] for row in answer.json()) == found


def test_a_sheet_has_the_person_the_doses_and_the_history(floor):
    make_lot(floor.site)
    party = str(uuid4())
    tile = floor.post("{site}/observations/", visit(party=party)).json()
    sibling = floor.post(
        "{site}/observations/", visit(party=party, recipient={"name": "李妹"})
    ).json()

    sheet = floor.get(f"observations/{tile['uuid']}/").json()

    assert sheet["person"]["name"] == "李雷"
    assert sheet["person"]["age_months"] == 114
    assert sheet["doses"][0]["lot"] == "B202607A"
    assert [member["uuid"] for member in sheet["party_members"]] == [sibling["uuid"]]
    assert [event["type"] for event in sheet["history"]] == ["observation.started"]


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.OFFICER, Role.ADMINISTRATOR])
def test_a_dose_is_recorded_by_those_who_give_doses(floor, role):
    assert floor.post("{site}/observations/", visit(), role=role).status_code == 403
    assert Observation.objects.count() == 0


@pytest.mark.parametrize("role", [Role.VACCINATOR, Role.CLINICIAN, Role.LEAD])
def test_those_who_give_doses_record_them(floor, role):
    assert floor.post("{site}/observations/", visit(), role=role).status_code == 201


@pytest.mark.parametrize("path", ["observations/", "dose-checks/", "check-ins/", "releases/"])
def test_another_site_is_not_found(floor, path):
    elsewhere = make_site(name="别处")

    answer = floor.post(f"sites/{elsewhere.uuid}/{path}", {})

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "verb",
    [
        "doses/",
        "seat/",
        "move/",
        "release/",
        "leave/",
        "settle/",
        "extend/",
        "watch/",
        "recheck/",
        "unwatch/",
        "reactions/",
    ],
)
def test_an_observation_of_another_site_is_not_found(floor, verb):
    elsewhere = make_observation(make_site(name="别处"))

    answer = floor.post(f"observations/{elsewhere.uuid}/{verb}", {"signs": {"breathing": "yes"}})

    assert answer.status_code == 404


def test_a_sheet_of_another_site_is_not_found(floor):
    elsewhere = make_observation(make_site(name="别处"))

    assert floor.get(f"observations/{elsewhere.uuid}/").status_code == 404


def test_a_check_in_takes_few_queries(floor, django_assert_max_num_queries):
    make_lot(floor.site)
    for _number in range(20):
        make_observation(floor.site)
    floor.post("{site}/observations/", visit())

    with django_assert_max_num_queries(28):
        floor.post("{site}/observations/", visit(recipient={"name": "韩梅"}))
