"""What a line of the run sheet must say: only adrenaline asks for anything. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

ADRENALINE = "adrenaline"

ADRENALINE_MG_PER_ML = Decimal(1)
"""Adrenaline 1:1000 holds 1 mg in 1 mL. Source: docs/sources.md#adrenaline-concentration."""

OTHER_CONCENTRATION = "not_1_in_1000"


@dataclass(frozen=True)
class Missing:
    """A field that an adrenaline line must have, and the code of what is wrong with it."""

    field: str
    code: str


def amount(written: object) -> Decimal | None:
    """Return a positive, finite amount, or None."""
    if isinstance(written, bool):
        return None
    try:
        number = Decimal(str(written).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and number > 0 else None


def missing_in(kind: str, data: Mapping[str, object]) -> Missing | None:
    """Return the first thing an entry lacks: adrenaline is typed in mg and mL and confirmed."""
    if kind != ADRENALINE:
        return None
    for field in ("mg", "ml"):
        if amount(data.get(field)) is None:
            return Missing(field, "required" if field not in data else "not_an_amount")
    return None if data.get("confirmed") is True else Missing("confirmed", "not_confirmed")


def warnings_for(kind: str, data: Mapping[str, object]) -> list[str]:
    """Return what to look at again: mg and mL that are not those of 1:1000."""
    mg, ml = amount(data.get("mg")), amount(data.get("ml"))
    if kind != ADRENALINE or mg is None or ml is None:
        return []
    return [] if mg == ml * ADRENALINE_MG_PER_ML else [OTHER_CONCENTRATION]
