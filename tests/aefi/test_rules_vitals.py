"""Vital signs against the norm of an age, on both sides of each limit."""

import pytest

from aefi.rules import brighton_2007, vitals
from aefi.rules.answers import NO, NOT_ASSESSED, YES


@pytest.mark.parametrize(
    ("age_months", "limit"),
    [
        (0, 60),
        (1, 70),
        (11, 70),
        (12, 72),
        (3 * 12, 76),
        (6 * 12 + 11, 82),
        (10 * 12 + 11, 90),
        (11 * 12, 90),
        (40 * 12, 90),
    ],
)
def test_pressure_below_the_limit_of_the_age_is_low(age_months, limit):
    assert vitals.systolic_limit(age_months) == limit
    assert vitals.hypotension(limit, age_months=age_months) == NO
    assert vitals.hypotension(limit - 1, age_months=age_months) == YES


@pytest.mark.parametrize(
    ("age_months", "pulse", "breaths"),
    [
        (1, 180, 53),
        (11, 180, 53),
        (12, 140, 37),
        (35, 140, 37),
        (36, 120, 28),
        (72, 118, 25),
        (143, 118, 25),
        (144, 100, 20),
        (400, 100, 20),
    ],
)
def test_pulse_and_breathing_above_the_norm_are_fast(age_months, pulse, breaths):
    assert vitals.tachycardia(pulse, age_months=age_months) == NO
    assert vitals.tachycardia(pulse + 1, age_months=age_months) == YES
    assert vitals.tachypnoea(breaths, age_months=age_months) == NO
    assert vitals.tachypnoea(breaths + 1, age_months=age_months) == YES


@pytest.mark.parametrize(("seconds", "expected"), [(3, NO), (3.1, YES), (None, NOT_ASSESSED)])
def test_capillary_refill_of_three_seconds_is_not_prolonged(seconds, expected):
    assert vitals.slow_capillary_refill(seconds) == expected


def test_a_newborn_has_a_pressure_limit_but_no_norm_for_pulse_and_breathing():
    measured = vitals.signs_from(
        age_months=0, systolic_mmhg=55, pulse_per_min=190, breaths_per_min=70
    )

    assert measured["hypotension"] == YES
    assert measured["tachycardia"] == measured["tachypnoea"] == NOT_ASSESSED


def test_what_was_not_measured_is_not_assessed():
    assert set(vitals.signs_from(age_months=80).values()) == {NOT_ASSESSED}
    assert set(
        vitals.signs_from(
            age_months=None, systolic_mmhg=50, pulse_per_min=200, breaths_per_min=60
        ).values()
    ) == {NOT_ASSESSED}


def test_measured_signs_carry_the_codes_of_the_case_definition():
    codes = {sign.code for sign in brighton_2007.SIGNS}

    assert set(vitals.signs_from(age_months=80)) <= codes
