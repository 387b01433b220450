"""`/alerts/` and `/pages/`: raise a call, answer it, end it, prove what became of its pages."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.gateways import clock
from alerts.models import Alert, Area, Bay, Page, Priority, Seat, Site, User
from alerts.permissions.authentication import device_of, origin_of, person_of
from alerts.permissions.commands import answer_once, command
from alerts.permissions.lenient import AnyContent, LenientParser
from alerts.permissions.scope import scoped, site_for, sites_of
from alerts.rules.instants import aware_utc
from alerts.serializers.calls import (
    AlertSerializer,
    AnswerSerializer,
    CallSerializer,
    PlaceSerializer,
    ReceiptInSerializer,
    WordsSerializer,
    lenient_uuid,
)
from alerts.services import calls, commands

ANYBODY = ()
"""Calling and answering need no role: an enrolled device with nobody logged in may do both."""


def place_of(site: Site, data: dict[str, Any]) -> calls.Place:
    """Return the place named in a request; what is not on the map is kept as words."""
    seat = _named(Seat.objects.filter(site=site).select_related("bay__area"), data.get("seat"))
    bay = _named(Bay.objects.filter(site=site).select_related("area"), data.get("bay"))
    area = _area(site, data.get("area"))
    unknown = [
        data.get(name) for name, row in (("seat", seat), ("bay", bay), ("area", area)) if not row
    ]
    words = [str(word) for word in (data.get("place"), *unknown) if word]
    return calls.Place(seat=seat, bay=bay, area=area, text=" · ".join(words))


def _named(rows: QuerySet[Any], name: object) -> Any:
    """Return the row with this code or key."""
    if not name:
        return None
    key = lenient_uuid(name)
    return rows.filter(uuid=key).first() if key else rows.filter(code__iexact=str(name)[:8]).first()


def _area(site: Site, name: object) -> Area | None:
    if not name:
        return None
    key = lenient_uuid(name)
    areas = Area.objects.filter(site=site)
    return areas.filter(Q(uuid=key) if key else Q(name=str(name)[:60])).first()


def call_of(site: Site, data: dict[str, Any], request: Request) -> calls.Call:
    """Read a call out of whatever was sent; what cannot be read is left out, never refused."""
    device, called_at = device_of(request), aware_utc(data.get("called_at"))
    if device and called_at:
        called_at = device.corrected(called_at) or called_at
    priority = str(data.get("priority") or Priority.HIGH)
    signs = data.get("signs")
    summary = {"signs": [str(s)[:40] for s in signs[:40]] if isinstance(signs, list) else []}
    if note := str(data.get("note") or "")[:400]:
        summary["note"] = [note]
    return calls.Call(
        uuid=lenient_uuid(data.get("uuid")) or uuid4(),
        place=place_of(site, data),
        priority=priority if priority in Priority.values else Priority.HIGH,
        subject=lenient_uuid(data.get("subject")),
        person_kind=str(data.get("person_kind") or "unknown")[:20],
        summary=summary,
        called_at=called_at,
        is_drill=data.get("is_drill") is True,
    )


def responder_of(request: Request, site: Site) -> User | None:
    """Return who answers: the person named on a locked screen, else whose hands it is in."""
    named = lenient_uuid(body_of(request).get("responder"))
    if named is not None:
        person = User.objects.filter(uuid=named, is_active=True).first()
        if person is not None and Site.objects.visible_to(person).filter(pk=site.pk).exists():
            return person
    return person_of(request)


def _full(alert: Alert) -> Any:
    rows = Alert.objects.select_related("site", "seat", "bay", "area").prefetch_related(
        Prefetch("pages", Page.objects.select_related("responder").order_by("pk")),
        "pages__receipts__device",
        "responders__user",
        "responders__device",
    )
    return AlertSerializer(rows.get(pk=alert.pk)).data


class SiteAlertViewSet(ViewSet):
    """Calls of one site."""

    parser_classes = (LenientParser,)
    content_negotiation_class = AnyContent

    @extend_schema(operation_id="alerts_list", responses=AlertSerializer(many=True))
    def list(self, request: Request, site: UUID) -> Response:
        """List the site's calls, newest first; `?state=running` only those that have not ended."""
        place = site_for(request, site, roles=ANYBODY)
        alerts = Alert.objects.filter(site=place).order_by("-raised_at")
        if request.query_params.get("state") == "running":
            alerts = alerts.running()
        return Response([_full(alert) for alert in alerts[:50]])

    @extend_schema(
        operation_id="alerts_raise",
        request={"application/json": CallSerializer},
        responses={201: AlertSerializer},
    )
    def create(self, request: Request, site: UUID) -> Response:
        """Call for help. Never refused: what is missing or odd is kept as words and asked later."""
        place = site_for(request, site, roles=ANYBODY)
        return _never_refused(request, lambda: self._raise(request, place))

    def _raise(self, request: Request, site: Site) -> Response:
        call = call_of(site, body_of(request), request)
        alert = calls.raise_alert(site=site, call=call, origin=origin_of(request), now=clock.now())
        return Response(_full(alert), status=status.HTTP_201_CREATED)


def _never_refused(request: Request, act: Callable[[], Response]) -> Response:
    """Carry out a call whatever its key: one that came with another request is a call as well."""
    try:
        return answer_once(request, act)
    except commands.KeyUsedDifferently:
        return act()


