"""A case as a FHIR R4 bundle: Patient, Immunizations, Observations, reporter, AdverseEvent.

The same JSON is valid R4 (4.0.1) and R4B (4.3.0). Names of resources are stable for a case, so that
sending a case again replaces and does not add.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from aefi.exchange import fhir_codes as codes
from aefi.exchange.case import CaseFacts, EventFacts, Moment, Sex, VaccineFacts
from aefi.rules import forms
from aefi.rules.classification import CodeList
from aefi.rules.clocks import CHINA

NOT_HELD = frozenset(
    {
        "entered_at",
        "group_code",
        "occupation",
        "received_at",
        "vaccines.diluent_expires_on",
        "vaccines.diluent_lot",
        "vaccines.organisation",
        "vaccines.reconstituted_at",
        "vaccines.spec",
    }
)
"""What R4 has no element for and is therefore not sent; classes hang on a suspect vaccine."""

Resource = dict[str, object]


def bundle(facts: CaseFacts) -> Resource:
    """Return the case as a FHIR collection bundle."""
    case = facts.case_number
    patient, reporter = _name(case, "patient"), _name(case, "reporter")
    vaccines = {_name(case, f"vaccine-{n}"): v for n, v in enumerate(facts.vaccines)}
    events = {_name(case, f"event-{n}"): event for n, event in enumerate(facts.events)}
    measured = {_name(case, key): _measure(facts, key, patient) for key in codes.MEASURES}
    written = {_name(case, key): _text(facts, key, patient) for key in codes.TEXTS}
    resources = {
        patient: _patient(facts),
        **{name: immunization(vaccine, patient=patient) for name, vaccine in vaccines.items()},
        **{name: _event(event, patient) for name, event in events.items()},
        **{name: resource for name, resource in (measured | written).items() if resource},
        reporter: _reporter(facts),
    }
    suspects = [name for name, vaccine in vaccines.items() if vaccine.is_suspect]
    for name in suspects:
        resources[name] |= _filled(reaction=[_reaction(n, e) for n, e in events.items()])
    resources[_name(case, "adverse-event")] = _adverse_event(facts, patient, reporter, suspects)
    return _filled(
        resourceType="Bundle",
        type="collection",
        meta={"versionId": str(facts.version)},
        identifier=_identifier(codes.WORLDWIDE_ID, facts.worldwide_id),
        entry=[{"fullUrl": name, "resource": resource} for name, resource in resources.items()],
    )


def immunization(vaccine: VaccineFacts, *, patient: str) -> Resource:
    """Return one dose as an Immunization of the patient with that reference."""
    return _filled(
        resourceType="Immunization",
        status="completed",
        vaccineCode=_concept(vaccine.name or "unknown", (codes.CVX, vaccine.code)),
        patient={"reference": patient},
        manufacturer=_filled(display=vaccine.manufacturer),
        lotNumber=vaccine.lot,
        expirationDate=_moment(vaccine.expires_on),
        **_occurrence(vaccine.given_at),
        route=_card_code(codes.CARD_ROUTE, forms.ROUTE, vaccine.route),
        site=_card_code(codes.CARD_SITE, forms.SITE, vaccine.site),
        doseQuantity=_quantity(vaccine.amount_ml, "mL"),
        protocolApplied=_protocol(vaccine.dose_number),
    )


def _occurrence(given_at: Moment | None) -> Resource:
    """An Immunization must say when; where nobody knows, it says that."""
    if given_at is None:
        return {"occurrenceString": "unknown"}
    return {"occurrenceDateTime": _moment(given_at)}


def _protocol(dose_number: int | None) -> list[Resource]:
    return [] if dose_number is None else [{"doseNumberPositiveInt": dose_number}]


def _patient(facts: CaseFacts) -> Resource:
    genders = {sex: gender for gender, sex in codes.GENDERS.items()}
    address = _filled(text=facts.address, district=facts.county, country=facts.country)
    return _filled(
        resourceType="Patient",
        name=_list(_filled(text=facts.patient_name)),
        gender="" if facts.sex == Sex.UNKNOWN else genders[facts.sex],
        birthDate=_moment(facts.birth_date),
        deceasedDateTime=_moment(facts.died_at),
        telecom=_list(_telecom("phone", facts.phone)),
        address=_list(address),
        contact=_list(_filled(name=_filled(text=facts.guardian))),
    )


def _reporter(facts: CaseFacts) -> Resource:
    reporter = facts.reporter
    phone, email = _telecom("phone", reporter.phone), _telecom("email", reporter.email)
    return _filled(
        resourceType="PractitionerRole",
        practitioner=_filled(display=reporter.name),
        organization=_filled(display=reporter.institution),
        code=_list(_filled(text=reporter.position)),
        telecom=_list(phone) + _list(email),
    )


def _event(event: EventFacts, patient: str) -> Resource:
    period = _filled(start=_moment(event.onset_at), end=_moment(event.ended_at))
    return _filled(
        resourceType="Observation",
        status="final",
        category=[_concept("", (codes.OWN_FACT, codes.EVENT))],
        code=_event_concept(event),
        subject={"reference": patient},
        effectivePeriod=period,
    )


def _event_concept(event: EventFacts) -> Resource:
    return _concept(event.term, (codes.MEDDRA, event.meddra))


def _reaction(name: str, event: EventFacts) -> Resource:
    return _filled(date=_moment(event.onset_at), detail={"reference": name})


def _measure(facts: CaseFacts, key: str, patient: str) -> Resource:
    value = getattr(facts, key)
    system, code, display, unit = codes.MEASURES[key]
    if value is None:
        return {}
    return _filled(
        resourceType="Observation",
        status="final",
        code=_concept(display, (system, code)),
        subject={"reference": patient},
        valueQuantity=_quantity(value, unit),
    )


def _text(facts: CaseFacts, key: str, patient: str) -> Resource:
    value = getattr(facts, key)
    if not value:
        return {}
    return _filled(
        resourceType="Observation",
        status="final",
        code=_concept(codes.TEXTS[key], (codes.OWN_FACT, key)),
        subject={"reference": patient},
        valueString=value,
    )


def _adverse_event(facts: CaseFacts, patient: str, reporter: str, suspects: list[str]) -> Resource:
    assessed = _causality(facts)
    return _filled(
        resourceType="AdverseEvent",
        actuality="actual",
        identifier=_identifier(codes.CASE_NUMBER, facts.case_number),
        event=_event_concept(facts.events[0]) if facts.events else {},
        subject={"reference": patient},
        date=_moment(facts.onset_at),
        detected=_moment(facts.discovered_at),
        recordedDate=_moment(facts.reported_at),
        location=_filled(display=facts.visited_unit),
        seriousness=_seriousness(facts),
        outcome=_outcome(facts),
        recorder={"reference": reporter},
        suspectEntity=[
            _filled(instance={"reference": name}, causality=assessed) for name in suspects
        ],
    )


def _causality(facts: CaseFacts) -> list[Resource]:
    classes = [(codes.WHO_CLASS, code) for code in facts.who_classes]
    if facts.final_class:
        classes.append((codes.FINAL_CLASS, facts.final_class))
    return [{"assessment": _concept("", found)} for found in classes]


def _seriousness(facts: CaseFacts) -> Resource:
    if facts.serious_because is None:
        return {}
    word = codes.SERIOUS if facts.is_serious else codes.NOT_SERIOUS
    reasons = [
        (codes.ICH_CODES, codes.CRITERIA[reason]) for reason in sorted(facts.serious_because)
    ]
    return _concept("", (codes.SERIOUSNESS, word), *reasons)


def _outcome(facts: CaseFacts) -> Resource:
    if facts.outcome is None:
        return {}
    return _concept("", (codes.OUTCOME, codes.OUTCOMES[facts.outcome]))


def _name(case: str, part: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{codes.CASE_NUMBER}/{case}/{part}')}"


def _moment(moment: Moment | None) -> str:
    if isinstance(moment, datetime):
        return moment.astimezone(CHINA).isoformat()
    return moment.isoformat() if moment else ""


def _quantity(value: float | None, unit: str) -> Resource:
    if value is None:
        return {}
    return {"value": value, "unit": unit, "system": codes.UCUM, "code": unit}


def _concept(text: str, *codings: tuple[str, str]) -> Resource:
    known = [{"system": system, "code": code} for system, code in codings if code]
    return _filled(coding=known, text=text)


def _card_code(system: str, entries: CodeList, code: str) -> Resource:
    entry = entries.find(code)
    return _concept(entry.en if entry else "", (system, code))


def _identifier(system: str, value: str) -> Resource:
    return {"system": system, "value": value} if value else {}


def _telecom(system: str, value: str) -> Resource:
    return {"system": system, "value": value} if value else {}


def _list(resource: Resource) -> list[Resource]:
    return [resource] if resource else []


def _filled(**fields: object) -> Resource:
    """Return the fields that hold something; FHIR knows no empty value."""
    return {key: value for key, value in fields.items() if value is not None and _is_held(value)}


def _is_held(value: object) -> bool:
    return bool(value) if isinstance(value, str | list | Mapping) else True
