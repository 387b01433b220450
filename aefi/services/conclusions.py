"""What the family is told at the end: a plain letter on the final class, approved before it leaves."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aefi.models import Case, ClassKind, FamilyLetter, LetterAbout
from aefi.services import case_levels, cases, two_hours
from aefi.services.cases import Act
from alerts.services.refusals import Refusal

MEANINGS = {
    "1": gettext_lazy("a common reaction to the vaccine: the body's usual answer, which passes"),
    "2": gettext_lazy("an abnormal reaction to the vaccine, though everything was done correctly"),
    "3": gettext_lazy("caused by the quality of the vaccine"),
    "4": gettext_lazy("caused by a mistake when the vaccine was given"),
    "5": gettext_lazy(
        "another illness that began at the same time by chance; the vaccine is not its cause"
    ),
    "6": gettext_lazy("a reaction of body and mind to being vaccinated, not to the vaccine itself"),
    "7": gettext_lazy("of a cause that could not be found"),
}
"""The final classes in words a parent understands; what is pending is no conclusion."""


class NotConcluded(Refusal):
    """There is no final class yet that a letter could tell."""

    code = "not_concluded"


def letters_of(case: Case) -> QuerySet[FamilyLetter]:
    """Return the letters on the conclusion, the newest first."""
    return two_hours.letters_of(case, LetterAbout.CONCLUSION)


def is_outdated(letter: FamilyLetter) -> bool:
    """Say whether the case got another final class after this letter was approved."""
    if letter.approved_at is None:
        return False
    given = letter.case.classifications.filter(kind=ClassKind.FINAL)
    return given.filter(at__gt=letter.approved_at).exists()


def draft(case: Case) -> str:
    """Return a first text; empty while there is no final class."""
    meaning = MEANINGS.get(case.facts["final_class"])
    if meaning is None:
        return ""
    doses = ", ".join(f"{one['name']} {one['lot']}".strip() for one in case.facts["vaccines"])
    return _(
        "To the family of {name}\n\n"
        "After the vaccination ({doses}) at {site} something happened that had to be looked into "
        "(case {number}). The investigation is finished. It was found to be {meaning}.\n\n"
        "If you do not agree, you may ask for an appraisal by the medical association of your area. "
        "We will explain the way and answer your questions at any time.\n\n"
        "{site}"
    ).format(
        name=case.facts["patient_name"] or _("your relative"),
        doses=doses or "–",
        site=case.site.name,
        number=case.number,
        meaning=meaning,
    )


@transaction.atomic
def write(uuid: UUID, text: str, act: Act) -> FamilyLetter:
    """Keep a new text; an approval of an earlier one does not carry over."""
    return two_hours.write_letter(uuid, text, act, LetterAbout.CONCLUSION)


@transaction.atomic
def approve(uuid: UUID, letter: int, act: Act) -> FamilyLetter:
    """Approve the newest text; who holds the case does, once it has a final class.

    :raises NotConcluded: while there is none.
    """
    case = cases.locked(uuid)
    case_levels.require_holder(case, act.origin.actor)
    if case.facts["final_class"] not in MEANINGS:
        words = _("There is no final class yet. Classify the case, then tell the family.")
        raise NotConcluded(words)
    return two_hours.approve_letter(uuid, letter, act, LetterAbout.CONCLUSION)
