"""Shapes of the register: the worklist's rows, one case whole, what its verbs ask for."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from aefi.models import Case, CaseState, ClassKind
from aefi.rules.clock_rules import Fact, Grave, Proof
from aefi.rules.clocks import Clock
from aefi.services import case_clocks, cases
from observation.services import tiles


class OpenCaseSerializer(serializers.Serializer[Any]):
    """A reaction of the hall, or the case as it was told."""

    reaction = serializers.UUIDField(required=False)
    facts = serializers.DictField(required=False)


class ReviseSerializer(serializers.Serializer[Any]):
    """The whole case as it should be, on top of the version it was read from."""

    version = serializers.IntegerField(min_value=1)
    facts = serializers.DictField()
    reason = serializers.CharField(max_length=400)


class MoveSerializer(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")


class ClassifySerializer(serializers.Serializer[Any]):
    """A class by its national code, with its reasons."""

    kind = serializers.ChoiceField(choices=ClassKind.choices)
    code = serializers.CharField(max_length=1)
    reason = serializers.CharField(max_length=2000)
    concluded_by = serializers.CharField(max_length=1, required=False, default="")
    concluded_at = serializers.CharField(max_length=1, required=False, default="")
    damage_grade = serializers.CharField(max_length=4, required=False, default="")


class FileSerializer(serializers.Serializer[Any]):
    """What was filed or who was told, where it can be looked up, and when it was done."""

    proof = serializers.ChoiceField(choices=list(Proof))
    reference = serializers.CharField(max_length=200)
    done_at = serializers.DateTimeField()
    about = serializers.ChoiceField(choices=list(Grave), required=False, default="")


class TurnSerializer(serializers.Serializer[Any]):
    """What makes the case grave."""

    kind = serializers.ChoiceField(choices=list(Grave))
    reason = serializers.CharField(max_length=400)


class MilestoneSerializer(serializers.Serializer[Any]):
    """An instant from which a clock runs."""

    milestone = serializers.ChoiceField(choices=list(Fact))
    at = serializers.DateTimeField()


class CommentSerializer(serializers.Serializer[Any]):
    """A word between site and officers."""

    text = serializers.CharField(max_length=2000)


class ClockSerializer(serializers.Serializer[Any]):
    """One legal clock."""

    rule = serializers.CharField()
    task = serializers.CharField()
    about = serializers.CharField(allow_null=True)
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    state = serializers.CharField()
    marks = serializers.ListField(child=serializers.IntegerField())
    missing = serializers.ListField(child=serializers.CharField())
    basis = serializers.CharField()


class CaseRowSerializer(serializers.Serializer[Any]):
    """A line of the worklist."""

    uuid = serializers.UUIDField()
    number = serializers.CharField()
    site = serializers.UUIDField()
    site_name = serializers.CharField()
    state = serializers.ChoiceField(choices=CaseState.choices)
    origin = serializers.CharField()
    version = serializers.IntegerField()
    patient_name = serializers.CharField(allow_blank=True)
    vaccines = serializers.ListField(child=serializers.CharField())
    events = serializers.ListField(child=serializers.CharField())
    is_serious = serializers.BooleanField(allow_null=True)
    grave = serializers.ListField(child=serializers.CharField())
    opened_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    is_late = serializers.BooleanField()


class CaseSerializer(CaseRowSerializer):
    """A case whole."""

    facts = serializers.DictField()
    clocks = ClockSerializer(many=True)
    gaps = serializers.ListField(child=serializers.CharField())
    disorders = serializers.ListField(child=serializers.CharField())
    history = serializers.ListField(child=serializers.DictField())
    classifications = serializers.ListField(child=serializers.DictField())
    filings = serializers.ListField(child=serializers.DictField())
    comments = serializers.ListField(child=serializers.DictField())


def row_answer(case: Case, *, now: datetime) -> dict[str, Any]:
    """Translate a case for the worklist."""
    facts = case.facts
    return {
        "uuid": str(case.uuid),
        "number": case.number,
        "site": str(case.site.uuid),
        "site_name": case.site.name,
        "state": case.state,
        "origin": case.origin,
        "version": case.version,
        "patient_name": facts["patient_name"],
        "vaccines": [f"{one['name']} {one['lot']}".strip() for one in facts["vaccines"]],
        "events": [one["term"] for one in facts["events"]],
        "is_serious": case.is_serious,
        "grave": sorted(case_clocks.grave_of(case)),
        "opened_at": tiles.instant(case.opened_at),
        "due_at": tiles.instant(case.due_at),
        "is_late": case.due_at is not None and case.due_at < now,
    }


def clock_answer(clock: Clock, *, now: datetime) -> dict[str, Any]:
    return {
        "rule": clock.rule.id,
        "task": clock.rule.task,
        "about": str(clock.about) if clock.about else None,
        "started_at": tiles.instant(clock.started_at),
        "due_at": tiles.instant(clock.due_at),
        "state": str(clock.state_at(now)),
        "marks": list(clock.marks_reached(now)),
        "missing": [str(proof) for proof in clock.missing],
        "basis": str(clock.rule.basis),
    }


def case_answer(
    case: Case, *, gaps: list[str], disorders: list[str], now: datetime
) -> dict[str, Any]:
    """Translate a case with all that was said about it."""
    return {
        **row_answer(case, now=now),
        "facts": case.facts,
        "clocks": [clock_answer(clock, now=now) for clock in case_clocks.clocks(case)],
        "gaps": gaps,
        "disorders": disorders,
        "history": _history(case),
        "classifications": [
            _said(row, kind=row.kind, code=row.code, reason=row.reason, **row.detail)
            for row in case.classifications.order_by("pk")
        ],
        "filings": [
            _said(row, proof=row.proof, about=row.about, reference=row.reference)
            for row in case.filings.order_by("pk")
        ],
        "comments": [_said(row, text=row.text) for row in case.comments.order_by("pk")],
    }


def _history(case: Case) -> list[dict[str, Any]]:
    return [
        _said(row, version=row.version, reason=row.reason, changes=changes)
        for row, changes in cases.history_of(case)
    ]


def _said(row: Any, **more: Any) -> dict[str, Any]:
    return {"at": tiles.instant(row.at), "by": str(row.by) if row.by else None, **more}
