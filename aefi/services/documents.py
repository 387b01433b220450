"""Documents of a case: attached after a look at their content, kept in the database, withdrawn with a reason."""

from hashlib import sha256
from pathlib import PurePosixPath
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from aefi.models import Case, CaseDocument, CaseState, DocumentContent
from aefi.services import cases
from aefi.services.cases import Act, NotNow
from aefi.services.document_types import NoDocument, media_type_of

MOST = 100
"""Documents of one case."""
LONGEST_NAME = 200


def documents_of(case: Case) -> QuerySet[CaseDocument]:
    """Return the documents of a case, the newest first, withdrawn ones among them."""
    return case.documents.select_related("by", "withdrawn_by").order_by("-pk")


@transaction.atomic
def attach(uuid: UUID, name: str, content: bytes, act: Act) -> CaseDocument:
    """Keep a file with a case; the same content again is the same document.

    :raises NoDocument: for what may not be attached, with what to do instead.
    """
    plain = plain_name(name)
    media_type = media_type_of(plain, content)
    case = cases.locked(uuid)
    if case.state == CaseState.CLOSED:
        raise NotNow(_("This case is closed. Reopen it first, with a reason."))
    digest = sha256(content).hexdigest()
    if known := case.documents.filter(sha256=digest, withdrawn_at=None).first():
        return known
    if case.documents.filter(withdrawn_at=None).count() >= MOST:
        raise NoDocument(_("This case has 100 documents. Withdraw one first."), field="file")
    said = {"name": plain, "media_type": media_type, "size": len(content), "sha256": digest}
    row = CaseDocument.objects.create(case=case, **said, **act.row)
    DocumentContent.objects.create(document=row, data=content)
    cases.tell(case, "case.document_attached", act, document=str(row.uuid), sha256=digest)
    return row


def plain_name(name: str) -> str:
    """Return a name without folders and without signs that a screen or a disk could trip over."""
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*').strip()
    stem, dot, ending = shown.rpartition(".")
    if not dot or len(shown) <= LONGEST_NAME:
        return shown[:LONGEST_NAME] or "file"
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"[:LONGEST_NAME]


@transaction.atomic
def withdraw(document: UUID, *, reason: str, act: Act) -> CaseDocument:
    """Take a document out of use with a reason; its bytes stay as proof."""
    row = CaseDocument.objects.select_related("case").get(uuid=document)
    case = cases.locked(row.case.uuid)
    row.refresh_from_db()
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_by = act.now, act.origin.actor
        row.withdrawn_reason = reason[:400]
        row.save()
        cases.tell(case, "case.document_withdrawn", act, document=str(row.uuid))
    return row


def read(row: CaseDocument, act: Act) -> bytes:
    """Return the bytes of a document, and keep who read them."""
    cases.note_view(row.case, f"document {row.name}", act)
    return bytes(row.content.data)
