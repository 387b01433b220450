"""The FHIR R4 door: immunizations from another system come in here."""

from dataclasses import asdict
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.gateways import clock
from alerts.models import Role, Site, User
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.parsers import StrictJSONParser
from alerts.permissions.scope import sites_of
from observation.api.verbs import HEADERS, PROBLEMS
from observation.exchange import Unreadable
from observation.rules.tickets import observation_key
from observation.services import fhir_import

IMPORT_ROLES = (Role.VACCINATOR, Role.LEAD, Role.OFFICER, Role.ADMINISTRATOR)


class FhirJSONParser(StrictJSONParser):
    """JSON under FHIR's own media type."""

    media_type = "application/fhir+json"


class RefusedSerializer(serializers.Serializer[Any]):
    """A resource that was not imported."""

    index = serializers.IntegerField()
    path = serializers.CharField()
    message = serializers.CharField()


class OutcomeSerializer(serializers.Serializer[Any]):
    """What an import did."""

    imported = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = RefusedSerializer(many=True)


class FhirImport(ViewSet):
    """A bundle of patients and immunizations, or one of them."""

    write_scopes = ("import", "write")
    parser_classes = (FhirJSONParser, StrictJSONParser)

    @extend_schema(
        request={
            "application/fhir+json": {"type": "object"},
            "application/json": {"type": "object"},
        },
        responses={200: OutcomeSerializer, **PROBLEMS},
        parameters=[*HEADERS, OpenApiParameter("site", str), OpenApiParameter("source", str)],
    )
    @command
    def create(self, request: Request) -> Response:
        """Import; the same again changes nothing, and a bad resource is reported by itself."""
        site = site_of_import(request)
        source = request.query_params.get("source", "").replace("\0", "")
        try:
            outcome = fhir_import.import_document(
                request.data,
                site=site,
                origin=origin_of(request),
                now=clock.now(),
                source=source or fhir_import.DEFAULT_SOURCE,
            )
        except Unreadable as error:
            raise ValidationError({error.path or "resourceType": [str(error)]}) from error
        return Response(asdict(outcome))


def site_of_import(request: Request) -> Site:
    """Return the site named by `?site=`, or the caller's only one, if they may import there."""
    sites = sites_of(request)
    if written := request.query_params.get("site"):
        key = observation_key(written)
        site = sites.filter(uuid=key).first() if key else None
        if site is None:
            raise Http404
    else:
        site = _only_one(list(sites[:2]))
    _require_import(request, site)
    return site


def _only_one(sites: list[Site]) -> Site:
    if len(sites) != 1:
        raise ValidationError({"site": [_("Name the site: ?site= and its key.")]}, code="required")
    return sites[0]


def _require_import(request: Request, site: Site) -> None:
    """Let in whose role imports."""
    if not isinstance(request.user, User) or not request.user.has_role(site, IMPORT_ROLES):
        raise PermissionDenied(_("Your role at this site does not allow this."))
