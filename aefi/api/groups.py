"""Groups of reactions over HTTP: staff see them, the lead or the officer says what they are."""

from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from aefi.models import GroupEvent
from aefi.serializers.groups import GroupFileSerializer, GroupSerializer, group_answer
from aefi.services import group_register, groups
from aefi.services.cases import Act
from alerts.gateways import clock
from alerts.models import Role
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import STAFF, require_role, scoped, site_for
from observation.serializers.people import ReasonSerializer

JUDGES = (Role.LEAD, Role.OFFICER)
NAMED = ("site", "session", "declared_by", "undeclared_by")
KEY = OpenApiParameter("Idempotency-Key", OpenApiTypes.UUID, OpenApiParameter.HEADER)


class SiteGroups(ViewSet):
    """The groups of one site."""

    @extend_schema(responses=GroupSerializer(many=True))
    def list(self, request: Request, site: UUID) -> Response:
        """Return the groups of the open session, the unjudged ones, those declared of late."""
        here = site_for(request, site, roles=STAFF)
        rows = GroupEvent.objects.filter(site=here).shown(clock.now()).select_related(*NAMED)
        rows = rows.prefetch_related("filings")
        cards = list(rows.order_by("proposed_at", "pk"))
        reactions = groups.members_of(cards)
        return Response([group_answer(card, reactions) for card in cards])


class Groups(ViewSet):
    """One group; a state change needs a reason."""

    @extend_schema(request=ReasonSerializer, responses=GroupSerializer, parameters=[KEY])
    @command
    def declare(self, request: Request, uuid: UUID) -> Response:
        """Declare a group; the two hours of its report begin."""
        card, reason = self._asked(request, uuid)
        declared = groups.declare(
            group_uuid=card.uuid, reason=reason, origin=origin_of(request), now=clock.now()
        )
        return self._answer(declared)

    @extend_schema(request=ReasonSerializer, responses=GroupSerializer, parameters=[KEY])
    @command
    def undeclare(self, request: Request, uuid: UUID) -> Response:
        """Say that a proposed or declared group is none."""
        card, reason = self._asked(request, uuid)
        undeclared = groups.undeclare(
            group_uuid=card.uuid, reason=reason, origin=origin_of(request), now=clock.now()
        )
        return self._answer(undeclared)

    @extend_schema(request=GroupFileSerializer, responses=GroupSerializer, parameters=[KEY])
    @command
    def file(self, request: Request, uuid: UUID) -> Response:
        """Record that the group was reported; only proof of each duty stops its clock."""
        card = self._judged(request, uuid)
        said = GroupFileSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        act = Act(origin_of(request), clock.now())
        return self._answer(group_register.file(card.uuid, act=act, **said.validated_data))

    def _asked(self, request: Request, uuid: UUID) -> tuple[GroupEvent, str]:
        card = self._judged(request, uuid)
        why = ReasonSerializer(data=request.data)
        why.is_valid(raise_exception=True)
        return card, why.validated_data["reason"]

    def _judged(self, request: Request, uuid: UUID) -> GroupEvent:
        card = scoped(request, GroupEvent.objects.select_related("site"), uuid=uuid)
        require_role(request, card.site, JUDGES)
        return card

    def _answer(self, card: GroupEvent) -> Response:
        return Response(group_answer(card, groups.members_of([card])))
