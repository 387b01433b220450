"""The investigation of a case over HTTP: its form and sheets, the form as a page, its documents."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from aefi.api.case_exports import PDF
from aefi.api.case_imports import RawParser
from aefi.api.cases import KEY, OFFICERS, act_of, asked
from aefi.exchange import investigation_paper, stored
from aefi.models import Case, CaseDocument
from aefi.serializers.investigations import (
    DocumentSerializer,
    KeptSheetSerializer,
    SheetSerializer,
    WithdrawalSerializer,
    document_answer,
    sheet_answer,
)
from aefi.services import cases, documents, investigation_records
from aefi.services.document_types import MOST_BYTES
from aefi.services.investigation_records import Written
from aefi.services.worklist import WRITERS
from alerts.models import Role
from alerts.permissions.commands import command
from alerts.permissions.scope import require_role, scoped

WHY = OpenApiParameter("reason", OpenApiTypes.STR, required=True, description="Why it is taken")
NAME = OpenApiParameter("name", OpenApiTypes.STR, description="The file's name, where it comes raw")


def case_for(request: Request, uuid: UUID, roles: Collection[Role]) -> Case:
    """Return a case of the caller's sites, for who has one of the roles there."""
    case = scoped(request, Case.objects.select_related("site"), uuid=uuid)
    require_role(request, case.site, roles)
    return case


class Investigations(ViewSet):
    """The national form, interviews, vials, cold chain, panel: written as far as they are known."""

    @extend_schema(responses=KeptSheetSerializer(many=True))
    def list(self, request: Request, uuid: UUID) -> Response:
        """Return the sheets as they stand, the oldest first; the view is kept."""
        case = case_for(request, uuid, WRITERS)
        cases.note_view(case, "investigation", act_of(request))
        rows = investigation_records.current(case).select_related("replaces")
        return Response([sheet_answer(row) for row in rows])

    @extend_schema(request=SheetSerializer, responses={201: KeptSheetSerializer}, parameters=[KEY])
    @command
    def create(self, request: Request, uuid: UUID) -> Response:
        """Keep a sheet; of the form there is one, written on top of the one that was seen."""
        case = case_for(request, uuid, OFFICERS)
        said = asked(request, SheetSerializer)
        written = Written(said["kind"], said["answers"], said["replaces"])
        row = investigation_records.write(case.uuid, written, act_of(request))
        return Response(sheet_answer(row), status=201)

    @extend_schema(responses={(200, PDF): OpenApiTypes.BINARY}, parameters=[WHY])
    def pdf(self, request: Request, uuid: UUID) -> HttpResponse:
        """Return the form with its sheets as a page to print; it names people, so say why."""
        case = case_for(request, uuid, OFFICERS)
        reason = request.query_params.get("reason", "").replace("\0", "").strip()
        if not reason:
            raise ValidationError({"reason": [_("Say why the export must name the person.")]})
        cases.note_view(case, f"export investigation PDF {reason}", act_of(request))
        return _file(_paper(case), PDF, f"{case.number}-investigation.pdf")


def _paper(case: Case) -> bytes:
    form = investigation_records.form_of(case)
    sheets: dict[str, list[Any]] = {}
    for row in investigation_records.current(case):
        sheets.setdefault(row.kind, []).append(row.data)
    return investigation_paper.pdf(
        stored.from_json(case.facts),
        form.data if form else investigation_records.filled_in(case),
        sheets,
    )


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


class Documents(ViewSet):
    """Documents of a case: told by their content, kept in the database."""

    parser_classes = [MultiPartParser, RawParser]

    @extend_schema(responses=DocumentSerializer(many=True))
    def list(self, request: Request, uuid: UUID) -> Response:
        """Return the documents, the newest first, withdrawn ones among them."""
        rows = documents.documents_of(case_for(request, uuid, WRITERS))
        return Response([document_answer(row) for row in rows])

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: DocumentSerializer},
        parameters=[NAME],
    )
    def create(self, request: Request, uuid: UUID) -> Response:
        """Attach a file; the same content again is the same document."""
        case = case_for(request, uuid, OFFICERS)
        name, content = _sent(request)
        row = documents.attach(case.uuid, name, content, act_of(request))
        return Response(document_answer(row), status=201)


class Document(ViewSet):
    """One document: its bytes, and its end."""

    @extend_schema(responses={200: OpenApiTypes.BINARY})
    def retrieve(self, request: Request, uuid: UUID, document: UUID) -> HttpResponse:
        """Return the bytes of a document to keep; the view is kept too."""
        row = _document(case_for(request, uuid, WRITERS), document)
        return _file(documents.read(row, act_of(request)), row.media_type, row.name)

    @extend_schema(
        request=WithdrawalSerializer, responses={200: DocumentSerializer}, parameters=[KEY]
    )
    @command
    def withdraw(self, request: Request, uuid: UUID, document: UUID) -> Response:
        """Take a document out of use; its bytes stay as proof."""
        row = _document(case_for(request, uuid, OFFICERS), document)
        reason = asked(request, WithdrawalSerializer)["reason"]
        gone = documents.withdraw(row.uuid, reason=reason, act=act_of(request))
        return Response(document_answer(gone))


def _document(case: Case, uuid: UUID) -> CaseDocument:
    row = case.documents.select_related("case", "by").filter(uuid=uuid).first()
    if row is None:
        raise Http404
    return row


def _sent(request: Request) -> tuple[str, bytes]:
    """Return the name and the bytes of the file, cut just above the limit."""
    if isinstance(request.data, bytes):
        return request.query_params.get("name", "").strip() or "file", request.data
    file = request.FILES.get("file")
    if file is None:
        raise ParseError(_("Send one file as the part “file”."))
    return file.name or "file", file.read(MOST_BYTES + 1)
