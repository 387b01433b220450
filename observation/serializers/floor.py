"""What the verbs of the floor take: seats, ends, extensions, sweeps."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from observation.models import EndKind
from observation.serializers.lenient import TextField
from observation.services.endings import LEAVE_KINDS, Ending


class ScannedSeatSerializer(serializers.Serializer[Any]):
    """A scanned seat; with `party` the others sit down around it."""

    seat = serializers.CharField(max_length=40)
    party = serializers.BooleanField(required=False, default=False)


class CheckInSerializer(serializers.Serializer[Any]):
    """One person by ticket or code at a seat, or the last people from a station."""

    ticket = TextField(keep=60)
    code = TextField(keep=400)
    seat = TextField(keep=40)
    station = TextField(keep=20)
    last = serializers.IntegerField(required=False, min_value=1, max_value=100, default=10)
    bay = TextField(keep=40)


class ReleasesRequestSerializer(serializers.Serializer[Any]):
    """Whom to release: a bay, a class, a party or some tickets."""

    bay = TextField(keep=40)
    group = TextField(keep=60)
    party = serializers.UUIDField(required=False, allow_null=True)
    tickets = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**31 - 1),
        required=False,
        max_length=1000,
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.get(name) for name in ("bay", "group", "party", "tickets")):
            raise serializers.ValidationError(
                {"bay": _("Name a bay, a group, a party or tickets.")}, code="required"
            )
        return attrs


REASONED = (EndKind.LEFT_EARLY, EndKind.REFUSED, EndKind.CANCELLED)
"""Ends that say why; who left unseen gives no reason, and a transfer speaks for itself."""


class EarlyEndSerializer(serializers.Serializer[Any]):
    """How a watch ended before its time."""

    kind = serializers.ChoiceField([(kind.value, kind.label) for kind in LEAVE_KINDS])
    reason = TextField(keep=400)
    agreed_by = TextField(keep=80)
    warning_given = serializers.BooleanField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] in REASONED and not (attrs.get("reason") or "").strip():
            raise serializers.ValidationError({"reason": _("Say why.")}, code="required")
        return attrs


def ending_from(values: dict[str, Any]) -> Ending:
    """Translate a validated end."""
    return Ending(
        kind=values["kind"],
        reason=values.get("reason") or "",
        agreed_by=values.get("agreed_by") or "",
        is_warning_given=values.get("warning_given"),
        observation=values.get("observation"),
    )


class ExtendSerializer(serializers.Serializer[Any]):
    """How much longer, and why."""

    minutes = serializers.IntegerField(min_value=1, max_value=240)
    reason = serializers.CharField(max_length=200)


class NoteSerializer(serializers.Serializer[Any]):
    """What was done."""

    note = serializers.CharField(max_length=400)


class MusterSerializer(serializers.Serializer[Any]):
    """One tick of the muster list."""

    observation = serializers.UUIDField()
    is_seen = serializers.BooleanField()


class SweptSerializer(serializers.Serializer[Any]):
    """A swept bay."""

    bay = serializers.CharField()
    swept_at = serializers.DateTimeField()


class EndingSerializer(serializers.Serializer[Any]):
    """How one open observation ended, said at the close of a session."""

    observation = serializers.UUIDField()
    kind = serializers.ChoiceField(EndKind.choices)
    reason = TextField(keep=400)


class CloseSerializer(serializers.Serializer[Any]):
    """The ends of what is still open."""

    endings = EndingSerializer(many=True, required=False, default=list)


class ClosedSerializer(serializers.Serializer[Any]):
    """A closed session."""

    uuid = serializers.UUIDField()
    name = serializers.CharField()
    closed_at = serializers.DateTimeField()
