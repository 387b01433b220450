"""`/sites/`, `/sessions/`, `/duties/`, `/handovers/`: the map, the duties, who is in reach."""

from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.api.calls import place_of
from alerts.gateways import clock
from alerts.models import Duty, Handover, Session, Site, User
from alerts.permissions.authentication import origin_of, person_of
from alerts.permissions.commands import command
from alerts.permissions.scope import LEADS, STAFF, require_role, scoped, site_for, sites_of
from alerts.serializers.places import (
    ChecksSerializer,
    DutySerializer,
    HandOverSerializer,
    HandoverSerializer,
    LeaveSerializer,
    NewDutySerializer,
    NewSessionSerializer,
    PersonOnDutySerializer,
    SessionSerializer,
    SiteMapSerializer,
    SiteSerializer,
)
from alerts.services import duty as duties
from alerts.services import sites
from alerts.services.targets import people_on_duty


def colleague(request: Request, site: Site, key: UUID | None, field: str) -> User:
    """Return the person named, who must have a role at the site; without a name the caller."""
    person = (
        person_of(request) if key is None else User.objects.filter(uuid=key, is_active=True).first()
    )
    if person is None or not Site.objects.visible_to(person).filter(pk=site.pk).exists():
        raise ValidationError({field: [_("Nobody with this key works at this site.")]})
    return person


class SiteViewSet(ViewSet):
    """The caller's sites and what is at them."""

    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="sites_list", responses=SiteSerializer(many=True))
    def list(self, request: Request) -> Response:
        return Response(SiteSerializer(sites_of(request).order_by("name"), many=True).data)

    @extend_schema(operation_id="sites_show", responses=SiteMapSerializer)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Show a site with its areas, bays, seats and open session."""
        site = site_for(request, uuid, roles=())
        rows = Site.objects.prefetch_related("areas", "bays__seats", "bays__area")
        return Response(SiteMapSerializer(rows.get(pk=site.pk)).data)

    @extend_schema(responses=PersonOnDutySerializer(many=True))
    @action(detail=True)
    def people(self, request: Request, uuid: UUID) -> Response:
        """Tell who is on duty and who can be reached."""
        site = site_for(request, uuid, roles=())
        people = people_on_duty(site, now=clock.now())
        return Response(PersonOnDutySerializer(people, many=True).data)

    @extend_schema(request=NewSessionSerializer, responses={201: SessionSerializer})
    @action(detail=True, methods=["post"])
    @command
    def sessions(self, request: Request, uuid: UUID) -> Response:
        """Open a session."""
        site = site_for(request, uuid, roles=LEADS)
        form = NewSessionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        session = duties.open_session(
            site=site,
            name=form.validated_data["name"],
            lead=colleague(request, site, form.validated_data.get("lead"), "lead"),
            origin=origin_of(request),
            now=clock.now(),
        )
        return Response(SessionSerializer(session).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=SiteSerializer)
    @action(detail=True, methods=["post"])
    @command
    def evacuation(self, request: Request, uuid: UUID) -> Response:
        """Turn every board into its muster list."""
        site = site_for(request, uuid, roles=())
        started = sites.start_evacuation(
            site_id=site.pk, origin=origin_of(request), now=clock.now()
        )
        return Response(SiteSerializer(started).data)

    @extend_schema(request=None, responses=SiteSerializer)
    @action(detail=True, methods=["post"], url_path="evacuation/end")
    @command
    def end_evacuation(self, request: Request, uuid: UUID) -> Response:
        """Give the boards back to the watch."""
        site = site_for(request, uuid, roles=LEADS)
        ended = sites.end_evacuation(site_id=site.pk, origin=origin_of(request), now=clock.now())
        return Response(SiteSerializer(ended).data)


class SessionViewSet(ViewSet):
    """One session: its gate and its team. Closing it is the floor's: it ends observations."""

    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    def _session(self, request: Request, uuid: UUID) -> Session:
        return scoped(request, Session.objects.select_related("site"), uuid=uuid)

    @extend_schema(request=ChecksSerializer, responses=SessionSerializer)
    @action(detail=True, methods=["post"])
    @command
    def checks(self, request: Request, uuid: UUID) -> Response:
        """Answer points of the readiness gate."""
        session = self._session(request, uuid)
        require_role(request, session.site, STAFF)
        form = ChecksSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        checks = form.validated_data["checks"]
        saved = duties.save_checks(
            session=session, checks=checks, origin=origin_of(request), now=clock.now()
        )
        return Response(SessionSerializer(saved).data)

    @extend_schema(request=NewDutySerializer, responses={201: DutySerializer})
    @action(detail=True, methods=["post"])
    @command
    def duties(self, request: Request, uuid: UUID) -> Response:
        """Put oneself, or as the lead somebody else, on duty."""
        session = self._session(request, uuid)
        form = NewDutySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        is_own = data.get("user") in {None, getattr(person_of(request), "uuid", None)}
        require_role(request, session.site, STAFF if is_own else LEADS)
        user = colleague(request, session.site, data.get("user"), "user")
        place = place_of(session.site, {"area": data.get("area"), "bay": data.get("bay")})
        if place.text:
            raise ValidationError({"area": [_("This area or bay is not on the site's map.")]})
        duty = duties.start_duty(
            session=session,
            user=user,
            role=data["role"],
            area=place.known_area,
            bay=place.bay,
            origin=origin_of(request),
            now=clock.now(),
        )
        return Response(DutySerializer(duty).data, status=status.HTTP_201_CREATED)


