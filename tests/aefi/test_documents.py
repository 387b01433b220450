"""Documents of a case: told by their content, kept whole, withdrawn with a reason; never run."""

import tracemalloc
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from aefi.exchange.case import CaseFacts
from aefi.models import Case, CaseDocument, CaseView, DocumentContent
from aefi.services import cases, document_types, documents
from aefi.services.cases import Act, NotNow
from aefi.services.document_types import DOCX, JPEG, PDF, PNG, TEXT, TEXT_GB, XLSX, NoDocument
from alerts.outbox import SYSTEM
from tests.factories import NOON, make_site
from tests.floor_factories import last_event
from tests.races import at_once

ACT = Act(SYSTEM, NOON)


def workbook():
    stream = BytesIO()
    Workbook().save(stream)
    return stream.getvalue()


def office(*parts, types=b"<Types/>"):
    stream = BytesIO()
    with ZipFile(stream, "w") as parcel:
        for part in parts:
            parcel.writestr(part, b"<x/>")
        if types:
            parcel.writestr("[Content_Types].xml", types)
    return stream.getvalue()


MACRO = '<Types><Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'


def damaged():
    """An office file whose list of parts cannot be unpacked."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as parcel:
        parcel.writestr("[Content_Types].xml", b"<Types/>" * 100)
        parcel.writestr("word/document.xml", b"<x/>")
    content = bytearray(stream.getvalue())
    begin = content.index(b"[Content_Types].xml") + len("[Content_Types].xml")
    content[begin : begin + 6] = b"\xff" * 6
    return bytes(content)


def bomb():
    """A parcel of a few kilobytes whose list of parts unpacks to 64 MB."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as parcel:
        parcel.writestr("word/document.xml", b"<x/>")
        parcel.writestr("[Content_Types].xml", b"<Types/>" + b" " * 2**26)
    return stream.getvalue()


@pytest.fixture
def case(db):
    return cases.open_by_hand(make_site(), CaseFacts("", discovered_at=NOON), ACT)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.pdf", b"%PDF-1.7 x", PDF),
        ("冷链照片.JPG", b"\xff\xd8\xff\xe0x", JPEG),
        ("a.png", b"\x89PNG\r\n\x1a\nx", PNG),
        ("a.xlsx", workbook(), XLSX),
        ("a.docx", office("word/document.xml"), DOCX),
        ("a.csv", "日期,温度\n1,5.2\n".encode(), TEXT),
        ("a.txt", "冷链记录".encode("gb18030"), TEXT_GB),
        ("a.txt", "点击 javascript: 链接".encode(), TEXT),
    ],
)
def test_a_document_is_what_its_content_says(case, name, content, kind):
    row = documents.attach(case.uuid, name, content, ACT)

    assert (row.media_type, row.size, bytes(row.content.data)) == (kind, len(content), content)
    assert last_event(case.site, "case.document_attached").payload["sha256"] == row.sha256


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b""),
        ("a.pdf", b"<html><script>alert(1)</script>"),
        ("a.txt", b"<svg onload=alert(1)>"),
        ("a.txt", b"hello <ScRiPt src=x>"),
        ("a.csv", b"<?xml version='1.0'?><a/>"),
        ("a.txt", b"MZ\x90\x00\x03\x00"),
        ("a.txt", b"a\x00b"),
        ("a.exe", b"%PDF-1.7"),
        ("a.pdf", b"\xff\xd8\xff\xe0"),
        ("a", b"%PDF-1.7"),
        ("a.docx", b"PK\x03\x04rubbish"),
        ("a.docx", office("word/document.xml", "word/vbaProject.bin")),
        (
            "a.docx",
            office("word/document.xml", types=b"application/vnd.ms-word.document.macroEnabled"),
        ),
        ("a.docx", office("word/document.xml", types=b"")),
        ("a.zip", office("anything.txt")),
        ("a.docx", office("word/document.xml", "word/VBAPROJECT.BIN")),
        ("a.docx", office("word/document.xml", types=MACRO.encode("utf-16"))),
        ("a.docx", office("word/document.xml", "word/embeddings/oleObject1.bin")),
        ("a.docx", office("word/document.xml", "word/activeX/activeX1.xml")),
        ("a.docx", office("word/document.xml", types=b"no list")),
        ("a.docx", damaged()),
        ("a.xlsx", office("xl/workbook.xml", "xl/macrosheets/sheet1.xml")),
        ("a.gif", b"GIF89a"),
    ],
)
def test_what_could_run_or_is_wrongly_named_is_refused_and_nothing_is_kept(case, name, content):
    with pytest.raises(NoDocument) as refused:
        documents.attach(case.uuid, name, content, ACT)

    assert refused.value.field == "file"
    assert not CaseDocument.objects.exists()
    assert not DocumentContent.objects.exists()


