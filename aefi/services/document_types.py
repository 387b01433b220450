"""What a file is, told by its content alone; what could run in a browser or an office is refused."""

from io import BytesIO
from pathlib import PurePath
from zipfile import BadZipFile, ZipFile
from zlib import error as zlib_error

from django.utils.translation import gettext as _
from lxml import etree
from lxml.etree import XMLSyntaxError

from alerts.services.refusals import Refusal

MOST_BYTES = 20 * 2**20
MOST_UNPACKED = 200 * 2**20
"""A zip that grows beyond this is no letter."""
MOST_TYPES = 2**20
"""Bytes of the list of an office file's parts; a longer one is no list."""
PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
TEXT, TEXT_GB = "text/plain; charset=utf-8", "text/plain; charset=gb18030"
TEXTS = {"utf-8-sig": TEXT, "gb18030": TEXT_GB}
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
    TEXT_GB: {"txt", "csv"},
}
ACTIVE = ("vbaproject", "macrosheets/", "activex/", "embeddings/")
"""Parts of an office file that hold programs or other files."""
MARKUP = ("<!doctype", "<html", "<svg", "<script", "<?xml", "<body", "<iframe")
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
    """Return the kind of an office file in which nothing can run; empty for what is none."""
    if not content.startswith(b"PK\x03\x04"):
        return ""
    try:
        with ZipFile(BytesIO(content)) as parcel:
            return _kind_of(parcel)
    except (BadZipFile, OSError, RuntimeError, EOFError, ValueError, zlib_error, XMLSyntaxError):
        return ""


def _kind_of(parcel: ZipFile) -> str:
    """Return the kind of a parcel; its sizes are read before anything of it is unpacked."""
    parts = {part.filename.lower(): part for part in parcel.infolist()}
    types = parts.get("[content_types].xml")
    is_huge = sum(part.file_size for part in parts.values()) > MOST_UNPACKED
    if types is None or is_huge or types.file_size > MOST_TYPES:
        return ""
    if any(word in name for name in parts for word in ACTIVE):
        return ""
    with parcel.open(types) as stream:
        listed = etree.fromstring(stream.read(MOST_TYPES), etree.XMLParser(resolve_entities=False))
    kinds = [str(one.get("ContentType", "")).lower() for one in listed.iter("*")]
    if any("macro" in kind or "activex" in kind for kind in kinds):
        return ""
    return next((kind for part, kind in PARTS.items() if part in parts), "")


def _text(content: bytes) -> str:
    """Return plain text for text in UTF-8 or GB18030 that no browser takes for a page."""
    for encoding, kind in TEXTS.items():
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        is_plain = all(sign.isprintable() or sign in "\r\n\t" for sign in text)
        return kind if is_plain and not any(word in text.lower() for word in MARKUP) else ""
    return ""
