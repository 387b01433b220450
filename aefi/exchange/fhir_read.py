"""Read a FHIR R4 or R4B bundle, or a single Immunization, back into the facts of a case."""

from aefi.exchange import fhir_codes as codes
from aefi.exchange.case import (
    CaseFacts,
    EventFacts,
    Outcome,
    ReporterFacts,
    Sex,
    VaccineFacts,
)
from aefi.exchange.node import Node
from aefi.rules.seriousness import Criterion

Named = dict[str, Node]


def case_from(message: object) -> CaseFacts:
    """Return the case of a bundle.

    :raises Refused: with the path of what is missing, misshaped or not a known code.
    """
    document = Node(message, "Bundle")
    if document["resourceType"].text() != "Bundle":
        raise document["resourceType"].refuse("a Bundle is expected")
    resources = _resources(document)
    event = _only("AdverseEvent", resources, document)
    patient = _only("Patient", resources, document)
    observations = _of_type("Observation", resources)
    facts = _patient_facts(patient) | _event_facts(event) | _observed(observations)
    return CaseFacts(
        version=_version(document),
        worldwide_id=document["identifier"]["value"].text(),
        vaccines=_vaccines(resources, event),
        events=_events(observations, event),
        reporter=_reporter(resources, event),
        **facts,  # type: ignore[arg-type]
    )


def reference_from(message: object) -> str:
    """Return what the sender calls the report: the system of its number and the number."""
    document = Node(message, "Bundle")
    event = _only("AdverseEvent", _resources(document), document)
    identifier = event["identifier"]
    return f"{identifier['system'].text()}|{identifier['value'].text()}"


def vaccine_from(resource: object, *, path: str = "Immunization") -> VaccineFacts:
    """Return the dose of one Immunization, as another system sends it.

    :raises Refused: when it is not an Immunization or no dose was given.
    """
    node = Node(resource, path)
    if node["resourceType"].text() != "Immunization":
        raise node["resourceType"].refuse("an Immunization is expected")
    _check_codes(node)
    return _vaccine(node, is_suspect=True)


def _resources(document: Node) -> Named:
    found: Named = {}
    for index, entry in enumerate(document["entry"]):
        resource = entry["resource"]
        _check_codes(resource)
        found[entry["fullUrl"].text() or f"#{index}"] = resource
    return found


def _check_codes(resource: Node) -> None:
    kind = resource["resourceType"].text()
    for (owner, key), known in codes.CLOSED.items():
        if owner != kind:
            continue
        code = resource[key].text()
        if not code and key == "gender":
            continue
        if code not in known:
            raise resource[key].refuse(f"{code!r} is not one of {', '.join(sorted(known))}")


def _of_type(kind: str, resources: Named) -> Named:
    return {name: node for name, node in resources.items() if node["resourceType"].text() == kind}


def _only(kind: str, resources: Named, document: Node) -> Node:
    found = list(_of_type(kind, resources).values())
    if len(found) != 1:
        raise document["entry"].refuse(f"one {kind} is expected, not {len(found)}")
    return found[0]


def _version(document: Node) -> int:
    text = document["meta"]["versionId"].text()
    return int(text) if text.isascii() and text.isdigit() else 1


def _patient_facts(patient: Node) -> dict[str, object]:
    address = patient["address"].first()
    return {
        "patient_name": _human_name(patient["name"].first()),
        "sex": codes.GENDERS.get(patient["gender"].text(), Sex.UNKNOWN),
        "birth_date": patient["birthDate"].day(),
        "died_at": patient["deceasedDateTime"].moment(),
        "phone": patient["telecom"].first()["value"].text(),
        "address": address["text"].text(),
        "county": address["district"].text(),
        "country": address["country"].text(),
        "guardian": _human_name(patient["contact"].first()["name"]),
    }


def _human_name(name: Node) -> str:
    parts = [part.text() for part in name["given"]]
    return name["text"].text() or " ".join([*parts, name["family"].text()]).strip()


def _event_facts(event: Node) -> dict[str, object]:
    number = event["identifier"]["value"].text()
    if not number:
        raise event["identifier"].refuse("a case number is needed")
    assessed = [
        coding
        for judgement in event["suspectEntity"].first()["causality"]
        for coding in judgement["assessment"]["coding"]
    ]
    return {
        "case_number": number,
        "discovered_at": event["detected"].moment(),
        "reported_at": event["recordedDate"].moment(),
        "visited_unit": event["location"]["display"].text(),
        "serious_because": _serious_because(event["seriousness"]),
        "outcome": _outcome(event["outcome"]),
        "who_classes": tuple(_codes_of(assessed, codes.WHO_CLASS)),
        "final_class": next(iter(_codes_of(assessed, codes.FINAL_CLASS)), ""),
    }


def _codes_of(codings: list[Node], system: str) -> list[str]:
    return [coding["code"].text() for coding in codings if coding["system"].text() == system]


