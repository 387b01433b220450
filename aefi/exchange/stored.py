"""A case as JSON: what a version keeps, what the API takes and gives. Pure.

Every field of `CaseFacts` has its own key; an instant keeps its time, a date stays a date.
"""

import re
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from aefi.exchange.case import CaseFacts, EventFacts, ReporterFacts, VaccineFacts

_ADAPTER = TypeAdapter(CaseFacts)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
PARTS: dict[str, type] = {
    "vaccines": VaccineFacts,
    "events": EventFacts,
    "reporter": ReporterFacts,
}


class Malformed(ValueError):
    """The JSON is no case; `errors` maps each field's path to what is wrong with it."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {words}" for path, words in errors.items()))
        self.errors = errors


def to_json(facts: CaseFacts) -> dict[str, Any]:
    """Return the case with nothing but JSON's own types."""
    written: dict[str, Any] = _ADAPTER.dump_python(facts, mode="json")
    if facts.serious_because is not None:
        written["serious_because"] = sorted(facts.serious_because)
    return written


def from_json(written: dict[str, Any]) -> CaseFacts:
    """Read a case; a field that no case has is an error, so that nothing is lost in silence.

    :raises Malformed: with the path of every field that is wrong.
    """
    unknown = dict.fromkeys(_unknown(written, CaseFacts), "no such field")
    try:
        facts = _ADAPTER.validate_python(_with_days(written))
    except ValidationError as error:
        told = {_path(row["loc"]): row["msg"] for row in error.errors()}
        raise Malformed({**unknown, **told}) from error
    if wrong := unknown | _zoneless(facts):
        raise Malformed(wrong)
    return facts


def _zoneless(value: Any, path: str = "") -> dict[str, str]:
    """Return every instant without its zone: it cannot be compared with the others."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return {path: "needs its time zone, such as +08:00"}
    if isinstance(value, tuple):
        inside = [(f"{path}[{number}]", one) for number, one in enumerate(value)]
    elif is_dataclass(value):
        inside = [
            (f"{path}.{one.name}".lstrip("."), getattr(value, one.name)) for one in fields(value)
        ]
    else:
        return {}
    return {name: words for inner, one in inside for name, words in _zoneless(one, inner).items()}


def changes(old: dict[str, Any], new: dict[str, Any]) -> dict[str, list[Any]]:
    """Return each field that differs with what it was and what it is."""
    keys = [*old, *(key for key in new if key not in old)]
    return {
        key: [old.get(key), new.get(key)]
        for key in keys
        if old.get(key) != new.get(key) and key != "version"
    }


def _unknown(value: Any, of: type, path: str = "") -> list[str]:
    if not isinstance(value, dict):
        return []
    known = {one.name for one in fields(of)}
    found = [f"{path}{name}" for name in value if name not in known]
    for name, inner in PARTS.items() if of is CaseFacts else ():
        part = value.get(name)
        rows = part if isinstance(part, list) else []
        for number, row in enumerate(rows):
            found += _unknown(row, inner, f"{name}[{number}].")
        found += _unknown(part, inner, f"{name}.")
    return found


def _with_days(value: Any) -> Any:
    """Make a plain day of a `…_at` a date; the reader would give it a midnight that nobody wrote."""
    if isinstance(value, list):
        return [_with_days(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _day(name, _with_days(inner)) for name, inner in value.items()}


def _day(name: str, value: Any) -> Any:
    if not (name.endswith("_at") and isinstance(value, str) and DAY.fullmatch(value)):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


def _path(loc: tuple[int | str, ...]) -> str:
    names = [part for part in loc if part not in {"datetime", "date"}]
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in names)[1:]
