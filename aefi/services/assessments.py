"""Assessing a case by named rules: they propose and show their path, a person decides and says why."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from aefi.exchange import stored
from aefi.models import Assessment, AssessmentKind, Case, CaseState
from aefi.rules import brighton, causality, seriousness
from aefi.rules.answers import NOT_ASSESSED, Answer
from aefi.rules.brighton_2007 import Reading
from aefi.rules.causality import SUBCLASSES, Weighing
from aefi.services import case_levels, cases
from aefi.services.cases import Act, NotNow, Outdated
from alerts.services.refusals import Refusal

LEVELS = ("1", "2", "3", "4", "5")
REPORTED = "reported_as_anaphylaxis"
"""Left open it tells level 4 (called so, too little evidence) from 5 (no case) no more."""
GATE = ("sudden_onset", "rapid_progression", "alternative_diagnosis", REPORTED)
MOST_MINUTES = 24 * 60
DECIDED_BY_HOLDER = frozenset({AssessmentKind.CAUSALITY, AssessmentKind.BRIGHTON})
"""What only the level that holds the case decides; a severity is what its observer saw."""


class WrongAssessment(Refusal):
    """The answers or the decision cannot stand as they were given."""

    code = "wrong_assessment"


@dataclass(frozen=True)
class Sheet:
    """Answers under an edition of the rules; a question that is absent was not answered."""

    kind: str
    rule_set: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    reading: str = ""


@dataclass(frozen=True)
class Decision:
    """What a person decides: classes, a level or a grade; empty in a draft."""

    decided: str = ""
    reason: str = ""


def newest(case: Case, kind: str) -> Assessment | None:
    """Return the assessment of a kind that counts now."""
    rows = case.assessments.filter(kind=kind).select_related("by")
    return rows.order_by("-pk").first()


def decided_of(case: Case) -> list[Assessment]:
    """Return what was decided last of each kind."""
    return decided_of_all([case.pk]).get(case.pk, [])


def decided_of_all(keys: Iterable[int]) -> dict[int, list[Assessment]]:
    """Return what was decided last of each kind, by the key of the case."""
    rows = Assessment.objects.filter(case__in=keys).exclude(decided="")
    last = {(row.case_id, row.kind): row for row in rows.select_related("by").order_by("pk")}
    found: dict[int, list[Assessment]] = {}
    for (key, _kind), row in last.items():
        found.setdefault(key, []).append(row)
    return found


@transaction.atomic
def assess(uuid: UUID, sheet: Sheet, decision: Decision, *, base: int, act: Act) -> Assessment:
    """Keep answers with what the rules propose of them, and the decision if there is one.

    `base` is the key of the assessment that the person saw, 0 for none.

    :raises Outdated: when somebody assessed it meanwhile.
    :raises WrongAssessment: with what is wrong, in words.
    """
    proposal = proposal_of(sheet)
    decision = _checked(sheet, decision, proposal)
    case = cases.locked(uuid)
    if case.state == CaseState.CLOSED:
        raise NotNow(_("This case is closed. Reopen it first, with a reason."))
    before = newest(case, sheet.kind)
    if (before.pk if before else 0) != base:
        raise Outdated(_("Somebody assessed this case meanwhile. Read it, then save again."))
    if sheet.kind in DECIDED_BY_HOLDER and decision.decided:
        case_levels.require_holder(case, act.origin.actor)
    if sheet.kind == AssessmentKind.CAUSALITY and decision.decided:
        _write_classes(case, decision, act)
    said = {**vars(sheet), "answers": dict(sheet.answers), **vars(decision)}
    row = Assessment.objects.create(case=case, proposal=proposal, **said, **act.row)
    cases.tell(case, "case.assessed", act, kind=sheet.kind, decided=row.decided)
    return row


def _write_classes(case: Case, decision: Decision, act: Act) -> None:
    """Write the classes into a new version of the case, from which exports take them."""
    facts = replace(stored.from_json(case.facts), who_classes=tuple(decision.decided.split()))
    reason = decision.reason or _("WHO causality decided")
    cases.revise(case.uuid, facts, base=case.version, reason=reason, act=act)


def proposal_of(sheet: Sheet) -> dict[str, Any]:
    """Return what the rules make of the answers; `proposed` is empty while they cannot tell.

    :raises WrongAssessment: for rules, questions or answers that nobody knows.
    """
    propose = PROPOSE.get(sheet.kind)
    if propose is None:
        raise WrongAssessment(_("There are no such rules."), field="kind")
    _require(not sheet.reading or sheet.kind == AssessmentKind.BRIGHTON, "reading")
    return propose(sheet)


def _causality(sheet: Sheet) -> dict[str, Any]:
    _require(sheet.rule_set == causality.VERSION, "rule_set")
    given = dict(sheet.answers)
    weighing = given.pop("weighing", "")
    _require(weighing in {"", *Weighing}, "weighing")
    answers = causality.Answers(
        _answers(given, causality.QUESTIONS), Weighing(weighing) if weighing else None
    )
    found = causality.propose(answers)
    return {
        "proposed": " ".join(found.classes),
        "path": [{"keys": list(step.keys), "outcome": step.outcome} for step in found.path],
        "missing": list(found.missing),
        "is_provisional": found.is_provisional,
    }


def _brighton(sheet: Sheet) -> dict[str, Any]:
    _require(sheet.rule_set in brighton.RULE_SETS, "rule_set")
    _require(sheet.reading in set(Reading), "reading")
    known = [*GATE, *(sign.code for sign in brighton.RULE_SETS[sheet.rule_set].signs)]
    given = _answers(sheet.answers, known)
    gate = {name: given.pop(name, NOT_ASSESSED) for name in GATE}
    reported = gate.pop(REPORTED)
    facts = brighton.Assessment(signs=given, reported_as_anaphylaxis=reported != Answer.NO, **gate)
    reading = Reading(sheet.reading)
    found = brighton.evaluate(facts, rule_set=sheet.rule_set, reading=reading)
    is_open = reported == NOT_ASSESSED and found.level == brighton.NOT_ENOUGH_EVIDENCE
    return {
        "proposed": "" if is_open else str(found.level),
        "best_level": found.best_level,
        "pattern": found.pattern,
        "criteria": list(found.criteria),
        "hints": [[hint.level, [sign.code for sign in hint.signs]] for hint in found.hints],
        "missing": [*found.gate_missing, *([REPORTED] if is_open else [])],
        "sentence": brighton.explain(found),
    }


def _severity(sheet: Sheet) -> dict[str, Any]:
    """Return the grade as its scale writes it; a person chose it."""
    scale = seriousness.SCALES.get(sheet.rule_set)
    _require(scale is not None, "rule_set")
    _require(set(sheet.answers) <= {"grade", "minutes_to_adrenaline", "is_over"}, "answers")
    minutes = sheet.answers.get("minutes_to_adrenaline")
    is_count = minutes is None or (type(minutes) is int and 0 <= minutes <= MOST_MINUTES)
    _require(is_count, "minutes_to_adrenaline")
    wait = None if minutes is None else timedelta(minutes=minutes)
    code, is_over = str(sheet.answers.get("grade", "")), sheet.answers.get("is_over") is True
    try:
        graded = seriousness.grade(sheet.rule_set, code, adrenaline_wait=wait, is_over=is_over)
    except seriousness.ReactionNotOver as error:
        words = _("A reaction is graded when it is over. Say so, or grade it later.")
        raise WrongAssessment(words, field="is_over") from error
    except seriousness.UnknownGrade as error:
        raise WrongAssessment(_("The scale has no such grade."), field="grade") from error
    return {"proposed": f"{graded.grade}{graded.suffix}", "missing": []}


PROPOSE: dict[str, Callable[[Sheet], dict[str, Any]]] = {
    AssessmentKind.CAUSALITY: _causality,
    AssessmentKind.BRIGHTON: _brighton,
    AssessmentKind.SEVERITY: _severity,
}


def _answers(given: Mapping[str, Any], known: Any) -> dict[str, Answer]:
    for name, value in given.items():
        _require(name in known, name)
        _require(isinstance(value, str) and value in set(Answer), name)
    return {name: Answer(value) for name, value in given.items()}


def _require(is_so: object, name: str) -> None:
    if not is_so:
        words = _("{name}: there is no such question or answer in these rules.")
        raise WrongAssessment(words.format(name=name[:80]), field=name[:80])


def _checked(sheet: Sheet, decision: Decision, proposal: Mapping[str, Any]) -> Decision:
    """Return the decision as it is stored.

    :raises WrongAssessment: for one that the rules do not know, or that differs without a reason.
    """
    if sheet.kind == AssessmentKind.SEVERITY:
        return replace(decision, decided=proposal["proposed"])
    if not decision.decided:
        return decision
    decided = _in_order(sheet.kind, decision.decided)
    if decided != proposal["proposed"] and not decision.reason.strip():
        words = _("The rules propose otherwise. Say why you decide so.")
        raise WrongAssessment(words, field="reason")
    return replace(decision, decided=decided)


def _in_order(kind: str, decided: str) -> str:
    """Return a decision in the order of its rules; several classes hold together only within A."""
    words = sorted(set(decided.split()))
    if kind == AssessmentKind.BRIGHTON:
        is_one = len(words) == 1 and words[0] in LEVELS
    else:
        is_one = len(words) == 1 or all(word.startswith("A") for word in words)
        is_one = is_one and set(words) <= set(SUBCLASSES)
    if not is_one:
        raise WrongAssessment(_("There is no such class or level."), field="decided")
    return " ".join(words)
