"""A case as an ICH E2B(R3) report: one HL7 v3 batch `MCCI_IN200100UV01` with one message.

The name leaves as initials. Schemas check structure only, so `missing_elements` checks what ICH
requires beyond it. Source: docs/sources.md#e2b-r3.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from lxml import etree

from aefi.exchange import e2b_codes as codes
from aefi.exchange.case import CaseFacts
from aefi.exchange.e2b_content import assessment
from aefi.exchange.e2b_xml import (
    Element,
    act,
    coded,
    element,
    identified,
    observed,
    party,
    text_in,
    timed,
    typed,
    valued,
)

NOT_HELD = frozenset(
    {
        "address",
        "county",
        "discovered_at",
        "group_code",
        "guardian",
        "obtained",
        "occupation",
        "phone",
        "preliminary_class",
        "preliminary_diagnosis",
        "received_at",
        "reporter.email",
        "vaccines.code",
        "vaccines.diluent_expires_on",
        "vaccines.diluent_lot",
        "vaccines.expires_on",
        "vaccines.organisation",
        "vaccines.reconstituted_at",
        "vaccines.site",
        "vaccines.spec",
        "version",
        "visited_unit",
    }
)
"""What E2B(R3) has no element for. It also tells "not serious" and "not judged" apart by nothing,
keeps initials for a name, one outcome per event, and classes only with a suspect and an event."""


@dataclass(frozen=True)
class Header:
    """Who sends what to whom, and when; identifiers without hyphens, as ICH joins them by one.

    `sender_type` 2 is a regulator, 3 a health professional; `qualification` is the reporter's.
    """

    sender: str
    receiver: str
    created_at: datetime
    sender_organisation: str
    sender_type: str = "3"
    qualification: str = "3"
    meddra_version: str = ""

    def __post_init__(self) -> None:
        if not self.sender or "-" in self.sender:
            raise ValueError(f"sender {self.sender!r} is empty or has a hyphen")


def missing_elements(facts: CaseFacts, header: Header) -> list[str]:
    """Return the required elements that a report would lack, by their ICH number, in words.

    A report that lacks any is refused by its receiver; nothing here refuses to write it.
    """
    required = (
        (facts.reported_at, "C.1.4 first received"),
        (facts.reporter.name or facts.reporter.institution, "C.2.r reporter"),
        (header.sender_organisation, "C.3.2 sender's organisation"),
        (facts.patient_name or facts.birth_date or facts.age_years, "D.1 patient"),
        (facts.events, "E.i adverse event"),
        (all(event.meddra for event in facts.events), "E.i.2.1b MedDRA code of each event"),
        (header.meddra_version, "E.i.2.1a MedDRA version"),
        (facts.serious_because is not None, "E.i.3.2 seriousness judged"),
        (facts.outcome, "E.i.7 outcome"),
        (facts.suspects, "G.k.1 suspect vaccine"),
        (facts.narrative, "H.1 narrative"),
    )
    return [words for is_there, words in required if not is_there]


def icsr(facts: CaseFacts, header: Header) -> bytes:
    """Return the report as UTF-8 XML; the same facts and header give the same bytes."""
    created = codes.timestamp(header.created_at)
    root = element(
        "MCCI_IN200100UV01",
        identified(codes.BATCH_ID, _case_id(facts, header)),
        valued("creationTime", created),
        element("responseModeCode", code="D"),
        identified(codes.INTERACTION, "MCCI_IN200100UV01", tag="interactionId"),
        element("name", code="1", codeSystem=codes.MESSAGE_TYPE),
        _message(facts, header, created),
        party("receiver", "RCV", codes.BATCH_RECEIVER, header.receiver),
        party("sender", "SND", codes.BATCH_SENDER, header.sender),
        ITSVersion="XML_1.0",
    )
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _case_id(facts: CaseFacts, header: Header) -> str:
    return f"{facts.country}-{header.sender}-{facts.case_number}"


def _message(facts: CaseFacts, header: Header, created: str) -> Element:
    return element(
        "PORR_IN049016UV",
        identified(codes.CASE_ID, _case_id(facts, header)),
        valued("creationTime", created),
        identified(codes.INTERACTION, "PORR_IN049016UV", tag="interactionId"),
        element("processingCode", code="P"),
        element("processingModeCode", code="T"),
        element("acceptAckCode", code="AL"),
        party("receiver", "RCV", codes.MESSAGE_RECEIVER, header.receiver),
        party("sender", "SND", codes.MESSAGE_SENDER, header.sender),
        element(
            "controlActProcess",
            element("code", code="PORR_TE049016UV", codeSystem="2.16.840.1.113883.1.18"),
            valued("effectiveTime", created),
            element("subject", _investigation(facts, header), typeCode="SUBJ"),
            classCode="CACT",
            moodCode="EVN",
        ),
    )


def _investigation(facts: CaseFacts, header: Header) -> Element:
    case_id = _case_id(facts, header)
    return act(
        "investigationEvent",
        "INVSTG",
        identified(codes.CASE_ID, case_id),
        identified(codes.WORLDWIDE_ID, facts.worldwide_id or case_id),
        element("code", code="PAT_ADV_EVNT", codeSystem="2.16.840.1.113883.5.4"),
        *text_in("text", facts.narrative),
        element("statusCode", code="active"),
        element("effectiveTime", *timed("low", facts.reported_at)),
        *timed("availabilityTime", facts.entered_at),
        element("component", assessment(facts, header.meddra_version), typeCode="COMP"),
        _flag(codes.DOCUMENTS, is_set=False),
        _flag(codes.EXPEDITED, is_set=bool(facts.is_serious)),
        _first_sender(header),
        _reporter(facts, header),
        _sender(header),
        _characteristic("1", coded("1", codes.REPORT_TYPE)),
        _characteristic("2", typed("BL", nullFlavor="NI")),
    )


def _flag(code: str, *, is_set: bool) -> Element:
    value = typed("BL", value="true" if is_set else "false")
    return element(
        "component", act("observationEvent", "OBS", observed(code), value), typeCode="COMP"
    )


def _first_sender(header: Header) -> Element:
    kind = "1" if header.sender_type == "2" else "2"
    return _relation("1", element("code", code=kind, codeSystem=codes.FIRST_SENDER))


def _reporter(facts: CaseFacts, header: Header) -> Element:
    reporter = facts.reporter
    qualified = element("code", code=header.qualification, codeSystem=codes.QUALIFICATION)
    person = element(
        "assignedPerson",
        element("name", *text_in("family", reporter.name)),
        element("asQualifiedEntity", qualified, classCode="QUAL"),
        *_located(facts.country),
        classCode="PSN",
        determinerCode="INSTANCE",
    )
    phone = [element("telecom", value=f"tel:{quote(reporter.phone)}")] if reporter.phone else []
    unit = _organisation(reporter.position, reporter.institution)
    relation = _relation("2", *phone, person, unit)
    relation.insert(0, valued("priorityNumber", "1"))
    return relation


def _located(country: str) -> Iterable[Element]:
    if country:
        place = element(
            "location",
            element("code", code=country, codeSystem=codes.COUNTRY),
            classCode="COUNTRY",
            determinerCode="INSTANCE",
        )
        yield element("asLocatedEntity", place, classCode="LOCE")


def _sender(header: Header) -> Element:
    entity = element(
        "assignedEntity",
        element("code", code=header.sender_type, codeSystem=codes.SENDER_TYPE),
        _organisation("", header.sender_organisation),
        classCode="ASSIGNED",
    )
    event = act("controlActEvent", "CACT", element("author", entity, typeCode="AUT"))
    return element("subjectOf1", event, typeCode="SUBJ")


def _organisation(department: str, organisation: str) -> Element:
    """ICH names the department outside and the organisation within."""
    inner = element(
        "representedOrganization",
        *text_in("name", organisation),
        classCode="ORG",
        determinerCode="INSTANCE",
    )
    return element(
        "representedOrganization",
        *text_in("name", department),
        element("assignedEntity", inner, classCode="ASSIGNED"),
        classCode="ORG",
        determinerCode="INSTANCE",
    )


def _relation(code: str, *children: Element) -> Element:
    entity = element("assignedEntity", *children, classCode="ASSIGNED")
    event = act("controlActEvent", "CACT", element("author", entity, typeCode="AUT"))
    related = act(
        "relatedInvestigation",
        "INVSTG",
        element("code", code=code, codeSystem=codes.RELATION),
        element("subjectOf2", event, typeCode="SUBJ"),
    )
    return element("outboundRelationship", related, typeCode="SPRT")


def _characteristic(code: str, value: Element) -> Element:
    kind = element("code", code=code, codeSystem=codes.CHARACTERISTIC)
    return element(
        "subjectOf2", act("investigationCharacteristic", "OBS", kind, value), typeCode="SUBJ"
    )
