"""Groups of reactions: proposed by the hall's rules, declared or not by a person with a reason.

Every change to a site's groups happens under the lock of the site's stream, which a reaction's own
transaction holds too: a reaction is either seen by the look that runs or arms the next one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from aefi.models import GroupEvent, GroupState
from aefi.rules.groups import Declaration
from aefi.rules.hall_clusters import GroupProposal, Rule, with_members
from aefi.services import group_clocks
from aefi.services.hall import SETTINGS, Hall, doses_of, read_hall
from alerts.models import Event, Session, Stream, Timer, User
from alerts.outbox import SYSTEM, Fact, Origin, append_event
from alerts.services.timers import arm_timer
from observation.models import Reaction
from observation.services import clocks, tiles

DUE = "aefi.groups"
FOLLOWED = ("reaction.reported", "reaction.detailed", "reaction.undone")


def look_soon(event: Event) -> None:
    """Arm a look at the hall of a reaction that was reported, detailed or undone."""
    rows = Reaction.objects.filter(uuid=event.subject, session__isnull=False)
    session = rows.values_list("session__uuid", flat=True).first()
    if session is None or Timer.objects.armed().filter(kind=DUE, subject=str(session)).exists():
        return
    arm_timer(DUE, session, due_at=event.server_at)


def groups_due(timer: Timer, now: datetime) -> None:
    """Handle `aefi.groups`: something in a hall is new."""
    session = Session.objects.filter(uuid=timer.subject).first()
    if session is not None:
        detect(session_id=session.pk, now=now)


def _lock_stream(site_id: int) -> None:
    Stream.objects.select_for_update().filter(site_id=site_id).first()


@transaction.atomic
def detect(*, session_id: int, now: datetime) -> list[GroupEvent]:
    """Look at a session's reactions and return the groups that are new or changed.

    There is one card for each rule and place or lot; a second look finds the first one's card.
    """
    session = Session.objects.select_related("site").get(pk=session_id)
    doses = doses_of(session)  # thousands of rows, read before anybody has to wait for us
    _lock_stream(session.site_id)
    hall = read_hall(session)
    cards = list(GroupEvent.objects.filter(session=session).order_by("pk"))
    changed = []
    asked = [one for one in hall.proposals(doses) if not _is_put_aside(one, cards)]
    for found in _found_on(asked, cards):
        card = _card_for(found, cards, session)
        cards = [other for other in cards if other is not card]
        if _renew(card, found, hall, now=now):
            changed.append(card)
    return changed + [card for card in cards if _shrink(card, hall, now=now)]


@dataclass
class _Found:
    """What one card is about: the strongest proposal and everybody any of them names."""

    proposals: list[GroupProposal] = field(default_factory=list)
    home: GroupEvent | None = None

    @property
    def leading(self) -> GroupProposal:
        return self.proposals[0]

    @property
    def keys(self) -> set[str]:
        return {member.key for proposal in self.proposals for member in proposal.members}


def _is_put_aside(proposal: GroupProposal, cards: Iterable[GroupEvent]) -> bool:
    """Say whether a person has already judged this rule about all of these people."""
    keys = _Found([proposal]).keys
    same_rule = (card for card in cards if card.rule == proposal.rule)
    return any(keys <= set(card.put_aside) for card in same_rule)


def _found_on(proposals: Iterable[GroupProposal], cards: Iterable[GroupEvent]) -> list[_Found]:
    """Put the proposals of one rule and place together, apart from what was already declared.

    A declaration is a word about certain people. Others of the same place, later in the day, are a
    question of their own. Different pictures of the statutory rule are different groups.
    """
    declared = [card for card in cards if card.state == GroupState.DECLARED]
    found: dict[object, _Found] = {}
    for number, proposal in enumerate(proposals):
        home = _sharing(_Found([proposal]), declared)
        is_alone = proposal.rule is Rule.STATUTORY
        key = home.pk if home else (proposal.rule, proposal.where, number if is_alone else 0)
        found.setdefault(key, _Found(home=home)).proposals.append(proposal)
    return list(found.values())


def _sharing(found: _Found, cards: Iterable[GroupEvent]) -> GroupEvent | None:
    """Return the card of the same rule that names the most of the same reactions."""
    rule, lot = found.leading.rule, found.leading.where.lot
    shared = {
        card.pk: len(found.keys & set(card.members))
        for card in cards
        if card.rule == rule and card.lot == lot
    }
    return max(
        (card for card in cards if shared.get(card.pk)),
        key=lambda card: shared[card.pk],
        default=None,
    )


def _card_for(found: _Found, cards: Iterable[GroupEvent], session: Session) -> GroupEvent:
    """Return the card of this place, else the one about the same people, else a new one."""
    if found.home is not None:
        return found.home
    where, rule = found.leading.where, found.leading.rule
    open_cards = [card for card in cards if card.state != GroupState.DECLARED]
    here = [
        card
        for card in open_cards
        if (card.rule, card.bay, card.group_name, card.lot)
        == (rule, where.bay, where.group, where.lot)
        and rule is not Rule.STATUTORY
    ]
    here.sort(key=lambda card: card.state == GroupState.PROPOSED)
    known = here[-1] if here else _sharing(found, open_cards)
    return known or GroupEvent(site=session.site, session=session, rule=rule)


def _renew(card: GroupEvent, found: _Found, hall: Hall, *, now: datetime) -> bool:
    """Write what was found on its card; tell when people, place or evidence changed."""
    is_new = card.pk is None
    is_asked = is_new or card.state == GroupState.UNDECLARED
    keys = found.keys if is_asked else found.keys | set(card.members)
    members = [reaction for key, reaction in hall.known.items() if key in keys]
    before = _picture(card)
    _write(card, with_members(found.leading, members, hall.reactions, SETTINGS))
    if is_asked:
        card.propose(now=now)
    is_changed = is_asked or _picture(card) != before
    card.version += is_changed and not is_new
    card.save()
    if is_changed:
        tell(card, "group.proposed" if is_asked else "group.updated", SYSTEM, now=now)
    return is_changed


def _picture(card: GroupEvent) -> list[object]:
    """Return what a reader of the card would notice; the rates drift with every dose."""
    named = [card.members, card.others, card.observed, card.hypotheses]
    return [*named, card.bay, card.group_name, card.lot]


def _write(card: GroupEvent, proposal: GroupProposal) -> None:
    card.bay, card.group_name = proposal.where.bay, proposal.where.group
    card.lot = proposal.where.lot
    card.members = [member.key for member in proposal.members]
    card.others = [other.key for other in proposal.others]
    card.observed, card.expected, card.p = proposal.observed, proposal.expected, proposal.p
    card.hypotheses = [
        {
            "kind": str(hypothesis.kind),
            "evidence_for": [str(item) for item in hypothesis.evidence_for],
            "evidence_against": [str(item) for item in hypothesis.evidence_against],
        }
        for hypothesis in proposal.hypotheses
    ]


def _shrink(card: GroupEvent, hall: Hall, *, now: datetime) -> bool:
    """Take reactions that were undone off a card that no rule proposes any longer.

    A question nobody has answered goes with them; a person's word stands until a person unsays it.
    """
    left = [key for key in card.members if key in hall.known]
    if card.state == GroupState.UNDECLARED or left == card.members:
        return False
    card.members, card.version = left, card.version + 1
    is_question = card.state == GroupState.PROPOSED
    if is_question:
        card.undeclare(by=None, reason="", at=now)
    card.save()
    tell(card, "group.undeclared" if is_question else "group.updated", SYSTEM, now=now)
    return True


@transaction.atomic
def declare(*, group_uuid: UUID, reason: str, origin: Origin, now: datetime) -> GroupEvent:
    """Declare a group and start the two hours of its report; the first declaration stands.

    The clock is the group's alone: no case, call or watch is touched. After an undeclaration a new
    declaration starts a new clock; the log keeps both.

    :raises aefi.rules.groups.ReasonMissing: without a reason.
    """
    card = locked(group_uuid)
    if card.state == GroupState.DECLARED:
        return card
    at = clocks.happened_at(origin, now=now)
    by = _by(origin)
    Declaration(is_group=True, reason=reason, by=str(by.uuid), at=at)
    card.declare(by=by, reason=reason.strip(), at=at, due_at=None)
    card.clock_due_at = group_clocks.due_at(card)
    card.reminded = {}
    group_clocks.give_code(card)
    return _judged(card, "group.declared", origin, now=now)


@transaction.atomic
def undeclare(*, group_uuid: UUID, reason: str, origin: Origin, now: datetime) -> GroupEvent:
    """Say that a proposed or declared group is none; its clock stops counting.

    :raises aefi.rules.groups.ReasonMissing: without a reason.
    """
    card = locked(group_uuid)
    if card.state == GroupState.UNDECLARED:
        return card
    at = clocks.happened_at(origin, now=now)
    by = _by(origin)
    Declaration(is_group=False, reason=reason, by=str(by.uuid), at=at)
    card.undeclare(by=by, reason=reason.strip(), at=at)
    return _judged(card, "group.undeclared", origin, now=now)


def locked(group_uuid: UUID) -> GroupEvent:
    """Return a group under the lock of its site's stream."""
    rows = GroupEvent.objects.filter(uuid=group_uuid)
    _lock_stream(rows.values_list("site_id", flat=True).get())
    return rows.select_related("site", "session", "declared_by", "undeclared_by").get()


