"""The guardian's page: its link, its call for staff, its questions. A link opens one family and no other."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from aefi.exchange.case import CaseFacts, EventFacts, ReporterFacts
from aefi.models import Case, GuardianAnswer, GuardianLink
from aefi.models.guardian import GuardianLinkQuerySet
from aefi.rules import guardian as rules
from aefi.services import cases
from aefi.services.case_facts import facts_of_watch
from aefi.services.cases import Act
from alerts.models import Alert, Priority, User
from alerts.outbox import SYSTEM, Fact, append_event
from alerts.rules.secrets import digest
from alerts.services import calls
from alerts.services.refusals import Refusal
from observation.models import EndKind, Observation, PersonKind

SALT = "aefi.guardian"
SECRET_BYTES = 16
FROM_PHONE = "guardian_phone"
"""How a call says on every staff screen that a family's phone raised it."""


class OnsetImpossible(Refusal):
    """The onset cannot be: it lies before the dose or in the future."""

    code = "onset_impossible"


class NotYetAsked(Refusal):
    """The watch still runs: staff are called instead."""

    code = "not_yet_asked"


@dataclass(frozen=True)
class Told:
    """What a family says: unwell or not, since when, what, where to be reached."""

    is_unwell: bool
    onset_at: datetime | None = None
    what: str = ""
    phone: str = ""


def secret_of(link: GuardianLink) -> str:
    """Return the secret of a link, worked out again so that nothing at rest opens the page."""
    key = salted_hmac(SALT, str(link.uuid), algorithm="sha256").digest()[:SECRET_BYTES]
    return urlsafe_b64encode(key).decode().rstrip("=")


@transaction.atomic
def link_for(watch: Observation, *, by: User | None, now: datetime) -> GuardianLink:
    """Return the family's open link; a new one when there is none."""
    _lock(watch)
    known = _links_of(watch).open(now).order_by("-pk").first()
    if known is not None:
        return known
    owner = {"party": watch.party} if watch.party_id else {"observation": watch}
    link = GuardianLink(
        uuid=uuid4(),
        site_id=watch.site_id,
        created_at=now,
        created_by=by,
        expires_at=now + rules.LINK_PERIOD,
        **owner,
    )
    link.digest = digest(secret_of(link))
    link.save(force_insert=True)
    return link


def revoke(watch: Observation, *, now: datetime) -> None:
    """Close the family's open links: the printed codes open nothing any more."""
    _links_of(watch).open(now).update(revoked_at=now)


def _links_of(watch: Observation) -> GuardianLinkQuerySet:
    if watch.party_id:
        return GuardianLink.objects.filter(party=watch.party_id)
    return GuardianLink.objects.filter(observation=watch)


def link_named(secret: str, *, now: datetime) -> GuardianLink | None:
    """Return the open link of a secret; none for one that is unknown, over or revoked."""
    rows = GuardianLink.objects.open(now).select_related("site")
    return rows.filter(digest=digest(secret)).first()


def family_of(link: GuardianLink) -> list[Observation]:
    """Return the watches that a link shows, by ticket; those recorded by mistake are none."""
    rows = Observation.objects.exclude(end_kind=EndKind.CANCELLED)
    own = Q(party=link.party_id) if link.party_id else Q(pk=link.observation_id)
    mine = rows.filter(own)
    return list(
        mine.select_related("seat__bay__area", "bay__area", "site", "recipient")
        .prefetch_related("doses__vaccine")
        .order_by("ticket")
    )


def running_call(watch: Observation) -> Alert | None:
    """Return the call about this person that has not ended."""
    return Alert.objects.running().filter(subject=watch.uuid).order_by("raised_at").first()


