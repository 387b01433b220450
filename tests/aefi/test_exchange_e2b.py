"""A case as an ICH E2B(R3) report: valid by the schemas, complete by ICH, the same when read."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from aefi.exchange import e2b, e2b_codes, e2b_xml
from aefi.exchange.case import EventFacts, Outcome, Refused, ReporterFacts, VaccineFacts
from aefi.exchange.e2b_read import acknowledgement_from, cases_from, schema_problems
from aefi.rules.seriousness import Criterion
from tests.aefi.cases import BARE, FULL, GIVEN, HEPA, MINUTE, MMR, cases, without
from tests.shared import shared

HEADER = e2b.Header(
    sender="SHCDC",
    receiver="UMC",
    created_at=GIVEN,
    sender_organisation="徐汇区疾控中心",
    meddra_version="27.1",
)
NAMESPACES = {"v": "urn:hl7-org:v3", "xsi": "http://www.w3.org/2001/XMLSchema-instance"}
SCHEMAS = "data/e2b-r3/schemas/multicacheschemas"


def message(facts=FULL, header=HEADER):
    return e2b.icsr(facts, header)


def there_and_back(facts):
    (case,) = cases_from(message(facts))
    return case


def find(path, content=None):
    return etree.fromstring(content or message()).xpath(path, namespaces=NAMESPACES)


def held(facts, initials):
    """Return what E2B keeps of a case: initials, and nobody's judgement as a no."""
    reasons = facts.serious_because if facts.events else frozenset()
    kept = replace(
        without(facts, e2b.NOT_HELD), patient_name=initials, serious_because=reasons or frozenset()
    )
    return kept if facts.events else replace(kept, outcome=None)


@pytest.mark.parametrize("facts", [FULL, BARE], ids=["full", "bare"])
def test_the_ich_schema_accepts_the_report(facts):
    schema = shared(f"{SCHEMAS}/MCCI_IN200100UV01.xsd")

    assert schema_problems(message(facts), schema) == []


def test_the_ich_schema_accepts_every_report():
    schema = etree.XMLSchema(etree.parse(str(shared(f"{SCHEMAS}/MCCI_IN200100UV01.xsd"))))

    @settings(deadline=None, max_examples=100)
    @given(cases)
    def is_accepted(facts):
        schema.assertValid(etree.fromstring(message(facts)))

    is_accepted()


def test_the_schema_check_tells_line_and_reason():
    schema = shared(f"{SCHEMAS}/MCCI_IN200100UV01.xsd")
    broken = message().replace(b"<creationTime", b"<creationTyme", 1)

    (first, *_) = schema_problems(broken, schema)

    assert first.startswith("line 4: ")
    assert "creationTyme" in first


def test_a_case_comes_back_but_for_what_e2b_has_no_place_for():
    assert there_and_back(FULL) == held(FULL, "WXM")
    assert there_and_back(BARE) == held(BARE, "")


@pytest.mark.parametrize("name", sorted(e2b.NOT_HELD))
def test_what_is_said_not_to_be_held_really_is_lost(name):
    kept = replace(without(FULL, e2b.NOT_HELD - {name}), patient_name="WXM")

    assert there_and_back(FULL) != kept


@settings(deadline=None)
@given(cases)
def test_every_case_comes_back(facts):
    case = there_and_back(facts)

    assert case == held(facts, case.patient_name)


def test_the_name_leaves_as_initials_only():
    content = message().decode()

    assert "王小明" not in content
    assert "<name>WXM</name>" in content


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("v:name/@code", ["1"]),
        ("v:id/@extension", ["CN-SHCDC-31010420250001"]),
        ("//v:investigationEvent/v:id/@extension", ["CN-SHCDC-31010420250001", FULL.worldwide_id]),
        ("//v:player1/v:administrativeGenderCode/@code", ["1"]),
        ("//v:player1/v:birthTime/@value", ["20170203"]),
        ("//v:lotNumberText/text()", ["A2025-01", "H9"]),
        ("//v:pauseQuantity[@unit='min']/@value", ["6", "5", "5", "4"]),
        ("//v:subjectOf1//v:code[@codeSystem='2.16.840.1.113883.3.989.2.1.1.7']/@code", ["3"]),
        ("//v:priorityNumber/@value", ["1"]),
    ],
)
def test_elements_stand_where_ich_puts_them(path, expected):
    assert find(path) == expected


def test_seriousness_is_true_or_not_said():
    found = find(
        "//v:observation[v:code/@code='29'][1]/v:outboundRelationship2/v:observation"
        "[v:value/@xsi:type='BL']"
    )
    said = {item[0].get("code"): item[1].get("value", item[1].get("nullFlavor")) for item in found}

    assert said == {"34": "NI", "21": "true", "33": "true", "35": "NI", "12": "NI", "26": "NI"}


