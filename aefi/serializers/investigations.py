"""Shapes of an investigation: its form and sheets, its documents."""

from typing import Any

from rest_framework import serializers

from aefi.models import CaseDocument, InvestigationRecord, RecordKind
from aefi.services import investigation_records
from observation.services import tiles


class SheetSerializer(serializers.Serializer[Any]):
    """A sheet as far as it is known; `replaces` names the one that it corrects."""

    kind = serializers.ChoiceField(choices=RecordKind.choices)
    answers = serializers.DictField()
    replaces = serializers.UUIDField(required=False, allow_null=True, default=None)


class KeptSheetSerializer(serializers.Serializer[Any]):
    """One sheet as it stands, with the keys of what it still lacks."""

    uuid = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=RecordKind.choices)
    version = serializers.CharField()
    answers = serializers.DictField(child=serializers.CharField())
    missing = serializers.ListField(child=serializers.CharField())
    replaces = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)


class WithdrawalSerializer(serializers.Serializer[Any]):
    """Why a document is taken out of use."""

    reason = serializers.CharField(max_length=400)


class DocumentSerializer(serializers.Serializer[Any]):
    """One document of a case, withdrawn or not."""

    uuid = serializers.UUIDField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawn_reason = serializers.CharField(allow_blank=True)


def sheet_answer(row: InvestigationRecord) -> dict[str, Any]:
    """Translate a sheet."""
    return {
        "uuid": str(row.uuid),
        "kind": row.kind,
        "version": row.version,
        "answers": row.data,
        "missing": [item.key for item in investigation_records.missing_of(row)],
        "replaces": str(row.replaces.uuid) if row.replaces else None,
        "at": tiles.instant(row.at),
        "by": str(row.by) if row.by else None,
    }


def document_answer(row: CaseDocument) -> dict[str, Any]:
    """Translate a document; its bytes have an address of their own."""
    return {
        "uuid": str(row.uuid),
        "name": row.name,
        "media_type": row.media_type,
        "size": row.size,
        "sha256": row.sha256,
        "at": tiles.instant(row.at),
        "by": str(row.by) if row.by else None,
        "withdrawn_at": tiles.instant(row.withdrawn_at),
        "withdrawn_reason": row.withdrawn_reason,
    }
