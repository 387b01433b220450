"""A case as FHIR R4: valid for two other programs, and the same when it comes back."""

import copy
import gzip
import json
from dataclasses import fields, replace
from datetime import date

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhirclient.models.bundle import Bundle as ClientBundle
from hypothesis import given, settings
from hypothesis import strategies as st

from aefi.exchange import fhir
from aefi.exchange.case import EventFacts, Outcome, Refused, VaccineFacts
from aefi.exchange.fhir_read import case_from, vaccine_from
from aefi.rules.seriousness import Criterion
from tests.aefi.cases import BARE, FULL, MMR, cases, without
from tests.shared import shared


def there_and_back(facts):
    return case_from(json.loads(json.dumps(fhir.bundle(facts))))


def resources(message, kind):
    return [
        entry["resource"] for entry in message["entry"] if entry["resource"]["resourceType"] == kind
    ]


@pytest.mark.parametrize("facts", [FULL, BARE], ids=["full", "bare"])
def test_two_other_programs_accept_the_bundle(facts):
    message = json.loads(json.dumps(fhir.bundle(facts)))

    assert Bundle.model_validate(message).type == "collection"
    assert ClientBundle(copy.deepcopy(message), strict=True).as_json()["type"] == "collection"


def test_a_case_comes_back_but_for_what_fhir_has_no_place_for():
    assert there_and_back(FULL) == without(FULL, fhir.NOT_HELD)
    assert there_and_back(BARE) == BARE


@pytest.mark.parametrize("name", sorted(fhir.NOT_HELD))
def test_what_is_said_not_to_be_held_really_is_lost(name):
    assert there_and_back(FULL) != without(FULL, fhir.NOT_HELD - {name})


@settings(deadline=None)
@given(cases)
def test_every_case_comes_back(facts):
    assert there_and_back(facts) == without(facts, fhir.NOT_HELD)


@settings(deadline=None)
@given(cases)
def test_every_case_is_valid_for_others(facts):
    Bundle.model_validate(fhir.bundle(facts))


def test_a_case_sent_again_replaces_its_resources():
    first, second = fhir.bundle(FULL), fhir.bundle(replace(FULL, version=4, comments="more"))
    names = [[entry["fullUrl"] for entry in message["entry"]] for message in (first, second)]

    assert names[0] == names[1]
    assert len(set(names[0])) == len(names[0])


def test_the_adverse_event_points_to_its_suspects_and_classes():
    message = fhir.bundle(FULL)
    (event,) = resources(message, "AdverseEvent")
    doses = {e["fullUrl"]: e["resource"] for e in message["entry"]}
    (entity,) = event["suspectEntity"]

    assert doses[entity["instance"]["reference"]]["lotNumber"] == "A2025-01"
    assessed = [judged["assessment"]["coding"][0]["code"] for judged in entity["causality"]]
    assert assessed == ["A1", "A3", "2"]
    assert [c["code"] for c in event["seriousness"]["coding"]] == ["Serious", "33", "21"]


def test_times_are_written_with_their_zone_and_dates_without():
    dated = replace(FULL, discovered_at=date(2025, 3, 3))
    (event,) = resources(fhir.bundle(dated), "AdverseEvent")

    assert (event["date"], event["detected"]) == ("2025-03-03T10:05:00+08:00", "2025-03-03")


@pytest.mark.parametrize(
    ("kind", "key", "code"),
    [
        ("AdverseEvent", "actuality", "nonsense"),
        ("Immunization", "status", "nonsense"),
        ("Observation", "status", "nonsense"),
        ("Patient", "gender", "nonsense"),
        ("AdverseEvent", "actuality", None),
    ],
)
def test_a_code_outside_its_closed_list_is_refused_although_others_accept_it(kind, key, code):
    message = fhir.bundle(FULL)
    resources(message, kind)[0][key] = code

    with pytest.raises(Refused, match="is not one of") as refusal:
        case_from(message)

    assert refusal.value.path.endswith(f"resource.{key}")
    if code:
        assert Bundle.model_validate(message)


def changed(kind, **changes):
    message = copy.deepcopy(fhir.bundle(FULL))
    resources(message, kind)[0].update(changes)
    return message


def coded(system, *codes):
    return {"coding": [{"system": system, "code": code} for code in codes]}


SERIOUSNESS = "http://terminology.hl7.org/CodeSystem/adverse-event-seriousness"
ICH = "urn:oid:2.16.840.1.113883.3.989.2.1.1.19"


