"""Doses before and after the needle, and finding who is watched."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.gateways import clock
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import FLOOR, STAFF, site_for
from observation.api.verbs import DOSE_ROLES, body_of, observation_for, read, verb
from observation.rules.tickets import observation_key, ticket_number
from observation.serializers.answers import (
    FoundSerializer,
    GoSerializer,
    RecordedManySerializer,
    RecordedSerializer,
    SheetSerializer,
)
from observation.serializers.visits import (
    FurtherDosesSerializer,
    PlannedDoseSerializer,
    VisitSerializer,
    VisitsSerializer,
    dose_from,
    ignored_in,
    visit_from,
)
from observation.services import board, detail, doses, lots, tiles

ONE_OR_MANY_VISITS = PolymorphicProxySerializer(
    "OneOrManyVisits", [VisitSerializer, VisitsSerializer], resource_type_field_name=None
)
ONE_OR_MANY_RECORDED = PolymorphicProxySerializer(
    "OneOrManyRecorded", [RecordedSerializer, RecordedManySerializer], resource_type_field_name=None
)


class DoseChecks(ViewSet):
    """A planned dose, before the needle."""

    @verb(PlannedDoseSerializer, GoSerializer, refused=True)
    @command
    def create(self, request: Request, site: UUID) -> Response:
        """Say whether a planned dose may be given from this lot here and today."""
        here = site_for(request, site, roles=FLOOR)
        planned = lots.PlannedDose(**body_of(PlannedDoseSerializer, request))
        warnings = lots.check_dose(site=here, planned=planned, now=clock.now())
        return Response({"go": True, "warnings": warnings})


class Visits(ViewSet):
    """The observations of a site."""

    @verb(ONE_OR_MANY_VISITS, ONE_OR_MANY_RECORDED, status=201)
    @command
    def create(self, request: Request, site: UUID) -> Response:
        """Record one visit, or `{visits: [...]}`, and start the watch; a dose is never refused."""
        has_many = isinstance(request.data, dict) and "visits" in request.data
        values = self._visits(request, has_many=has_many)
        has_doses = any(visit.get("doses") for visit in values)
        here = site_for(request, site, roles=DOSE_ROLES if has_doses else FLOOR)
        recorded = doses.record_visits(
            site=here,
            visits=[visit_from(visit) for visit in values],
            origin=origin_of(request),
            now=clock.now(),
        )
        rows = [
            recorded_answer(row, ignored=ignored_in(visit))
            for row, visit in zip(recorded, values, strict=True)
        ]
        answer = {"observations": rows} if has_many else rows[0]
        return Response(answer, status=status.HTTP_201_CREATED)

    def _visits(self, request: Request, *, has_many: bool) -> list[dict[str, Any]]:
        if has_many:
            visits: list[dict[str, Any]] = body_of(VisitsSerializer, request)["visits"]
            return visits
        return [body_of(VisitSerializer, request)]

    @read(FoundSerializer(many=True), "q", "state", "bay", "group", "ticket", "party")
    def list(self, request: Request, site: UUID) -> Response:
        """Find people by ticket, name, seat, class or party."""
        here = site_for(request, site, roles=STAFF)
        words = {name: request.query_params.get(name, "").replace("\0", "") for name in FILTERS}
        if words["ticket"] and ticket_number(words["ticket"]) is None:
            return Response([])
        if words["party"] and observation_key(words["party"]) is None:
            return Response([])
        rows = board.find(here, words, now=clock.now())
        return Response([found_answer(row) for row in rows])


FILTERS = ("q", "state", "bay", "group", "ticket", "party")


class Observations(ViewSet):
    """One observation."""

    @read(SheetSerializer)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return everything about one observation."""
        row = observation_for(request, uuid, roles=STAFF)
        return Response(detail.sheet_of(row, now=clock.now()))

    @verb(FurtherDosesSerializer, RecordedSerializer, status=201)
    @command
    def doses(self, request: Request, uuid: UUID) -> Response:
        """Record further doses of the same visit; `due_at` moves on, never back."""
        row = observation_for(request, uuid, roles=DOSE_ROLES)
        values = body_of(FurtherDosesSerializer, request)
        recorded = doses.add_doses(
            observation_uuid=row.uuid,
            doses=[dose_from(dose) for dose in values["doses"]],
            origin=origin_of(request),
            now=clock.now(),
        )
        answer = recorded_answer(recorded, ignored=ignored_in(values))
        return Response(answer, status=status.HTTP_201_CREATED)


def recorded_answer(recorded: doses.Recorded, *, ignored: list[str]) -> dict[str, Any]:
    """Translate a recorded visit."""
    row = recorded.observation
    return {
        **tiles.tile_of(row, reaction=None if recorded.is_new else tiles.latest_reaction(row)),
        "recipient": str(row.recipient.uuid),
        "doses": [
            {"uuid": str(d.uuid), "given_at": tiles.instant(d.given_at), "flags": d.flags}
            for d in recorded.doses
        ],
        "namesakes": [
            {
                "uuid": str(alike.recipient.uuid),
                "name": alike.recipient.name,
                "born_on": alike.recipient.born_on,
                "likeness": str(alike.likeness),
                "tickets": list(alike.tickets),
            }
            for alike in recorded.lookalikes
        ],
        "ignored": ignored,
    }


def found_answer(row: Any) -> dict[str, Any]:
    """Translate a search result; the name is why staff search."""
    person = {"name": row.recipient.name, "born_on": row.recipient.born_on}
    return {**tiles.tile_of(row), **person}
