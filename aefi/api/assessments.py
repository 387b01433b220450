"""Assessments of a case over HTTP: the rules propose, a person decides."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from aefi.api.cases import KEY, OFFICERS, act_of, asked
from aefi.models import AssessmentKind, Case
from aefi.serializers.assessments import (
    AssessmentSerializer,
    AssessSerializer,
    assessment_answer,
)
from aefi.services import assessments, cases
from aefi.services.assessments import Decision, Sheet
from aefi.services.worklist import WRITERS
from alerts.permissions.commands import command
from alerts.permissions.scope import require_role, scoped


class Assessments(ViewSet):
    """WHO causality, Brighton level, severity on a scale."""

    @extend_schema(responses=AssessmentSerializer(many=True))
    def list(self, request: Request, uuid: UUID) -> Response:
        """Return every assessment, the newest first; the view is kept."""
        case = self._case(request, uuid)
        cases.note_view(case, "assessments", act_of(request))
        rows = case.assessments.select_related("by").order_by("-pk")
        return Response([assessment_answer(row) for row in rows])

    @extend_schema(
        request=AssessSerializer, responses={201: AssessmentSerializer}, parameters=[KEY]
    )
    @command
    def create(self, request: Request, uuid: UUID) -> Response:
        """Keep answers with what the rules propose; causality is the officers' to assess."""
        case = self._case(request, uuid)
        said = asked(request, AssessSerializer)
        is_causality = said["kind"] == AssessmentKind.CAUSALITY
        require_role(request, case.site, OFFICERS if is_causality else WRITERS)
        sheet = Sheet(said["kind"], said["rule_set"], said["answers"], said["reading"])
        decision = Decision(said["decided"], said["reason"])
        act = act_of(request)
        row = assessments.assess(case.uuid, sheet, decision, base=said["base"], act=act)
        return Response(assessment_answer(row), status=201)

    def _case(self, request: Request, uuid: UUID) -> Case:
        case = scoped(request, Case.objects.select_related("site"), uuid=uuid)
        require_role(request, case.site, WRITERS)
        return case
