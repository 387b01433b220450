"""Files of other systems into the register: what opens a case, what is known, what is refused."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from aefi.exchange import e2b, fhir, stored, vaers
from aefi.exchange.e2b_read import cases_from
from aefi.exchange.fhir_read import case_from
from aefi.exchange.intake import MOST_BYTES
from aefi.models import Case, CaseImport, CaseOrigin, CaseVersion
from alerts.models import Role
from tests.aefi.cases import FULL, GIVEN
from tests.factories import NOON, make_site, make_token
from tests.floor_factories import Floor, frozen, last_event
from tests.shared import shared

HEADER = e2b.Header(
    sender="SHCDC", receiver="UMC", created_at=GIVEN, sender_organisation="CDC", meddra_version="27"
)
XML = e2b.icsr(FULL, HEADER)
BUNDLE = json.dumps(fhir.bundle(FULL)).encode()
OTHERS = [replace(FULL, case_number=f"90{n}", worldwide_id="") for n in range(3)]
DATA = "VAERS_ID,RECVDATE,AGE_YRS,SYMPTOM_TEXT\n7,01/02/1998,3.5,hives\n8,no day,4,x\n9,,nan,x\n"


@pytest.fixture
def floor(db):
    with frozen(NOON + timedelta(minutes=20)):
        yield Floor(county_code="310104")


def send(floor, *files, role=Role.OFFICER, query=""):
    """Send files as a form does."""
    named = [SimpleUploadedFile(f"file-{n}", content) for n, content in enumerate(files)]
    headers = floor.headers(role)
    return Client().post(f"/api/v1/cases/imports/{query}", {"files": named}, headers=headers)


def send_raw(floor, content, kind="application/octet-stream", query=""):
    headers = floor.headers(Role.OFFICER)
    address = f"/api/v1/cases/imports/{query}"
    return Client().post(address, content, content_type=kind, headers=headers)


def taken(answer, status=201):
    assert answer.status_code == status, answer.content
    return answer.json()


def tables(cases):
    written = vaers.tables(cases)
    return [one.encode() for one in (written.data, written.vaccines, written.symptoms)]


# Opening


@pytest.mark.parametrize(("content", "kind"), [(XML, "e2b"), (BUNDLE, "fhir")])
def test_a_message_opens_a_case_of_the_register(floor, content, kind):
    (row,) = taken(send(floor, content))

    assert (row["format"], row["opened"], row["known"], row["refused"]) == (kind, 1, 0, [])
    case = Case.objects.get(uuid=row["cases"][0])
    assert (case.origin, case.number) == (CaseOrigin.IMPORTED, "31010420260001")
    assert case.facts["vaccines"][0]["lot"] == "A2025-01"
    assert case.imported.reference.endswith(FULL.case_number)


def test_a_message_may_come_raw_whatever_it_is_called(floor):
    (row,) = taken(send_raw(floor, XML, "text/plain", "?name=a.json"))

    assert (row["format"], row["file_name"]) == ("e2b", "a.json")


def test_a_message_of_another_encoding_is_read(floor):
    text = XML.decode().replace("UTF-8", "UTF-16", 1)

    (row,) = taken(send(floor, text.encode("utf-16")))

    assert (row["format"], row["opened"]) == ("e2b", 1)


def test_the_three_tables_of_an_export_are_read_together_in_any_order(floor):
    (row,) = taken(send(floor, *reversed(tables(OTHERS))))

    assert (row["format"], row["opened"]) == ("vaers", 3)
    facts = Case.objects.first().facts
    assert facts["vaccines"][0]["name"] == "麻腮风"
    assert facts["events"][0]["term"] == "过敏性休克"


def test_the_event_counts_and_names_nobody(floor):
    taken(send(floor, BUNDLE))

    payload = last_event(floor.site, "cases.imported").payload
    assert payload == {"format": "fhir", "opened": 1, "known": 0, "refused": 0}


# Coming again


def test_the_same_file_again_changes_nothing(floor):
    (first,) = taken(send(floor, XML))
    (again,) = taken(send(floor, XML))

    assert again == first
    assert (Case.objects.count(), CaseVersion.objects.count(), CaseImport.objects.count()) == (
        1,
        1,
        1,
    )


def test_the_same_report_in_another_file_is_known(floor):
    taken(send(floor, XML))

    (row,) = taken(send(floor, XML + b"\n"), 200)

    assert (row["opened"], row["known"]) == (0, 1)
    assert Case.objects.count() == 1


def test_the_same_number_of_another_sender_is_another_report(floor):
    taken(send(floor, XML))

    (row,) = taken(send(floor, e2b.icsr(FULL, replace(HEADER, sender="BJCDC"))))

    assert row["opened"] == 1


def test_a_row_that_stands_twice_opens_one_case(floor):
    data = tables(OTHERS[:1])[0]

    (row,) = taken(send(floor, data + data.splitlines(keepends=True)[1]))

    assert (row["opened"], row["known"]) == (1, 1)


def test_one_own_case_that_comes_back_is_known(floor):
    facts = stored.to_json(replace(FULL, case_number=""))
    made = floor.post("{site}/cases/", {"facts": facts}, role=Role.OFFICER).json()
    own = floor.get(f"cases/{made['uuid']}/fhir/", role=Role.OFFICER)

    (row,) = taken(send(floor, own.content), 200)

    assert (row["opened"], row["known"]) == (0, 1)


def test_an_import_that_was_interrupted_goes_on(floor):
    data = tables(OTHERS)[0]
    taken(send(floor, data))
    CaseImport.objects.update(finished_at=None)

    (row,) = taken(send(floor, data), 200)

    assert (row["opened"], row["known"]) == (0, 3)


# Refused


def test_a_bad_row_is_set_aside_with_its_line_and_the_rest_is_read(floor):
    (row,) = taken(send(floor, DATA.encode()))

    assert row["opened"] == 1
    assert [one["where"] for one in row["refused"]] == ["DATA line 3 RECVDATE", "VAERS_ID 9"]


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    b'<MCCI_IN200100UV01 xmlns="urn:hl7-org:v3">&b;</MCCI_IN200100UV01>'
)
OUTSIDE = BOMB.replace(b'<!ENTITY a "aaaa">', b'<!ENTITY a SYSTEM "file:///etc/passwd">')


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (XML[:-200], "line"),
        (BUNDLE[:-20], "line 1"),
        (BOMB, "line 1"),
        (OUTSIDE, "line 1"),
        (b"[" * 100_000, "line 1"),
        (b"[]", "Bundle"),
        (b'{"resourceType": "Patient"}', "Bundle.resourceType"),
        (BUNDLE.replace(b"26.5", b"1e999"), "Bundle"),
        (BUNDLE.replace("王小明".encode("unicode_escape"), b"a\\u0000b"), "patient_name"),
        (BUNDLE.replace(b"2017-02-03", b"0017-02-03"), "birth_date"),
        (b"name,day\n1,2\n", "line 1"),
        (b"\0\1\2\xff", "line 1"),
        (b"<" + b" " * MOST_BYTES, "file"),
        (tables(OTHERS)[1], "file"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place_and_nothing_of_it_is_stored(
    floor, content, where
):
    answer = send_raw(floor, content)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith(where)
    assert Case.objects.count() == 0


def test_an_empty_file_is_told_so(floor):
    assert "200" in send_raw(floor, b"").json()["detail"]
    assert "empty" in send(floor, b"").json()["detail"]


def test_a_batch_with_one_bad_message_gives_no_case(floor):
    head, message, tail = XML.partition(b"<PORR_IN049016UV>")
    message, end, tail = tail.partition(b"</PORR_IN049016UV>")
    one = b"<PORR_IN049016UV>" + message + end
    bad = one.replace(b'extension="CN-SHCDC', b'extensio="CN-SHCDC')

    assert send(floor, head + one + bad + tail).status_code == 400
    assert Case.objects.count() == 0


def test_a_good_file_beside_a_bad_one_is_taken_in(floor):
    bad, good = taken(send(floor, b"<x/>", BUNDLE))

    assert (bad["opened"], bool(bad["refused"])) == (0, True)
    assert good["opened"] == 1


def test_two_exports_at_once_are_not_mixed(floor):
    data = tables(OTHERS)[0]

    answer = send(floor, data, data.replace(b"90", b"80"))

    assert "one export at a time" in answer.json()["detail"]


def test_a_form_without_a_file_says_what_to_send(floor):
    assert send(floor).status_code == 400


# Who


@pytest.mark.parametrize("role", [Role.LEAD, Role.CLINICIAN, Role.ADMINISTRATOR])
def test_nobody_but_an_officer_takes_files_in(floor, role):
    assert send(floor, XML, role=role).status_code == 403


@pytest.mark.parametrize("site", ["x", "00000000-0000-4000-8000-000000000000"])
def test_a_site_that_is_not_ones_own_is_refused(floor, site):
    assert send(floor, XML, query=f"?site={site}").status_code == 400


def test_who_oversees_two_sites_says_which(floor):
    other = make_site(name="other", county_code="310105")
    floor.person(Role.OFFICER).memberships.create(site=other, role=Role.OFFICER)

    assert send(floor, XML).status_code == 400
    (row,) = taken(send(floor, XML, query=f"?site={other.uuid}"))
    assert Case.objects.get().number == "31010520260001"
    assert row["site"] == str(other.uuid)


def test_the_list_shows_what_came_in_at_ones_sites(floor):
    taken(send(floor, BUNDLE))
    elsewhere = Floor(county_code="310105")

    assert [row["opened"] for row in floor.get("cases/imports/", role=Role.OFFICER).json()] == [1]
    make_token(elsewhere.person(Role.LEAD), secret="x")
    assert elsewhere.get("cases/imports/", role=Role.OFFICER).json() == []


# Out of one register and into another


def by_number(case):
    return replace(stored.from_json(case["facts"]), case_number="", version=1)


@pytest.mark.parametrize(("form", "format_"), [("fhir", fhir), ("e2b", e2b)])
def test_a_case_travels_between_two_registers_with_all_that_the_format_holds(floor, form, format_):
    facts = stored.to_json(replace(FULL, case_number=""))
    made = floor.post("{site}/cases/", {"facts": facts}, role=Role.OFFICER).json()
    out = floor.get(f"cases/{made['uuid']}/{form}/?identified=1&reason=moved", role=Role.OFFICER)
    there = Floor(county_code="310105")

    (row,) = taken(send(there, out.content))

    came = there.get(f"cases/{row['cases'][0]}/", role=Role.OFFICER).json()
    expected = direct(stored.from_json(made["facts"]), format_)
    assert by_number(came) == replace(expected, case_number="", version=1)


def direct(facts, format_):
    """Return what the format itself keeps of a case."""
    if format_ is fhir:
        return case_from(json.loads(json.dumps(fhir.bundle(facts))))
    return cases_from(e2b.icsr(facts, replace(HEADER, sender="AEFIWATCH")))[0]


# Real files


@pytest.mark.parametrize("year", ["1998", "1999"])
def test_reports_of_vaers_itself_are_taken_in(floor, year):
    parts = []
    for table in ("DATA", "VAX", "SYMPTOMS"):
        packed = shared(f"data/vaers/{year}VAERS{table}.csv.gz").read_bytes()
        parts.append(b"".join(gzip.decompress(packed).splitlines(keepends=True)[:60]))

    (row,) = taken(send(floor, *parts))

    assert row["opened"] > 30
    assert row["opened"] + len(row["refused"]) >= 55
    assert Case.objects.exclude(facts__vaccines=[]).count() >= 30


def test_a_whole_year_of_vaers_is_asked_for_in_parts(floor):
    packed = shared("data/vaers/1998VAERSDATA.csv.gz").read_bytes()

    answer = send(floor, gzip.decompress(packed))

    assert answer.status_code == 400
    assert "split it" in answer.json()["detail"]
