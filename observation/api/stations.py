"""The vaccination stations of a site: listed, stopped, let go on."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.gateways import clock
from alerts.models import Role, Site
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import require_role, site_for
from observation.api.verbs import HOLD_ROLES, body_of, read, verb
from observation.models import StationStop
from observation.serializers.stations import (
    StationNameSerializer,
    StationSerializer,
    StationStopSerializer,
)
from observation.services import stations, tiles

STOP_ROLES = (*HOLD_ROLES, Role.CLINICIAN)


class Stations(ViewSet):
    """The stations of one site."""

    @read(StationSerializer(many=True))
    def list(self, request: Request, site: UUID) -> Response:
        """List the stations in use and the stopped ones."""
        return Response(_answer(site_for(request, site)))

    @verb(StationStopSerializer, StationSerializer(many=True))
    @command
    def stop(self, request: Request, site: UUID) -> Response:
        """Stop planned doses at a station; a dose already given is still recorded."""
        here, asked = _asked(request, site, StationStopSerializer)
        stations.stop_station(site=here, **asked, origin=origin_of(request), now=clock.now())
        return Response(_answer(here))

    @verb(StationNameSerializer, StationSerializer(many=True))
    @command
    def resume(self, request: Request, site: UUID) -> Response:
        """Let a stopped station go on."""
        here, asked = _asked(request, site, StationNameSerializer)
        stations.resume_station(site=here, **asked, origin=origin_of(request), now=clock.now())
        return Response(_answer(here))


def _asked(request: Request, site: UUID, serializer: Any) -> tuple[Site, dict[str, Any]]:
    here = site_for(request, site)
    require_role(request, here, STOP_ROLES)
    return here, body_of(serializer, request)


def _answer(site: Site) -> list[dict[str, Any]]:
    return [_one(name, stop) for name, stop in stations.stations_of(site)]


def _one(name: str, stop: StationStop | None) -> dict[str, Any]:
    return {
        "station": name,
        "stopped_at": tiles.instant(stop.stopped_at) if stop else None,
        "reason": stop.reason if stop else "",
        "stopped_by": str(stop.stopped_by or "") if stop else "",
    }
