"""How certain a report of anaphylaxis is, by the Brighton definition. Pure.

A level grades a report afterwards. It gates neither adrenaline nor a call for help: children who
need adrenaline at once may score no level at all. Source: docs/sources.md#brighton-2007.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from aefi.rules.answers import NO, NOT_ASSESSED, YES, Answer, at_least
from aefi.rules.brighton_2007 import BRIGHTON_2007, Criterion, Pattern, Reading, RuleSet, Sign

RULE_SETS = {BRIGHTON_2007.id: BRIGHTON_2007}
"""The editions by the id that is stored with every level."""

NOT_ENOUGH_EVIDENCE = 4
"""Reported as anaphylaxis, but none of the levels 1 to 3."""

NOT_A_CASE = 5
"""The gate fails, another diagnosis explains it, or nobody called it anaphylaxis."""

LARGEST_HINT = 2
"""Signs that one hint may name together; more at once helps nobody who asks what to check next."""


@dataclass(frozen=True)
class Assessment:
    """What is known of one event; a sign that is absent from `signs` was not assessed."""

    signs: Mapping[str, Answer] = field(default_factory=dict)
    sudden_onset: Answer = NOT_ASSESSED
    rapid_progression: Answer = NOT_ASSESSED
    alternative_diagnosis: Answer = NOT_ASSESSED
    reported_as_anaphylaxis: bool = True

    @property
    def gate(self) -> Mapping[str, Answer]:
        return {
            "sudden_onset": self.sudden_onset,
            "rapid_progression": self.rapid_progression,
        }


@dataclass(frozen=True)
class Hint:
    """The level that would be reached if all of `signs`, not assessed so far, were present."""

    level: int
    signs: tuple[Sign, ...]


@dataclass(frozen=True)
class Result:
    """A level with the way it was reached, and what could still change it."""

    rule_set: str
    reading: Reading
    level: int
    pattern: str
    criteria: tuple[str, ...]
    best_level: int
    hints: tuple[Hint, ...]
    gate_missing: tuple[str, ...]
    unused_signs: tuple[str, ...]


@dataclass(frozen=True)
class _Scorer:
    rules: RuleSet
    reading: Reading
    counts_lip_once: bool

    def criteria(self, present: frozenset[str]) -> tuple[list[Criterion], list[Criterion]]:
        """Return the major and the minor criteria that the present signs meet."""
        majors = [c for c in self.rules.majors if self._is_met(c, present)]
        minors = [c for c in self.rules.minors if self._is_met(c, present)]
        return majors, minors

    def _is_met(self, criterion: Criterion, present: frozenset[str]) -> bool:
        counted = set(criterion.signs)
        if self.counts_lip_once and criterion.system == "resp":
            counted.discard("lip_swelling")
        return len(counted & present) >= criterion.count

    def pattern(self, present: frozenset[str]) -> Pattern | None:
        """Return the first pattern that holds, the best level first."""
        majors, minors = self.criteria(present)
        terms = {f"major.{c.system}" for c in majors} | {f"minor.{c.system}" for c in minors}
        for pattern in self.rules.patterns:
            if self.reading in pattern.readings and _holds(pattern, terms):
                return pattern
        return None

    def level(self, present: frozenset[str], *, otherwise: int) -> int:
        found = self.pattern(present)
        return found.level if found else otherwise


def _holds(pattern: Pattern, terms: set[str]) -> bool:
    return all(len(terms.intersection(wanted)) >= count for count, wanted in pattern.requires)


def evaluate(
    assessment: Assessment,
    *,
    rule_set: str = BRIGHTON_2007.id,
    reading: Reading = Reading.TEXT_2007,
    counts_lip_once: bool = False,
) -> Result:
    """Return the level now, the best one still possible, and which missing signs would change it.

    A sign that was not assessed counts neither as present nor as absent. An alternative diagnosis
    that nobody looked for does not remove a report. `counts_lip_once` reads swollen lips as
    angio-oedema only, so that one finding cannot reach level 1 by itself.
    """
    rules = RULE_SETS[rule_set]
    scorer = _Scorer(rules, reading, counts_lip_once)
    present = frozenset(code for code, answer in assessment.signs.items() if answer == YES)
    otherwise = NOT_ENOUGH_EVIDENCE if assessment.reported_as_anaphylaxis else NOT_A_CASE
    is_open = _may_be_a_case(assessment)
    gate_missing = _missing(assessment.gate)
    counts = is_open and not gate_missing
    found = scorer.pattern(present) if counts else None
    level = found.level if found else (otherwise if is_open else NOT_A_CASE)
    majors, minors = scorer.criteria(present)
    unasked = _unasked(rules, assessment)
    possible = present | {sign.code for sign in unasked}
    return Result(
        rule_set=rule_set,
        reading=reading,
        level=level,
        pattern=found.code if found else "",
        criteria=tuple(f"{c.system}:{c.code}" for c in majors + minors),
        best_level=scorer.level(possible, otherwise=otherwise) if is_open else NOT_A_CASE,
        hints=_hints(scorer, present, unasked, otherwise) if is_open else (),
        gate_missing=gate_missing if is_open else (),
        unused_signs=tuple(sorted(set(assessment.signs) - {s.code for s in rules.signs})),
    )


def _may_be_a_case(assessment: Assessment) -> bool:
    is_gate_shut = at_least(2, assessment.gate.values()) == NO
    return not is_gate_shut and assessment.alternative_diagnosis != YES


def _missing(answers: Mapping[str, Answer]) -> tuple[str, ...]:
    return tuple(code for code, answer in answers.items() if answer == NOT_ASSESSED)


def _unasked(rules: RuleSet, assessment: Assessment) -> tuple[Sign, ...]:
    answers = assessment.signs
    return tuple(s for s in rules.signs if answers.get(s.code, NOT_ASSESSED) == NOT_ASSESSED)


def _hints(
    scorer: _Scorer, present: frozenset[str], unasked: tuple[Sign, ...], otherwise: int
) -> tuple[Hint, ...]:
    """Return the smallest sets of missing signs that would better the level, best level first."""
    now = scorer.level(present, otherwise=otherwise)
    found: list[Hint] = []
    for size in range(1, LARGEST_HINT + 1):
        for signs in combinations(unasked, size):
            level = scorer.level(present | {s.code for s in signs}, otherwise=otherwise)
            if level < now and not _is_covered(found, signs, level):
                found.append(Hint(level, signs))
    return tuple(sorted(found, key=lambda hint: (hint.level, len(hint.signs))))


def _is_covered(found: Iterable[Hint], signs: tuple[Sign, ...], level: int) -> bool:
    return any(set(hint.signs) <= set(signs) and hint.level <= level for hint in found)


def explain(result: Result) -> str:
    """Return the level and its next better possibility in one English sentence."""
    text = f"level {result.level}"
    if result.gate_missing:
        missing = " and ".join(code.replace("_", " ") for code in result.gate_missing)
        return f"{text}; could be {result.best_level} if {missing} is known"
    if not result.hints:
        return (
            text
            if result.best_level == result.level
            else (f"{text}; could be {result.best_level} if more signs are assessed")
        )
    best = result.hints[0].level
    easiest = min(len(hint.signs) for hint in result.hints if hint.level == best)
    checks = [
        " and ".join(dict.fromkeys(sign.check for sign in hint.signs))
        for hint in result.hints
        if hint.level == best and len(hint.signs) == easiest
    ]
    return f"{text}; could be {best} if " + " or ".join(dict.fromkeys(checks))
