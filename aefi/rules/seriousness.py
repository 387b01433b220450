"""When a case is serious, and how severe an allergic reaction was on a named scale. Pure.

Serious is an outcome with legal weight; severe is intensity. Neither follows from the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from aefi.rules.answers import NO, NOT_ASSESSED, YES, Answer


class Criterion(StrEnum):
    """The six reasons to call a case serious. Source: docs/sources.md#serious-criteria."""

    DEATH = "death"
    LIFE_THREATENING = "life_threatening"
    HOSPITALISATION = "hospitalisation"
    DISABILITY = "disability"
    CONGENITAL_ANOMALY = "congenital_anomaly"
    OTHER_IMPORTANT = "other_important"


def seriousness(answers: Mapping[Criterion, Answer]) -> Answer:
    """Say whether a case is serious: one reason is enough, and only six denials make a no."""
    known = [answers.get(criterion, NOT_ASSESSED) for criterion in Criterion]
    if YES in known:
        return YES
    return NOT_ASSESSED if NOT_ASSESSED in known else NO


@dataclass(frozen=True)
class Grade:
    """One step of a scale."""

    code: str
    meaning: str


@dataclass(frozen=True)
class Scale:
    """A severity scale of one edition; a stored grade always names the scale."""

    id: str
    grades: tuple[Grade, ...]
    has_adrenaline_suffix: bool = False

    def find(self, code: str) -> Grade | None:
        """Return the step of a code."""
        return next((grade for grade in self.grades if grade.code == code), None)


WAO_2017 = Scale(
    "wao_2017",
    (
        Grade("1", "one system: skin beyond the site, upper airway, eyes or nausea"),
        Grade("2", "two or more systems of grade 1"),
        Grade("3", "mild lower airway that responds to treatment, cramps, vomiting, diarrhoea"),
        Grade("4", "severe bronchospasm that does not respond, laryngeal oedema with stridor"),
        Grade("5", "respiratory failure, collapse with low pressure, loss of consciousness"),
    ),
    has_adrenaline_suffix=True,
)
WAO_2010 = Scale(
    "wao_2010",
    (
        Grade("1", "one system"),
        Grade("2", "more than one system, or lower airway that responds"),
        Grade("3", "lower airway that does not respond, or laryngeal oedema"),
        Grade("4", "respiratory failure or low pressure"),
        Grade("5", "death"),
    ),
    has_adrenaline_suffix=True,
)
RING_MESSMER = Scale(
    "ring_messmer_1977",
    (
        Grade("I", "skin only"),
        Grade("II", "measurable, not life-threatening: pulse, pressure, breathing, gut"),
        Grade("III", "life-threatening: shock, bronchospasm"),
        Grade("IV", "arrest of heart or breathing"),
    ),
)
BROWN = Scale(
    "brown_2004",
    (
        Grade("mild", "skin only"),
        Grade("moderate", "breathing, heart or gut involved"),
        Grade("severe", "cyanosis, low saturation or pressure, confusion, collapse"),
    ),
)
SCALES = {scale.id: scale for scale in (WAO_2017, WAO_2010, RING_MESSMER, BROWN)}
"""By the id that is stored. Source: docs/sources.md#severity-scales."""

ADRENALINE_SUFFIXES = (
    (timedelta(minutes=5), "a"),
    (timedelta(minutes=10), "b"),
    (timedelta(minutes=20), "c"),
)
NO_ADRENALINE, LATE_ADRENALINE = "z", "d"
"""Time from the first symptom to adrenaline, as WAO writes it behind the grade.
Source: docs/sources.md#adrenaline-suffix."""


def adrenaline_suffix(wait: timedelta | None) -> str:
    """Return the letter of the wait from first symptom to adrenaline; `None` means none given."""
    if wait is None:
        return NO_ADRENALINE
    return next((letter for limit, letter in ADRENALINE_SUFFIXES if wait <= limit), LATE_ADRENALINE)


@dataclass(frozen=True)
class Graded:
    """A severity as it is stored."""

    scale: str
    grade: str
    suffix: str = ""

    def __str__(self) -> str:
        return f"{self.scale} {self.grade}{self.suffix}"


class UnknownGrade(ValueError):
    """The scale has no such step."""


class ReactionNotOver(ValueError):
    """A final grade was asked for while the reaction went on."""


def grade(
    scale_id: str, code: str, *, adrenaline_wait: timedelta | None = None, is_over: bool
) -> Graded:
    """Return a final grade with its scale; a reaction is graded when it is over.

    :raises UnknownGrade: when the scale or the step does not exist.
    :raises ReactionNotOver: when the reaction still goes on.
    """
    scale = SCALES.get(scale_id)
    if scale is None or scale.find(code) is None:
        raise UnknownGrade(f"{scale_id} has no grade {code}")
    if not is_over:
        raise ReactionNotOver("a reaction is graded when it is over")
    suffix = adrenaline_suffix(adrenaline_wait) if scale.has_adrenaline_suffix else ""
    return Graded(scale_id, code, suffix)
