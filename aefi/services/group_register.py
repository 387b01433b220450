"""A group on the desk: the proofs of its report, its line list, its course in time and its seats."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from aefi.models import Case, GroupEvent, GroupFiling, GroupState
from aefi.rules.clock_rules import Proof
from aefi.services import group_clocks, groups
from aefi.services.case_facts import facts_of
from aefi.services.cases import Act
from aefi.services.hall import seen_in
from aefi.services.instants import require_proof
from alerts.models import Seat, Site
from alerts.services.refusals import Refusal
from observation.models import Dose, Reaction
from observation.services import tiles

STEPS = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 30, 60, 240, 1440))
MOST_STEPS = 24
"""The epidemic curve takes the finest of the steps that needs no more bars than this."""


class NotDeclared(Refusal):
    """Only a declared group is reported."""

    code = "not_declared"


@transaction.atomic
def file(uuid: UUID, proof: Proof, *, reference: str, done_at: datetime, act: Act) -> GroupEvent:
    """Keep a proof that the group was reported; only this stops its clock.

    :raises NotDeclared: while nobody has declared it.
    """
    card = groups.locked(uuid)
    if card.state != GroupState.DECLARED:
        raise NotDeclared(_("Declare the group first; then its report is due."))
    require_proof(reference, done_at, group_clocks.clocks(card), now=act.now)
    said = {"proof": proof, "reference": reference, "done_at": done_at}
    GroupFiling.objects.create(group=card, **said, **act.row)
    card.version += 1
    card.save(update_fields=["version"])
    group_clocks.arm_reminder(card)
    groups.tell(card, "group.filed", act.origin, now=act.now, proof=str(proof))
    return card


def groups_at(sites: QuerySet[Site]) -> QuerySet[GroupEvent]:
    """Return the groups of some sites: questions first, then what was declared, the newest first."""
    rows = GroupEvent.objects.filter(site__in=sites).select_related("site", "session")
    return rows.order_by("-state", "-proposed_at", "-pk")


@dataclass(frozen=True)
class Line:
    """One person of a group, as the line list tells it; nothing where it is not known."""

    reaction: Reaction
    case: Case | None
    name: str
    sex: str
    born_on: date | None
    seat: str
    vaccines: tuple[str, ...]
    given_at: datetime | None
    onset_at: datetime
    signs: tuple[str, ...]
    is_other: bool

    @property
    def minutes(self) -> int | None:
        """Minutes from the dose to the onset."""
        if self.given_at is None:
            return None
        return int((self.onset_at - self.given_at).total_seconds() // 60)


def lines_of(card: GroupEvent) -> list[Line]:
    """Return the members and those ill beside them, by onset."""
    known = groups.members_of([card])
    lines = [_line(row, is_other=key in card.others) for key, row in known.items()]
    return sorted(lines, key=lambda line: (line.onset_at, line.reaction.pk))


def _line(row: Reaction, *, is_other: bool) -> Line:
    watch, case = row.observation, Case.objects.filter(reaction=row).first()
    facts = facts_of(row, number="")
    given = [one.given_at for one in facts.vaccines if isinstance(one.given_at, datetime)]
    return Line(
        reaction=row,
        case=case,
        name=facts.patient_name,
        sex=str(facts.sex or ""),
        born_on=facts.birth_date if isinstance(facts.birth_date, date) else None,
        seat=tiles.code_of(row.seat or (watch.seat if watch else None)) or "",
        vaccines=tuple(f"{one.name} {one.lot}".strip() for one in facts.vaccines),
        given_at=min(given, default=None),
        onset_at=row.onset_at or row.seen_at,
        signs=tuple(sorted(seen_in(row))),
        is_other=is_other,
    )


@dataclass(frozen=True)
class Bar:
    """How many fell ill from an instant on, until the next bar."""

    at: datetime
    count: int


def curve_of(lines: Iterable[Line]) -> list[Bar]:
    """Return the epidemic curve: bars of one width from the first onset to the last."""
    onsets = sorted(line.onset_at for line in lines)
    if not onsets:
        return []
    span = onsets[-1] - onsets[0]
    step = next((one for one in STEPS if span / one < MOST_STEPS), None) or span / (MOST_STEPS - 1)
    counts = Counter((at - onsets[0]) // step for at in onsets)
    return [Bar(onsets[0] + step * number, counts[number]) for number in range(max(counts) + 1)]


@dataclass(frozen=True)
class Place:
    """A seat of the hall, and how many fell ill on it."""

    code: str
    ill: int


def seats_of(card: GroupEvent, lines: Iterable[Line]) -> dict[str, list[list[Place]]]:
    """Return the bays in which somebody fell ill, each as the rows of its seats."""
    ill = Counter(line.seat for line in lines if line.seat)
    bays = {seat.bay_id for seat in Seat.objects.filter(site=card.site, code__in=ill)}
    seats = Seat.objects.filter(bay__in=bays).select_related("bay")
    rows: dict[str, dict[int, list[Place]]] = {}
    for seat in seats.order_by("bay__code", "row", "column", "pk"):
        row = rows.setdefault(seat.bay.code, {}).setdefault(seat.row, [])
        row.append(Place(seat.code, ill[seat.code]))
    return {bay: list(found.values()) for bay, found in rows.items()}


@dataclass(frozen=True)
class Given:
    """How many were vaccinated with what the group's members had, in its session."""

    vaccine: str
    manufacturer: str
    lot: str
    recipients: int


def given_of(card: GroupEvent) -> list[Given]:
    """Return the vaccines and lots that members had, with everyone who had them that session."""
    named = _like(card).values_list("lot__vaccine__name", "lot__vaccine__maker", "lot__number")
    people = named.annotate(people=Count("observation__recipient", distinct=True))
    return [Given(*row) for row in people.order_by("lot__number", "lot__vaccine__name")]


def vaccinated(card: GroupEvent) -> int:
    """Return how many people had a lot that a member had, in its session."""
    people = _like(card).aggregate(many=Count("observation__recipient", distinct=True))
    return int(people["many"])


def _like(card: GroupEvent) -> QuerySet[Dose]:
    members = Reaction.objects.filter(uuid__in=card.members).values("observation")
    lots = Dose.objects.filter(observation__in=members, lot__isnull=False).values("lot")
    return Dose.objects.filter(observation__session=card.session, lot__in=lots)


def group_of(case: Case) -> GroupEvent | None:
    """Return the declared group that a case's reaction belongs to."""
    return groups.declared_with(case.reaction) if case.reaction else None
