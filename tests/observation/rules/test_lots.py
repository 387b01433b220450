"""Lot numbers as written, and the verdict on a planned dose."""

from datetime import date, timedelta

import pytest

from observation.rules import lots
from observation.rules.lots import LotFacts, normal_number, verdict_on

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    "written", ["B2026O7A", "b202607a", " B2026-07A ", "B2026.07/A", "b 2026 07 a"]
)
def test_spellings_of_one_lot_agree(written):
    assert normal_number(written) == "B202607A"


def test_letters_that_look_like_digits_read_as_digits():
    assert normal_number("LOI") == "101"


def test_different_lots_stay_different():
    assert normal_number("B202607A") != normal_number("B202607B")


def test_a_good_lot_may_go():
    verdict = verdict_on(LotFacts(expires_on=DAY + timedelta(days=9)), on=DAY)

    assert verdict.may_go
    assert verdict.warnings == ()


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (None, "lot_unknown"),
        (LotFacts(is_held=True), "lot_held"),
        (LotFacts(expires_on=DAY - timedelta(days=1)), "lot_expired"),
        (LotFacts(is_issued=False), "lot_not_issued"),
    ],
)
def test_each_reason_stops_a_planned_dose(facts, code):
    verdict = verdict_on(facts, on=DAY)

    assert not verdict.may_go
    assert verdict.refusals == (code,)


@pytest.mark.parametrize(
    ("days", "may_go", "warnings"),
    [(-1, False, ()), (0, True, ("lot_expires_today",)), (1, True, ())],
)
def test_the_printed_day_itself_is_the_last(days, may_go, warnings):
    verdict = verdict_on(LotFacts(expires_on=DAY + timedelta(days=days)), on=DAY)

    assert verdict.may_go is may_go
    assert verdict.warnings == warnings


def test_a_held_lot_weighs_most():
    facts = LotFacts(is_held=True, expires_on=DAY - timedelta(days=1), is_issued=False)

    assert verdict_on(facts, on=DAY).refusals == ("lot_held", "lot_expired", "lot_not_issued")


def test_a_lot_of_another_vaccine_is_a_warning():
    verdict = verdict_on(LotFacts(is_of_vaccine=False), on=DAY)

    assert verdict.may_go
    assert verdict.warnings == (lots.OTHER_VACCINE,)
