"""Classifying a case: the site's preliminary word, and the conclusion of whoever may conclude."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aefi.exchange import stored
from aefi.models import Case, Classification, ClassKind
from aefi.rules.classification import Conclusion, is_preliminary_class, problems_with
from aefi.services import case_levels, cases
from aefi.services.cases import Act
from alerts.services.refusals import Refusal

WORDS = {
    "unknown class": gettext_lazy("unknown class"),
    "unknown body": gettext_lazy("say who concluded"),
    "only an expert panel decides a class other than common": gettext_lazy(
        "only an expert panel decides a class other than common"
    ),
    "the reason under article 52 belongs to another class": gettext_lazy(
        "the reason under article 52 belongs to another class"
    ),
    "an abnormal reaction needs a damage grade": gettext_lazy(
        "an abnormal reaction needs a damage grade"
    ),
    "unknown damage grade": gettext_lazy("unknown damage grade"),
}
"""What the rules find wrong, in the reader's language."""


class WrongClass(Refusal):
    """The class cannot stand as it was given."""

    code = "wrong_class"


@dataclass(frozen=True)
class Word:
    """A class with its reasons; for the final one who concluded, and at which level."""

    kind: str
    code: str
    reason: str
    concluded_by: str = ""
    concluded_at: str = ""
    damage_grade: str = ""


@transaction.atomic
def classify(uuid: UUID, word: Word, act: Act) -> Case:
    """Keep a class beside all earlier ones, and write it into a new version of the case.

    :raises WrongClass: with what is wrong, in words.
    """
    wrong = problems(word)
    if wrong:
        raise WrongClass(_("Not possible: {reasons}.").format(reasons=", ".join(wrong)))
    case = cases.locked(uuid)
    if word.kind == ClassKind.FINAL:
        case_levels.require_holder(case, act.origin.actor)
    Classification.objects.create(
        case=case,
        kind=word.kind,
        code=word.code,
        concluded_by=word.concluded_by,
        detail={"concluded_at": word.concluded_at, "damage_grade": word.damage_grade},
        reason=word.reason,
        **act.row,
    )
    facts = stored.from_json({**case.facts, f"{word.kind}_class": word.code})
    return cases.revise(uuid, facts, base=case.version, reason=word.reason, act=act, is_class=True)


def problems(word: Word) -> list[str]:
    """Return what forbids this class; nothing when it may stand."""
    if word.kind == ClassKind.PRELIMINARY:
        return [] if is_preliminary_class(word.code) else [_("a site says common or pending only")]
    conclusion = Conclusion(
        final_class=word.code,
        concluded_by=word.concluded_by,
        concluded_at=word.concluded_at,
        damage_grade=word.damage_grade,
    )
    return [str(WORDS.get(text, text)) for text in problems_with(conclusion)]
