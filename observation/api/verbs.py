"""What the verbs of the floor share: whom they let in, which row they are about, their schema."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from alerts.models import Bay, Role, Seat, Site
from alerts.permissions.scope import FLOOR, require_role, scoped
from observation.models import Observation
from observation.serializers.answers import ProblemSerializer, TileSerializer
from observation.services import tiles, watch

DOSE_ROLES = (Role.VACCINATOR, Role.CLINICIAN, Role.LEAD)
HOLD_ROLES = (Role.LEAD, Role.ADMINISTRATOR, Role.OFFICER)

HEADERS = [
    OpenApiParameter("Idempotency-Key", OpenApiTypes.UUID, OpenApiParameter.HEADER),
    OpenApiParameter("X-Device-Time", OpenApiTypes.DATETIME, OpenApiParameter.HEADER),
    OpenApiParameter(
        "X-Source", OpenApiTypes.STR, OpenApiParameter.HEADER, enum=["live", "offline", "paper"]
    ),
]
PROBLEMS = {
    400: ProblemSerializer,
    401: ProblemSerializer,
    403: ProblemSerializer,
    404: ProblemSerializer,
}

Method = Callable[..., Response]


def verb(
    request: Any = None, answer: Any = TileSerializer, *, status: int = 200, refused: bool = False
) -> Callable[[Method], Method]:
    """Describe a state change: its body, its answer, the headers of a command and the problems."""
    problems = {**PROBLEMS, 409: ProblemSerializer} if refused else PROBLEMS
    describe: Callable[[Method], Method] = extend_schema(
        request=request, responses={status: answer, **problems}, parameters=HEADERS
    )
    return describe


def read(answer: Any, *filters: str) -> Callable[[Method], Method]:
    """Describe a read with its filters."""
    parameters = [OpenApiParameter(name, OpenApiTypes.STR) for name in filters]
    describe: Callable[[Method], Method] = extend_schema(
        responses={200: answer, **PROBLEMS}, parameters=parameters
    )
    return describe


def body_of(serializer: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """Return the validated body; a wrong field is a 400 that names it."""
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    values: dict[str, Any] = checked.validated_data
    return values


def observation_for(request: Request, uuid: UUID, *, roles: Iterable[str] = FLOOR) -> Observation:
    """Return the observation of one of the caller's sites; not found otherwise."""
    row = scoped(request, Observation.objects.select_related(*watch.ON_TILE), uuid=uuid)
    require_role(request, row.site, roles)
    return row


def seat_for(site: Site, written: str) -> Seat:
    """Return the scanned seat; a code that no seat of the site has is a wrong field."""
    seat = watch.seats_named(site, [written]).get(written.strip().upper())
    if seat is None:
        message = _("No seat of this site has this code.")
        raise ValidationError({"seat": [message]}, code="seat_unknown")
    return seat


def bay_for(site: Site, written: str | None) -> Bay | None:
    """Return the named bay, or none when none was named."""
    if not written:
        return None
    bay = watch.bay_named(site, written)
    if bay is None:
        message = _("No bay of this site has this code.")
        raise ValidationError({"bay": [message]}, code="bay_unknown")
    return bay


def tile_answer(row: Observation) -> Response:
    """Answer with the tile as it is now."""
    return Response(tiles.tile_of(row, reaction=tiles.latest_reaction(row)))
