"""What screening takes and answers."""

from typing import Any

from rest_framework import serializers

from aefi.models import DecisionKind, RunState, ScreeningRun, Signal, SignalDecision
from observation.services import tiles


class ScreeningRequestSerializer(serializers.Serializer[Any]):
    """What to screen; without a site or a region what the officer oversees first."""

    site = serializers.UUIDField(required=False)
    region = serializers.RegexField(r"^\d{1,6}$", required=False)
    seed = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    alpha = serializers.FloatField(required=False, min_value=0.0001, max_value=0.5)


class ScreeningRunSerializer(serializers.Serializer[Any]):
    """A run: where it stands, what it was asked, what it read."""

    uuid = serializers.UUIDField()
    site = serializers.UUIDField(allow_null=True)
    region = serializers.CharField()
    night_of = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(choices=RunState.choices)
    stage = serializers.CharField()
    progress = serializers.FloatField()
    plan = serializers.DictField()
    requested_at = serializers.DateTimeField()
    requested_by = serializers.UUIDField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    counts = serializers.DictField()
    set_aside = serializers.DictField()
    summary = serializers.DictField()
    error = serializers.CharField()


class DecisionRequestSerializer(serializers.Serializer[Any]):
    """What is decided about a signal, and why."""

    kind = serializers.ChoiceField(choices=DecisionKind.choices)
    reason = serializers.CharField(max_length=400)


class DecisionSerializer(serializers.Serializer[Any]):
    """A decision; `run` is the run it was made in."""

    uuid = serializers.UUIDField()
    signal = serializers.UUIDField()
    run = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=DecisionKind.choices)
    reason = serializers.CharField()
    decided_at = serializers.DateTimeField()
    by = serializers.UUIDField()


class SignalSerializer(serializers.Serializer[Any]):
    """A statistical finding. It does not say that a vaccine caused anything."""

    uuid = serializers.UUIDField()
    run = serializers.UUIDField()
    rank = serializers.IntegerField()
    kind = serializers.CharField()
    cluster = serializers.CharField()
    lot = serializers.UUIDField(allow_null=True)
    site = serializers.UUIDField(allow_null=True)
    session = serializers.UUIDField(allow_null=True)
    age_group = serializers.CharField()
    reaction = serializers.CharField()
    observed = serializers.IntegerField()
    expected = serializers.FloatField()
    crude_expected = serializers.FloatField()
    statistic = serializers.FloatField(allow_null=True)
    lower_bound = serializers.FloatField()
    p = serializers.FloatField()
    q = serializers.FloatField()
    error_control = serializers.FloatField()
    doses = serializers.FloatField()
    serious = serializers.IntegerField()
    sentence_zh = serializers.CharField()
    sentence_en = serializers.CharField()
    evidence = serializers.DictField()
    decision = DecisionSerializer(allow_null=True)


PLAIN_OF_RUN = (
    "region",
    "night_of",
    "state",
    "stage",
    "progress",
    "plan",
    "counts",
    "set_aside",
    "summary",
    "error",
)
PLAIN_OF_SIGNAL = (
    "rank",
    "kind",
    "cluster",
    "age_group",
    "reaction",
    "observed",
    "expected",
    "crude_expected",
    "statistic",
    "lower_bound",
    "p",
    "q",
    "error_control",
    "doses",
    "serious",
    "sentence_zh",
    "sentence_en",
    "evidence",
)


def run_answer(run: ScreeningRun) -> dict[str, Any]:
    """Translate a run."""
    return {
        "uuid": str(run.uuid),
        "site": _key(run.site),
        "requested_at": tiles.instant(run.requested_at),
        "requested_by": _key(run.requested_by),
        "started_at": tiles.instant(run.started_at),
        "finished_at": tiles.instant(run.finished_at),
        **{name: getattr(run, name) for name in PLAIN_OF_RUN},
    }


def signal_answer(signal: Signal, decision: SignalDecision | None) -> dict[str, Any]:
    """Translate a signal with the decision that counts for it."""
    return {
        "uuid": str(signal.uuid),
        "run": str(signal.run.uuid),
        "lot": _key(signal.lot),
        "site": _key(signal.site),
        "session": _key(signal.session),
        "decision": decision_answer(decision) if decision else None,
        **{name: getattr(signal, name) for name in PLAIN_OF_SIGNAL},
    }


def decision_answer(decision: SignalDecision) -> dict[str, Any]:
    """Translate a decision."""
    return {
        "uuid": str(decision.uuid),
        "signal": str(decision.signal.uuid),
        "run": str(decision.signal.run.uuid),
        "kind": decision.kind,
        "reason": decision.reason,
        "decided_at": tiles.instant(decision.decided_at),
        "by": str(decision.by.uuid),
    }


def _key(row: Any) -> str | None:
    return str(row.uuid) if row else None
