"""Shapes of the desk: the filters of the worklist, kept views, a case passed between levels."""

from typing import Any

from rest_framework import serializers

from aefi.models import Case, CaseHanding, CaseOrigin, CaseState, ClassKind, Level, SavedView
from aefi.services import case_levels
from observation.services import tiles

FIRST_DAY, LAST_DAY = 1990, 2100


def choice(*values: str) -> serializers.ChoiceField:
    return serializers.ChoiceField(values, required=False, allow_blank=True)


def words(longest: int) -> serializers.CharField:
    return serializers.CharField(max_length=longest, required=False, allow_blank=True)


class DayField(serializers.DateField):
    """A day in the years that a case can have."""

    def to_internal_value(self, value: Any) -> Any:
        day = super().to_internal_value(value)
        if not FIRST_DAY <= day.year < LAST_DAY:
            self.fail("invalid", format="YYYY-MM-DD")
        return day


class WorklistSerializer(serializers.Serializer[Any]):
    """What narrows the worklist; a filter that means nothing is an error, not ignored."""

    state = choice(*CaseState.values, "open")
    serious = choice("1", "0", "true", "false", "True", "False")
    site = serializers.UUIDField(required=False)
    q = words(200)
    county = serializers.RegexField(r"^[0-9]{2}([0-9]{2}){0,2}$", required=False)
    origin = choice(*CaseOrigin.values)
    due = choice("late", "soon", "none")
    vaccine = words(80)
    lot = words(40)
    since = DayField(required=False)
    until = DayField(required=False)
    missing = choice("some", "none")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "class": choice(*ClassKind.values, "none")}


class OfferSerializer(serializers.Serializer[Any]):
    """To which level a case is offered, and why."""

    to_level = serializers.ChoiceField(choices=Level.choices)
    reason = serializers.CharField(max_length=400)


class DeclineSerializer(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=400)


class HandingSerializer(serializers.Serializer[Any]):
    """Who holds a case, who could, and every offer, the newest first."""

    held_by = serializers.ChoiceField(choices=Level.choices)
    levels = serializers.ListField(child=serializers.CharField())
    offers = serializers.ListField(child=serializers.DictField())


class ViewSerializer(serializers.Serializer[Any]):
    """Filters of the worklist under a name."""

    name = serializers.CharField(max_length=40)
    filters = WorklistSerializer()
    is_first = serializers.BooleanField(required=False, default=False)


class KeptViewSerializer(serializers.Serializer[Any]):
    """A kept view; `query` is what stands behind the question mark of the worklist."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    query = serializers.CharField()
    is_first = serializers.BooleanField()


def handing_answer(case: Case) -> dict[str, Any]:
    rows = case.handings.select_related("by", "answered_by").order_by("-pk")
    return {
        "held_by": str(case_levels.holder_of(case)),
        "levels": [str(level) for level in case_levels.staffed(case.site)],
        "offers": [_offer(row) for row in rows],
    }


def _offer(row: CaseHanding) -> dict[str, Any]:
    return {
        "at": tiles.instant(row.at),
        "by": str(row.by) if row.by else None,
        "from_level": row.from_level,
        "to_level": row.to_level,
        "reason": row.reason,
        "answer": row.answer,
        "answer_reason": row.answer_reason,
        "answered_at": tiles.instant(row.answered_at) if row.answered_at else None,
        "answered_by": str(row.answered_by) if row.answered_by else None,
    }


def view_answer(view: SavedView) -> dict[str, Any]:
    return {"id": view.pk, "name": view.name, "query": view.query, "is_first": view.is_first}