@transaction.atomic
def call_staff(watch: Observation, *, now: datetime) -> Alert:
    """Call the bay's observer to a family; a tap while a call runs joins that call.

    Never refused, also after release: the person may be at the door.
    """
    _lock(watch)
    running = running_call(watch)
    if running is not None:
        return running
    call = calls.Call(
        place=calls.Place(seat=watch.seat, bay=watch.bay, text=f"#{watch.ticket}"),
        priority=Priority.MEDIUM,
        subject=watch.uuid,
        person_kind=PersonKind.RELEASED if watch.ended_at else PersonKind.RECIPIENT,
        summary={"signs": [FROM_PHONE]},
    )
    return calls.raise_alert(site=watch.site, call=call, origin=SYSTEM, now=now)


@transaction.atomic
def answer(link: GuardianLink, watch: Observation, told: Told, *, now: datetime) -> GuardianAnswer:
    """Keep an answer to the question of the day; a yes opens a draft case, or adds to the family's.

    The same answer sent twice is one answer.

    :raises NotYetAsked: while the watch runs.
    :raises OnsetImpossible: when the onset lies before the dose or in the future.
    """
    day = rules.question_day(now, started_at=watch.started_at, ended_at=watch.ended_at)
    if day is None:
        raise NotYetAsked(_("The watch still runs. Please call staff with the button above."))
    _refuse_impossible(watch, told, now=now)
    _lock(watch)
    same = GuardianAnswer.objects.filter(observation=watch, day=day, **vars(told)).first()
    if same is not None:
        return same
    case = _case_of(watch, told, day, now=now) if told.is_unwell else None
    said = GuardianAnswer.objects.create(
        link=link, observation=watch, day=day, answered_at=now, case=case, **vars(told)
    )
    facts = {"day": day, "is_unwell": told.is_unwell, "case": str(case.uuid) if case else None}
    fact = Fact("guardian.answered", str(watch.uuid), facts)
    append_event(watch.site_id, fact, now=now, origin=SYSTEM)
    return said


def _refuse_impossible(watch: Observation, told: Told, *, now: datetime) -> None:
    first = min((dose.given_at for dose in watch.doses.all()), default=watch.started_at)
    fault = rules.onset_fault(told.onset_at, given_at=first, now=now)
    if fault == "future":
        message = _("This time has not come yet. Check it, or leave it empty.")
        raise OnsetImpossible(message, field="onset_at")
    if fault == "before_dose":
        message = _(
            "This is before the dose was given. Check the time, or leave it empty and write what you know."
        )
        raise OnsetImpossible(message, field="onset_at")


def _case_of(watch: Observation, told: Told, day: int, *, now: datetime) -> Case:
    """Return the case of a yes: a draft, or the family's earlier one with the new words added."""
    act = Act(SYSTEM, now)
    earlier = GuardianAnswer.objects.filter(observation=watch).exclude(case=None)
    known = earlier.select_related("case").order_by("pk").first()
    if known is not None and known.case is not None:
        words = f"{_('Guardian')} · D{day}: {told.what} {_onset_words(told)} {told.phone}"
        cases.comment(known.case.uuid, words[:2000], act)
        return known.case
    return cases.open_from_guardian(watch.site, _facts(watch, told, now=now), act)


def _onset_words(told: Told) -> str:
    return told.onset_at.isoformat(timespec="minutes") if told.onset_at else ""


def _facts(watch: Observation, told: Told, *, now: datetime) -> CaseFacts:
    known = facts_of_watch(watch)
    term = told.what.splitlines()[0][:60] if told.what else _("Not described")
    return replace(
        known,
        events=(EventFacts(term, onset_at=told.onset_at),),
        narrative=told.what,
        phone=told.phone or known.phone,
        reporter=ReporterFacts(
            name=known.guardian, institution=watch.site.name, phone=told.phone or known.phone
        ),
        discovered_at=now,
    )


def _lock(watch: Observation) -> None:
    """Let two taps of one family follow each other; commands of the floor lock this row first too."""
    Observation.objects.select_for_update().order_by().filter(pk=watch.pk).values_list("pk").first()
