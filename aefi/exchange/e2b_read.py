"""Read E2B(R3) reports and the acknowledgements that answer them.

A message is data from outside: no entity is expanded, no file or address is opened, and whatever
cannot be read is refused with its line and the reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from aefi.exchange import e2b_codes as codes
from aefi.exchange.case import (
    CaseFacts,
    EventFacts,
    Moment,
    Outcome,
    Refused,
    ReporterFacts,
    Sex,
    VaccineFacts,
    parsed,
)
from aefi.exchange.e2b_xml import Element
from aefi.exchange.fhir_codes import CRITERIA
from aefi.rules import forms
from aefi.rules.seriousness import Criterion

BATCH, ACKNOWLEDGEMENT, MESSAGE = "MCCI_IN200100UV01", "MCCI_IN200101UV01", "PORR_IN049016UV"


@dataclass(frozen=True)
class MessageAnswer:
    """What the receiver did with one report: CA accepted, CE or CR not; with its reasons."""

    case_id: str
    code: str
    reasons: tuple[str, ...]

    @property
    def is_accepted(self) -> bool:
        """Say whether the report was taken over."""
        return self.code == "CA"


@dataclass(frozen=True)
class Acknowledgement:
    """The answer to a batch: AA all taken over, AE some, AR none."""

    batch_id: str
    code: str
    answers: tuple[MessageAnswer, ...]
    reasons: tuple[str, ...]


def cases_from(content: bytes) -> list[CaseFacts]:
    """Return the case of each message of a batch.

    :raises Refused: with line and reason.
    """
    return [facts for _case_id, facts in reports_from(content)]


def reports_from(content: bytes) -> list[tuple[str, CaseFacts]]:
    """Return each message's case with what its sender calls it (C.1.1).

    :raises Refused: with line and reason.
    """
    root = _root(content, BATCH)
    return [_report(message) for message in _all(root, f"v:{MESSAGE}")]


def acknowledgement_from(content: bytes) -> Acknowledgement:
    """Return the answer to a batch.

    :raises Refused: with line and reason.
    """
    root = _root(content, ACKNOWLEDGEMENT)
    whole = _need(root, "v:acknowledgement")
    return Acknowledgement(
        batch_id=_attribute(whole, "v:targetBatch/v:id", "extension"),
        code=whole.get("typeCode", ""),
        answers=tuple(_answer(m) for m in _all(root, "v:MCCI_IN000002UV01/v:acknowledgement")),
        reasons=_reasons(whole),
    )


def schema_problems(content: bytes, schema: Path) -> list[str]:
    """Return what an installation's copy of the ICH schema says against a message."""
    root = _root(content, BATCH)
    checker = etree.XMLSchema(etree.parse(str(schema)))
    checker.validate(root)
    errors = checker.error_log
    return [f"line {e.line}: {e.message}" for e in errors]  # type: ignore[attr-defined]


def _answer(element: Element) -> MessageAnswer:
    return MessageAnswer(
        case_id=_attribute(element, "v:targetMessage/v:id", "extension"),
        code=element.get("typeCode", ""),
        reasons=_reasons(element),
    )


def _reasons(element: Element) -> tuple[str, ...]:
    texts = (_text(item, "v:text") for item in _all(element, "v:acknowledgementDetail"))
    return tuple(text for text in texts if text)


def _root(content: bytes, expected: str) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Refused(f"line {error.lineno}", error.msg) from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise Refused("line 1", "a document type is not allowed")
    found = etree.QName(root)
    if found.localname == "ichicsr":
        raise Refused("line 1", "this is E2B(R2), only R3 is read")
    if (found.namespace, found.localname) != (codes.V3, expected):
        raise Refused(_at(root), f"{expected} is expected, not {found.localname}")
    return root


def _report(message: Element) -> tuple[str, CaseFacts]:
    report = _need(message, "v:controlActProcess/v:subject/v:investigationEvent")
    case_id = _attribute(report, f"v:id[@root='{codes.CASE_ID}']", "extension")
    if not case_id:
        raise Refused(_at(report), "C.1.1 case number is missing")
    return case_id, _case(report, case_id)


