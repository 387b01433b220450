"""Doses from another system: repeatable, one bad resource by itself, old ones never watched."""

import gzip
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from alerts.models import Role, Timer
from alerts.outbox import SYSTEM
from observation.models import Dose, Observation, PastDose, Recipient, Vaccine
from observation.services.fhir_import import import_document, import_lines
from tests.factories import NOON, make_token
from tests.floor_factories import Floor, frozen, make_lot, make_vaccine
from tests.observation.test_exchange import IMMUNIZATION, PATIENT

pytestmark = pytest.mark.django_db
SAMPLE = Path(__file__).parents[4] / "shared" / "data" / "fhir" / "patients_immunizations.ndjson.gz"
LONG_AGO = {"occurrenceDateTime": "2019-03-01T09:00:00+08:00"}


@pytest.fixture
def floor():
    with frozen(NOON):
        yield Floor()


def bundle(*resources):
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def imported(floor, *resources, now=NOON, **options):
    return import_document(bundle(*resources), site=floor.site, origin=SYSTEM, now=now, **options)


def test_a_dose_of_a_running_visit_is_watched(floor):
    lot = make_lot(floor.site, vaccine=make_vaccine("CVX-165"))

    outcome = imported(floor, PATIENT, IMMUNIZATION)

    row = Observation.objects.get()
    dose = Dose.objects.get()
    assert (outcome.imported, outcome.unchanged, outcome.refused) == (2, 0, [])
    assert row.due_at == NOON + timedelta(minutes=20)
    assert (dose.lot, dose.dose_number, dose.flags) == (lot, 2, [])
    assert Timer.objects.armed().filter(kind="observation.due").count() == 1


def test_the_order_in_the_bundle_does_not_matter(floor):
    assert imported(floor, IMMUNIZATION, PATIENT).refused == []


def test_the_same_import_changes_nothing(floor):
    imported(floor, PATIENT, IMMUNIZATION, {**IMMUNIZATION, "id": "i0", **LONG_AGO})

    again = imported(floor, PATIENT, IMMUNIZATION, {**IMMUNIZATION, "id": "i0", **LONG_AGO})

    assert (again.imported, again.unchanged) == (0, 3)
    counts = [model.objects.count() for model in (Recipient, Observation, Dose, PastDose)]
    assert counts == [1, 1, 1, 1]


def test_an_old_dose_is_history_and_starts_no_watch(floor):
    imported(floor, PATIENT, {**IMMUNIZATION, **LONG_AGO})

    past = PastDose.objects.get()
    assert past.recipient == Recipient.objects.get()
    assert not Observation.objects.exists()
    assert not Timer.objects.exists()


@pytest.mark.parametrize(
    ("age", "is_watched"),
    [(timedelta(hours=4), True), (timedelta(hours=4, seconds=1), False)],
)
def test_four_hours_part_a_running_visit_from_history(floor, age, is_watched):
    given_at = (NOON - age).isoformat()

    imported(floor, PATIENT, {**IMMUNIZATION, "occurrenceDateTime": given_at})

    assert Observation.objects.exists() is is_watched


@pytest.mark.parametrize("status", ["entered-in-error", "not-done"])
def test_a_dose_that_was_not_given_is_not_watched(floor, status):
    imported(floor, PATIENT, {**IMMUNIZATION, "status": status})

    assert PastDose.objects.get().status == status
    assert not Observation.objects.exists()


def test_an_imported_person_can_be_seated(floor):
    imported(floor, PATIENT, {**IMMUNIZATION, **LONG_AGO})
    person = floor.get("recipients/?q=李雷").json()[0]

    tile = floor.post(
        "{site}/observations/", {"recipient": {"uuid": person["uuid"]}, "seat": "A1"}
    ).json()
    seated = floor.post(f"observations/{tile['uuid']}/seat/", {"seat": "A1"})

    assert tile["recipient"] == person["uuid"]
    assert seated.status_code == 200
    assert len(floor.get(f"observations/{tile['uuid']}/").json()["past_doses"]) == 1


def test_a_second_dose_of_the_visit_joins_its_watch(floor):
    second = {**IMMUNIZATION, "id": "i2", "occurrenceDateTime": "2026-11-22T11:55:00+08:00"}

    imported(floor, PATIENT, IMMUNIZATION, second)

    row = Observation.objects.get()
    assert row.doses.count() == 2
    assert row.due_at == NOON + timedelta(minutes=25)


def test_an_unknown_vaccine_is_made_and_marked(floor):
    imported(floor, PATIENT, IMMUNIZATION)

    vaccine = Vaccine.objects.get()
    assert (vaccine.code, vaccine.name, vaccine.is_confirmed) == ("CVX-165", "HPV9", False)
    assert "vaccine_unconfirmed" in Dose.objects.get().flags


def test_a_known_vaccine_is_found_by_its_name(floor):
    known = make_vaccine("HPV9V", name="九价", name_en="HPV9")

    imported(floor, PATIENT, IMMUNIZATION)

    assert Dose.objects.get().vaccine == known


def test_a_bad_resource_is_reported_by_itself(floor):
    outcome = imported(floor, PATIENT, {**IMMUNIZATION, "status": "nonsense"}, IMMUNIZATION, None)

    assert outcome.imported == 2
    assert [(row.index, row.path) for row in outcome.refused] == [
        (1, "status"),
        (3, "resourceType"),
    ]


