"""The four WHO steps from answers to proposed classes. Pure.

It proposes and shows its path; a panel decides and signs. Source: docs/sources.md#who-causality.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aefi.rules.answers import NO, NOT_ASSESSED, YES, Answer

VERSION = "who_2018"
"""The edition of the questions; stored with the answers."""


@dataclass(frozen=True)
class Question:
    """One question of a step; a yes points to `leads_to`."""

    key: str
    text: str
    leads_to: str = ""


ELIGIBILITY = (
    Question("E.1", "Is the investigation complete?"),
    Question("E.2", "Is there a valid diagnosis by a named case definition?"),
    Question("E.3", "Is the vaccine identified?"),
    Question("E.4", "Is the question of cause stated?"),
)

CHECKLIST = (
    Question("I.1", "Do examination, history or tests show another cause?", "C"),
    Question("II.1", "Is this vaccine, given correctly, known to cause it?", "A1"),
    Question("II.2", "Is it biologically plausible?", "A1"),
    Question("II.3", "Does a specific test show the vaccine or an ingredient as cause?", "A1"),
    Question("II.4", "Was the vaccine defective, substandard or falsified?", "A2"),
    Question("II.5", "Was it wrongly prescribed or recommended?", "A3"),
    Question("II.6", "Was anything unsterile?", "A3"),
    Question("II.7", "Did the vaccine look abnormal?", "A3"),
    Question("II.8", "Was it wrongly prepared?", "A3"),
    Question("II.9", "Was it wrongly stored or carried?", "A3"),
    Question("II.10", "Was dose, site, route or needle wrong?", "A3"),
    Question("II.11", "Was it a stress response to being vaccinated?", "A4"),
    Question("II.t", "Did it begin within the time of increased risk?"),
    Question("III.1", "Is there strong published evidence against a causal link?", "C"),
    Question("IV.1", "Did the same follow an earlier dose?"),
    Question("IV.2", "Had it happened before without a vaccine?"),
    Question("IV.3", "Could it have happened anyway?"),
    Question("IV.4", "Did an illness or risk factor contribute?"),
    Question("IV.5", "Was medication taken before?"),
    Question("IV.6", "Was there another exposure before?"),
)

QUESTIONS = {question.key: question for question in ELIGIBILITY + CHECKLIST}

LINKS = tuple(question for question in CHECKLIST if question.leads_to.startswith("A"))
OTHER_FACTORS = tuple(question.key for question in CHECKLIST if question.key.startswith("IV."))

SUBCLASSES = {
    "A1": "vaccine product",
    "A2": "vaccine quality",
    "A3": "immunization error",
    "A4": "immunization stress",
    "B1": "temporal link, too little evidence",
    "B2": "factors point both ways",
    "C": "coincidental",
    "D": "unclassifiable",
}


class Weighing(StrEnum):
    """How the panel weighs the other factors when no rule decides."""

    CONSISTENT = "consistent"
    TOO_LITTLE_EVIDENCE = "too_little_evidence"
    CONFLICTING = "conflicting"
    INCONSISTENT = "inconsistent"
    NOT_POSSIBLE = "not_possible"


CLASSES_OF_WEIGHING = {
    Weighing.TOO_LITTLE_EVIDENCE: ("B1",),
    Weighing.CONFLICTING: ("B2",),
    Weighing.INCONSISTENT: ("C",),
    Weighing.NOT_POSSIBLE: ("D",),
}


@dataclass(frozen=True)
class Answers:
    """The answers of a panel; a question that is absent was not answered."""

    given: Mapping[str, Answer] = field(default_factory=dict)
    weighing: Weighing | None = None

    def __getitem__(self, key: str) -> Answer:
        return self.given.get(key, NOT_ASSESSED)

    def yes(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Return those of the questions that were answered with yes."""
        return tuple(key for key in keys if self[key] == YES)

    def unanswered(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Return those of the questions that nobody answered."""
        return tuple(key for key in keys if self[key] == NOT_ASSESSED)


@dataclass(frozen=True)
class PathStep:
    """One turn of the way: the answers that decided, and what they led to."""

    keys: tuple[str, ...]
    outcome: str


@dataclass(frozen=True)
class Proposal:
    """What the answers point to; empty `classes` means that the next question is open.

    `is_provisional` says that an open question could still change the classes.
    """

    classes: tuple[str, ...]
    path: tuple[PathStep, ...]
    missing: tuple[str, ...]
    is_provisional: bool
    version: str = VERSION


def propose(answers: Answers) -> Proposal:
    """Return the classes that the answers point to, the way there and what is missing.

    Several A classes may hold at once. Missing eligibility is named first: a case is
    unclassifiable (D) only when the panel says that it cannot be weighed.
    """
    missing = _missing(answers)
    lacking = tuple(q.key for q in ELIGIBILITY if answers[q.key] == NO)
    if lacking:
        path = (PathStep(lacking, "not eligible yet"),)
        return _proposal(("D",), path, (*lacking, *missing), is_provisional=True)
    path = (PathStep(("I.1",), _word(answers["I.1"])),)
    if answers["I.1"] == YES:
        return _proposal(("C",), path, missing, is_provisional=bool(_open(answers, "E")))
    return _from_links(answers, path, missing)


def _from_links(answers: Answers, path: tuple[PathStep, ...], missing: tuple[str, ...]) -> Proposal:
    links = answers.yes(question.key for question in LINKS)
    if links and answers["II.t"] == YES:
        classes = tuple(sorted({QUESTIONS[key].leads_to for key in links}))
        path += (PathStep((*links, "II.t"), " and ".join(classes)),)
        is_open = bool(_open(answers, "E", "I.", "II."))
        return _proposal(classes, path, missing, is_provisional=is_open)
    if links and answers["II.t"] == NOT_ASSESSED:
        path += (PathStep(("II.t",), "time window not answered"),)
        return _proposal((), path, missing, is_provisional=True)
    reason = "link outside the time window" if links else "no link found"
    path += (PathStep((*links, "II.t") if links else (), reason),)
    return _from_evidence_against(answers, path, missing)


def _from_evidence_against(
    answers: Answers, path: tuple[PathStep, ...], missing: tuple[str, ...]
) -> Proposal:
    path += (PathStep(("III.1",), _word(answers["III.1"])),)
    is_open = bool(_open(answers, "E", "I.", "II.", "III."))
    if answers["III.1"] == YES:
        return _proposal(("C",), path, missing, is_provisional=is_open)
    return _from_weighing(answers, path, missing, is_open=is_open)


def _from_weighing(
    answers: Answers, path: tuple[PathStep, ...], missing: tuple[str, ...], *, is_open: bool
) -> Proposal:
    factors = answers.yes(OTHER_FACTORS)
    if answers.weighing is None:
        path += (PathStep(factors, "other factors to be weighed"),)
        return _proposal((), path, (*missing, "IV.weighing"), is_provisional=True)
    if answers.weighing == Weighing.CONSISTENT:
        classes = _classes_of_links(answers)
    else:
        classes = CLASSES_OF_WEIGHING[answers.weighing]
    path += (PathStep(factors, f"weighed as {answers.weighing.replace('_', ' ')}"),)
    return _proposal(classes, path, missing, is_provisional=is_open)


def _classes_of_links(answers: Answers) -> tuple[str, ...]:
    """A case weighed as consistent keeps the classes of its links; without any it is A1."""
    links = answers.yes(question.key for question in LINKS)
    return tuple(sorted({QUESTIONS[key].leads_to for key in links})) or ("A1",)


def _missing(answers: Answers) -> tuple[str, ...]:
    return answers.unanswered(QUESTIONS)


def _open(answers: Answers, *steps: str) -> tuple[str, ...]:
    """Return the unanswered questions of the steps, told apart by the start of their keys."""
    return tuple(key for key in _missing(answers) if key.startswith(steps))


def _word(answer: Answer) -> str:
    return answer.replace("_", " ")


def _proposal(
    classes: tuple[str, ...],
    path: tuple[PathStep, ...],
    missing: tuple[str, ...],
    *,
    is_provisional: bool,
) -> Proposal:
    return Proposal(classes, path, tuple(dict.fromkeys(missing)), is_provisional)