def test_a_worldwide_number_is_made_where_there_is_none():
    content = message(BARE)

    assert find("//v:investigationEvent/v:id/@extension", content) == [
        "CN-SHCDC-31010420250002",
        "CN-SHCDC-31010420250002",
    ]
    assert there_and_back(BARE).worldwide_id == ""


def test_times_are_written_to_the_second_with_their_zone():
    onsets = find("//v:observation[v:code/@code='29']/v:effectiveTime/v:low/@value")

    assert onsets == ["20250303100600+0800", "20250303100500+0800"]


def test_no_interval_is_made_of_dates_or_of_an_onset_before_the_dose():
    dated = replace(FULL, events=(EventFacts("Rash", onset_at=date(2025, 3, 3)),))
    early = replace(FULL, events=(EventFacts("Rash", onset_at=GIVEN - MINUTE),))

    assert find("//v:pauseQuantity", message(dated)) == []
    assert find("//v:pauseQuantity", message(early)) == []


def test_the_same_case_makes_the_same_bytes():
    assert message() == message()


def test_a_complete_report_lacks_nothing():
    coded = replace(FULL, events=FULL.events[:1])

    assert e2b.missing_elements(coded, HEADER) == []


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"reported_at": None}, "C.1.4 first received"),
        ({"reporter": BARE.reporter}, "C.2.r reporter"),
        ({"patient_name": "", "birth_date": None, "age_years": None}, "D.1 patient"),
        ({"events": ()}, "E.i adverse event"),
        ({"events": FULL.events}, "E.i.2.1b MedDRA code of each event"),
        ({"serious_because": None}, "E.i.3.2 seriousness judged"),
        ({"outcome": None}, "E.i.7 outcome"),
        ({"vaccines": (HEPA,)}, "G.k.1 suspect vaccine"),
        ({"narrative": ""}, "H.1 narrative"),
    ],
)
def test_a_required_element_that_lacks_is_named_but_not_refused(changes, missing):
    facts = replace(FULL, **({"events": FULL.events[:1]} | changes))

    assert e2b.missing_elements(facts, HEADER) == [missing]
    assert cases_from(message(facts))


def test_a_case_that_is_not_serious_lacks_no_judgement():
    mild = replace(FULL, events=FULL.events[:1], serious_because=frozenset())

    assert e2b.missing_elements(mild, HEADER) == []


@pytest.mark.parametrize("sender", ["", "SH-CDC"])
def test_a_sender_that_cannot_stand_in_a_case_number_is_refused(sender):
    with pytest.raises(ValueError, match="is empty or has a hyphen"):
        replace(HEADER, sender=sender)


def test_a_regulator_sends_as_a_regulator():
    content = message(header=replace(HEADER, sender_type="2"))
    first = find(
        "//v:relatedInvestigation[v:code/@code='1']//v:assignedEntity/v:code/@code", content
    )

    assert first == ["1"]


@pytest.mark.parametrize(
    ("content", "path", "reason"),
    [
        (b"", "line", "Document is empty"),
        (b"<a>\n<b></a>", "line 2", "mismatch"),
        (b"<ichicsr/>", "line 1", r"E2B\(R2\)"),
        (b"<MCCI_IN200100UV01/>", "line 1", "MCCI_IN200100UV01 is expected"),
        (b'<other xmlns="urn:hl7-org:v3"/>', "line 1", "not other"),
        (
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
            "line 1",
            "a document type is not allowed",
        ),
        (
            b'<MCCI_IN200100UV01 xmlns="urn:hl7-org:v3">\n<PORR_IN049016UV/></MCCI_IN200100UV01>',
            "line 2",
            "investigationEvent is missing",
        ),
    ],
)
def test_what_is_no_report_is_refused_with_line_and_reason(content, path, reason):
    with pytest.raises(Refused, match=reason) as refusal:
        cases_from(content)

    assert refusal.value.path.startswith(path)


def test_entities_are_neither_expanded_nor_fetched():
    bomb = (
        b'<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        b'<MCCI_IN200100UV01 xmlns="urn:hl7-org:v3">&b;</MCCI_IN200100UV01>'
    )

    with pytest.raises(Refused, match="a document type is not allowed"):
        cases_from(bomb)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'value="20250303100600+0800"', b'value="2025"', "cannot read '2025'"),
        (b'value="20250303100600+0800"', b'value="202503031006"', "has no time zone"),
        (b'value="20250303100600+0800"', b'value="20259903"', "cannot read '20259903'"),
        (b'value="8" unit="a"', b'value="96" unit="mo"', "unit 'mo' is not a"),
        (b'value="8" unit="a"', b'value="eight" unit="a"', "cannot read 'eight'"),
        (
            b'code="1" codeSystem="2.16.840.1.113883.3.989.2.1.1.11"',
            b'code="9" codeSystem="2.16.840.1.113883.3.989.2.1.1.11"',
            "'9' is not an outcome",
        ),
        (b"3.989.2.1.3.1", b"3.989.2.1.3.9", "C.1.1 case number is missing"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_with_its_line(old, new, reason):
    content = message()
    assert old in content

    with pytest.raises(Refused, match=reason) as refusal:
        cases_from(content.replace(old, new))

    assert refusal.value.path.startswith("line ")


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=30_000), st.binary(max_size=4))
def test_no_damage_to_a_message_breaks_the_reader(position, damage):
    content = message()
    damaged = content[:position] + damage + content[position + len(damage) :]

    try:
        count = len(cases_from(damaged))
    except Refused as refusal:
        count = 0 if refusal.path.startswith("line") else -1

    assert count in {0, 1}


