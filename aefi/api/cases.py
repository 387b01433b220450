"""The register over HTTP: the worklist, one case, and the verbs by which it changes."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import ViewSet

from aefi.exchange import bounds, stored
from aefi.exchange.case import CaseFacts
from aefi.models import Case
from aefi.serializers import cases as shapes
from aefi.serializers.desk import WorklistSerializer
from aefi.services import case_classes, case_gaps, case_order, cases, worklist
from aefi.services.cases import Act
from aefi.services.worklist import WRITERS, in_order
from aefi.services.worklist_filters import selected
from alerts.gateways import clock
from alerts.models import Role, Site, User
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import require_role, scoped, site_for, sites_of
from observation.models import Reaction

OFFICERS = (Role.OFFICER,)
OF_VERB = {"submit": WRITERS, "return": OFFICERS, "close": OFFICERS, "reopen": OFFICERS}
KEY = OpenApiParameter("Idempotency-Key", OpenApiTypes.UUID, OpenApiParameter.HEADER)
PAGE = [
    OpenApiParameter("limit", OpenApiTypes.INT),
    OpenApiParameter("offset", OpenApiTypes.INT),
]
Shape = type[Serializer[Any]]


def act_of(request: Request) -> Act:
    return Act(origin_of(request), clock.now())


def asked(request: Request, shape: Shape) -> dict[str, Any]:
    """Return what the request holds, checked."""
    form = shape(data=request.data)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def filters_of(request: Request) -> dict[str, str]:
    """Return the filters of the worklist in the address, checked."""
    form = WorklistSerializer(data=request.query_params)
    form.is_valid(raise_exception=True)
    return {name: str(value) for name, value in form.validated_data.items()}


def facts_in(written: dict[str, Any]) -> CaseFacts:
    """Read a case; every wrong field is named."""
    try:
        facts = stored.from_json({"case_number": "", **written})
    except stored.Malformed as error:
        raise ValidationError(_by_field(error.errors)) from error
    if wrong := bounds.problems(facts):
        raise ValidationError(_by_field(wrong))
    return facts


def _by_field(errors: dict[str, str]) -> dict[str, Any]:
    return {"facts": {path: [words] for path, words in errors.items()}}


def whole(case: Case) -> Response:
    now = clock.now()
    gaps, disorders = case_gaps.gaps_of(case), case_order.disorders_of(case, now=now)
    return Response(shapes.case_answer(case, gaps=gaps, disorders=disorders, now=now))


class SiteCases(ViewSet):
    """Opening a case at a site."""

    @extend_schema(
        request=shapes.OpenCaseSerializer, responses={201: shapes.CaseSerializer}, parameters=[KEY]
    )
    @command
    def create(self, request: Request, site: UUID) -> Response:
        """Open the case of a reaction, or one that was told by hand; half-filled is no fault."""
        here = site_for(request, site, roles=WRITERS)
        given = asked(request, shapes.OpenCaseSerializer)
        if reaction := given.get("reaction"):
            rows = Reaction.objects.filter(site=here, undone_at=None).select_related("site")
            row = rows.filter(uuid=reaction).first()
            if row is None:
                raise ValidationError({"reaction": [_("No such reaction at this site.")]})
            case = cases.open_from_reaction(row, act_of(request))
        else:
            facts = facts_in(given.get("facts", {}))
            if not request.user.has_role(here, OFFICERS):  # type: ignore[union-attr]
                cases.require_classes(facts, before={})
            case = cases.open_by_hand(here, facts, act_of(request))
        return Response(whole(case).data, status=201)


class Cases(ViewSet):
    """The worklist and its cases."""

    @extend_schema(
        responses=shapes.CaseRowSerializer(many=True), parameters=[WorklistSerializer, *PAGE]
    )
    def list(self, request: Request) -> Response:
        """Return what is nearest its legal limit first."""
        rows = selected(self._sites(request), filters_of(request), now=clock.now())
        pages = LimitOffsetPagination()
        pages.default_limit, pages.max_limit = 50, 500
        keys: Any = pages.paginate_queryset(rows.values_list("pk", flat=True), request)
        now = clock.now()
        answer = pages.get_paginated_response(
            [shapes.row_answer(case, now=now) for case in in_order(keys or [])]
        )
        answer.data = answer.data["results"]
        answer["X-Total-Count"] = str(pages.count)
        return answer

    @extend_schema(responses=shapes.CaseSerializer)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return a case whole; the view is kept."""
        case = self._case(request, uuid)
        cases.note_view(case, "read", act_of(request))
        return whole(case)

    @extend_schema(
        request=shapes.ReviseSerializer, responses=shapes.CaseSerializer, parameters=[KEY]
    )
    @command
    def revise(self, request: Request, uuid: UUID) -> Response:
        """Write a new version."""
        self._case(request, uuid, WRITERS)
        given = asked(request, shapes.ReviseSerializer)
        facts = facts_in(given["facts"])
        base, reason = given["version"], given["reason"]
        return whole(cases.revise(uuid, facts, base=base, reason=reason, act=act_of(request)))

    @extend_schema(request=shapes.MoveSerializer, responses=shapes.CaseSerializer, parameters=[KEY])
    @command
    def move(self, request: Request, uuid: UUID, verb: str) -> Response:
        """Submit, return for correction, close or reopen."""
        self._case(request, uuid, OF_VERB[verb])
        reason = asked(request, shapes.MoveSerializer)["reason"]
        return whole(cases.move(uuid, verb, reason=reason, act=act_of(request)))

    @extend_schema(
        request=shapes.ClassifySerializer, responses=shapes.CaseSerializer, parameters=[KEY]
    )
    @command
    def classify(self, request: Request, uuid: UUID) -> Response:
        """Give a class; a site's preliminary one, or the final one of whoever may conclude."""
        given = asked(request, shapes.ClassifySerializer)
        is_final = given["kind"] == "final"
        self._case(request, uuid, OFFICERS if is_final else WRITERS)
        return whole(case_classes.classify(uuid, case_classes.Word(**given), act_of(request)))

    @extend_schema(request=shapes.FileSerializer, responses=shapes.CaseSerializer, parameters=[KEY])
    @command
    def file(self, request: Request, uuid: UUID) -> Response:
        """Record a proof of filing; nothing else stops a clock."""
        self._case(request, uuid, WRITERS)
        said = cases.Said(**asked(request, shapes.FileSerializer))
        return whole(cases.file(uuid, said, act_of(request)))

    @extend_schema(request=shapes.TurnSerializer, responses=shapes.CaseSerializer, parameters=[KEY])
    @command
    def turn(self, request: Request, uuid: UUID) -> Response:
        """Say that the case turned grave; its two hours begin now."""
        case = self._case(request, uuid, WRITERS)
        given = asked(request, shapes.TurnSerializer)
        cases.turn_grave(uuid, given["kind"], reason=given["reason"], act=act_of(request))
        case.refresh_from_db()
        return whole(case)  # and never the one it may be part of, which another site may hold

    @extend_schema(
        request=shapes.MilestoneSerializer, responses=shapes.CaseSerializer, parameters=[KEY]
    )
    @command
    def milestone(self, request: Request, uuid: UUID) -> Response:
        """Record when an investigation was needed, began or ended at the site."""
        self._case(request, uuid, OFFICERS)
        given = asked(request, shapes.MilestoneSerializer)
        milestone, at = given["milestone"], given["at"]
        return whole(cases.reach(uuid, milestone, at=at, act=act_of(request)))

    @extend_schema(
        request=shapes.CommentSerializer, responses=shapes.CaseSerializer, parameters=[KEY]
    )
    @command
    def comment(self, request: Request, uuid: UUID) -> Response:
        """Leave a word for the site or the officers."""
        case = self._case(request, uuid, WRITERS)
        cases.comment(uuid, asked(request, shapes.CommentSerializer)["text"], act_of(request))
        return whole(case)

    def _sites(self, request: Request) -> QuerySet[Site]:
        """Return the sites whose cases the caller works on; refuse who works on none."""
        if not isinstance(request.user, User):
            raise PermissionDenied(_("Log in first: tap your badge or enter your PIN."))
        sites = sites_of(request).filter(pk__in=worklist.sites_of(request.user))
        if not sites.exists():
            raise PermissionDenied(_("Your role does not work on cases."))
        return sites

    def _case(self, request: Request, uuid: UUID, roles: tuple[Role, ...] = WRITERS) -> Case:
        case = scoped(request, Case.objects.select_related("site"), uuid=uuid)
        require_role(request, case.site, roles)
        return case
