"""What receivers answer to E2B(R3) reports: kept with the case it names, once a file, never elsewhere."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from lxml import etree

from aefi.exchange import e2b_codes, e2b_xml
from aefi.exchange.case import CaseFacts
from aefi.models import Case, CaseImport, ReceiverAnswer
from aefi.services import cases
from aefi.services.cases import Act
from alerts.models import Role
from alerts.outbox import SYSTEM
from tests.callers import Caller
from tests.factories import NOON, make_site
from tests.floor_factories import Floor, frozen, last_event


@pytest.fixture
def floor(db):
    with frozen(NOON + timedelta(minutes=20)):
        yield Floor(county_code="310104")


@pytest.fixture
def case(floor):
    return opened(floor.site)


def opened(site):
    return cases.open_by_hand(site, CaseFacts("", discovered_at=NOON), Act(SYSTEM, NOON))


def acknowledgement(*answers, batch="AE"):
    """Return an answer as receivers write it: (number, code, reason) of each report."""
    element, named = e2b_xml.element, e2b_xml.identified
    messages = []
    for number, code, reason in answers:
        target = element("targetMessage", named(e2b_codes.CASE_ID, f"CN-AEFIWATCH-{number}"))
        detail = element("acknowledgementDetail", element("text", reason), typeCode="E")
        said = element("acknowledgement", target, *([detail] if reason else []), typeCode=code)
        messages.append(element("MCCI_IN000002UV01", said))
    whole = element("targetBatch", named(e2b_codes.BATCH_ID, "B1"))
    answer = element("acknowledgement", whole, typeCode=batch)
    return etree.tostring(element("MCCI_IN200101UV01", *messages, answer))


def send(floor, content, role=Role.OFFICER):
    headers = floor.headers(role)
    kind = "application/octet-stream"
    return Client().post("/api/v1/cases/answers/", content, content_type=kind, headers=headers)


def test_an_answer_is_kept_with_its_case_and_told_in_the_log(floor, case):
    other = opened(floor.site)
    content = acknowledgement((case.number, "CA", ""), (other.number, "CR", "D.1 missing"))

    said = send(floor, content).json()

    assert [(row["number"], row["is_accepted"], row["reasons"]) for row in said["kept"]] == [
        (case.number, True, []),
        (other.number, False, ["D.1 missing"]),
    ]
    assert said["unknown"] == []
    assert last_event(floor.site, "case.answered").payload["code"] == "CR"


def test_the_same_file_again_changes_nothing_and_a_new_one_adds(floor, case):
    refused = acknowledgement((case.number, "CR", "D.1 missing"))
    for content in (refused, refused, acknowledgement((case.number, "CA", ""))):
        assert send(floor, content).status_code == 200

    assert list(case.receiver_answers.order_by("pk").values_list("code", flat=True)) == ["CR", "CA"]


def test_no_clock_stops_by_it(floor, case):
    before = Case.objects.get(pk=case.pk).due_at

    send(floor, acknowledgement((case.number, "CA", "")))

    assert Case.objects.get(pk=case.pk).due_at == before is not None


def test_a_case_of_elsewhere_or_of_nobody_is_named_and_not_touched(floor):
    theirs = opened(make_site(name="elsewhere", county_code="440101"))
    content = acknowledgement((theirs.number, "CR", "x"), ("nonsense\ud7ff", "CA", ""))

    said = send(floor, content).json()

    assert said["kept"] == []
    assert f"CN-AEFIWATCH-{theirs.number}" in said["unknown"]
    assert not ReceiverAnswer.objects.exists()


@pytest.mark.parametrize("content", [b"<a", b"rubbish", b"<a/>", b'{"a": 1}'])
def test_what_is_no_answer_is_refused_with_its_place(floor, case, content):
    answer = send(floor, content)

    assert answer.status_code == 400
    assert "line" in answer.content.decode()


@pytest.mark.parametrize("role", [Role.LEAD, Role.CLINICIAN, Role.OBSERVER])
def test_only_officers_take_answers_in(floor, case, role):
    assert send(floor, acknowledgement((case.number, "CA", "")), role=role).status_code == 403


def test_the_import_page_takes_answers_beside_reports_and_the_case_shows_them(floor, case):
    officer = Caller(floor.person(Role.OFFICER))
    officer.http.cookies["django_language"] = "en"
    files = [
        SimpleUploadedFile("ack.xml", acknowledgement((case.number, "CR", "D.1 missing"))),
        SimpleUploadedFile("broken.xml", b'<MCCI_IN200101UV01 xmlns="urn:hl7-org:v3"/>'),
    ]
    body = {"site": floor.site.pk, "uploads": files}

    page = officer.http.post(reverse("case-import"), body).content.decode()

    assert "not taken over by the receiver" in page
    assert "acknowledgement is missing" in page
    assert not CaseImport.objects.exists()
    shown = officer.ask("get", reverse("case-page", args=[case.uuid])).content.decode()
    assert "D.1 missing" in shown
