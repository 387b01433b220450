"""Shapes of two cases that may be one."""

from typing import Any

from rest_framework import serializers

from aefi.models import CasePair, PairState
from observation.services import tiles


class DecideSerializer(serializers.Serializer[Any]):
    """How the person knows; for a merge also which case stays."""

    reason = serializers.CharField(max_length=400)
    keep = serializers.UUIDField(required=False)


class PairSerializer(serializers.Serializer[Any]):
    """Two cases that may be one."""

    uuid = serializers.UUIDField()
    one = serializers.UUIDField()
    other = serializers.UUIDField()
    score = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=PairState.choices)
    kept = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)


def pair_answer(pair: CasePair) -> dict[str, Any]:
    return {
        "uuid": str(pair.uuid),
        "one": str(pair.one.uuid),
        "other": str(pair.other.uuid),
        "score": pair.score,
        "reasons": [f"{points:+d} {words}" for points, words in pair.reasons],
        "state": pair.state,
        "kept": str(pair.kept.uuid) if pair.kept else None,
        "reason": pair.reason,
        "decided_at": tiles.instant(pair.decided_at),
    }
