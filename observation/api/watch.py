"""The running watch: longer, closer, swept, mustered."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.gateways import clock
from alerts.models import Bay
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import FLOOR, require_role, scoped, site_for
from observation.api.verbs import body_of, observation_for, tile_answer, verb
from observation.models import Observation
from observation.serializers.floor import ExtendSerializer, MusterSerializer, SweptSerializer
from observation.services import tiles, watch


class Watch(ViewSet):
    """The watch of one person."""

    @verb(ExtendSerializer, refused=True)
    @command
    def extend(self, request: Request, uuid: UUID) -> Response:
        """Watch a person longer."""
        row = observation_for(request, uuid)
        values = body_of(ExtendSerializer, request)
        extended = watch.extend(
            observation_uuid=row.uuid, origin=origin_of(request), now=clock.now(), **values
        )
        return tile_answer(extended)

    @verb(refused=True)
    @command
    def watch(self, request: Request, uuid: UUID) -> Response:
        """Ask for a closer look; a re-check is due every five minutes."""
        row = observation_for(request, uuid)
        return tile_answer(
            watch.watch_closely(
                observation_uuid=row.uuid, origin=origin_of(request), now=clock.now()
            )
        )

    @verb(refused=True)
    @command
    def recheck(self, request: Request, uuid: UUID) -> Response:
        """Record that somebody looked again."""
        row = observation_for(request, uuid)
        return tile_answer(
            watch.recheck(observation_uuid=row.uuid, origin=origin_of(request), now=clock.now())
        )

    @verb()
    @command
    def unwatch(self, request: Request, uuid: UUID) -> Response:
        """End the closer look."""
        row = observation_for(request, uuid)
        return tile_answer(
            watch.unwatch(observation_uuid=row.uuid, origin=origin_of(request), now=clock.now())
        )


class Sweeps(ViewSet):
    """The sweep of a bay."""

    @verb(None, SweptSerializer)
    @command
    def create(self, request: Request, uuid: UUID) -> Response:
        """Record that everybody in the bay was looked at."""
        bay = scoped(request, Bay.objects.select_related("site"), uuid=uuid)
        require_role(request, bay.site, FLOOR)
        swept = watch.sweep(bay_id=bay.pk, origin=origin_of(request), now=clock.now())
        return Response({"bay": swept.code, "swept_at": tiles.instant(swept.swept_at)})


class Muster(ViewSet):
    """The muster list of an evacuation."""

    @verb(MusterSerializer, MusterSerializer, refused=True)
    @command
    def create(self, request: Request, site: UUID) -> Response:
        """Mark a watched person as seen outside, or missing."""
        here = site_for(request, site, roles=FLOOR)
        values = body_of(MusterSerializer, request)
        key = values["observation"]
        row = scoped(request, Observation.objects.filter(site=here), uuid=key)
        mark = watch.tick_muster(
            observation_uuid=row.uuid,
            is_seen=values["is_seen"],
            origin=origin_of(request),
            now=clock.now(),
        )
        return Response({"observation": str(row.uuid), "is_seen": mark.is_seen})
