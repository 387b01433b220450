"""The desk over HTTP: a case passed between levels, and the views that a person keeps."""

from urllib.parse import urlencode
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from aefi.api.cases import KEY, OFFICERS, act_of, asked
from aefi.models import Case
from aefi.serializers import desk as shapes
from aefi.services import case_handing, cases, saved_views, worklist
from aefi.services.worklist import WRITERS
from alerts.models import Role, User
from alerts.permissions.commands import command
from alerts.permissions.scope import require_role, scoped, sites_of


class CaseOffers(ViewSet):
    """Who holds a case, and the offers by which it passes to another level."""

    @extend_schema(responses=shapes.HandingSerializer)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return who holds the case and every offer; the view is kept."""
        case = self._case(request, uuid, WRITERS)
        cases.note_view(case, "handing", act_of(request))
        return Response(shapes.handing_answer(case))

    @extend_schema(
        request=shapes.OfferSerializer, responses=shapes.HandingSerializer, parameters=[KEY]
    )
    @command
    def offer(self, request: Request, uuid: UUID) -> Response:
        """Offer the case to another level; it stays where it is until it is taken."""
        case, said = self._case(request, uuid), asked(request, shapes.OfferSerializer)
        case_handing.offer(uuid, said["to_level"], reason=said["reason"], act=act_of(request))
        return Response(shapes.handing_answer(case))

    @extend_schema(request=None, responses=shapes.HandingSerializer, parameters=[KEY])
    @command
    def take(self, request: Request, uuid: UUID) -> Response:
        """Take the case that is offered to one's level."""
        case = self._case(request, uuid)
        case_handing.take(uuid, act_of(request))
        return Response(shapes.handing_answer(case))

    @extend_schema(
        request=shapes.DeclineSerializer, responses=shapes.HandingSerializer, parameters=[KEY]
    )
    @command
    def decline(self, request: Request, uuid: UUID) -> Response:
        """Decline the offer, or take one's own back."""
        case, said = self._case(request, uuid), asked(request, shapes.DeclineSerializer)
        case_handing.decline(uuid, reason=said["reason"], act=act_of(request))
        return Response(shapes.handing_answer(case))

    def _case(self, request: Request, uuid: UUID, roles: tuple[Role, ...] = OFFICERS) -> Case:
        case = scoped(request, Case.objects.select_related("site"), uuid=uuid)
        require_role(request, case.site, roles)
        return case


class CaseViews(ViewSet):
    """The filters that a person keeps under names."""

    @extend_schema(responses=shapes.KeptViewSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Return the caller's views by name."""
        views = saved_views.views_of(self._person(request))
        return Response([shapes.view_answer(view) for view in views])

    @extend_schema(
        request=shapes.ViewSerializer,
        responses={201: shapes.KeptViewSerializer},
        parameters=[KEY],
    )
    @command
    def create(self, request: Request) -> Response:
        """Keep filters under a name; the same name again replaces them."""
        person, said = self._person(request), asked(request, shapes.ViewSerializer)
        query = urlencode({name: str(value) for name, value in said["filters"].items() if value})
        view = saved_views.save_view(person, said["name"], query, is_first=said["is_first"])
        return Response(shapes.view_answer(view), status=201)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, number: int) -> Response:
        """Delete a view of the caller's."""
        saved_views.delete_view(self._person(request), number)
        return Response(status=204)

    def _person(self, request: Request) -> User:
        person = request.user
        if not isinstance(person, User):
            raise PermissionDenied
        if not sites_of(request).filter(pk__in=worklist.sites_of(person)).exists():
            raise PermissionDenied
        return person
