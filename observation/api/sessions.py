"""The close of a session, which needs an end for every watch."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.gateways import clock
from alerts.models import Session
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import LEADS, require_role, scoped
from observation.api.verbs import body_of, verb
from observation.serializers.floor import ClosedSerializer, CloseSerializer, ending_from
from observation.services import sessions, tiles


class SessionClose(ViewSet):
    """The end of a working period."""

    @verb(CloseSerializer, ClosedSerializer, refused=True)
    @command
    def create(self, request: Request, uuid: UUID) -> Response:
        """Close a session; 409 with `facts.open` while anybody is still watched."""
        session = scoped(request, Session.objects.select_related("site"), uuid=uuid)
        require_role(request, session.site, LEADS)
        wanted = body_of(CloseSerializer, request)["endings"]
        closed = sessions.close_session(
            session_uuid=session.uuid,
            wanted=[ending_from(values) for values in wanted],
            origin=origin_of(request),
            now=clock.now(),
        )
        answer = {
            "uuid": str(closed.uuid),
            "name": closed.name,
            "closed_at": tiles.instant(closed.closed_at),
        }
        return Response(answer)
