"""Handing a case up or down: the holder offers it with a reason, and the other level takes it."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from aefi.models import Case, CaseHanding, CaseState, HandingAnswer, Level
from aefi.services import case_levels, cases
from aefi.services.cases import Act
from alerts.models import User
from alerts.services.refusals import Refusal


class CannotHand(Refusal):
    """The case cannot be handed over like this."""

    code = "cannot_hand"


def open_of(case: Case) -> CaseHanding | None:
    """Return the offer that waits for an answer."""
    return case.handings.filter(answer=HandingAnswer.OPEN).first()


@transaction.atomic
def offer(uuid: UUID, to_level: str, *, reason: str, act: Act) -> CaseHanding:
    """Offer a case to another level; it stays where it is until it is taken.

    :raises CannotHand: when it is closed, offered already, or nobody is there to take it.
    """
    case = cases.locked(uuid)
    case_levels.require_holder(case, act.origin.actor)
    held = case_levels.holder_of(case)
    if wrong := _problem(case, held, to_level):
        raise CannotHand(wrong, field="to_level")
    if not reason:
        raise CannotHand(_("Say why, so that the others know what to do."), field="reason")
    row = CaseHanding.objects.create(
        case=case, from_level=held, to_level=to_level, reason=reason, **act.row
    )
    cases.tell(case, "case.offered", act, from_level=str(held), to_level=to_level)
    return row


def _problem(case: Case, held: Level, to_level: str) -> str:
    if case.state == CaseState.CLOSED:
        return _("This case is closed. Reopen it first, with a reason.")
    if open_of(case):
        return _("This case is offered already. Take the offer back first.")
    if to_level == held or to_level not in case_levels.staffed(case.site):
        return _("Nobody is there to take it. Choose another level.")
    return ""


@transaction.atomic
def take(uuid: UUID, act: Act) -> CaseHanding:
    """Take a case that is offered to one's level; from now on this level holds it."""
    case, row = _offered(uuid)
    if row.to_level not in _levels(case, act.origin.actor):
        raise CannotHand(_("This offer is for another level."))
    return _answered(case, row, HandingAnswer.TAKEN, "", act)


@transaction.atomic
def decline(uuid: UUID, *, reason: str, act: Act) -> CaseHanding:
    """Decline an offer, or take one's own back; the case stays where it was."""
    case, row = _offered(uuid)
    if not {row.to_level, row.from_level} & _levels(case, act.origin.actor):
        raise CannotHand(_("This offer is for another level."))
    if not reason:
        raise CannotHand(_("Say why, so that the others know what to do."), field="reason")
    return _answered(case, row, HandingAnswer.DECLINED, reason, act)


def _offered(uuid: UUID) -> tuple[Case, CaseHanding]:
    case = cases.locked(uuid)
    row = open_of(case)
    if row is None:
        raise CannotHand(_("No offer is waiting."))
    return case, row


def _levels(case: Case, person: User | None) -> set[str]:
    return {str(level) for level in case_levels.levels_of(person, case.site)} if person else set()


def _answered(case: Case, row: CaseHanding, answer: str, reason: str, act: Act) -> CaseHanding:
    row.answer, row.answer_reason = answer, reason
    row.answered_at, row.answered_by = act.now, act.origin.actor
    row.save()
    cases.tell(case, f"case.{answer}", act, from_level=row.from_level, to_level=row.to_level)
    return row
