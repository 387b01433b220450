"""Reactions as they are tapped in: nothing here refuses one."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from observation.rules import signs
from observation.serializers.lenient import IGNORED, InstantField, LenientSerializer, TextField
from observation.serializers.visits import kept
from observation.services.reactions import Seen

SIGN_LIMIT = 60


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class SignsField(serializers.Field[dict[str, str], Any, Any, Any]):
    """Sign code → yes, no or unknown; a list of codes means that all were seen."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        pairs = (
            data.items()
            if isinstance(data, Mapping)
            else [(code, signs.YES) for code in _listed(data)]
        )
        return {str(code)[:40]: signs.as_answer(value) for code, value in list(pairs)[:SIGN_LIMIT]}

    def to_representation(self, value: dict[str, str]) -> dict[str, str]:
        return value


def _listed(data: Any) -> list[Any]:
    if isinstance(data, str):
        return [code for code in data.replace(",", " ").split() if code]
    return list(data) if isinstance(data, (list, tuple)) else []


class DetailsField(serializers.DictField):
    """Free details; they are kept as they come, up to a size."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        details: dict[str, Any] = super().to_internal_value(data)
        if len(str(details)) > 20_000:
            raise serializers.ValidationError(_("These details are too long."), code="too_long")
        return details


class ReactionSerializer(LenientSerializer):
    """What was seen; every field may be missing."""

    uuid = serializers.UUIDField(required=False, allow_null=True)
    signs = SignsField(required=False)
    danger_absent = serializers.BooleanField(required=False, allow_null=True)
    stress_subtype = TextField(keep=40)
    onset_at = InstantField(required=False, allow_null=True)
    details = DetailsField(required=False)
    note = TextField(keep=1000)
    call_for_help = serializers.BooleanField(required=False)


class OtherReactionSerializer(ReactionSerializer):
    """What was seen of somebody who is not watched."""

    person_kind = TextField(keep=12)
    person_text = TextField(keep=120)
    seat = TextField(keep=40)
    place = TextField(keep=120)


class ReactionDetailsSerializer(ReactionSerializer):
    """What was found out later."""

    is_serious = serializers.BooleanField(required=False, allow_null=True)
    recovered_at = InstantField(required=False, allow_null=True)


class ReactionAnswerSerializer(serializers.Serializer[Any]):
    """A reaction with all its details."""

    uuid = serializers.UUIDField()
    observation = serializers.UUIDField(allow_null=True)
    person_kind = serializers.CharField()
    person_text = serializers.CharField()
    seat = serializers.CharField(allow_null=True)
    place = serializers.CharField()
    signs = serializers.DictField(child=serializers.CharField())
    danger = serializers.BooleanField()
    danger_signs = serializers.ListField(child=serializers.CharField())
    stress_subtype = serializers.CharField(allow_null=True)
    danger_absent = serializers.BooleanField(allow_null=True)
    seen_at = serializers.DateTimeField()
    onset_at = serializers.DateTimeField(allow_null=True)
    entered_at = serializers.DateTimeField()
    recovered_at = serializers.DateTimeField(allow_null=True)
    is_serious = serializers.BooleanField(allow_null=True)
    details = serializers.DictField()
    note = serializers.CharField()
    version = serializers.IntegerField()
    alert = serializers.UUIDField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]


class ReportedSerializer(serializers.Serializer[Any]):
    """A reaction and the call about it, if there is one."""

    reaction = ReactionAnswerSerializer()
    alert = serializers.DictField(allow_null=True)
    ignored = serializers.ListField(child=serializers.CharField())


def seen_from(values: dict[str, Any]) -> Seen:
    """Translate validated signs; an unreadable `danger_absent` counts as nobody having looked."""
    facts = kept(values)
    for name in ("is_serious", "recovered_at"):
        facts.pop(name, None)
    return Seen(**facts)


__all__ = [
    "IGNORED",
    "OtherReactionSerializer",
    "ReactionDetailsSerializer",
    "ReactionSerializer",
    "ReportedSerializer",
    "seen_from",
]
