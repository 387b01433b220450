"""The investigation's page: sheets, documents and the letter, by who may, in both languages."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from aefi.exchange.case import CaseFacts, VaccineFacts
from aefi.models import CaseDocument, InvestigationRecord
from aefi.services import case_classes, cases
from aefi.services.cases import Act
from alerts.models import Role
from alerts.outbox import SYSTEM, Origin
from tests.callers import Caller
from tests.factories import NOON, make_member, make_site
from tests.floor_factories import frozen


@pytest.fixture(autouse=True)
def at_noon(db):
    with frozen(NOON):
        yield


@pytest.fixture
def site():
    return make_site(county_code="310104")


@pytest.fixture
def case(site):
    facts = CaseFacts(
        "",
        vaccines=(VaccineFacts("MMR"), VaccineFacts("DTaP")),
        discovered_at=NOON - timedelta(hours=1),
    )
    return cases.open_by_hand(site, facts, Act(SYSTEM, NOON - timedelta(hours=1)))


@pytest.fixture
def officer(site):
    return make_member(site, Role.OFFICER)


def look(person, case, language="en"):
    caller = Caller(person)
    caller.http.cookies["django_language"] = language
    return caller.ask("get", reverse("investigation", args=[case.uuid])).content.decode()


def say(person, case, **said):
    caller = Caller(person)
    caller.http.cookies["django_language"] = "en"
    return caller.http.post(reverse("investigation", args=[case.uuid]), said)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Investigation form", "Suspect vaccine 2", "normal appearance", "Cold chain"]),
        ("zh-hans", ["个案调查表", "可疑疫苗 2", "疫苗外观是否正常", "冷链", "致家属信"]),
    ],
)
def test_the_page_asks_for_each_vaccine_in_the_readers_language(officer, case, language, words):
    page = look(officer, case, language)

    assert [word for word in words if word not in page] == []
    assert "vaccine.3.release" not in page


def test_a_half_filled_form_stays_and_tells_what_is_missing(officer, case):
    said = {"act": "form", "history.1.allergy": "1", "around.1.similar": "无"}

    assert say(officer, case, **said).status_code == 302

    page = look(officer, case)
    assert "Still missing" in page
    assert "correct practice" in page
    assert InvestigationRecord.objects.get().data == {
        "history.1.allergy": "1",
        "around.1.similar": "无",
    }


def test_an_interview_is_written_and_corrected(officer, case):
    say(officer, case, act="interview", whom="母亲")
    first = InvestigationRecord.objects.get()
    say(officer, case, act="interview", replaces=first.uuid, whom="父亲", role="监护人")

    page = look(officer, case)
    assert ("父亲" in page, "母亲" in page) == (True, False)


@pytest.mark.parametrize(
    "said",
    [
        {"act": "form"},
        {"act": "form", "history.1.allergy": "9"},
        {"act": "vial"},
        {"act": "rob"},
        {"act": "document"},
        {"act": "letter"},
        {"act": "approve", "letter": "x"},
        {"act": "withdraw", "document": "x", "reason": "x"},
    ],
)
def test_what_cannot_be_kept_is_told(officer, case, said):
    answer = say(officer, case, **said)

    assert 'role="alert"' in answer.content.decode()
    assert not InvestigationRecord.objects.exists()


def attach(person, case, name="冷链.pdf", content=b"%PDF-1.7 x"):
    file = SimpleUploadedFile(name, content)
    return say(person, case, act="document", file=file)


def test_a_document_comes_back_as_a_file_that_no_page_can_run(officer, case):
    assert attach(officer, case).status_code == 302
    row = CaseDocument.objects.get()

    answer = Caller(officer).ask("get", reverse("case-document", args=[case.uuid, row.uuid]))

    assert (answer.content, answer["Content-Type"]) == (b"%PDF-1.7 x", "application/pdf")
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert case.views.filter(purpose="document 冷链.pdf", by=officer).exists()


def test_a_file_of_another_kind_is_refused_in_words(officer, case):
    answer = attach(officer, case, "a.pdf", b"<html>")

    assert "Attach a PDF" in answer.content.decode()
    assert not CaseDocument.objects.exists()


def test_a_withdrawn_document_stays_listed_with_its_reason(officer, case):
    attach(officer, case)
    row = CaseDocument.objects.get()

    say(officer, case, act="withdraw", document=row.uuid, reason="他人资料")

    assert "他人资料" in look(officer, case)


def test_a_site_reads_and_writes_nothing(site, case, officer):
    attach(officer, case)
    clinician = make_member(site, Role.CLINICIAN)

    assert "冷链.pdf" in look(clinician, case)
    assert attach(clinician, case, "b.pdf").status_code == 403
    assert say(clinician, case, act="interview", whom="x").status_code == 403


def test_another_case_or_site_gives_no_document(site, case, officer):
    attach(officer, case)
    row = CaseDocument.objects.get()
    other = cases.open_by_hand(site, CaseFacts(""), Act(SYSTEM, NOON))
    stranger = make_member(make_site(name="elsewhere"), Role.OFFICER, "stranger")

    for person, key in ((officer, other.uuid), (stranger, case.uuid)):
        path = reverse("case-document", args=[key, row.uuid])
        assert Caller(person).ask("get", path).status_code == 404


def test_the_letter_is_written_and_approved_once_there_is_a_class(officer, case):
    assert "There is no final class yet" in look(officer, case)
    word = case_classes.Word("final", "5", "x", concluded_by="2", concluded_at="3")
    case_classes.classify(case.uuid, word, Act(Origin(actor=officer), NOON))
    assert "began at the same time by chance" in look(officer, case)

    say(officer, case, act="letter", text="尊敬的家长")
    letter = case.letters.get()
    say(officer, case, act="approve", letter=letter.pk)

    page = look(officer, case)
    assert ("Approved by" in page, "尊敬的家长" in page) == (True, True)
