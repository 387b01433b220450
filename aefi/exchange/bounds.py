"""What a case can hold: years a calendar has, numbers a body can have, texts a person can read. Pure."""

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from aefi.exchange.case import CaseFacts

YEARS = range(1850, 2101)
"""Days outside are slips of the pen, and no calendar can add to them."""
LONGEST_TEXT, LONGEST_NAME = 100_000, 400
LONG = frozenset({"narrative", "comments", "medical_history", "preliminary_diagnosis"})
MOST_ROWS = 100
"""Vaccines or events of one case."""
NUMBERS = {
    "weight_kg": (0.0, 700.0),
    "age_years": (0.0, 150.0),
    "fever_c": (20.0, 50.0),
    "redness_cm": (0.0, 200.0),
    "induration_cm": (0.0, 200.0),
    "amount_ml": (0.0, 1000.0),
    "dose_number": (0, 999),
    "version": (0, 1_000_000),
}
"""Lowest and highest of each number: beyond them lies a slip of the pen, never a patient."""


def problems(facts: CaseFacts) -> dict[str, str]:
    """Return what no case can hold, by the path of its field."""
    told = {path: _problem(path, value) for path, value in values(facts)}
    for name in ("vaccines", "events"):
        if len(getattr(facts, name)) > MOST_ROWS:
            told[name] = f"at most {MOST_ROWS}"
    return {path: words for path, words in told.items() if words}


def values(item: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value of a case with its path."""
    if is_dataclass(item):
        for one in fields(item):
            yield from values(getattr(item, one.name), f"{path}.{one.name}".lstrip("."))
    elif isinstance(item, tuple):
        for index, one in enumerate(item):
            yield from values(one, f"{path}[{index}]")
    else:
        yield path, item


def _problem(path: str, value: Any) -> str:
    name = path.rpartition(".")[2]
    if isinstance(value, date):
        return "" if value.year in YEARS else f"the year {value.year} cannot be"
    if isinstance(value, str):
        most = LONGEST_TEXT if name in LONG else LONGEST_NAME
        return "too long, or with a NUL character" if len(value) > most or "\0" in value else ""
    if name in NUMBERS and isinstance(value, int | float):
        low, high = NUMBERS[name]
        is_one = math.isfinite(value) and low <= value <= high
        return "" if is_one else f"must lie between {low:g} and {high:g}"
    return ""