def test_a_dose_of_nobody_is_reported(floor):
    outcome = imported(floor, IMMUNIZATION)

    assert [(row.index, row.path) for row in outcome.refused] == [(0, "patient.reference")]


def test_a_dose_finds_its_person_from_an_earlier_import(floor):
    imported(floor, PATIENT)

    assert imported(floor, IMMUNIZATION).imported == 1


def test_the_ids_of_two_systems_are_kept_apart(floor):
    imported(floor, PATIENT, source="his-a")
    imported(floor, PATIENT, source="his-b")

    assert Recipient.objects.count() == 2


def test_lines_that_are_no_json_are_reported_by_their_number(floor):
    lines = [json.dumps(PATIENT), "", "{broken", json.dumps(IMMUNIZATION)]

    outcome = import_lines(lines, site=floor.site, origin=SYSTEM, now=NOON)

    assert outcome.imported == 2
    assert [row.index for row in outcome.refused] == [2]


def test_a_file_is_imported_by_command(floor, tmp_path):
    file = tmp_path / "doses.ndjson.gz"
    file.write_bytes(gzip.compress(f"{json.dumps(PATIENT)}\n{{}}\n".encode()))
    out, errors = StringIO(), StringIO()

    call_command("import_fhir", file, site=str(floor.site.uuid), stdout=out, stderr=errors)

    assert out.getvalue().strip() == "1 imported, 0 unchanged, 1 refused"
    assert errors.getvalue().startswith("line 2: resourceType")


@pytest.mark.parametrize("site", ["nowhere", "6f2c1a52-6e0e-4a41-9c1f-0a57f2b6a001"])
def test_a_site_that_is_none_is_said(floor, tmp_path, site):
    with pytest.raises(CommandError, match="There is no site"):
        call_command("import_fhir", tmp_path / "x", site=site)


def test_a_file_that_is_none_is_said(floor, tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_fhir", tmp_path / "missing", site=floor.site.name)


@pytest.mark.shared
def test_ten_synthetic_patients_and_their_doses_are_imported_and_repeatable(floor):
    if not SAMPLE.exists():
        pytest.skip(f"put the data folder beside the checkout: {SAMPLE}")
    lines = gzip.decompress(SAMPLE.read_bytes()).decode().splitlines()

    first = import_lines(lines, site=floor.site, origin=SYSTEM, now=NOON)
    again = import_lines(lines, site=floor.site, origin=SYSTEM, now=NOON)

    assert (first.imported, first.refused) == (252, [])
    assert (again.imported, again.unchanged) == (0, 252)
    assert (Recipient.objects.count(), PastDose.objects.count()) == (10, 242)
    assert not Observation.objects.exists()
    for number, person in enumerate(Recipient.objects.all(), 1):
        visit = {"recipient": {"uuid": str(person.uuid)}, "seat": f"A{number}"}
        assert floor.post("{site}/observations/", visit).status_code == 201
    assert Observation.objects.filter(seat__isnull=False).count() == 10


def door(floor, document, *, role=Role.VACCINATOR, query="", content_type="application/fhir+json"):
    return Client().post(
        f"/fhir/{query}",
        json.dumps(document),
        content_type=content_type,
        headers=floor.headers(role),
    )


@pytest.mark.parametrize("content_type", ["application/fhir+json", "application/json"])
def test_a_bundle_comes_in_by_http(floor, content_type):
    answer = door(floor, bundle(PATIENT, IMMUNIZATION, {}), content_type=content_type)

    assert answer.status_code == 200
    assert answer.json()["imported"] == 2
    assert answer.json()["refused"][0]["index"] == 2


def test_a_single_immunization_comes_in_by_http(floor):
    imported(floor, PATIENT)

    assert door(floor, IMMUNIZATION).json() == {"imported": 1, "unchanged": 0, "refused": []}


@pytest.mark.parametrize(
    "document", [[], "x", 3, None, {"resourceType": "Bundle", "type": "history"}]
)
def test_what_is_no_resource_is_a_wrong_request(floor, document):
    assert door(floor, document).status_code == 400


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.OBSERVER, 403),
        (Role.CLINICIAN, 403),
        (Role.VACCINATOR, 200),
        (Role.OFFICER, 200),
        (Role.ADMINISTRATOR, 200),
    ],
)
def test_who_may_import(floor, role, status):
    assert door(floor, PATIENT, role=role).status_code == status


@pytest.mark.parametrize(("scopes", "status"), [(["read"], 403), (["import"], 200)])
def test_a_token_needs_the_scope(floor, scopes, status):
    person = floor.person(Role.VACCINATOR)
    header = make_token(person, secret=f"only-{scopes[0]}", scopes=scopes)

    answer = Client().post(
        "/fhir/", PATIENT, content_type="application/json", headers={"Authorization": header}
    )

    assert answer.status_code == status


def test_another_site_is_not_found(floor):
    elsewhere = Floor(name="别处").site

    assert door(floor, PATIENT, query=f"?site={elsewhere.uuid}").status_code == 404
    assert door(floor, PATIENT, query="?site=x").status_code == 404
    assert door(floor, PATIENT, query=f"?site={floor.site.uuid}").status_code == 200


def test_who_has_two_sites_names_one(floor):
    from alerts.models import Membership

    other = Floor(name="别处").site
    person = floor.person(Role.VACCINATOR)
    Membership.objects.create(user=person, site=other, role=Role.VACCINATOR)

    assert door(floor, PATIENT).status_code == 400
