"""Shapes of the groups of a hall: keys, places and signs of the members, never a name."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from aefi.models import GroupEvent, GroupRule, GroupState
from aefi.rules.clock_rules import Proof
from aefi.rules.hall_evidence import Evidence, HypothesisKind
from aefi.services import group_clocks
from aefi.services.hall import seen_in
from observation.models import Reaction
from observation.services import tiles


class HypothesisSerializer(serializers.Serializer[Any]):
    """One of the four explanations with what speaks for and against it."""

    kind = serializers.ChoiceField(choices=list(HypothesisKind))
    evidence_for = serializers.ListField(child=serializers.ChoiceField(choices=list(Evidence)))
    evidence_against = serializers.ListField(child=serializers.ChoiceField(choices=list(Evidence)))


class MemberSerializer(serializers.Serializer[Any]):
    """A reaction that a group names."""

    reaction = serializers.UUIDField()
    observation = serializers.UUIDField(allow_null=True)
    ticket = serializers.IntegerField(allow_null=True)
    seat = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    signs = serializers.ListField(child=serializers.CharField())


class GroupFileSerializer(serializers.Serializer[Any]):
    """Who was told of a group, where it can be looked up, and when it was done."""

    proof = serializers.ChoiceField(choices=list(Proof))
    reference = serializers.CharField(max_length=200)
    done_at = serializers.DateTimeField()


class GroupSerializer(serializers.Serializer[Any]):
    """A proposed or judged group."""

    uuid = serializers.UUIDField()
    session = serializers.UUIDField()
    rule = serializers.ChoiceField(choices=GroupRule.choices)
    state = serializers.ChoiceField(choices=GroupState.choices)
    bay = serializers.CharField(allow_null=True)
    group = serializers.CharField(allow_null=True)
    lot = serializers.CharField(allow_null=True)
    members = MemberSerializer(many=True)
    others = MemberSerializer(many=True)
    observed = serializers.IntegerField()
    expected = serializers.FloatField(allow_null=True)
    p = serializers.FloatField(allow_null=True)
    hypotheses = HypothesisSerializer(many=True)
    proposed_at = serializers.DateTimeField()
    declared_at = serializers.DateTimeField(allow_null=True)
    declared_by = serializers.CharField(allow_null=True)
    undeclared_at = serializers.DateTimeField(allow_null=True)
    undeclared_by = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    clock_due_at = serializers.DateTimeField(allow_null=True)
    reported_at = serializers.DateTimeField(allow_null=True)
    missing = serializers.ListField(child=serializers.ChoiceField(choices=list(Proof)))
    code = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()


def group_answer(card: GroupEvent, reactions: Mapping[str, Reaction]) -> dict[str, Any]:
    """Translate a group; `reactions` holds those that it names."""
    return {
        "uuid": str(card.uuid),
        "session": str(card.session.uuid),
        "rule": card.rule,
        "state": card.state,
        "bay": card.bay or None,
        "group": card.group_name or None,
        "lot": card.lot or None,
        "members": [_member(reactions[key]) for key in card.members if key in reactions],
        "others": [_member(reactions[key]) for key in card.others if key in reactions],
        "observed": card.observed,
        "expected": card.expected,
        "p": card.p,
        "hypotheses": card.hypotheses,
        "proposed_at": tiles.instant(card.proposed_at),
        "declared_at": tiles.instant(card.declared_at),
        "declared_by": str(card.declared_by) if card.declared_by else None,
        "undeclared_at": tiles.instant(card.undeclared_at),
        "undeclared_by": str(card.undeclared_by) if card.undeclared_by else None,
        "reason": card.reason,
        "clock_due_at": tiles.instant(card.clock_due_at),
        "reported_at": tiles.instant(group_clocks.reported_at(card)),
        "missing": [str(proof) for proof in group_clocks.missing(card)],
        "code": card.code or None,
        "version": card.version,
    }


def _member(row: Reaction) -> dict[str, Any]:
    watch = row.observation
    return {
        "reaction": str(row.uuid),
        "observation": str(watch.uuid) if watch else None,
        "ticket": watch.ticket if watch else None,
        "seat": tiles.code_of(row.seat or (watch.seat if watch else None)),
        "at": tiles.instant(row.onset_at or row.seen_at),
        "signs": sorted(seen_in(row)),
    }
