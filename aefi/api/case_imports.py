"""Files of other systems into the register: VAERS tables, E2B(R3) XML, FHIR R4 bundles."""

from collections.abc import Mapping
from typing import IO, Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ParseError, PermissionDenied, ValidationError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from aefi.api.cases import act_of
from aefi.exchange.case import Refused
from aefi.exchange.intake import MOST_BYTES, MOST_FILES, SentFile
from aefi.models import CaseImport
from aefi.serializers.case_imports import (
    ImportSerializer,
    ReceiverAnswersSerializer,
    answer_row,
    import_answer,
)
from aefi.services import case_imports, receiver_answers
from alerts.models import Site, User
from alerts.permissions.scope import sites_of

PARAMETERS = [
    OpenApiParameter(
        "site", OpenApiTypes.UUID, description="Whose register; none: one's only site"
    ),
    OpenApiParameter("name", OpenApiTypes.STR, description="The file's name, where it comes raw"),
]


class RawParser(BaseParser):
    """A file as it is, up to the limit and one byte, by which a longer one is told."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return bytes(stream.read(MOST_BYTES + 1))


class CaseImports(ViewSet):
    """What came in as files."""

    parser_classes = [MultiPartParser, RawParser]

    @extend_schema(responses=ImportSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Return what came in last."""
        rows = case_imports.imports_at(sites_of(request).filter(pk__in=_sites(request)))
        return Response([import_answer(row) for row in rows[:100]])

    @extend_schema(
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "format": "binary"}}
                },
            },
            "application/octet-stream": OpenApiTypes.BINARY,
        },
        responses={200: ImportSerializer(many=True), 201: ImportSerializer(many=True)},
        parameters=PARAMETERS,
    )
    def create(self, request: Request) -> Response:
        """Open the cases that the files tell of; what is known stays as it is."""
        site = _site(request)
        rows = case_imports.take_in(site, _files(request), act_of(request))
        _refuse_unread(rows)
        status = 201 if any(row.opened for row in rows) else 200
        return Response([import_answer(row) for row in rows], status=status)


class ReceiverAnswers(ViewSet):
    """The answers of those to whom cases were sent."""

    parser_classes = [MultiPartParser, RawParser]

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={200: ReceiverAnswersSerializer},
    )
    def create(self, request: Request) -> Response:
        """Keep what an E2B(R3) acknowledgement says of each case; it stops no clock."""
        sites = sites_of(request).filter(pk__in=_sites(request))
        taken = [_answers(sites, file, request) for file in _files(request)]
        rows = [answer_row(row) for one in taken for row in one.kept]
        return Response({"kept": rows, "unknown": [name for one in taken for name in one.unknown]})


def _answers(sites: Any, file: SentFile, request: Request) -> receiver_answers.Taken:
    try:
        return receiver_answers.take_in(sites, file.content, act_of(request))
    except Refused as refusal:
        raise ValidationError({file.name: [str(refusal)]}) from refusal


def _sites(request: Request) -> Any:
    if not isinstance(request.user, User):
        raise PermissionDenied(_("Log in first: tap your badge or enter your PIN."))
    sites = case_imports.sites_of(request.user)
    if not sites.exists():
        raise PermissionDenied(_("Only an officer takes in files and takes out lists."))
    return sites


def _site(request: Request) -> Site:
    sites = sites_of(request).filter(pk__in=_sites(request))
    asked = request.query_params.get("site", "")
    try:
        found = list(sites.filter(uuid=UUID(asked)) if asked else sites[:2])
    except ValueError as error:
        raise ValidationError({"site": [_("This is no key of a site.")]}) from error
    if len(found) != 1:
        raise ValidationError({"site": [_("Say into which site's register, by its key.")]})
    return found[0]


def _files(request: Request) -> list[SentFile]:
    """Return the files of the request, cut just above the limit."""
    data = request.data
    if isinstance(data, bytes):
        name = request.query_params.get("name", "").strip() or "file"
        return [SentFile(name, data)]
    files = [one for many in request.FILES.lists() for one in many[1]]
    if not 0 < len(files) <= MOST_FILES:
        raise ParseError(_("Send between 1 and {most} files.").format(most=MOST_FILES))
    return [sent(one) for one in files]


def sent(file: "UploadedFile[Any]") -> SentFile:
    return SentFile(file.name or "file", file.read(MOST_BYTES + 1))


def _refuse_unread(rows: list[CaseImport]) -> None:
    """Answer with every reason when no file gave a single report."""
    unread = [row for row in rows if row.refused and not row.opened and not row.known]
    if len(unread) == len(rows):
        raise ValidationError(
            {
                row.file_name: [f"{one['where']}: {one['reason']}" for one in row.refused]
                for row in rows
            }
        )
