"""Lines of the run sheet: adrenaline needs mg, mL and a confirmation, nothing else is refused."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from aefi.models import EmergencyEntry
from aefi.rules import run_sheet as rules
from aefi.services.run_sheet import Line
from observation.serializers.lenient import IGNORED, InstantField, LenientSerializer, TextField
from observation.services import tiles

WORDS = {
    "required": _("Type the amount."),
    "not_an_amount": _("Type a number above zero."),
    "not_confirmed": _("Confirm the dose that was given."),
}


class LineSerializer(LenientSerializer):
    """One line as it is tapped in."""

    uuid = serializers.UUIDField(required=False, allow_null=True)
    kind = TextField(keep=40)
    at = InstantField(required=False, allow_null=True)
    data = serializers.DictField(required=False)  # type: ignore[assignment]
    replaces = serializers.UUIDField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        missing = rules.missing_in(attrs.get("kind") or "", attrs.get("data") or {})
        if missing is not None:
            words = {f"data.{missing.field}": [WORDS[missing.code]]}
            raise serializers.ValidationError(words, code=missing.code)
        return attrs


def line_from(values: dict[str, Any]) -> Line:
    """Translate a validated line; what could not be read stays in its data."""
    data = dict(values.get("data") or {})
    if values[IGNORED]:
        data["ignored_fields"] = values[IGNORED]
    return Line(
        kind=values.get("kind") or "note",
        data=data,
        uuid=values.get("uuid"),
        at=values.get("at"),
        replaces=values.get("replaces"),
    )


class EntrySerializer(serializers.Serializer[Any]):
    """One line as it is shown."""

    uuid = serializers.UUIDField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    entered_at = serializers.DateTimeField()
    data = serializers.DictField()  # type: ignore[assignment]
    by = serializers.CharField(allow_null=True)
    by_uuid = serializers.UUIDField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]
    replaces = serializers.UUIDField(allow_null=True)
    replaced_by = serializers.UUIDField(allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField())


def entry_answer(entry: EmergencyEntry) -> dict[str, Any]:
    """Translate a line."""
    replaced_by = list(entry.replaced_by.all())
    return {
        "uuid": str(entry.uuid),
        "kind": entry.kind,
        "at": tiles.instant(entry.at),
        "entered_at": tiles.instant(entry.entered_at),
        "data": entry.data,
        "by": str(entry.by) if entry.by else None,
        "by_uuid": str(entry.by.uuid) if entry.by else None,
        "source": entry.source,
        "replaces": str(entry.replaces.uuid) if entry.replaces else None,
        "replaced_by": str(replaced_by[-1].uuid) if replaced_by else None,
        "warnings": rules.warnings_for(entry.kind, entry.data),
    }
