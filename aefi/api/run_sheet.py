"""The run sheet of an emergency over HTTP."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from aefi.serializers.run_sheet import EntrySerializer, LineSerializer, entry_answer, line_from
from aefi.services import run_sheet
from alerts.gateways import clock
from alerts.models import Alert
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import FLOOR, STAFF, require_role, scoped


class RunSheet(ViewSet):
    """The lines of one alert."""

    @extend_schema(responses=EntrySerializer(many=True))
    def list(self, request: Request, uuid: UUID) -> Response:
        """Return every line in the order of what was done, replaced ones too."""
        alert = self._alert(request, uuid, roles=STAFF)
        return Response([entry_answer(entry) for entry in run_sheet.entries_of(alert)])

    @extend_schema(request=LineSerializer, responses={201: EntrySerializer})
    @command
    def create(self, request: Request, uuid: UUID) -> Response:
        """Add a line; a correction names the line it replaces."""
        alert = self._alert(request, uuid, roles=FLOOR)
        line = LineSerializer(data=request.data)
        line.is_valid(raise_exception=True)
        entry = run_sheet.enter(
            alert=alert,
            line=line_from(line.validated_data),
            origin=origin_of(request),
            now=clock.now(),
        )
        return Response(entry_answer(entry), status=status.HTTP_201_CREATED)

    def _alert(self, request: Request, uuid: UUID, *, roles: tuple[str, ...]) -> Alert:
        alert = scoped(request, Alert.objects.select_related("site"), uuid=uuid)
        require_role(request, alert.site, roles)
        return alert
