"""Which lot may be planned, and how lot numbers as written are compared. Pure."""

import re
from dataclasses import dataclass
from datetime import date

_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})

HELD = "lot_held"
EXPIRED = "lot_expired"
NOT_ISSUED = "lot_not_issued"
UNKNOWN = "lot_unknown"
EXPIRES_TODAY = "lot_expires_today"
OTHER_VACCINE = "lot_of_other_vaccine"
HELD_SINCE = "lot_held_since"
"""Marks a watch of somebody whose lot was put on hold after the dose."""
VACCINE_UNKNOWN = "vaccine_unknown"
VACCINE_UNCONFIRMED = "vaccine_unconfirmed"


def normal_number(written: str) -> str:
    """Return the form of a lot number under which spellings of the same lot agree.

    Case, blanks and punctuation do not count; the letters O, I and L read as digits.
    """
    return re.sub(r"[^0-9A-Z]", "", written.upper()).translate(_LOOKALIKES)


@dataclass(frozen=True)
class LotFacts:
    """What is known of a lot at a site on a day."""

    is_held: bool = False
    expires_on: date | None = None
    is_issued: bool = True
    is_of_vaccine: bool = True


@dataclass(frozen=True)
class Verdict:
    """Why a planned dose may not be given, in the order of weight, and what staff should know."""

    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def may_go(self) -> bool:
        return not self.refusals


def verdict_on(facts: LotFacts | None, *, on: date) -> Verdict:
    """Judge a planned dose from a lot on the site's day `on`; the printed day itself is the last.

    The same codes flag a dose that was given all the same.
    """
    if facts is None:
        return Verdict(refusals=(UNKNOWN,))
    refusals = [
        code
        for code, holds in (
            (HELD, facts.is_held),
            (EXPIRED, facts.expires_on is not None and on > facts.expires_on),
            (NOT_ISSUED, not facts.is_issued),
        )
        if holds
    ]
    warnings = [EXPIRES_TODAY] if on == facts.expires_on else []
    if not facts.is_of_vaccine:
        warnings.append(OTHER_VACCINE)
    return Verdict(tuple(refusals), tuple(warnings))