def body_of(request: Request) -> dict[str, Any]:
    """Return the request's body, or nothing when it is no object."""
    return request.data if isinstance(request.data, dict) else {}


ANSWER = {"application/json": AnswerSerializer}


class AlertViewSet(ViewSet):
    """One call. Any answer to it is accepted in any state."""

    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    def _alert(self, request: Request, uuid: UUID) -> Alert:
        return scoped(request, Alert.objects.select_related("site"), uuid=uuid)

    def _words(self, request: Request) -> str:
        form = WordsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return str(form.validated_data.get("words") or "")

    @extend_schema(operation_id="alerts_show", responses=AlertSerializer)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        return Response(_full(self._alert(request, uuid)))

    def _answered(self, request: Request, uuid: UUID, service: Callable[..., Alert]) -> Response:
        alert = self._alert(request, uuid)
        who = responder_of(request, alert.site)
        origin = origin_of(request)
        return Response(
            _full(service(alert_uuid=uuid, responder=who, origin=origin, now=clock.now()))
        )

    @extend_schema(request=ANSWER, responses=AlertSerializer)
    @action(detail=True, methods=["post"], parser_classes=(LenientParser,))
    @command
    def acknowledge(self, request: Request, uuid: UUID) -> Response:
        """Say "I am coming"."""
        return self._answered(request, uuid, calls.acknowledge)

    @extend_schema(request=ANSWER, responses=AlertSerializer)
    @action(detail=True, methods=["post"], parser_classes=(LenientParser,))
    @command
    def arrive(self, request: Request, uuid: UUID) -> Response:
        """Say "doctor here"; anybody at the seat may."""
        return self._answered(request, uuid, calls.arrive)

    @extend_schema(request=ANSWER, responses=AlertSerializer)
    @action(detail=True, methods=["post"], parser_classes=(LenientParser,))
    @command
    def decline(self, request: Request, uuid: UUID) -> Response:
        """Say "I cannot come"."""
        return self._answered(request, uuid, calls.decline)

    @extend_schema(request=WordsSerializer, responses=AlertSerializer)
    @action(detail=True, methods=["post"])
    @command
    def resolve(self, request: Request, uuid: UUID) -> Response:
        """End a call that was attended to."""
        self._alert(request, uuid)
        ended = calls.resolve(
            alert_uuid=uuid,
            outcome=self._words(request),
            origin=origin_of(request),
            now=clock.now(),
        )
        return Response(_full(ended))

    @extend_schema(request=WordsSerializer, responses=AlertSerializer)
    @action(detail=True, methods=["post"])
    @command
    def cancel(self, request: Request, uuid: UUID) -> Response:
        """Take a call back; those who were paged are told."""
        self._alert(request, uuid)
        ended = calls.cancel(
            alert_uuid=uuid, reason=self._words(request), origin=origin_of(request), now=clock.now()
        )
        return Response(_full(ended))

    @extend_schema(request=WordsSerializer, responses=AlertSerializer)
    @action(detail=True, methods=["post"])
    @command
    def review(self, request: Request, uuid: UUID) -> Response:
        """Close the book on an ended call; its session lead or a clinician does."""
        alert = self._alert(request, uuid)
        site_for(request, alert.site.uuid)
        ended = calls.review(
            alert_uuid=uuid, note=self._words(request), origin=origin_of(request), now=clock.now()
        )
        return Response(_full(ended))

    @extend_schema(request=None, responses=AlertSerializer)
    @action(detail=True, methods=["post"])
    @command
    def escalate(self, request: Request, uuid: UUID) -> Response:
        """Ask for more help now."""
        self._alert(request, uuid)
        origin = origin_of(request)
        return Response(_full(calls.escalate(alert_uuid=uuid, origin=origin, now=clock.now())))

    @extend_schema(request=PlaceSerializer, responses=AlertSerializer)
    @action(detail=True, methods=["post"])
    @command
    def move(self, request: Request, uuid: UUID) -> Response:
        """Say where the patient is now."""
        alert = self._alert(request, uuid)
        form = PlaceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        place = place_of(alert.site, form.validated_data)
        if place == calls.Place():
            raise ValidationError({"place": [_("Say where the patient is now.")]})
        moved = calls.move(alert_uuid=uuid, place=place, origin=origin_of(request), now=clock.now())
        return Response(_full(moved))


class PageViewSet(ViewSet):
    """Pages: the proof of what became of them."""

    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    @extend_schema(request=ReceiptInSerializer, responses={200: ReceiptInSerializer})
    @action(detail=True, methods=["post"])
    @command
    def receipts(self, request: Request, uuid: UUID) -> Response:
        """Record that the page was received, displayed, sounded or acknowledged on this device."""
        form = ReceiptInSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        alerts = Alert.objects.filter(site__in=sites_of(request))
        rows = Page.objects.select_related("alert", "responder").filter(alert__in=alerts)
        page = scoped_page(rows, uuid)
        kind = form.validated_data["kind"]
        calls.record_receipt(page=page, kind=kind, origin=origin_of(request), now=clock.now())
        return Response({"kind": kind})


def scoped_page(rows: QuerySet[Page], uuid: UUID) -> Page:
    """Return the page among `rows`; not found otherwise."""
    page = rows.filter(uuid=uuid).first()
    if page is None:
        raise Http404
    return page