@settings(deadline=None)
@given(st.text())
def test_any_text_can_be_written(text):
    facts = replace(FULL, narrative=text, vaccines=(replace(MMR, name=text),))

    assert there_and_back(facts).vaccines[0].given_at == GIVEN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20250303100500+0800", GIVEN.replace(minute=5)),
        ("202503031005+08", GIVEN.replace(minute=5)),
        ("20250303020500.25+0000", datetime(2025, 3, 3, 2, 5, 0, 250_000, tzinfo=UTC)),
        ("20250303000000-0500", datetime(2025, 3, 3, 5, 0, tzinfo=UTC)),
        ("20250303", date(2025, 3, 3)),
        ("", None),
    ],
)
def test_the_timestamps_of_other_senders_are_read(text, expected):
    assert e2b_codes.moment_of(text, "line 1") == expected


def test_a_report_of_another_sender_keeps_its_number_as_it_is():
    content = message().replace(b"CN-SHCDC-31010420250001", b"X1")

    (case,) = cases_from(content)

    assert (case.case_number, case.country) == ("X1", "")


def test_names_in_parts_and_free_dosage_texts_are_read():
    content = (
        message()
        .replace("<family>李医生</family>".encode(), b"<given>Wei</given><family>Li</family>")
        .replace(b"<text>dose 2</text>", b"<text>second dose</text>")
    )

    (case,) = cases_from(content)

    assert case.reporter.name == "Wei Li"
    assert case.vaccines[0].dose_number is None


def test_a_report_without_a_reporter_or_an_age_is_read():
    content = (
        message()
        .replace(b'<code code="2" codeSystem="2.16.840.1.113883.3.989.2.1.1.22"/>', b"")
        .replace(b'value="8" unit="a"', b'nullFlavor="UNK"')
    )

    (case,) = cases_from(content)

    assert (case.reporter, case.age_years) == (ReporterFacts(), None)


def test_a_case_without_a_country_says_none():
    content = message(replace(FULL, country=""))

    assert find("//v:locatedPlace | //v:asLocatedEntity", content) == []
    assert cases_from(content)[0].country == ""


def test_every_outcome_has_its_own_code():
    for outcome in Outcome:
        assert there_and_back(replace(FULL, outcome=outcome)).outcome == outcome


def test_a_vaccine_without_details_is_written():
    case = there_and_back(replace(BARE, vaccines=(VaccineFacts(name="MMR"),)))

    assert case.vaccines == (VaccineFacts(name="MMR"),)


def test_the_reasons_of_all_events_are_put_together():
    content = message(replace(FULL, serious_because=frozenset({Criterion.DEATH})))

    assert cases_from(content)[0].serious_because == {Criterion.DEATH}


def acknowledgement(batch="AA", code="CA", *details):
    """Return an answer as receivers write it."""
    element, act = e2b_xml.element, e2b_xml.identified
    reasons = [
        element("acknowledgementDetail", element("text", text), typeCode="E") for text in details
    ]
    target = element("targetMessage", act(e2b_codes.CASE_ID, "CN-SHCDC-1"))
    answer = element(
        "MCCI_IN000002UV01", element("acknowledgement", target, *reasons, typeCode=code)
    )
    whole = element(
        "acknowledgement", element("targetBatch", act(e2b_codes.BATCH_ID, "B1")), typeCode=batch
    )
    return etree.tostring(element("MCCI_IN200101UV01", answer, whole))


def test_an_acceptance_is_read():
    answer = acknowledgement_from(acknowledgement())

    assert (answer.batch_id, answer.code, answer.reasons) == ("B1", "AA", ())
    assert [(a.case_id, a.is_accepted, a.reasons) for a in answer.answers] == [
        ("CN-SHCDC-1", True, ())
    ]


@pytest.mark.parametrize("code", ["CE", "CR"])
def test_a_rejection_is_read_with_its_reasons(code):
    answer = acknowledgement_from(acknowledgement("AE", code, "D.1 missing", "no lot"))

    assert answer.code == "AE"
    assert not answer.answers[0].is_accepted
    assert answer.answers[0].reasons == ("D.1 missing", "no lot")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (message(), "MCCI_IN200101UV01 is expected"),
        (b'<MCCI_IN200101UV01 xmlns="urn:hl7-org:v3"/>', "acknowledgement is missing"),
    ],
)
def test_what_is_no_answer_is_refused(content, reason):
    with pytest.raises(Refused, match=reason):
        acknowledgement_from(content)