def _case(report: Element, case_id: str) -> CaseFacts:
    worldwide = _attribute(report, f"v:id[@root='{codes.WORLDWIDE_ID}']", "extension")
    country, number = _parts(case_id)
    content = _need(report, "v:component/v:adverseEventAssessment")
    subject = _need(content, "v:subject1/v:primaryRole")
    return CaseFacts(
        case_number=number,
        country=country,
        worldwide_id="" if worldwide == case_id else worldwide,
        narrative=_text(report, "v:text"),
        reported_at=_moment(report, "v:effectiveTime/v:low"),
        entered_at=_moment(report, "v:availabilityTime"),
        reporter=_reporter(report),
        comments=_text(content, f"v:component1/v:observationEvent[{_coded('10')}]/v:value"),
        events=tuple(_event(element) for element in _events(subject)),
        serious_because=_serious_because(_events(subject)),
        outcome=_outcome(_events(subject)),
        vaccines=tuple(_vaccines(content, subject)),
        who_classes=tuple(_judged(content, codes.WHO_METHOD)),
        final_class=next(iter(_judged(content, codes.CHINA_METHOD)), ""),
        **_patient(subject),  # type: ignore[arg-type]
    )


def _parts(case_id: str) -> tuple[str, str]:
    """Country, sender and number are joined by hyphens; other senders may not follow that."""
    parts = case_id.split("-", 2)
    return (parts[0], parts[2]) if len(parts) == 3 else ("", case_id)


def _patient(subject: Element) -> dict[str, object]:
    sexes = {code: sex for sex, code in codes.SEX_CODES.items()}
    sex = _attribute(subject, "v:player1/v:administrativeGenderCode", "code")
    born = _moment(subject, "v:player1/v:birthTime")
    history = f"v:subjectOf2/v:organizer/v:component/v:observation[{_coded(codes.HISTORY)}]"
    return {
        "patient_name": _text(subject, "v:player1/v:name"),
        "sex": sexes.get(sex, Sex.UNKNOWN),
        "birth_date": born if isinstance(born, date) else None,
        "died_at": _moment(subject, "v:player1/v:deceasedTime"),
        "age_years": _finding(subject, codes.AGE, "a"),
        "weight_kg": _finding(subject, codes.WEIGHT, "kg"),
        "medical_history": _text(subject, f"{history}/v:value"),
        **_tests(subject),
    }


def _finding(subject: Element, code: str, unit: str) -> float | None:
    found = _first(subject, f"v:subjectOf2/v:observation[{_coded(code)}]/v:value")
    return None if found is None else _number(found, unit)


def _number(element: Element, unit: str) -> float | None:
    text = element.get("value", "")
    if not text:
        return None
    if element.get("unit") != unit:
        raise Refused(_at(element), f"unit {element.get('unit')!r} is not {unit}")
    return parsed(_at(element), text, float)


def _tests(subject: Element) -> dict[str, object]:
    found: dict[str, object] = {}
    group = f"v:subjectOf2/v:organizer[v:code/@code='{codes.TEST_GROUP}']"
    for test in _all(subject, f"{group}/v:component/v:observation"):
        center = _first(test, "v:value/v:center")
        for key, (name, unit) in codes.TESTS.items():
            if _text(test, "v:code/v:originalText") == name and center is not None:
                found[key] = _number(center, unit)
    return found


def _events(subject: Element) -> list[Element]:
    return _all(subject, f"v:subjectOf2/v:observation[{_coded(codes.EVENT)}]")


def _event(element: Element) -> EventFacts:
    return EventFacts(
        term=_text(element, "v:value/v:originalText"),
        meddra=_attribute(element, "v:value", "code"),
        onset_at=_moment(element, "v:effectiveTime//v:low | v:effectiveTime/v:low"),
        ended_at=_moment(element, "v:effectiveTime//v:high | v:effectiveTime/v:high"),
    )


def _serious_because(events: Iterable[Element]) -> frozenset[Criterion]:
    return frozenset(
        reason
        for event in events
        for reason, code in CRITERIA.items()
        if _attribute(event, f"{_related(code)}/v:value", "value") == "true"
    )


def _outcome(events: list[Element]) -> Outcome | None:
    known = {code: outcome for outcome, code in codes.OUTCOME_CODES.items()}
    for event in events:
        value = _first(event, f"{_related(codes.OUTCOME)}/v:value")
        if value is not None and value.get("code"):
            code = str(value.get("code"))
            if code not in known:
                raise Refused(_at(value), f"{code!r} is not an outcome")
            return known[code]
    return None