class NobodyDeclares(ValueError):
    """A group was declared or undeclared without a person who says so."""


def _by(origin: Origin) -> User:
    if origin.actor is None:
        raise NobodyDeclares("a group is declared or undeclared by a person")
    return origin.actor


def _judged(card: GroupEvent, type_: str, origin: Origin, *, now: datetime) -> GroupEvent:
    card.version += 1
    card.save()
    group_clocks.arm_reminder(card)
    tell(card, type_, origin, now=now)
    return card


def tell(card: GroupEvent, type_: str, origin: Origin, *, now: datetime, **more: object) -> None:
    """Append the event; a school class is named nowhere in the log."""
    facts: dict[str, Any] = {
        "rule": card.rule,
        "state": card.state,
        "bay": card.bay or None,
        "lot": card.lot or None,
        "observed": card.observed,
        "expected": card.expected,
        "p": card.p,
        "members": card.members,
        "clock_due_at": tiles.instant(card.clock_due_at),
        "code": card.code or None,
        "version": card.version,
        **more,
    }
    append_event(card.site_id, Fact(type_, str(card.uuid), facts), now=now, origin=origin)


def declared_with(reaction: Reaction) -> GroupEvent | None:
    """Return the declared group that a reaction belongs to."""
    key = str(reaction.uuid)
    cards = GroupEvent.objects.filter(site=reaction.site_id, state=GroupState.DECLARED)
    return next((card for card in cards.order_by("pk") if key in card.members), None)


def members_of(cards: Iterable[GroupEvent]) -> dict[str, Reaction]:
    """Return the reactions that the cards name, members and others, by key."""
    keys = {key for card in cards for key in (*card.members, *card.others)}
    rows = Reaction.objects.filter(uuid__in=keys)
    places = rows.select_related("seat", "observation__seat")
    return {str(row.uuid): row for row in places}
