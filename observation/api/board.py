"""The board of a site."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.gateways import clock
from alerts.permissions.scope import site_for
from observation.api.verbs import read
from observation.serializers.answers import BoardSerializer
from observation.services import board


class Board(ViewSet):
    """What a screen needs to draw the floor; an enrolled device may read it by itself."""

    @read(BoardSerializer)
    def retrieve(self, request: Request, site: UUID) -> Response:
        """Return the floor of a site as it stands."""
        here = site_for(request, site, roles=())
        return Response(board.snapshot(here, now=clock.now()))
