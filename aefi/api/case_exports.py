"""A case in other formats: pseudonymised unless an officer says why it must name the person."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from aefi.api.cases import OFFICERS, act_of
from aefi.exchange import card, card_pdf, e2b, fhir, stored
from aefi.exchange.case import CaseFacts
from aefi.exchange.pseudonym import pseudonymised
from aefi.models import Case
from aefi.services import cases
from alerts.gateways import clock
from alerts.permissions.scope import require_role, scoped

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
SENDER, RECEIVER = "AEFIWATCH", "CDC"
IDENTIFIED = [
    OpenApiParameter("identified", OpenApiTypes.BOOL, description="With the person's name"),
    OpenApiParameter("reason", OpenApiTypes.STR, description="Why it must name the person"),
]


class CaseExports(ViewSet):
    """FHIR R4, E2B(R3) and the national card as a workbook and as a page."""

    @extend_schema(responses=OpenApiTypes.OBJECT, parameters=IDENTIFIED)
    def fhir(self, request: Request, uuid: UUID) -> Response:
        """Return a FHIR R4 bundle."""
        _case, facts = self._taken(request, uuid, "FHIR")
        return Response(fhir.bundle(facts))

    @extend_schema(responses={(200, "application/xml"): OpenApiTypes.STR}, parameters=IDENTIFIED)
    def e2b(self, request: Request, uuid: UUID) -> HttpResponse:
        """Return an E2B(R3) report; what its receiver would miss is told in `X-Missing`."""
        case, facts = self._taken(request, uuid, "E2B(R3)")
        header = e2b.Header(SENDER, RECEIVER, clock.now(), sender_organisation=case.site.name)
        missing = e2b.missing_elements(facts, header)
        return _file(e2b.icsr(facts, header), "application/xml", f"{case.number}.xml", missing)

    @extend_schema(responses={(200, XLSX): OpenApiTypes.BINARY}, parameters=IDENTIFIED)
    def card(self, request: Request, uuid: UUID) -> HttpResponse:
        """Return the national card as a workbook in the national order of fields."""
        case, facts = self._taken(request, uuid, "card")
        missing = [str(item) for item in card.missing(facts)]
        return _file(card.workbook([facts]), XLSX, f"{case.number}.xlsx", missing)

    @extend_schema(responses={(200, PDF): OpenApiTypes.BINARY}, parameters=IDENTIFIED)
    def pdf(self, request: Request, uuid: UUID) -> HttpResponse:
        """Return the national card as a page to print."""
        case, facts = self._taken(request, uuid, "card PDF")
        missing = [str(item) for item in card.missing(facts)]
        return _file(card_pdf.pdf(facts), PDF, f"{case.number}.pdf", missing)

    def _taken(self, request: Request, uuid: UUID, form: str) -> tuple[Case, CaseFacts]:
        """Return the case as it may leave, and keep who took it away and why."""
        case = scoped(request, Case.objects.select_related("site"), uuid=uuid)
        require_role(request, case.site, OFFICERS)
        is_identified = request.query_params.get("identified", "").lower() in {"1", "true"}
        reason = request.query_params.get("reason", "").replace("\0", "").strip()
        if is_identified and not reason:
            raise ValidationError({"reason": [_("Say why the export must name the person.")]})
        cases.note_view(case, f"export {form} {reason}".strip(), act_of(request))
        facts = case.facts if is_identified else pseudonymised(case.facts)
        return case, stored.from_json(facts)


def _file(content: bytes, kind: str, name: str, missing: list[str]) -> HttpResponse:
    told = {"X-Missing": str(len(missing))} if missing else {}
    headers = {"Content-Disposition": f'attachment; filename="{name}"', **told}
    return HttpResponse(content, content_type=kind, headers=headers)
