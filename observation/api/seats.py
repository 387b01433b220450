"""Seating, moving, and checking in at the observation area."""

from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.gateways import clock
from alerts.models import Site
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import FLOOR, site_for
from observation.api.verbs import bay_for, body_of, observation_for, seat_for, verb
from observation.models import Observation
from observation.rules.tickets import observation_key, ticket_number
from observation.serializers.answers import CheckedInSerializer, SeatedSerializer
from observation.serializers.floor import CheckInSerializer, ScannedSeatSerializer
from observation.services import seats, tiles


class Seats(ViewSet):
    """Where one person sits."""

    @verb(ScannedSeatSerializer, SeatedSerializer, refused=True)
    @command
    def seat(self, request: Request, uuid: UUID) -> Response:
        """Confirm a person at the scanned seat; calls about them follow."""
        row = observation_for(request, uuid)
        values = body_of(ScannedSeatSerializer, request)
        seated = seats.seat_at(
            observation_uuid=row.uuid,
            seat=seat_for(row.site, values["seat"]),
            with_party=values["party"],
            origin=origin_of(request),
            now=clock.now(),
        )
        first, *others = seated.rows
        answer = {
            **tiles.tile_of(first, reaction=tiles.latest_reaction(first)),
            "party_seated": [tiles.tile_of(other) for other in others],
            "also_here": [other.ticket for other in seated.also_here],
        }
        return Response(answer)


class CheckIns(ViewSet):
    """Check-in at the observation area: one person at a seat, or the last people from a station."""

    @verb(CheckInSerializer, CheckedInSerializer, refused=True)
    @command
    def create(self, request: Request, site: UUID) -> Response:
        """Seat one person by ticket or code, or the last people from a station."""
        here = site_for(request, site, roles=FLOOR)
        values = body_of(CheckInSerializer, request)
        seated = (
            self._last(request, here, values)
            if values.get("station")
            else self._one(request, here, values)
        )
        answer = {
            "seated": [tiles.tile_of(row) for row in seated.rows],
            "also_here": [row.ticket for row in seated.also_here],
        }
        return Response(answer)

    def _last(self, request: Request, site: Site, values: dict[str, object]) -> seats.Seated:
        return seats.check_in_last(
            site=site,
            station=str(values["station"]),
            last=int(str(values["last"])),
            bay=bay_for(site, str(values.get("bay") or "")),
            origin=origin_of(request),
            now=clock.now(),
        )

    def _one(self, request: Request, site: Site, values: dict[str, object]) -> seats.Seated:
        if not values.get("seat"):
            message = _("Scan the seat, or name a station.")
            raise ValidationError({"seat": [message]}, code="required")
        written = values.get("code") or values.get("ticket")
        return seats.seat_at(
            observation_uuid=ticket_holder(site, str(written or "")).uuid,
            seat=seat_for(site, str(values["seat"])),
            with_party=False,
            origin=origin_of(request),
            now=clock.now(),
        )


def ticket_holder(site: Site, written: str) -> Observation:
    """Return whose ticket was scanned or typed; a number means the one that is still watched."""
    rows = Observation.objects.filter(site=site)
    if key := observation_key(written):
        found = rows.filter(uuid=key).first()
    elif number := ticket_number(written):
        found = rows.open().filter(ticket=number).order_by("-pk").first()
    else:
        message = _("Scan the ticket or type its number.")
        raise ValidationError({"ticket": [message]}, code="required")
    if found is None:
        raise Http404
    return found
