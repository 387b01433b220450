"""Serious or not, and severity on a named scale."""

from datetime import timedelta

import pytest

from aefi.rules import seriousness as rules
from aefi.rules.answers import NO, NOT_ASSESSED, YES
from aefi.rules.seriousness import Criterion, Graded

DENIED = dict.fromkeys(Criterion, NO)


@pytest.mark.parametrize("criterion", list(Criterion))
def test_one_reason_is_enough(criterion):
    assert rules.seriousness({criterion: YES}) == YES
    assert rules.seriousness(DENIED | {criterion: YES}) == YES


@pytest.mark.parametrize("criterion", list(Criterion))
def test_only_six_denials_make_a_case_not_serious(criterion):
    assert rules.seriousness(DENIED) == NO
    assert rules.seriousness(DENIED | {criterion: NOT_ASSESSED}) == NOT_ASSESSED


def test_nothing_known_is_not_a_no():
    assert rules.seriousness({}) == NOT_ASSESSED


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("limit_minutes", "at_limit", "after"), [(5, "a", "b"), (10, "b", "c"), (20, "c", "d")]
)
def test_the_letter_of_the_wait_for_adrenaline(limit_minutes, at_limit, after):
    limit = timedelta(minutes=limit_minutes)

    assert rules.adrenaline_suffix(limit) == at_limit
    assert rules.adrenaline_suffix(limit + SECOND) == after


def test_no_adrenaline_has_its_own_letter():
    assert rules.adrenaline_suffix(None) == "z"


@pytest.mark.parametrize(
    ("scale", "code", "wait", "stored"),
    [
        ("wao_2017", "4", timedelta(minutes=4), "wao_2017 4a"),
        ("wao_2010", "4", None, "wao_2010 4z"),
        ("ring_messmer_1977", "III", timedelta(minutes=4), "ring_messmer_1977 III"),
        ("brown_2004", "severe", None, "brown_2004 severe"),
    ],
)
def test_a_grade_is_stored_with_its_scale(scale, code, wait, stored):
    assert str(rules.grade(scale, code, adrenaline_wait=wait, is_over=True)) == stored


@pytest.mark.parametrize(("scale", "code"), [("wao_2017", "6"), ("brown_2004", "3"), ("who", "1")])
def test_a_grade_that_the_scale_lacks_is_refused(scale, code):
    with pytest.raises(rules.UnknownGrade, match=f"{scale} has no grade {code}"):
        rules.grade(scale, code, is_over=True)


def test_a_reaction_is_graded_when_it_is_over():
    with pytest.raises(rules.ReactionNotOver):
        rules.grade("wao_2017", "4", is_over=False)


def test_the_same_step_means_different_things_on_the_two_wao_scales():
    assert rules.WAO_2010.find("5").meaning == "death"
    assert "collapse" in rules.WAO_2017.find("5").meaning
    assert Graded("wao_2010", "5") != Graded("wao_2017", "5")
