"""How watches end."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.gateways import clock
from alerts.models import Site
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import FLOOR, site_for
from observation.api.verbs import bay_for, body_of, observation_for, tile_answer, verb
from observation.models import Observation
from observation.serializers.answers import ReleasesSerializer
from observation.serializers.floor import (
    EarlyEndSerializer,
    NoteSerializer,
    ReleasesRequestSerializer,
    ending_from,
)
from observation.services import endings, tiles


class Endings(ViewSet):
    """The end of one watch."""

    @verb(refused=True)
    @command
    def release(self, request: Request, uuid: UUID) -> Response:
        """Let a person go after the full time; before it 409 `not_due`."""
        row = observation_for(request, uuid)
        ended = endings.release(
            observation_uuid=row.uuid, origin=origin_of(request), now=clock.now()
        )
        return tile_answer(ended)

    @verb(EarlyEndSerializer)
    @command
    def leave(self, request: Request, uuid: UUID) -> Response:
        """Record an early leave, an exit nobody saw, a transfer, or a record made by mistake."""
        row = observation_for(request, uuid)
        ending = ending_from(body_of(EarlyEndSerializer, request))
        ended = endings.leave(
            observation_uuid=row.uuid, ending=ending, origin=origin_of(request), now=clock.now()
        )
        return tile_answer(ended)

    @verb(NoteSerializer, refused=True)
    @command
    def settle(self, request: Request, uuid: UUID) -> Response:
        """Record what was done about an early leave."""
        row = observation_for(request, uuid)
        note = body_of(NoteSerializer, request)["note"]
        settled = endings.settle(
            observation_uuid=row.uuid, note=note, origin=origin_of(request), now=clock.now()
        )
        return tile_answer(settled)


class Releases(ViewSet):
    """Many ends at once."""

    @verb(ReleasesRequestSerializer, ReleasesSerializer)
    @command
    def create(self, request: Request, site: UUID) -> Response:
        """Release those of a bay, class, party or of some tickets whose time is over."""
        here = site_for(request, site, roles=FLOOR)
        values = body_of(ReleasesRequestSerializer, request)
        done = endings.release_many(
            rows=_chosen(here, values), origin=origin_of(request), now=clock.now()
        )
        answer = {
            "released": [tiles.tile_of(row) for row in done.released],
            "not_due": [tiles.tile_of(row) for row in done.not_due],
            "held_back": [tiles.tile_of(row) for row in done.held_back],
        }
        return Response(answer)


def _chosen(site: Site, values: dict[str, Any]) -> Any:
    """Return the open observations that every given filter agrees on."""
    rows = Observation.objects.open().filter(site=site)
    if bay := bay_for(site, values.get("bay")):
        rows = rows.filter(bay=bay)
    if values.get("group"):
        rows = rows.filter(recipient__group_name=values["group"])
    if values.get("party"):
        rows = rows.filter(party__uuid=values["party"])
    if values.get("tickets"):
        rows = rows.filter(ticket__in=values["tickets"])
    return rows
