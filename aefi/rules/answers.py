"""Answers with three values: what was not looked at is neither present nor absent. Pure."""

from collections.abc import Iterable
from enum import StrEnum


class Answer(StrEnum):
    """What is known of one sign or question."""

    YES = "yes"
    NO = "no"
    NOT_ASSESSED = "not_assessed"


YES, NO, NOT_ASSESSED = Answer.YES, Answer.NO, Answer.NOT_ASSESSED


def answer_of(value: bool | None) -> Answer:  # noqa: FBT001  (the value is the whole argument)
    """Return the answer that a tick box of three states stands for."""
    return NOT_ASSESSED if value is None else Answer("yes" if value else "no")


def at_least(count: int, answers: Iterable[Answer]) -> Answer:
    """Say whether at least `count` of the answers are yes, as far as can be known now."""
    known = list(answers)
    sure = known.count(YES)
    if sure >= count:
        return YES
    return NO if sure + known.count(NOT_ASSESSED) < count else NOT_ASSESSED
