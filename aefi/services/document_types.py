"""What a file is, told by its content alone; what could run in a browser or an office is refused."""

from io import BytesIO
from pathlib import PurePath
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _

from alerts.services.refusals import Refusal

MOST_BYTES = 20 * 2**20
MOST_UNPACKED = 200 * 2**20
"""A zip that grows beyond this is no letter."""
PDF, JPEG, PNG, TEXT = "application/pdf", "image/jpeg", "image/png", "text/plain; charset=utf-8"
OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX = f"{OFFICE}wordprocessingml.document", f"{OFFICE}spreadsheetml.sheet"
STARTS = {b"%PDF-": PDF, b"\xff\xd8\xff": JPEG, b"\x89PNG\r\n\x1a\n": PNG}
PARTS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
ENDINGS = {
    PDF: {"pdf"},
    JPEG: {"jpg", "jpeg"},
    PNG: {"png"},
    DOCX: {"docx"},
    XLSX: {"xlsx"},
    TEXT: {"txt", "csv"},
}
MARKUP = ("<!doctype", "<html", "<svg", "<script", "<?xml", "<body", "<iframe", "javascript:")
"""Words at which a browser would stop to see text."""


class NoDocument(Refusal):
    """The file cannot be attached; the words say what to do."""

    code = "no_document"


def media_type_of(name: str, content: bytes) -> str:
    """Return the media type that the content has and the name fits.

    :raises NoDocument: for an empty, too large, unknown, active or wrongly named file.
    """
    if not content:
        raise NoDocument(_("This file is empty. Choose another one."), field="file")
    if len(content) > MOST_BYTES:
        words = _("This file is larger than {most} MB. Make it smaller or attach it in parts.")
        raise NoDocument(words.format(most=MOST_BYTES // 2**20), field="file")
    found = _by_start(content) or _office(content) or _text(content)
    if not found:
        words = _("Attach a PDF, a JPEG or PNG picture, DOCX, XLSX, CSV or plain text.")
        raise NoDocument(words, field="file")
    ending = PurePath(name).suffix.lower().lstrip(".")
    if ending not in ENDINGS[found]:
        words = _("The name ends in “{ending}”, but the content is {kind}. Give it its right name.")
        raise NoDocument(words.format(ending=ending, kind=found), field="file")
    return found


def _by_start(content: bytes) -> str:
    return next((kind for start, kind in STARTS.items() if content.startswith(start)), "")


def _office(content: bytes) -> str:
    """Return the kind of an office file without macros; empty for what is none."""
    if not content.startswith(b"PK\x03\x04"):
        return ""
    try:
        with ZipFile(BytesIO(content)) as parcel:
            names = set(parcel.namelist())
            is_huge = sum(part.file_size for part in parcel.infolist()) > MOST_UNPACKED
            types = parcel.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
    except (BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError):
        return ""
    is_active = b"macroEnabled" in types or any("vbaProject" in name for name in names)
    if is_huge or is_active or not types:
        return ""
    return next((kind for part, kind in PARTS.items() if part in names), "")


def _text(content: bytes) -> str:
    """Return plain text for text in UTF-8 or GB18030 that no browser takes for a page."""
    text = _decoded(content)
    if text is None or any(not (sign.isprintable() or sign in "\r\n\t") for sign in text):
        return ""
    return "" if any(word in text.lower() for word in MARKUP) else TEXT


def _decoded(content: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
