"""The four WHO steps: which answers lead where, and what is still open."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aefi.rules.answers import NO, NOT_ASSESSED, YES, Answer
from aefi.rules.causality import (
    CHECKLIST,
    ELIGIBILITY,
    LINKS,
    QUESTIONS,
    SUBCLASSES,
    Answers,
    PathStep,
    Weighing,
    propose,
)

ALL_NO = dict.fromkeys((question.key for question in CHECKLIST), NO)
ELIGIBLE = dict.fromkeys((question.key for question in ELIGIBILITY), YES)


def answered(*yes, unknown=(), weighing=None, **changes):
    """Return complete answers of an eligible case: no everywhere but in `yes`."""
    given = ELIGIBLE | ALL_NO | dict.fromkeys(yes, YES) | dict.fromkeys(unknown, NOT_ASSESSED)
    return Answers(given | changes, weighing)


def test_another_cause_is_coincidental_whatever_else_holds():
    proposal = propose(answered("I.1", "II.1", "II.t"))

    assert proposal.classes == ("C",)
    assert proposal.path == (PathStep(("I.1",), "yes"),)
    assert not proposal.is_provisional


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        *((f"II.{n}", "A1") for n in (1, 2, 3)),
        ("II.4", "A2"),
        *((f"II.{n}", "A3") for n in range(5, 11)),
        ("II.11", "A4"),
    ],
)
def test_each_link_in_time_has_its_class(key, expected):
    proposal = propose(answered(key, "II.t"))

    assert proposal.classes == (expected,)
    assert proposal.path[-1] == PathStep((key, "II.t"), expected)
    assert (proposal.missing, proposal.is_provisional) == ((), False)


def test_several_classes_may_hold_at_once():
    proposal = propose(answered("II.1", "II.9", "II.t"))

    assert proposal.classes == ("A1", "A3")
    assert proposal.path[-1].outcome == "A1 and A3"


@pytest.mark.parametrize("key", ["II.1", "II.4", "II.8", "II.11"])
def test_a_link_outside_its_time_does_not_count(key):
    proposal = propose(answered(key, weighing=Weighing.TOO_LITTLE_EVIDENCE))

    assert proposal.classes == ("B1",)
    assert proposal.path[1] == PathStep((key, "II.t"), "link outside the time window")


def test_a_link_waits_for_the_answer_about_its_time():
    proposal = propose(answered("II.1", unknown=["II.t"]))

    assert (proposal.classes, proposal.missing) == ((), ("II.t",))
    assert proposal.is_provisional


def test_the_time_alone_is_no_link():
    proposal = propose(answered("II.t", "III.1"))

    assert proposal.classes == ("C",)
    assert [step.outcome for step in proposal.path] == ["no", "no link found", "yes"]


@pytest.mark.parametrize(
    ("weighing", "expected"),
    [
        (Weighing.TOO_LITTLE_EVIDENCE, ("B1",)),
        (Weighing.CONFLICTING, ("B2",)),
        (Weighing.INCONSISTENT, ("C",)),
        (Weighing.NOT_POSSIBLE, ("D",)),
        (Weighing.CONSISTENT, ("A1",)),
    ],
)
def test_without_a_rule_the_panel_weighs(weighing, expected):
    proposal = propose(answered("IV.1", weighing=weighing))

    assert proposal.classes == expected
    assert proposal.path[-1] == PathStep(("IV.1",), f"weighed as {weighing.replace('_', ' ')}")


def test_weighed_as_consistent_a_case_keeps_the_class_of_its_link():
    assert propose(answered("II.9", weighing=Weighing.CONSISTENT)).classes == ("A3",)


def test_an_unweighed_case_proposes_nothing():
    proposal = propose(answered("IV.3"))

    assert (proposal.classes, proposal.missing) == ((), ("IV.weighing",))
    assert proposal.is_provisional


@pytest.mark.parametrize("key", list(ELIGIBLE))
def test_an_ineligible_case_is_unclassifiable_for_now_and_says_why(key):
    proposal = propose(answered("II.1", "II.t", **{key: NO}))

    assert (proposal.classes, proposal.missing) == (("D",), (key,))
    assert proposal.path == (PathStep((key,), "not eligible yet"),)
    assert proposal.is_provisional


def test_open_questions_are_listed_and_make_a_class_provisional():
    proposal = propose(answered("II.1", "II.t", unknown=["I.1", "II.9"]))

    assert proposal.classes == ("A1",)
    assert proposal.missing == ("I.1", "II.9")
    assert proposal.is_provisional


def test_questions_that_cannot_change_the_class_do_not_make_it_provisional():
    proposal = propose(answered("II.1", "II.t", unknown=["IV.2"]))

    assert proposal.missing == ("IV.2",)
    assert not proposal.is_provisional


def test_no_answers_at_all_leave_everything_to_be_asked():
    proposal = propose(Answers())

    assert proposal.classes == ()
    assert set(proposal.missing) == {*QUESTIONS, "IV.weighing"}


def test_the_questions_are_the_published_ones():
    assert len(CHECKLIST) == 20
    assert len(LINKS) == 11
    assert {question.leads_to for question in LINKS} == {"A1", "A2", "A3", "A4"}


given_answers = st.dictionaries(st.sampled_from(list(QUESTIONS)), st.sampled_from(list(Answer)))
weighings = st.one_of(st.none(), st.sampled_from(list(Weighing)))


@settings(deadline=None)
@given(given_answers, weighings)
def test_every_proposal_is_explained(given, weighing):
    proposal = propose(Answers(given, weighing))

    assert proposal.path
    assert set(proposal.classes) <= set(SUBCLASSES)
    assert proposal.classes or proposal.is_provisional
    assert all(key in QUESTIONS for step in proposal.path for key in step.keys)


@settings(deadline=None)
@given(given_answers, weighings)
def test_a_settled_class_survives_every_later_answer(given, weighing):
    settled = propose(Answers(given, weighing))
    if settled.is_provisional:
        return

    rest = dict.fromkeys(settled.missing, YES)
    rest.pop("IV.weighing", None)

    assert propose(Answers(given | rest, weighing)).classes == settled.classes
