"""Single values of a table: days, ages, yes and no. What is no value is noted with its column."""

import math
import re
from datetime import date, datetime
from functools import lru_cache

from aefi.screening.facts import UNKNOWN_DAY
from aefi.screening.tables import Reason, Row

OLDEST = 110
"""Years. Source: docs/screening.md#ages."""

FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日")
FIRST_YEAR = 1900
YES = frozenset({"Y", "YES", "1", "TRUE", "T", "是", "严重", "SERIOUS"})


def day_in(row: Row, column: str, today: date) -> int:
    """Return the ordinal of a day; `UNKNOWN_DAY` where it is blank, no day or in the future."""
    written = row.get(column)
    if not written:
        return UNKNOWN_DAY
    day = _day(written)
    if day == UNKNOWN_DAY:
        row.note(Reason.BAD_DATE, column)
    elif day > today.toordinal():
        row.note(Reason.FUTURE_DATE, column)
        return UNKNOWN_DAY
    return day


@lru_cache(maxsize=100_000)
def _day(written: str) -> int:
    """Read a day in one of the usual forms; a time of day behind it is left out."""
    plain = re.split(r"[T ]", written, maxsplit=1)[0]
    for form in FORMATS:
        try:
            found = datetime.strptime(plain, form).date()  # noqa: DTZ007 - a day, not an instant
        except ValueError:
            continue
        return found.toordinal() if found.year >= FIRST_YEAR else UNKNOWN_DAY
    return UNKNOWN_DAY


def age_in(row: Row, column: str) -> float | None:
    """Return an age in years; a range such as 18-44 or 60+ counts as its lower end."""
    written = row.get(column)
    if not written or written.upper() in {"U", "UNK", "UNKNOWN", "不详"}:
        return None
    found = re.fullmatch(r"(-?\d+(?:\.\d+)?)\s*(?:[-–~至]\s*<?\d+|\+|岁|岁以上)?", written)
    years = float(found.group(1)) if found else math.nan
    reason = _age_problem(years)
    if reason is not None:
        row.note(reason, column)
        return None
    return years


def _age_problem(years: float) -> Reason | None:
    if math.isnan(years):
        return Reason.BAD_AGE
    if years < 0:
        return Reason.NEGATIVE_AGE
    return Reason.GREAT_AGE if years > OLDEST else None


def is_yes(written: str) -> bool:
    """Say whether a value means yes."""
    return written.strip().upper() in YES


def sex_of(written: str) -> str:
    """Return F, M or nothing."""
    letter = written.strip().upper()[:1]
    return {"女": "F", "男": "M"}.get(letter, letter if letter in {"F", "M"} else "")