def with_reason(code):
    word = {"system": SERIOUSNESS, "code": "Serious"}
    return {"coding": [word, {"system": ICH, "code": code}]}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"resourceType": "Patient"}, "a Bundle is expected"),
        ([], "an object is expected"),
        ({"resourceType": "Bundle"}, "one AdverseEvent is expected, not 0"),
        ({"resourceType": "Bundle", "entry": {}}, "a list is expected"),
        (changed("AdverseEvent", identifier=None), "a case number is needed"),
        (changed("AdverseEvent", detected="2025-13-01"), "cannot read '2025-13-01'"),
        (changed("AdverseEvent", detected="2025-03-03T10:00:00"), "has no time zone"),
        (changed("AdverseEvent", seriousness=coded(SERIOUSNESS, "very")), "neither serious nor"),
        (
            changed("AdverseEvent", seriousness=with_reason("99")),
            "'99' is no reason for seriousness",
        ),
        (
            changed(
                "AdverseEvent",
                outcome=coded("http://terminology.hl7.org/CodeSystem/adverse-event-outcome", "x"),
            ),
            "is not an outcome",
        ),
        (changed("Immunization", status="not-done"), "no dose was given"),
        (changed("Immunization", lotNumber=7), "text is expected"),
        (changed("Immunization", doseQuantity={"value": 5, "code": "mg"}), "'mg' is not mL"),
        (changed("Immunization", doseQuantity={"value": True, "code": "mL"}), "a number is"),
        (
            changed("Immunization", protocolApplied=[{"doseNumberPositiveInt": 1.5}]),
            "a whole number is expected",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(message, reason):
    with pytest.raises(Refused, match=reason):
        case_from(message)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(deadline=None)
@given(
    st.sampled_from(["AdverseEvent", "Immunization", "Patient", "Observation"]),
    st.data(),
    json_values,
)
def test_no_shape_of_message_breaks_the_reader(kind, data, value):
    message = copy.deepcopy(fhir.bundle(FULL))
    resource = resources(message, kind)[0]
    resource[data.draw(st.sampled_from(sorted(resource)))] = value

    try:
        path = f"Bundle {case_from(message).case_number}"
    except Refused as refusal:
        path = refusal.path

    assert path.startswith("Bundle")


@pytest.mark.parametrize(
    ("codings", "expected"),
    [
        ([(SERIOUSNESS, "serious")], {Criterion.OTHER_IMPORTANT}),
        ([(SERIOUSNESS, "non-serious")], set()),
        ([], None),
    ],
)
def test_the_seriousness_of_other_senders_is_understood(codings, expected):
    concept = {"coding": [{"system": system, "code": code} for system, code in codings]}

    case = case_from(changed("AdverseEvent", seriousness=concept))

    assert case.serious_because == expected


def test_an_adverse_event_without_our_observations_still_has_its_event():
    message = fhir.bundle(replace(BARE, events=(EventFacts("Syncope", "10042772", FULL.onset_at),)))
    message["entry"] = [e for e in message["entry"] if "category" not in e["resource"]]

    assert case_from(message).events == (EventFacts("Syncope", "10042772", FULL.onset_at),)


def test_a_name_in_parts_is_put_together():
    case = case_from(changed("Patient", name=[{"given": ["Xiao", "Ming"], "family": "Wang"}]))

    assert case.patient_name == "Xiao Ming Wang"


def test_one_immunization_of_another_system_is_read():
    resource = fhir.immunization(MMR, patient="Patient/1")

    assert vaccine_from(resource) == replace(
        MMR,
        **dict.fromkeys(("spec", "organisation", "diluent_lot"), ""),
        diluent_expires_on=None,
        reconstituted_at=None,
    )
    with pytest.raises(Refused, match="an Immunization is expected"):
        vaccine_from({"resourceType": "Patient"})


def test_a_vaccine_named_by_its_code_alone_is_named_by_the_display():
    resource = fhir.immunization(MMR, patient="Patient/1")
    resource["vaccineCode"] = {
        "coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "03", "display": "MMR"}]
    }

    assert (vaccine_from(resource).name, vaccine_from(resource).code) == ("MMR", "03")


def test_an_unknown_time_of_the_dose_is_said():
    resource = fhir.immunization(VaccineFacts(name="MMR"), patient="Patient/1")

    assert resource["occurrenceString"] == "unknown"
    assert vaccine_from(resource).given_at is None


def test_synthetic_immunizations_of_another_program_are_read():
    path = shared("data/fhir/patients_immunizations.ndjson.gz")
    with gzip.open(path, "rt") as lines:
        found = [json.loads(line) for line in lines]

    doses = [vaccine_from(r) for r in found if r["resourceType"] == "Immunization"]

    assert len(doses) == 242
    assert all(dose.name and dose.code and dose.given_at for dose in doses)


def test_without_a_suspect_vaccine_there_is_nothing_to_hang_a_class_on():
    unsuspected = replace(FULL, vaccines=(replace(MMR, is_suspect=False),))

    assert (there_and_back(unsuspected).who_classes, FULL.who_classes) == ((), ("A1", "A3"))


def test_every_outcome_has_its_own_code():
    sent = {outcome: there_and_back(replace(FULL, outcome=outcome)).outcome for outcome in Outcome}

    assert sent == {outcome: outcome for outcome in Outcome}


def test_the_list_of_what_is_not_held_names_real_facts():
    names = {field.name for field in fields(FULL)} | {
        f"vaccines.{field.name}" for field in fields(VaccineFacts)
    }

    assert names >= fhir.NOT_HELD