def _serious_because(concept: Node) -> frozenset[Criterion] | None:
    codings = list(concept["coding"])
    word = next(iter(_codes_of(codings, codes.SERIOUSNESS)), "")
    if not word:
        return None
    if word.casefold() not in {codes.SERIOUS.casefold(), codes.NOT_SERIOUS.casefold()}:
        raise concept.refuse(f"{word!r} is neither serious nor non-serious")
    reasons = {code: criterion for criterion, code in codes.CRITERIA.items()}
    given = _codes_of(codings, codes.ICH_CODES)
    unknown = [code for code in given if code not in reasons]
    if unknown:
        raise concept.refuse(f"{unknown[0]!r} is no reason for seriousness")
    if word.casefold() == codes.SERIOUS.casefold() and not given:
        return frozenset({Criterion.OTHER_IMPORTANT})
    return frozenset(reasons[code] for code in given)


def _outcome(concept: Node) -> Outcome | None:
    code = next(iter(_codes_of(list(concept["coding"]), codes.OUTCOME)), "")
    known = {code: outcome for outcome, code in codes.OUTCOMES.items()}
    if code and code not in known:
        raise concept.refuse(f"{code!r} is not an outcome")
    return known.get(code)


def _observed(observations: Named) -> dict[str, object]:
    measures = {code: key for key, (_, code, _, _) in codes.MEASURES.items()}
    found: dict[str, object] = {}
    for node in observations.values():
        code = node["code"]["coding"].first()["code"].text()
        if code in measures:
            found[measures[code]] = node["valueQuantity"]["value"].number()
        if code in codes.TEXTS:
            found[code] = node["valueString"].text()
    return found


def _events(observations: Named, event: Node) -> tuple[EventFacts, ...]:
    marked = [node for node in observations.values() if _is_event(node)]
    if marked:
        return tuple(_event(node["code"], node["effectivePeriod"]) for node in marked)
    if not event["event"]:
        return ()
    lone = _event(event["event"], Node(None, event.path))
    return (EventFacts(lone.term, lone.meddra, event["date"].moment()),)


def _is_event(observation: Node) -> bool:
    coding = observation["category"].first()["coding"].first()
    return coding["code"].text() == codes.EVENT


def _event(concept: Node, period: Node) -> EventFacts:
    codings = list(concept["coding"])
    return EventFacts(
        term=concept["text"].text() or _display(codings),
        meddra=next(iter(_codes_of(codings, codes.MEDDRA)), ""),
        onset_at=period["start"].moment(),
        ended_at=period["end"].moment(),
    )


def _display(codings: list[Node]) -> str:
    return next((coding["display"].text() for coding in codings if coding["display"]), "")


def _vaccines(resources: Named, event: Node) -> tuple[VaccineFacts, ...]:
    suspects = {entity["instance"]["reference"].text() for entity in event["suspectEntity"]}
    return tuple(
        _vaccine(node, is_suspect=name in suspects)
        for name, node in _of_type("Immunization", resources).items()
    )


def _vaccine(node: Node, *, is_suspect: bool) -> VaccineFacts:
    if node["status"].text() != "completed":
        raise node["status"].refuse("no dose was given")
    concept = node["vaccineCode"]
    codings = list(concept["coding"])
    return VaccineFacts(
        name=concept["text"].text() or _display(codings),
        code=next(iter(_codes_of(codings, codes.CVX)), ""),
        manufacturer=node["manufacturer"]["display"].text(),
        lot=node["lotNumber"].text(),
        expires_on=node["expirationDate"].day(),
        given_at=node["occurrenceDateTime"].moment(),
        dose_number=node["protocolApplied"].first()["doseNumberPositiveInt"].whole(),
        amount_ml=_millilitres(node["doseQuantity"]),
        route=_card_code(node["route"], codes.CARD_ROUTE),
        site=_card_code(node["site"], codes.CARD_SITE),
        is_suspect=is_suspect,
    )


def _millilitres(quantity: Node) -> float | None:
    unit = quantity["code"].text() or quantity["unit"].text()
    if quantity["value"] and unit not in {"mL", "ml"}:
        raise quantity.refuse(f"{unit!r} is not mL")
    return quantity["value"].number()


def _card_code(concept: Node, system: str) -> str:
    return next(iter(_codes_of(list(concept["coding"]), system)), "")


def _reporter(resources: Named, event: Node) -> ReporterFacts:
    role = resources.get(event["recorder"]["reference"].text(), Node(None, "PractitionerRole"))
    telecom = {item["system"].text(): item["value"].text() for item in role["telecom"]}
    return ReporterFacts(
        name=role["practitioner"]["display"].text(),
        institution=role["organization"]["display"].text(),
        position=role["code"].first()["text"].text(),
        email=telecom.get("email", ""),
        phone=telecom.get("phone", ""),
    )
