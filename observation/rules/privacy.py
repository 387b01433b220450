"""Whose guardian has to agree, and until when a person's identity is kept. Pure."""

from collections.abc import Iterable
from datetime import date

from observation.rules.persons import age_months

CONSENT_UNDER = 14
"""Years of age below which a guardian agrees to the processing. Source: docs/sources.md#guardian-consent."""
KEPT_AFTER_EXPIRY = 5
"""Years for which a vaccination record is kept after the vaccine expired.

Source: docs/sources.md#record-retention.
"""


def needs_consent(born_on: date | None, *, on: date) -> bool:
    """Say whether a guardian has to agree; with no birth date on record nobody can say, so no."""
    months = age_months(born_on, on=on)
    return months is not None and months < CONSENT_UNDER * 12


def kept_until(expiries: Iterable[date | None]) -> date | None:
    """Return the last day on which the record must be kept; None when an expiry is not known."""
    days = list(expiries)
    if not days or None in days:
        return None
    last = max(day for day in days if day is not None)
    return _years_later(last, KEPT_AFTER_EXPIRY)


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return date(day.year + years, 3, 1)
