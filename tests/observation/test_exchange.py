"""FHIR patients and immunizations as plain facts; a bad resource says where and why."""

from datetime import UTC, date, datetime

import pytest

from observation import exchange
from observation.exchange import Unreadable

PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"use": "official", "family": "李", "given": ["雷"]}],
    "gender": "male",
    "birthDate": "2017-05-02",
    "telecom": [{"system": "phone", "value": "13800000000"}],
}
IMMUNIZATION = {
    "resourceType": "Immunization",
    "id": "i1",
    "status": "completed",
    "vaccineCode": {"coding": [{"system": exchange.CVX, "code": "165", "display": "HPV9"}]},
    "patient": {"reference": "Patient/p1"},
    "occurrenceDateTime": "2026-11-22T11:50:00+08:00",
    "lotNumber": "B202607A",
    "route": {"coding": [{"code": "IM"}]},
    "site": {"coding": [{"code": "LA"}]},
    "protocolApplied": [{"doseNumberPositiveInt": 2}],
}


def test_a_patient_is_read():
    facts = exchange.facts_of(PATIENT)

    assert facts == exchange.PatientFacts("p1", "李雷", date(2017, 5, 2), "male", "13800000000")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ([{"family": "Lee", "given": ["Ann", "B"]}], "Ann B Lee"),
        ([{"text": "王小明"}], "王小明"),
        ([{"family": "旧"}, {"use": "official", "family": "新"}], "新"),
        ([{"given": ["Ann"]}], "Ann"),
        ([], ""),
    ],
)
def test_a_name_is_read_in_its_own_order(name, read):
    assert exchange.facts_of({**PATIENT, "name": name}).name == read


def test_an_immunization_is_read():
    facts = exchange.facts_of(IMMUNIZATION)

    assert facts.given_at == datetime(2026, 11, 22, 3, 50, tzinfo=UTC)
    assert (facts.vaccine_code, facts.vaccine_name, facts.lot) == ("CVX-165", "HPV9", "B202607A")
    assert (facts.route, facts.body_site, facts.dose_number) == ("im", "left_arm", 2)
    assert (facts.patient, facts.is_given) == ("p1", True)


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("Patient/p1", "p1"),
        ("urn:uuid:abc", "abc"),
        ("https://his.example/fhir/Patient/p1", "p1"),
        ("", ""),
    ],
)
def test_a_patient_is_named_in_several_ways(reference, key):
    assert exchange.reference_key(reference) == key


@pytest.mark.parametrize("written", ["2026-11-22", "2026-11", "2026"])
def test_a_date_alone_is_no_instant(written):
    facts = exchange.facts_of({**IMMUNIZATION, "occurrenceDateTime": written})

    assert facts.given_at is None
    assert facts.given_as_written == written


def test_an_identifier_serves_where_there_is_no_id():
    without_id = {k: v for k, v in PATIENT.items() if k != "id"}
    identified = {**without_id, "identifier": [{"system": "urn:his", "value": "77"}]}

    assert exchange.facts_of(identified).external_id == "urn:his|77"


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ({**IMMUNIZATION, "status": "nonsense"}, "status"),
        ({**IMMUNIZATION, "vaccineCode": "HPV"}, "vaccineCode"),
        ({**IMMUNIZATION, "patient": {"display": "李雷"}}, "patient.reference"),
        ({**PATIENT, "gender": "boy"}, "gender"),
        ({**PATIENT, "birthDate": "2 May"}, "birthDate"),
        ({k: v for k, v in PATIENT.items() if k != "id"}, "id"),
        ({"resourceType": "Observation", "id": "o"}, "resourceType"),
        ({}, "resourceType"),
        (None, "resourceType"),
        ([], "resourceType"),
        ("x", "resourceType"),
    ],
)
def test_a_bad_resource_says_where(resource, path):
    with pytest.raises(Unreadable) as refused:
        exchange.facts_of(resource)

    assert refused.value.path == path
    assert str(refused.value)


def test_a_missing_element_is_named():
    broken = {k: v for k, v in IMMUNIZATION.items() if k != "patient"}

    with pytest.raises(Unreadable) as refused:
        exchange.facts_of(broken)

    assert "patient" in refused.value.path


def test_a_bundle_yields_its_entries_in_order():
    bundle = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"fullUrl": "urn:uuid:a", "resource": PATIENT}, {}, 3],
    }

    assert list(exchange.resources_in(bundle)) == [
        (0, "urn:uuid:a", PATIENT),
        (1, "", None),
        (2, "", None),
    ]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "x",
        {"resourceType": "Bundle", "type": "history"},
        {"resourceType": "Bundle", "type": "batch", "entry": {}},
    ],
)
def test_what_is_no_bundle_is_unreadable(document):
    with pytest.raises(Unreadable):
        list(exchange.resources_in(document))