class DutyViewSet(ViewSet):
    """One duty: leave it, or hand it over."""

    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    def _duty(self, request: Request, uuid: UUID) -> Duty:
        rows = Duty.objects.select_related("session__site", "user")
        duty = rows.filter(session__site__in=sites_of(request), uuid=uuid).first()
        if duty is None:
            raise Http404
        is_own = duty.user_id == getattr(person_of(request), "pk", None)
        require_role(request, duty.session.site, STAFF if is_own else LEADS)
        return duty

    @extend_schema(request=LeaveSerializer, responses=DutySerializer)
    @action(detail=True, methods=["post"])
    @command
    def leave(self, request: Request, uuid: UUID) -> Response:
        """Go off duty; the last physician is asked to confirm."""
        self._duty(request, uuid)
        form = LeaveSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        left = duties.leave_duty(
            duty_uuid=uuid,
            is_confirmed=form.validated_data["confirm"],
            origin=origin_of(request),
            now=clock.now(),
        )
        return Response(DutySerializer(left).data)

    @extend_schema(request=HandOverSerializer, responses={201: HandoverSerializer})
    @action(detail=True, methods=["post"], url_path="hand-over")
    @command
    def hand_over(self, request: Request, uuid: UUID) -> Response:
        """Offer the duty, its open calls and watched seats to a colleague."""
        duty = self._duty(request, uuid)
        form = HandOverSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        offered = duties.offer_handover(
            duty_uuid=uuid,
            to=colleague(request, duty.session.site, data["to"], "to"),
            subjects=[str(key) for key in data.get("subjects", [])],
            note=data.get("note", ""),
            origin=origin_of(request),
            now=clock.now(),
        )
        return Response(HandoverSerializer(offered).data, status=status.HTTP_201_CREATED)


class HandoverViewSet(ViewSet):
    """Handovers offered to the caller."""

    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="handovers_list", responses=HandoverSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the handovers that wait for the caller."""
        rows = Handover.objects.filter(to_user=person_of(request), accepted_at=None)
        rows = rows.filter(duty__session__site__in=sites_of(request))
        return Response(HandoverSerializer(rows, many=True).data)

    @extend_schema(request=None, responses=DutySerializer)
    @action(detail=True, methods=["post"])
    @command
    def accept(self, request: Request, uuid: UUID) -> Response:
        """Take over."""
        rows = Handover.objects.filter(duty__session__site__in=sites_of(request), uuid=uuid)
        handover = rows.select_related("duty__session__site").first()
        if handover is None:
            raise Http404
        require_role(request, handover.duty.session.site, STAFF)
        person = person_of(request)
        if person is None:
            raise Http404
        duty = duties.accept_handover(
            handover_uuid=uuid, by=person, origin=origin_of(request), now=clock.now()
        )
        return Response(DutySerializer(duty).data)