def test_a_file_over_the_limit_or_a_parcel_that_swells_is_refused(case, monkeypatch):
    monkeypatch.setattr(document_types, "MOST_BYTES", 10)
    with pytest.raises(NoDocument, match="MB"):
        documents.attach(case.uuid, "a.pdf", b"%PDF-1.7 too long", ACT)
    monkeypatch.setattr(document_types, "MOST_BYTES", 10**6)
    monkeypatch.setattr(document_types, "MOST_UNPACKED", 10)
    with pytest.raises(NoDocument):
        documents.attach(case.uuid, "a.docx", office("word/document.xml"), ACT)


def test_a_parcel_that_swells_is_refused_before_it_is_unpacked(case):
    content = bomb()
    tracemalloc.start()
    try:
        with pytest.raises(NoDocument):
            documents.attach(case.uuid, "a.docx", content, ACT)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 2**24


def test_a_closed_case_takes_no_document(case):
    Case.objects.update(state="closed")

    with pytest.raises(NotNow):
        documents.attach(case.uuid, "a.txt", b"x", ACT)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\docs\\a.txt", "a.txt"),
        ("a\x00\n<b>.txt", "ab.txt"),
        (f"{'长' * 300}.txt", f"{'长' * 196}.txt"),
    ],
)
def test_a_name_loses_what_a_disk_or_a_screen_could_trip_over(case, written, kept):
    assert documents.attach(case.uuid, written, b"x", ACT).name == kept


def test_the_same_content_again_is_the_same_document_until_it_is_withdrawn(case):
    first = documents.attach(case.uuid, "a.txt", b"x", ACT)
    assert documents.attach(case.uuid, "b.txt", b"x", ACT) == first

    withdrawn = documents.withdraw(first.uuid, reason="他人资料", act=ACT)
    again = documents.attach(case.uuid, "b.txt", b"x", ACT)

    assert (withdrawn.withdrawn_reason, again.pk != first.pk) == ("他人资料", True)
    assert bytes(first.content.data) == b"x"


def test_a_case_has_so_many_documents_and_no_more(case, monkeypatch):
    monkeypatch.setattr(documents, "MOST", 1)
    documents.attach(case.uuid, "a.txt", b"x", ACT)

    with pytest.raises(NoDocument):
        documents.attach(case.uuid, "a.txt", b"y", ACT)


def test_reading_is_kept(case):
    row = documents.attach(case.uuid, "a.txt", b"x", ACT)

    assert documents.read(row, ACT) == b"x"
    assert CaseView.objects.get(case=case).purpose == "document a.txt"


@pytest.mark.django_db(transaction=True)
def test_the_same_file_sent_twice_at_once_is_one_document():
    case = cases.open_by_hand(make_site(), CaseFacts("", discovered_at=NOON), ACT)

    answers = at_once(*[lambda: documents.attach(case.uuid, "a.txt", b"x", ACT)] * 2)

    assert all(isinstance(answer, CaseDocument) for answer in answers), answers
    assert CaseDocument.objects.count() == DocumentContent.objects.count() == 1
