"""The stages of an investigation, and what the product itself knows of the lots and the session."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet

from aefi.models import Case
from aefi.rules.clock_rules import Fact, Proof
from aefi.services import cases
from aefi.services.cases import Act, Said
from alerts.models import Session, Site
from observation.models import Dose, Reaction


@transaction.atomic
def reach(uuid: UUID, stage: Fact, *, at: datetime, act: Act) -> Case:
    """Record a stage; that it began is also the proof which ends the limit for beginning."""
    if stage is Fact.INVESTIGATION_STARTED:
        began = Said(Proof.INVESTIGATION_STARTED, str(act.origin.actor or ""), at)
        cases.file(uuid, began, act)
    return cases.reach(uuid, stage, at=at, act=act)


@dataclass(frozen=True)
class Beside:
    """How many had the same lot, or were vaccinated in the same session, and what befell them."""

    name: str
    doses: int
    recipients: int
    reactions: int
    cases: int


def beside(case: Case, sites: QuerySet[Site]) -> list[Beside]:
    """Return the counts of each lot of a case and of its session, over the sites of a reader."""
    lots = {one["lot"].strip() for one in case.facts["vaccines"]} - {""}
    given = Dose.objects.filter(observation__site__in=sites)
    rows = [_beside(lot, given.filter(lot__number=lot)) for lot in sorted(lots)]
    session = case.reaction.session if case.reaction else None
    return [*rows, *([_of_session(session, given)] if session else [])]


def _of_session(session: Session, given: QuerySet[Dose]) -> Beside:
    return _beside(session.name, given.filter(observation__session=session))


def _beside(name: str, doses: QuerySet[Dose]) -> Beside:
    watches = doses.order_by().values("observation")
    seen = Reaction.objects.filter(observation__in=watches, undone_at=None)
    people = doses.aggregate(many=Count("observation__recipient", distinct=True))["many"]
    with_case = seen.exclude(case=None).count()
    return Beside(name, doses.count(), people, seen.count(), with_case)
