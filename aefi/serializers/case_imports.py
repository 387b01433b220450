"""The shape of a delivery: what came, and what became of it."""

from typing import Any

from rest_framework import serializers

from aefi.models import CaseImport, ReceiverAnswer
from aefi.models.transfers import ImportFormat
from observation.services import tiles


class ImportRefusalSerializer(serializers.Serializer[Any]):
    """What could not be read."""

    where = serializers.CharField()
    reason = serializers.CharField()


class ImportSerializer(serializers.Serializer[Any]):
    """One message, or the tables of one export."""

    uuid = serializers.UUIDField()
    site = serializers.UUIDField()
    format = serializers.ChoiceField(choices=ImportFormat.choices)
    file_name = serializers.CharField()
    sha256 = serializers.CharField()
    at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    opened = serializers.IntegerField()
    known = serializers.IntegerField()
    refused = ImportRefusalSerializer(many=True)
    cases = serializers.ListField(child=serializers.UUIDField())


class ReceiverAnswerSerializer(serializers.Serializer[Any]):
    """What a receiver did with a case."""

    case = serializers.UUIDField()
    number = serializers.CharField()
    code = serializers.CharField()
    is_accepted = serializers.BooleanField()
    reasons = serializers.ListField(child=serializers.CharField())
    batch = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class ReceiverAnswersSerializer(serializers.Serializer[Any]):
    """The answers that were kept, and the names of reports that the register does not know."""

    kept = ReceiverAnswerSerializer(many=True)
    unknown = serializers.ListField(child=serializers.CharField())


def answer_row(row: ReceiverAnswer) -> dict[str, Any]:
    """Translate an answer."""
    return {
        "case": str(row.case.uuid),
        "number": row.case.number,
        "code": row.code,
        "is_accepted": row.is_accepted,
        "reasons": row.reasons,
        "batch": row.batch,
        "at": tiles.instant(row.at),
    }


def import_answer(row: CaseImport) -> dict[str, Any]:
    """Translate a delivery."""
    cases = row.reports.order_by("pk").values_list("case__uuid", flat=True)
    return {
        "uuid": str(row.uuid),
        "site": str(row.site.uuid),
        "format": row.format,
        "file_name": row.file_name,
        "sha256": row.sha256,
        "at": tiles.instant(row.at),
        "finished_at": tiles.instant(row.finished_at),
        "opened": row.opened,
        "known": row.known,
        "refused": row.refused,
        "cases": [str(uuid) for uuid in cases],
    }
