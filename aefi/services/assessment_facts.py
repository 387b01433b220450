"""What the hall already knows for a Brighton sheet: signs that were marked, and what was measured."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from aefi.models import Case, EmergencyEntry, EntryKind
from aefi.rules.answers import NOT_ASSESSED, YES
from aefi.rules.vitals import signs_from
from observation.models import Reaction
from observation.rules import signs

FROM_HALL = {
    "vomiting": "vomiting",
    "repeated_vomiting": "vomiting",
    "nausea": "nausea",
    "collapse": "reduced_loc",
}
"""The hall's signs that mean one of Brighton's alone. A rash, swelling or noise in the breathing says
not which one. Source: docs/sources.md#brighton-from-hall."""
READINGS = {
    "systolic_mmhg": "systolic",
    "pulse_per_min": "heart_rate",
    "breaths_per_min": "respiratory_rate",
}
"""The run sheet's names of what was measured."""


def brighton_answers(case: Case) -> dict[str, str]:
    """Return the answers that the hall's record gives by itself; a person looks at each."""
    if case.reaction is None:
        return {}
    seen = {
        FROM_HALL[code]: str(YES) for code in signs.seen(case.reaction.signs) if code in FROM_HALL
    }
    return {**_measured(case.reaction), **seen}


def _measured(reaction: Reaction) -> dict[str, str]:
    """Return what any reading of the run sheet shows: one low pressure is a low pressure."""
    found: dict[str, str] = {}
    for readings in _readings(reaction):
        for code, answer in signs_from(age_months=_age_months(reaction), **readings).items():
            if answer != NOT_ASSESSED and found.get(code) != YES:
                found[code] = str(answer)
    return found


def _readings(reaction: Reaction) -> Iterable[dict[str, float]]:
    if reaction.alert is None:
        return []
    lines = EmergencyEntry.objects.filter(alert__uuid=reaction.alert, replaced_by=None)
    rows = lines.filter(kind=EntryKind.VITALS)
    return [_numbers(row.data) for row in rows.order_by("at", "pk")]


def _numbers(data: Mapping[str, Any]) -> dict[str, float]:
    """Return the readings that are numbers; what was written otherwise is for a person to read."""
    written = ((name, data.get(key)) for name, key in READINGS.items())
    return {name: float(value) for name, value in written if type(value) in (int, float)}  # type: ignore[arg-type]


def _age_months(reaction: Reaction) -> int | None:
    watch = reaction.observation
    born: date | None = watch.recipient.born_on if watch else None
    if born is None:
        return None
    seen = reaction.seen_at.date()
    return (seen.year - born.year) * 12 + seen.month - born.month - (seen.day < born.day)
