"""`/devices/`: enrol a tablet, switch persons on it, lock it, report its state, retire it."""

from dataclasses import replace
from uuid import UUID

from django.contrib.auth import authenticate, login, logout
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.api.calls import place_of
from alerts.gateways import clock
from alerts.models import Device, Site, User
from alerts.permissions.authentication import DEVICE_COOKIE, device_of, origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import LEADS, STAFF, require_role, scoped, site_for
from alerts.rules.secrets import digest
from alerts.serializers.places import (
    CodeSerializer,
    DeviceSerializer,
    DeviceStateSerializer,
    NewDeviceSerializer,
    SwitchSerializer,
)
from alerts.services import devices, second_step

DEVICE_COOKIE_AGE = 400 * 24 * 3600


class SiteDeviceViewSet(ViewSet):
    """The devices of one site."""

    @extend_schema(operation_id="devices_list", responses=DeviceSerializer(many=True))
    def list(self, request: Request, site: UUID) -> Response:
        place = site_for(request, site)
        rows = Device.objects.filter(site=place).select_related("holder").order_by("name", "pk")
        return Response(DeviceSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="devices_add", request=NewDeviceSerializer, responses={201: DeviceSerializer}
    )
    @command
    def create(self, request: Request, site: UUID) -> Response:
        """Add a device; the answer holds its enrolment code, shown as QR, which works once."""
        place = site_for(request, site, roles=LEADS)
        form = NewDeviceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        device, code = devices.add_device(
            site=place,
            name=data["name"],
            kind=data["kind"],
            area=place_of(place, {"area": data.get("area")}).area,
            origin=origin_of(request),
            now=clock.now(),
        )
        answer = {**DeviceSerializer(device).data, "enrolment_code": code}
        return Response(answer, status=status.HTTP_201_CREATED)


class EnrolmentViewSet(ViewSet):
    """Enrolment, before the device is known to anybody."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="devices_enrol", request=CodeSerializer, responses={200: DeviceSerializer}
    )
    def create(self, request: Request) -> Response:
        """Turn the code of the QR into this browser's device cookie."""
        form = CodeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        device, secret = devices.enrol(code=form.validated_data["code"], now=clock.now())
        response = Response(DeviceSerializer(device).data)
        response.set_cookie(
            DEVICE_COOKIE,
            secret,
            max_age=DEVICE_COOKIE_AGE,
            httponly=True,
            samesite="Strict",
            secure=request.is_secure(),
        )
        return response


class DeviceViewSet(ViewSet):
    """One device, or `me`: the one that asks."""

    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    def _me(self, request: Request) -> Device:
        device = device_of(request)
        if device is None:
            raise PermissionDenied(_("This browser is not enrolled as a device of a site."))
        return device

    @extend_schema(request=None, responses=DeviceSerializer)
    @action(detail=True, methods=["post"])
    @command
    def retire(self, request: Request, uuid: UUID) -> Response:
        """Shut out a lost device at once; any member of staff may."""
        device = scoped(request, Device.objects.select_related("site"), uuid=uuid)
        require_role(request, device.site, STAFF)
        retired = devices.retire(device=device, origin=origin_of(request), now=clock.now())
        return Response(DeviceSerializer(retired).data)

    @extend_schema(request=DeviceStateSerializer, responses=DeviceSerializer)
    @action(detail=False, methods=["post"], url_path="me/state")
    def state(self, request: Request) -> Response:
        """Report armed sound, clock offset, trust in the certificate."""
        form = DeviceStateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        device = devices.report_state(self._me(request), form.validated_data, now=clock.now())
        return Response(DeviceSerializer(device).data)

    @extend_schema(request=SwitchSerializer, responses=DeviceSerializer)
    @action(detail=False, methods=["post"], url_path="me/switch")
    def switch(self, request: Request) -> Response:
        """Log a person in on this shared device by badge QR, or by name and PIN."""
        device = self._me(request)
        form = SwitchSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        person = self._badge(given) if given.get("badge") else self._pin(request, given)
        if person is None or not Site.objects.visible_to(person).filter(pk=device.site_id).exists():
            message = _(
                "Badge or PIN not recognised for this site. Try again, or log in by password."
            )
            raise ValidationError({"pin": [message]})
        if second_step.is_needed(person):
            raise ValidationError({"pin": [_("Log in by password: your role needs a code too.")]})
        login(request._request, person, backend="django.contrib.auth.backends.ModelBackend")
        request._request.session[devices.LOGIN_DEVICE] = device.pk
        origin = replace(origin_of(request), actor=person)
        held = devices.hand_to(device=device, person=person, origin=origin, now=clock.now())
        return Response(DeviceSerializer(held).data)

    def _badge(self, data: dict[str, str]) -> User | None:
        return User.objects.filter(badge_digest=digest(data["badge"]), is_active=True).first()

    def _pin(self, request: Request, data: dict[str, str]) -> User | None:
        person = authenticate(
            request._request, username=data.get("user", ""), pin=data.get("pin", "")
        )
        return person if isinstance(person, User) else None

    @extend_schema(request=None, responses=DeviceSerializer)
    @action(detail=False, methods=["post"], url_path="me/lock")
    def lock(self, request: Request) -> Response:
        """Lock the screen; HELP and answering go on working."""
        device = self._me(request)
        origin = origin_of(request)
        logout(request._request)
        return Response(
            DeviceSerializer(
                devices.hand_to(device=device, person=None, origin=origin, now=clock.now())
            ).data
        )
