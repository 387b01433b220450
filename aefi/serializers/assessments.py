"""Shapes of the assessments of a case."""

from typing import Any

from rest_framework import serializers

from aefi.models import Assessment, AssessmentKind
from observation.services import tiles


class AssessSerializer(serializers.Serializer[Any]):
    """Answers under an edition of the rules, on top of the assessment that was seen; a decision if there is one."""

    kind = serializers.ChoiceField(choices=AssessmentKind.choices)
    rule_set = serializers.CharField(max_length=40)
    reading = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    answers = serializers.DictField(required=False, default=dict)
    decided = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    base = serializers.IntegerField(min_value=0, required=False, default=0)


class AssessmentSerializer(serializers.Serializer[Any]):
    """One assessment; the newest of its kind counts, one without a decision is a draft."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=AssessmentKind.choices)
    rule_set = serializers.CharField()
    reading = serializers.CharField(allow_blank=True)
    answers = serializers.DictField()
    proposal = serializers.DictField()
    decided = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)


def assessment_answer(row: Assessment) -> dict[str, Any]:
    """Translate an assessment."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "rule_set": row.rule_set,
        "reading": row.reading,
        "answers": row.answers,
        "proposal": row.proposal,
        "decided": row.decided,
        "reason": row.reason,
        "at": tiles.instant(row.at),
        "by": str(row.by) if row.by else None,
    }
