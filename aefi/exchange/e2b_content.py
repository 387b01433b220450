"""The clinical part of an E2B report: patient, events, tests, vaccines and causality."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from aefi.exchange import e2b_codes as codes
from aefi.exchange.case import CaseFacts, EventFacts, Moment, VaccineFacts
from aefi.exchange.e2b_xml import (
    Element,
    act,
    coded,
    element,
    group_of,
    observation,
    observed,
    period_of,
    text_in,
    timed,
    typed,
)
from aefi.exchange.fhir_codes import CRITERIA
from aefi.rules import forms
from aefi.rules.names import initials


def assessment(facts: CaseFacts, meddra_version: str) -> Element:
    """Return everything about the patient as one assessment."""
    event_ids = _roots(facts, "event", len(facts.events))
    drug_ids = _roots(facts, "vaccine", len(facts.vaccines))
    drugs = list(zip(drug_ids, facts.vaccines, strict=True))
    subject = element("primaryRole", _patient(facts), *_findings(facts), classCode="INVSBJ")
    for root, event in zip(event_ids, facts.events, strict=True):
        subject.append(
            element("subjectOf2", _event(root, event, facts, meddra_version), typeCode="SBJ")
        )
    if measured := list(_tests(facts)):
        subject.append(group_of(codes.TEST_GROUP, measured))
    if drugs:
        onsets = list(zip(event_ids, facts.events, strict=True))
        subject.append(group_of(codes.DRUG_GROUP, [_drug(r, v, onsets) for r, v in drugs]))
    return element(
        "adverseEventAssessment",
        element("subject1", subject, typeCode="SBJ"),
        *(_role(root, vaccine) for root, vaccine in drugs),
        *_causality(facts, event_ids, drugs),
        *_comments(facts.comments),
        classCode="INVSTG",
        moodCode="EVN",
    )


def _roots(facts: CaseFacts, kind: str, count: int) -> list[str]:
    return [str(uuid5(NAMESPACE_OID, f"{facts.case_number}/{kind}/{n}")) for n in range(count)]


def _patient(facts: CaseFacts) -> Element:
    name = initials(facts.patient_name)
    sex = codes.SEX_CODES.get(facts.sex)
    return element(
        "player1",
        element("name", name) if name else element("name", nullFlavor="UNK"),
        *([element("administrativeGenderCode", code=sex, codeSystem=codes.GENDER)] if sex else []),
        *timed("birthTime", facts.birth_date),
        *timed("deceasedTime", facts.died_at),
        classCode="PSN",
        determinerCode="INSTANCE",
    )


def _findings(facts: CaseFacts) -> Iterable[Element]:
    for code, value, unit in (
        (codes.AGE, facts.age_years, "a"),
        (codes.WEIGHT, facts.weight_kg, "kg"),
    ):
        if value is not None:
            found = observation(code, typed("PQ", value=f"{value:g}", unit=unit))
            yield element("subjectOf2", found, typeCode="SBJ")
    if facts.medical_history:
        history = observation(codes.HISTORY, typed("ED", facts.medical_history))
        yield group_of(codes.HISTORY_GROUP, [history])


def _event(root: str, event: EventFacts, facts: CaseFacts, meddra_version: str) -> Element:
    meddra = {"code": event.meddra, "codeSystemVersion": meddra_version}
    value = typed(
        "CE",
        element("originalText", event.term),
        codeSystem=codes.MEDDRA,
        **{key: text for key, text in meddra.items() if text},
    )
    reasons = facts.serious_because or frozenset()
    return observation(
        codes.EVENT,
        value,
        *([_country(facts.country)] if facts.country else []),
        *(
            _related(code, typed("BL", value="true") if reason in reasons else _unknown())
            for reason, code in CRITERIA.items()
        ),
        *_outcome(facts),
        before=(element("id", root=root),),
        time=period_of(event.onset_at, event.ended_at),
    )


def _unknown() -> Element:
    return typed("BL", nullFlavor="NI")


def _country(country: str) -> Element:
    place = element(
        "locatedPlace",
        element("code", code=country, codeSystem=codes.COUNTRY),
        classCode="COUNTRY",
        determinerCode="INSTANCE",
    )
    return element("location", element("locatedEntity", place, classCode="LOCE"), typeCode="LOC")


def _outcome(facts: CaseFacts) -> Iterable[Element]:
    if facts.outcome is not None:
        code = codes.OUTCOME_CODES[facts.outcome]
        yield _related(codes.OUTCOME, coded(code, codes.OUTCOME_CODE))


def _related(code: str, value: Element) -> Element:
    return element("outboundRelationship2", observation(code, value), typeCode="PERT")


def _tests(facts: CaseFacts) -> Iterable[Element]:
    for key, (name, unit) in codes.TESTS.items():
        number = getattr(facts, key)
        if number is not None:
            center = element("center", value=f"{number:g}", unit=unit)
            yield element(
                "observation",
                element("code", element("originalText", name), codeSystem=codes.MEDDRA),
                typed("IVL_PQ", center),
                classCode="OBS",
                moodCode="EVN",
            )


def _drug(root: str, vaccine: VaccineFacts, events: list[tuple[str, EventFacts]]) -> Element:
    waits = [(r, _minutes(vaccine.given_at, event.onset_at)) for r, event in events]
    product = element(
        "kindOfProduct",
        element("name", vaccine.name),
        *_holder(vaccine.manufacturer),
        classCode="MMAT",
        determinerCode="KIND",
    )
    return act(
        "substanceAdministration",
        "SBADM",
        element("id", root=root),
        _consumable(product),
        *(_interval(r, minutes) for r, minutes in waits if minutes is not None),
        element("outboundRelationship2", _dosage(vaccine), typeCode="COMP"),
    )


def _minutes(given_at: Moment | None, onset_at: Moment | None) -> int | None:
    if not isinstance(given_at, datetime) or not isinstance(onset_at, datetime):
        return None
    minutes = (onset_at - given_at) // timedelta(minutes=1)
    return minutes if minutes >= 0 else None


def _interval(event_root: str, minutes: int) -> Element:
    return element(
        "outboundRelationship1",
        element("pauseQuantity", value=str(minutes), unit="min"),
        act("actReference", "OBS", element("id", root=event_root)),
        typeCode="SAE",
    )


def _holder(manufacturer: str) -> Iterable[Element]:
    if not manufacturer:
        return
    maker = element(
        "playingOrganization",
        element("name", manufacturer),
        classCode="ORG",
        determinerCode="INSTANCE",
    )
    holder = element("holder", element("role", maker, classCode="HLD"), typeCode="HLD")
    approval = element("approval", holder, classCode="CNTRCT", moodCode="EVN")
    yield element(
        "asManufacturedProduct", element("subjectOf", approval, typeCode="SBJ"), classCode="MANU"
    )


def _dosage(vaccine: VaccineFacts) -> Element:
    route = forms.ROUTE.find(vaccine.route)
    amount = vaccine.amount_ml
    lot = element(
        "productInstanceInstance",
        *text_in("lotNumberText", vaccine.lot),
        classCode="MMAT",
        determinerCode="INSTANCE",
    )
    return act(
        "substanceAdministration",
        "SBADM",
        *text_in("text", f"dose {vaccine.dose_number}" if vaccine.dose_number else ""),
        *period_of(vaccine.given_at, vaccine.given_at),
        *([element("routeCode", element("originalText", route.en))] if route else []),
        *([] if amount is None else [element("doseQuantity", value=f"{amount:g}", unit="mL")]),
        _consumable(lot),
    )


def _consumable(product: Element) -> Element:
    return element(
        "consumable", element("instanceOfKind", product, classCode="INST"), typeCode="CSM"
    )


def _role(root: str, vaccine: VaccineFacts) -> Element:
    role = coded("1" if vaccine.is_suspect else "2", codes.DRUG_ROLE)
    return _judged(codes.DRUG_ROLE_OF, role, _product_reference(root))


def _product_reference(root: str) -> Element:
    return element(
        "subject2",
        act("productUseReference", "SBADM", element("id", root=root)),
        typeCode="SUBJ",
    )


def _causality(
    facts: CaseFacts, event_ids: list[str], drugs: list[tuple[str, VaccineFacts]]
) -> Iterable[Element]:
    suspects = [root for root, vaccine in drugs if vaccine.is_suspect]
    if not suspects or not event_ids:
        return
    judged = [(codes.WHO_METHOD, code) for code in facts.who_classes]
    if facts.final_class:
        judged.append((codes.CHINA_METHOD, facts.final_class))
    for method, result in judged:
        source = element("code", element("originalText", "Expert panel"))
        yield _judged(
            codes.RELATEDNESS,
            typed("ST", result),
            element("methodCode", element("originalText", method)),
            element(
                "author", element("assignedEntity", source, classCode="ASSIGNED"), typeCode="AUT"
            ),
            element(
                "subject1",
                act("adverseEffectReference", "OBS", element("id", root=event_ids[0])),
                typeCode="SUBJ",
            ),
            _product_reference(suspects[0]),
        )


def _judged(code: str, *children: Element) -> Element:
    judged = act("causalityAssessment", "OBS", observed(code), *children)
    return element("component", judged, typeCode="COMP")


def _comments(text: str) -> Iterable[Element]:
    if text:
        author = element("assignedEntity", element("code", code="3", codeSystem=codes.AUTHOR))
        author.set("classCode", "ASSIGNED")
        yield element(
            "component1",
            act(
                "observationEvent",
                "OBS",
                observed(codes.COMMENTS),
                typed("ED", text),
                element("author", author, typeCode="AUT"),
            ),
            typeCode="COMP",
        )
