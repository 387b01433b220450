"""Where pulse, breathing rate, blood pressure and capillary refill leave the norm for an age. Pure.

The limits name a sign for a case definition; they never decide about treatment.
"""

from dataclasses import dataclass

from aefi.rules.answers import NOT_ASSESSED, Answer, answer_of

CAPILLARY_REFILL_LIMIT_S = 3.0
"""Longer than this is prolonged; 3 s itself is not. Source: docs/sources.md#capillary-refill."""

NEONATE_SYSTOLIC_MMHG = 60
"""Hypotension below, younger than 1 month. Source: docs/sources.md#hypotension-by-age."""

INFANT_SYSTOLIC_MMHG = 70
"""Hypotension below, 1 to 11 completed months. Source: docs/sources.md#hypotension-by-age."""

ADULT_SYSTOLIC_MMHG = 90
"""Hypotension below, older than 10 completed years. Source: docs/sources.md#hypotension-by-age."""


@dataclass(frozen=True)
class Norm:
    """The upper limits awake from `from_months` on, until the next row."""

    from_months: int
    pulse_per_min: int
    breaths_per_min: int


NORMS = (
    Norm(from_months=1, pulse_per_min=180, breaths_per_min=53),
    Norm(from_months=12, pulse_per_min=140, breaths_per_min=37),
    Norm(from_months=36, pulse_per_min=120, breaths_per_min=28),
    Norm(from_months=72, pulse_per_min=118, breaths_per_min=25),
    Norm(from_months=144, pulse_per_min=100, breaths_per_min=20),
)
"""The last row also serves adults. Source: docs/sources.md#vital-sign-norms."""


def systolic_limit(age_months: int) -> int:
    """Return the systolic pressure in mmHg below which an age is hypotensive."""
    years = age_months // 12
    if age_months < 1:
        return NEONATE_SYSTOLIC_MMHG
    if years < 1:
        return INFANT_SYSTOLIC_MMHG
    return 70 + 2 * years if years <= 10 else ADULT_SYSTOLIC_MMHG


def norm_for(age_months: int) -> Norm | None:
    """Return the norm of an age; none is published here for the first month of life."""
    fitting = [norm for norm in NORMS if norm.from_months <= age_months]
    return fitting[-1] if fitting else None


def hypotension(systolic_mmhg: float | None, *, age_months: int | None) -> Answer:
    """Say whether a measured pressure is low for the age; not assessed without either number."""
    if systolic_mmhg is None or age_months is None:
        return NOT_ASSESSED
    return answer_of(systolic_mmhg < systolic_limit(age_months))


def tachycardia(pulse_per_min: float | None, *, age_months: int | None) -> Answer:
    """Say whether a counted pulse is above the norm of the age."""
    norm = None if age_months is None else norm_for(age_months)
    if pulse_per_min is None or norm is None:
        return NOT_ASSESSED
    return answer_of(pulse_per_min > norm.pulse_per_min)


def tachypnoea(breaths_per_min: float | None, *, age_months: int | None) -> Answer:
    """Say whether a counted breathing rate is above the norm of the age."""
    norm = None if age_months is None else norm_for(age_months)
    if breaths_per_min is None or norm is None:
        return NOT_ASSESSED
    return answer_of(breaths_per_min > norm.breaths_per_min)


def slow_capillary_refill(seconds: float | None) -> Answer:
    """Say whether capillary refill took longer than the limit."""
    return NOT_ASSESSED if seconds is None else answer_of(seconds > CAPILLARY_REFILL_LIMIT_S)


def signs_from(
    *,
    age_months: int | None,
    systolic_mmhg: float | None = None,
    pulse_per_min: float | None = None,
    breaths_per_min: float | None = None,
    capillary_refill_s: float | None = None,
) -> dict[str, Answer]:
    """Return the measured signs by their codes in `aefi.rules.brighton`."""
    return {
        "hypotension": hypotension(systolic_mmhg, age_months=age_months),
        "tachycardia": tachycardia(pulse_per_min, age_months=age_months),
        "tachypnoea": tachypnoea(breaths_per_min, age_months=age_months),
        "crt_gt3": slow_capillary_refill(capillary_refill_s),
    }
