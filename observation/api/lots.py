"""Holding and releasing a lot."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.gateways import clock
from alerts.models import Role, Site
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import require_role, site_for, sites_of
from observation.api.verbs import HOLD_ROLES, body_of, read, verb
from observation.models import Dose, Lot
from observation.serializers.people import (
    LotRecipientsSerializer,
    LotSerializer,
    OffsetSerializer,
    ReasonSerializer,
    SiteLotSerializer,
)
from observation.services import lots, tiles
from observation.services.lot_recipients import Recipients, recipients_of

OVERSEERS = (Role.OFFICER,)


class SiteLots(ViewSet):
    """The lots issued to a site."""

    @extend_schema(operation_id="lots_list", responses=SiteLotSerializer(many=True))
    def list(self, request: Request, site: UUID) -> Response:
        """List the lots that may be planned at the site, held ones too."""
        here = site_for(request, site)
        issued = Lot.objects.filter(issues__site=here, issues__withdrawn_at=None)
        rows = issued.select_related("vaccine").order_by("vaccine__name", "expires_on", "number")
        return Response([{**lot_answer(lot), **vaccine_names(lot)} for lot in rows])


def vaccine_names(lot: Lot) -> dict[str, str]:
    """Return how a screen names the lot's vaccine, in Chinese and English."""
    return {"vaccine_name": lot.vaccine.name, "vaccine_name_en": lot.vaccine.name_en}


class Lots(ViewSet):
    """One lot, known at one of the caller's sites."""

    @verb(ReasonSerializer, LotSerializer)
    @command
    def hold(self, request: Request, uuid: UUID) -> Response:
        """Stop planned doses from this lot everywhere; no watch is touched."""
        lot = lot_for(request, uuid)
        reason = body_of(ReasonSerializer, request)["reason"]
        held = lots.hold_lot(
            lot_uuid=lot.uuid, reason=reason, origin=origin_of(request), now=clock.now()
        )
        return Response(lot_answer(held))

    @verb(ReasonSerializer, LotSerializer)
    @command
    def release(self, request: Request, uuid: UUID) -> Response:
        """Let a held lot be used again."""
        lot = lot_for(request, uuid)
        reason = body_of(ReasonSerializer, request)["reason"]
        released = lots.release_lot(
            lot_uuid=lot.uuid, reason=reason, origin=origin_of(request), now=clock.now()
        )
        return Response(lot_answer(released))


class LotRecipients(ViewSet):
    """Everyone who had a lot."""

    @read(LotRecipientsSerializer, "offset")
    def list(self, request: Request, uuid: UUID) -> Response:
        """List who had the lot at the officer's sites, the latest dose first."""
        sites = sites_of(request)
        here = Q(lot_issues__lot__uuid=uuid) | Q(observations__doses__lot__uuid=uuid)
        known = list(sites.filter(here).distinct())
        lot = Lot.objects.filter(uuid=uuid).first()
        if lot is None or not known:
            raise Http404
        overseen = [site for site in known if _may(request, site, OVERSEERS)]
        if not overseen:
            raise PermissionDenied(_("Your role at this site does not allow this."))
        asked = OffsetSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = recipients_of(lot, overseen, offset=asked.validated_data["offset"])
        return Response({**lot_answer(lot), **recipients_answer(found)})


def recipients_answer(found: Recipients) -> dict[str, Any]:
    """Translate a page of those who had a lot."""
    rows = [_recipient_answer(dose) for dose in found.doses]
    counts = {"count": found.count, "watched": found.watched, "offset": found.offset}
    return {**counts, "recipients": rows}


def _recipient_answer(dose: Dose) -> dict[str, Any]:
    visit = dose.observation
    who = visit.recipient
    return {
        "recipient": str(who.uuid),
        "observation": str(visit.uuid),
        "name": who.name,
        "born_on": who.born_on,
        "guardian": who.guardian,
        "phone": who.phone,
        "site": str(visit.site.uuid),
        "site_name": visit.site.name,
        "given_at": tiles.instant(dose.given_at),
        "dose_number": dose.dose_number,
        "seat": tiles.code_of(visit.seat),
        "is_watched": visit.ended_at is None,
        "reactions": getattr(dose, "reactions", 0),
    }


def lot_for(request: Request, uuid: UUID) -> Lot:
    """Return a lot of one of the caller's sites, for somebody who leads or oversees that site."""
    sites = sites_of(request)
    known = Q(issues__site__in=sites) | Q(doses__observation__site__in=sites)
    lot = Lot.objects.filter(known, uuid=uuid).first()
    if lot is None:
        raise Http404
    here = Q(lot_issues__lot=lot) | Q(observations__doses__lot=lot)
    if not any(_may(request, site, HOLD_ROLES) for site in sites.filter(here).distinct()):
        raise PermissionDenied(_("Your role at this site does not allow this."))
    return lot


def _may(request: Request, site: Site, roles: Iterable[str]) -> bool:
    try:
        require_role(request, site, roles)
    except PermissionDenied:
        return False
    return True


def lot_answer(lot: Lot) -> dict[str, Any]:
    """Translate a lot."""
    return {
        "uuid": str(lot.uuid),
        "number": lot.number,
        "vaccine": lot.vaccine.code,
        "expires_on": lot.expires_on,
        "held_at": tiles.instant(lot.held_at),
        "held_reason": lot.held_reason,
    }
