"""Shapes of calls. A call is never refused, so what comes in is read leniently and kept as text."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from alerts.models import Alert, Page, Priority, Receipt, ReceiptKind, Responder
from alerts.rules.escalation import EXHAUSTED_STEP, next_step_at
from alerts.services.paging import steps_of


class CallSerializer(serializers.Serializer[dict[str, Any]]):
    """What may be said in a call for help; nothing is required and nothing is refused."""

    uuid = serializers.UUIDField(required=False)
    seat = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    bay = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    area = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    place = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    subject = serializers.UUIDField(required=False, allow_null=True)
    person_kind = serializers.CharField(required=False)
    signs = serializers.ListField(child=serializers.CharField(), required=False)
    note = serializers.CharField(required=False, allow_blank=True)
    called_at = serializers.DateTimeField(required=False)
    is_drill = serializers.BooleanField(required=False)


def lenient_uuid(value: object) -> UUID | None:
    """Return `value` as a key, or None when it is none."""
    try:
        return UUID(str(value))
    except ValueError:
        return None


class PlaceSerializer(serializers.Serializer[dict[str, Any]]):
    """A place: codes or keys of seat, bay, area, or words."""

    seat = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    bay = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    area = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    place = serializers.CharField(required=False, allow_blank=True, max_length=120)


class AnswerSerializer(serializers.Serializer[dict[str, Any]]):
    """Who answers, where the screen is locked."""

    responder = serializers.UUIDField(required=False, allow_null=True)


class WordsSerializer(serializers.Serializer[dict[str, Any]]):
    """A reason or an outcome in words."""

    words = serializers.CharField(required=False, allow_blank=True, max_length=400)


class ReceiptInSerializer(serializers.Serializer[dict[str, Any]]):
    """What became of a page on this device."""

    kind = serializers.ChoiceField(choices=ReceiptKind.choices)


class ReceiptSerializer(serializers.ModelSerializer[Receipt]):
    device = serializers.CharField(source="device.name", default=None)

    class Meta:
        model = Receipt
        fields = ["kind", "at", "device"]


class PageSerializer(serializers.ModelSerializer[Page]):
    responder = serializers.UUIDField(source="responder.uuid", default=None)
    responder_name = serializers.SerializerMethodField()
    receipts = ReceiptSerializer(many=True)

    class Meta:
        model = Page
        fields = [
            "uuid",
            "responder",
            "responder_name",
            "channel",
            "step",
            "round",
            "created_at",
            "sent_at",
            "error",
            "receipts",
        ]

    def get_responder_name(self, page: Page) -> str:
        return str(page.responder or "")


class ResponderSerializer(serializers.ModelSerializer[Responder]):
    responder = serializers.UUIDField(source="user.uuid", default=None)
    name = serializers.SerializerMethodField()

    class Meta:
        model = Responder
        fields = ["responder", "name", "state", "since", "is_first"]

    def get_name(self, row: Responder) -> str:
        return str(row.user or row.device or "")


class AlertSerializer(serializers.ModelSerializer[Alert]):
    """A call with its pages, their receipts and who answered."""

    seat = serializers.CharField(source="seat.code", default=None)
    bay = serializers.CharField(source="bay.code", default=None)
    area = serializers.CharField(source="area.name", default=None)
    site = serializers.UUIDField(source="site.uuid")
    policy = serializers.CharField(source="policy_name")
    next_step_at = serializers.SerializerMethodField()
    pages = serializers.SerializerMethodField()
    responders = ResponderSerializer(many=True)
    reach = serializers.SerializerMethodField()

    class Meta:
        model = Alert
        fields = [
            "uuid",
            "site",
            "state",
            "step",
            "round",
            "version",
            "priority",
            "policy",
            "is_drill",
            "seat",
            "bay",
            "area",
            "place",
            "subject",
            "person_kind",
            "summary",
            "called_at",
            "raised_at",
            "acknowledged_at",
            "arrived_at",
            "ended_at",
            "outcome",
            "source",
            "next_step_at",
            "pages",
            "responders",
            "reach",
        ]

    def get_next_step_at(self, alert: Alert) -> str | None:
        steps = steps_of(alert)
        if alert.state != "paging" or alert.step in {-1, EXHAUSTED_STEP} or not steps:
            return None
        at = next_step_at(
            steps, number=alert.step, policy=alert.policy_name, since=alert.paging_since
        )
        return at.isoformat()

    @extend_schema_field(PageSerializer(many=True))
    def get_pages(self, alert: Alert) -> Any:
        """Give the pages of the last round to each person and channel; older rounds repeat them."""
        latest = {(p.responder_id, p.channel): p for p in alert.pages.all()}
        return PageSerializer(list(latest.values()), many=True).data

    def get_reach(self, alert: Alert) -> dict[str, int]:
        """Count the persons paged, and of how many each proof came back."""
        people: dict[str, set[int | None]] = {kind: set() for kind in ReceiptKind.values}
        pages = list(alert.pages.all())
        for page in pages:
            for receipt in page.receipts.all():
                people[receipt.kind].add(page.responder_id)
        paged = {page.responder_id for page in pages if page.responder_id}
        return {"paged": len(paged), **{kind: len(who) for kind, who in people.items()}}
