"""Recipients: who a visit is of, who may be mistaken for them, reversible merges."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models import Site
from alerts.outbox import Fact, Origin, append_event
from alerts.services.refusals import Refusal
from observation import gateways
from observation.models import DocumentKind, Observation, PersonMerge, Recipient, Sex
from observation.rules import persons as rules

DOCUMENT_CONFLICT = "document_of_other_name"
SEARCH_LIMIT = 50


@dataclass(frozen=True)
class Person:
    """What the check-in knows of somebody; all of it may be missing."""

    uuid: UUID | None = None
    name: str = ""
    born_on: date | None = None
    sex: str = ""
    document_kind: str = ""
    document_number: str = ""
    phone: str = ""
    guardian: str = ""
    group_name: str = ""
    risks: tuple[str, ...] = ()
    weight_kg: Decimal | None = None
    external_system: str = ""
    external_id: str = ""
    guardian_consent: bool = False


@dataclass(frozen=True)
class Likely:
    """Another recipient of the site who may be mistaken for this one."""

    recipient: Recipient
    likeness: rules.Likeness
    tickets: tuple[int, ...]

    @property
    def is_here(self) -> bool:
        return bool(self.tickets)


def identify(site: Site, person: Person, *, now: datetime) -> tuple[Recipient, list[str]]:
    """Return the recipient, found again by key, document or import, or new; with flags."""
    found, flags = _known(site, person)
    if found is None:
        return _create(site, person, now=now), flags
    _complete(found, person)
    return found, flags


def _known(site: Site, person: Person) -> tuple[Recipient | None, list[str]]:
    here = Recipient.objects.filter(site=site).select_related("merged_into")
    if person.uuid and (row := here.filter(uuid=person.uuid).first()):
        return row.merged_into or row, []
    if person.external_id:
        system = person.external_system
        row = here.filter(external_system=system, external_id=person.external_id).first()
        if row:
            return row.merged_into or row, []
    number = rules.document_key(person.document_number)
    row = here.filter(document_digest=gateways.digest_of(number)).first() if number else None
    if row is None:
        return None, []
    same = {rules.name_key(person.name), rules.name_key(row.name)}
    if "" in same or len(same) == 1:
        return row.merged_into or row, []
    return None, [DOCUMENT_CONFLICT]


def _create(site: Site, person: Person, *, now: datetime) -> Recipient:
    uuid = person.uuid or uuid4()
    if person.uuid and Recipient.objects.filter(uuid=person.uuid).exists():
        uuid = uuid4()  # the key belongs to somebody at another site
    recipient = Recipient(
        uuid=uuid,
        site=site,
        external_system=person.external_system[:120],
        external_id=person.external_id[:120],
        created_at=now,
        **_facts(person),
    )
    recipient.save(force_insert=True)
    return recipient


def _facts(person: Person) -> dict[str, Any]:
    number = rules.document_key(person.document_number)
    kind = person.document_kind if person.document_kind in DocumentKind.values else ""
    return {
        "name": rules.tidy_name(person.name)[:80],
        "born_on": person.born_on,
        "sex": person.sex if person.sex in Sex.values else Sex.UNKNOWN,
        "document_kind": kind or (DocumentKind.OTHER if number else DocumentKind.NONE),
        "document_cipher": gateways.sealed(number),
        "document_digest": gateways.digest_of(number),
        "phone": person.phone[:30],
        "guardian": person.guardian[:80],
        "group_name": person.group_name[:60],
        "risks": sorted({code[:40] for code in person.risks if code}),
        "weight_kg": person.weight_kg,
    }


BLANKS = ("", None, Sex.UNKNOWN, DocumentKind.NONE)


def _complete(recipient: Recipient, person: Person) -> None:
    """Fill what was missing and take over what changes with time; a name is never overwritten."""
    facts = _facts(person)
    facts["risks"] = sorted({*recipient.risks, *facts["risks"]})
    newer = ("risks", "weight_kg", "group_name", "phone")
    changed = [
        name
        for name, value in facts.items()
        if value not in BLANKS
        and value != getattr(recipient, name)
        and (name in newer or getattr(recipient, name) in BLANKS)
    ]
    for name in changed:
        setattr(recipient, name, facts[name])
    if changed:
        recipient.save(update_fields=changed)


def lookalikes(recipient: Recipient) -> list[Likely]:
    """Return the namesakes, twins and probable duplicates of a recipient at the same site."""
    if not recipient.name:
        return []
    same = Q(name=recipient.name)
    if recipient.born_on:
        same |= Q(born_on=recipient.born_on)
    others = Recipient.objects.current().filter(same, site_id=recipient.site_id)
    pairs = [
        (other, alike)
        for other in others.exclude(pk=recipient.pk)[:200]
        if (alike := likeness_of(recipient, other))
    ]
    return _with_tickets(pairs) if pairs else []


def likeness_of(one: Recipient, other: Recipient) -> rules.Likeness | None:
    """Return how two recipients may be mistaken for each other."""
    return rules.likeness(one.name, one.born_on, other_name=other.name, other_born_on=other.born_on)


def _with_tickets(pairs: list[tuple[Recipient, rules.Likeness]]) -> list[Likely]:
    here = tickets_of([other for other, _alike in pairs])
    return [Likely(other, alike, tuple(here[other.pk])) for other, alike in pairs]


def tickets_of(recipients: list[Recipient]) -> dict[int, list[int]]:
    """Return the tickets under which these persons are watched now."""
    tickets: dict[int, list[int]] = defaultdict(list)
    rows = Observation.objects.open().filter(recipient__in=recipients).order_by("ticket")
    for recipient_id, ticket in rows.values_list("recipient_id", "ticket"):
        tickets[recipient_id].append(ticket)
    return tickets


def search(site_ids: list[int], words: str) -> list[Recipient]:
    """Return the recipients whose name, class or document number matches."""
    name = rules.tidy_name(words)
    if not name:
        return []
    match = Q(name__icontains=name) | Q(group_name__iexact=name)
    if number := rules.document_key(words):
        match |= Q(document_digest=gateways.digest_of(number))
    rows = Recipient.objects.current().filter(match, site_id__in=site_ids)
    return list(rows.select_related("site").order_by("name", "born_on", "pk")[:SEARCH_LIMIT])


class CannotMerge(Refusal):
    code = "cannot_merge"


@transaction.atomic
def merge_recipients(
    *, keep: UUID, merge: UUID, reason: str, origin: Origin, now: datetime
) -> PersonMerge:
    """Make two records one person: the observations move to the kept record; nothing is deleted.

    :raises CannotMerge: when the records are one, of two sites, or one was merged already.
    """
    pair = {
        r.uuid: r
        for r in Recipient.objects.filter(uuid__in=[keep, merge]).order_by("pk").select_for_update()
    }
    if len(pair) < 2 or pair[keep].site_id != pair[merge].site_id:
        raise CannotMerge(_("Choose two different records of one site."), field="merge")
    kept, lost = pair[keep], pair[merge]
    if kept.merged_into_id or lost.merged_into_id:
        raise CannotMerge(_("One of these was merged before; undo that first."), field="merge")
    moved = Observation.objects.filter(recipient=lost)
    keys = [str(key) for key in moved.values_list("uuid", flat=True)]
    moved.update(recipient=kept)
    lost.merged_into = kept
    lost.save(update_fields=["merged_into"])
    made = PersonMerge.objects.create(
        kept=kept,
        merged=lost,
        reason=reason[:200],
        observations=keys,
        merged_at=now,
        merged_by=origin.actor,
    )
    _tell(made, "person.merged", origin=origin, now=now)
    return made


@transaction.atomic
def undo_merge(*, merge_uuid: UUID, origin: Origin, now: datetime) -> PersonMerge:
    """Let both records stand again as they were; doing it twice changes nothing."""
    rows = PersonMerge.objects.select_for_update(of=("self",))
    merge = rows.select_related("kept", "merged").get(uuid=merge_uuid)
    if merge.undone_at is not None:
        return merge
    Observation.objects.filter(uuid__in=merge.observations).update(recipient=merge.merged)
    Recipient.objects.filter(pk=merge.merged_id).update(merged_into=None)
    merge.undone_at = now
    merge.save(update_fields=["undone_at"])
    _tell(merge, "person.unmerged", origin=origin, now=now)
    return merge


def _tell(merge: PersonMerge, type_: str, *, origin: Origin, now: datetime) -> None:
    """Tell the site which records and watches were meant; keys only, no identities."""
    facts = {
        "kept": str(merge.kept.uuid),
        "merged": str(merge.merged.uuid),
        "observations": merge.observations,
    }
    append_event(merge.kept.site_id, Fact(type_, str(merge.uuid), facts), now=now, origin=origin)