def _vaccines(content: Element, subject: Element) -> Iterable[VaccineFacts]:
    role = f"v:component/v:causalityAssessment[{_coded(codes.DRUG_ROLE_OF)}]"
    roles = {
        _attribute(judged, "v:subject2/v:productUseReference/v:id", "root"): _attribute(
            judged, "v:value", "code"
        )
        for judged in _all(content, role)
    }
    group = f"v:subjectOf2/v:organizer[v:code/@code='{codes.DRUG_GROUP}']"
    for drug in _all(subject, f"{group}/v:component/v:substanceAdministration"):
        yield _vaccine(drug, is_suspect=roles.get(_attribute(drug, "v:id", "root")) == "1")


def _vaccine(drug: Element, *, is_suspect: bool) -> VaccineFacts:
    product = "v:consumable/v:instanceOfKind/v:kindOfProduct"
    holder = "v:asManufacturedProduct/v:subjectOf/v:approval/v:holder/v:role"
    dosage = "v:outboundRelationship2[@typeCode='COMP']/v:substanceAdministration"
    amount = _first(drug, f"{dosage}/v:doseQuantity")
    routes = {route.en: route.code for route in forms.ROUTE.codes}
    lot = f"{dosage}/v:consumable/v:instanceOfKind/v:productInstanceInstance/v:lotNumberText"
    return VaccineFacts(
        name=_text(drug, f"{product}/v:name"),
        manufacturer=_text(drug, f"{product}/{holder}/v:playingOrganization/v:name"),
        lot=_text(drug, lot),
        given_at=_moment(drug, f"{dosage}/v:effectiveTime/v:low"),
        dose_number=_dose_number(_text(drug, f"{dosage}/v:text")),
        amount_ml=None if amount is None else _number(amount, "mL"),
        route=routes.get(_text(drug, f"{dosage}/v:routeCode/v:originalText"), ""),
        is_suspect=is_suspect,
    )


def _dose_number(text: str) -> int | None:
    """Return the number of "dose 2": ICH has no element for it but free text."""
    word, _, number = text.partition(" ")
    is_number = number.isascii() and number.isdigit() and len(number) < 4
    return int(number) if word == "dose" and is_number else None


def _judged(content: Element, method: str) -> list[str]:
    path = f"v:component/v:causalityAssessment[{_coded(codes.RELATEDNESS)}]"
    return [
        _text(judged, "v:value")
        for judged in _all(content, path)
        if _text(judged, "v:methodCode/v:originalText") == method
    ]


def _reporter(report: Element) -> ReporterFacts:
    relation = f"v:relatedInvestigation[v:code[@code='2'][@codeSystem='{codes.RELATION}']]"
    entity = "v:subjectOf2/v:controlActEvent/v:author/v:assignedEntity"
    found = _first(report, f"v:outboundRelationship/{relation}/{entity}")
    if found is None:
        return ReporterFacts()
    unit = "v:representedOrganization"
    return ReporterFacts(
        name=_person(found),
        institution=_text(found, f"{unit}/v:assignedEntity/{unit}/v:name"),
        position=_text(found, f"{unit}/v:name"),
        phone=unquote(_attribute(found, "v:telecom", "value").removeprefix("tel:")),
    )


def _person(entity: Element) -> str:
    parts = [*_all(entity, "v:assignedPerson/v:name/v:given")]
    parts += _all(entity, "v:assignedPerson/v:name/v:family")
    return " ".join(part.text.strip() for part in parts if part.text)


def _coded(code: str) -> str:
    return f"v:code[@code='{code}'][@codeSystem='{codes.OBSERVATION}']"


def _related(code: str) -> str:
    return f"v:outboundRelationship2/v:observation[{_coded(code)}]"


def _all(element: Element, path: str) -> list[Element]:
    found = element.xpath(path, namespaces=codes.NAMESPACES)
    return [item for item in found if isinstance(item, Element)] if isinstance(found, list) else []


def _first(element: Element, path: str) -> Element | None:
    return next(iter(_all(element, path)), None)


def _need(element: Element, path: str) -> Element:
    found = _first(element, path)
    if found is None:
        raise Refused(_at(element), f"{path.rpartition(':')[2]} is missing")
    return found


def _text(element: Element, path: str) -> str:
    found = _first(element, path)
    return "" if found is None else (found.text or "")


def _attribute(element: Element, path: str, name: str) -> str:
    found = _first(element, path)
    return "" if found is None else str(found.get(name, ""))


def _moment(element: Element, path: str) -> Moment | None:
    found = _first(element, path)
    return None if found is None else codes.moment_of(found.get("value", ""), _at(found))


def _at(element: Element) -> str:
    return f"line {element.sourceline}"
