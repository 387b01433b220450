"""Cases of the register: opened once, corrected by new versions, closed by an officer.

Every change happens under the lock of the case's row and leaves an event; its payload names no person.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from aefi.exchange import stored
from aefi.exchange.case import CaseFacts, Moment
from aefi.models import (
    Case,
    CaseComment,
    CaseOrigin,
    CaseState,
    CaseVersion,
    CaseView,
    Filing,
    WordKind,
)
from aefi.models.cases import NEVER
from aefi.rules.clock_rules import Fact as ClockFact
from aefi.rules.clock_rules import Grave, Proof
from aefi.rules.clocks import CHINA
from aefi.services import (
    case_clocks,
    case_gaps,
    case_levels,
    case_matches,
    case_verdicts,
    indicators,
    officer_words,
)
from aefi.services.case_facts import facts_of
from aefi.services.instants import require_past, require_proof
from alerts.models import Site, Stream
from alerts.outbox import Fact, Origin, append_event
from alerts.services.refusals import Refusal
from observation.models import Reaction
from observation.services import clocks, tiles

STATES = {
    "submit": ((CaseState.DRAFT, CaseState.RETURNED), CaseState.SUBMITTED),
    "return": ((CaseState.SUBMITTED,), CaseState.RETURNED),
    "close": ((CaseState.SUBMITTED,), CaseState.CLOSED),
    "reopen": ((CaseState.CLOSED,), CaseState.SUBMITTED),
}
"""Each verb: from which states it leads where."""
WORD_OF = {
    "return": WordKind.RETURNED,
    "close": WordKind.CLOSED,
    "reopen": WordKind.REOPENED,
}
"""What a verb of the officers is to the site."""


class Outdated(Refusal):
    """Somebody else changed the case meanwhile; the difference is told."""

    code = "outdated"


class NotNow(Refusal):
    """The case is not in a state for this."""

    code = "not_now"


@dataclass(frozen=True)
class Act:
    """Who changes a case, by what, and when."""

    origin: Origin
    now: datetime

    @property
    def row(self) -> dict[str, Any]:
        return {"at": self.now, "by": self.origin.actor}


@transaction.atomic
def open_from_reaction(reaction: Reaction, act: Act) -> Case:
    """Return the case of a reaction, opened with what the hall knows; there is one and no second."""
    lock(reaction.site_id)
    known = Case.objects.filter(reaction=reaction).select_related("site").first()
    if known is not None:
        return known
    facts = facts_of(reaction, number=_next_number(reaction.site, act.now))
    return _open(reaction.site, facts, CaseOrigin.REACTION, act, reaction=reaction)


@transaction.atomic
def open_by_hand(site: Site, facts: CaseFacts, act: Act) -> Case:
    """Open a case from what somebody typed; half of it may be missing."""
    lock(site.pk)
    numbered = replace(facts, case_number=_next_number(site, act.now), version=1)
    known = numbered.discovered_at or act.now
    require_past(_instant(known, act.now), now=act.now, field="facts.discovered_at")
    return _open(site, replace(numbered, discovered_at=known), CaseOrigin.BY_HAND, act)


@transaction.atomic
def open_from_guardian(site: Site, facts: CaseFacts, act: Act) -> Case:
    """Open a draft from what a family told; the site knows from this moment."""
    lock(site.pk)
    numbered = replace(facts, case_number=_next_number(site, act.now), discovered_at=act.now)
    return _open(site, numbered, CaseOrigin.GUARDIAN, act)


@transaction.atomic
def open_concern(site: Site, words: str, act: Act) -> Case:
    """Declare a public concern: no person and no card, but two hours that begin now."""
    lock(site.pk)
    facts = CaseFacts(_next_number(site, act.now), narrative=words, discovered_at=act.now)
    case = _open(site, facts, CaseOrigin.CONCERN, act)
    return turn_grave(case.uuid, Grave.PUBLIC_CONCERN, reason=words, act=act)


def open_imported(site: Site, facts: CaseFacts, act: Act) -> Case:
    """Open a case from another system's report as it came; only the number is the register's own."""
    lock(site.pk)
    numbered = replace(facts, case_number=_next_number(site, act.now))
    return _open(site, numbered, CaseOrigin.IMPORTED, act)


def _open(site: Site, facts: CaseFacts, origin: str, act: Act, **more: Any) -> Case:
    known_at = min(_instant(facts.discovered_at, act.now), act.now)
    discovered = {ClockFact.DISCOVERED: known_at.isoformat()}
    case = Case(
        number=facts.case_number,
        site=site,
        origin=origin,
        opened_at=act.now,
        month=indicators.month_of(act.now),
        opened_by=act.origin.actor,
        milestones={} if origin == CaseOrigin.CONCERN else discovered,
        **more,
    )
    _write(case, facts, act, reason="")
    tell(case, "case.opened", act)
    return case


@transaction.atomic
def revise(
    uuid: UUID, facts: CaseFacts, *, base: int, reason: str, act: Act, is_class: bool = False
) -> Case:
    """Write a new version on top of version `base`; only a classification changes a class.

    :raises Outdated: when there is a newer one; the facts say what it changed.
    """
    case = locked(uuid)
    if case.state == CaseState.CLOSED:
        raise NotNow(_("This case is closed. Reopen it first, with a reason."))
    if case.version != base:
        seen = case.versions.filter(version=base).values_list("facts", flat=True).first() or {}
        message = _("Somebody changed this case meanwhile. Look at the differences and save again.")
        raise Outdated(message, field="version", facts=stored.changes(seen, case.facts))
    if not is_class:
        require_classes(facts, case.facts)
    _move_discovery(case, facts, act)
    case.version += 1
    _write(case, replace(facts, case_number=case.number), act, reason=reason)
    tell(case, "case.revised", act)
    return case


def _move_discovery(case: Case, facts: CaseFacts, act: Act) -> None:
    """Let the clock follow a corrected word on when the site knew; the history keeps both."""
    before = stored.from_json(case.facts).discovered_at
    if facts.discovered_at == before or ClockFact.DISCOVERED not in case.milestones:
        return
    known_at = _instant(facts.discovered_at, case.opened_at)
    require_past(known_at, now=act.now, field="facts.discovered_at")
    case.milestones[ClockFact.DISCOVERED] = known_at.isoformat()


def require_classes(facts: CaseFacts, before: dict[str, Any]) -> None:
    """Leave both classes as they stand.

    :raises NotNow: when the facts say another one.
    """
    for name in ("preliminary_class", "final_class"):
        if getattr(facts, name) != before.get(name, ""):
            message = _("A class is given by classifying the case, with its reasons.")
            raise NotNow(message, field=f"facts.{name}")


def _write(case: Case, facts: CaseFacts, act: Act, *, reason: str) -> None:
    facts = replace(facts, version=case.version)
    case.facts, case.is_serious = stored.to_json(facts), facts.is_serious
    case.searched = _searched(facts)
    case.name_key = case_matches.name_key(facts.patient_name)
    case.birth_date = case_matches.birth_date_of(facts)
    case.missing = [item.item.number for item in case_gaps.card_gaps(case)]
    for turn in case_clocks.grave_turns(facts):
        case.grave.setdefault(turn, act.now.isoformat())
    case.save()
    CaseVersion.objects.create(
        case=case, version=case.version, facts=case.facts, reason=reason, **act.row
    )
    renew_limit(case)
    case_matches.look(case, facts, now=act.now)


def _searched(facts: CaseFacts) -> str:
    """Return the words of a case that somebody may look for."""
    doses = [f"{one.name} {one.code} {one.lot} {one.manufacturer}" for one in facts.vaccines]
    person = [facts.patient_name, facts.guardian, facts.phone, facts.address]
    told = [*(one.term for one in facts.events), facts.narrative, facts.preliminary_diagnosis]
    return "\n".join(filter(None, [facts.case_number, *person, *doses, *told]))


@transaction.atomic
def move(uuid: UUID, verb: str, *, reason: str, act: Act) -> Case:
    """Submit, return, close or reopen.

    A case with gaps closes only with a reason beside them.

    :raises NotNow: from another state, or with what is missing.
    """
    case = locked(uuid)
    if verb != "submit":
        case_levels.require_holder(case, act.origin.actor)
    allowed, target = STATES[verb]
    if case.state not in allowed:
        raise NotNow(_("Not possible while the case is: {state}.").format(state=_words(case)))
    if verb == "close" and not reason and (gaps := case_gaps.gaps_of(case)):
        message = _("Something is missing. Add it, or close with a reason.")
        raise NotNow(message, field="reason", facts={"missing": gaps})
    if verb in {"return", "reopen"} and not reason:
        raise NotNow(_("Say why, so that the site knows what to do."), field="reason")
    case.state = target
    if verb == "submit":
        case.milestones.setdefault(ClockFact.REPORT_RECEIVED, act.now.isoformat())
    if verb in WORD_OF:
        officer_words.keep_word(case, WORD_OF[verb], reason, act.row)
    return _changed(case, f"case.{target}", act, reason=reason)


@transaction.atomic
def turn_grave(uuid: UUID, kind: Grave, *, reason: str, act: Act) -> Case:
    """Record that a case turned grave: its two hours begin now, the 48 hours run on.

    Of a case that is part of another, the other one turns grave: the word is never refused.
    """
    case = _locked_whole(uuid)
    case.grave.setdefault(kind, clocks.happened_at(act.origin, now=act.now).isoformat())
    return _changed(case, "case.turned_grave", act, kind=str(kind), reason=reason)


@transaction.atomic
def reach(uuid: UUID, milestone: ClockFact, *, at: datetime, act: Act) -> Case:
    """Record an instant from which a clock runs; the first word on it stands."""
    require_past(at, now=act.now, field="at")
    case = locked(uuid)
    case.milestones.setdefault(milestone, at.isoformat())
    investigated = {ClockFact.INVESTIGATION_NEEDED, ClockFact.INVESTIGATION_STARTED}
    case.needs_investigation = case.needs_investigation or milestone in investigated
    return _changed(case, "case.milestone", act, milestone=str(milestone))


@dataclass(frozen=True)
class Said:
    """A proof as it was given: what it proves, for which grave turn, where to look it up."""

    proof: Proof
    reference: str
    done_at: datetime
    about: str = ""


@transaction.atomic
def file(uuid: UUID, said: Said, act: Act) -> Case:
    """Keep a proof of filing; only this stops a clock."""
    case = locked(uuid)
    running = case_clocks.clocks(case)
    require_proof(said.reference, said.done_at, running, now=act.now)
    Filing.objects.create(case=case, **vars(said), **act.row)
    return _changed(case, "case.filed", act, proof=str(said.proof), about=said.about)


@transaction.atomic
def comment(uuid: UUID, text: str, act: Act) -> CaseComment:
    """Leave a word on a case, or on the one it is part of."""
    case = _locked_whole(uuid)
    said = CaseComment.objects.create(case=case, text=text, **act.row)
    officer_words.keep_word(case, WordKind.COMMENTED, text, act.row)
    tell(case, "case.commented", act)
    return said


def history_of(case: Case) -> list[tuple[CaseVersion, dict[str, list[Any]]]]:
    """Return every version, the first one first, with what it changed."""
    rows = list(case.versions.select_related("by").order_by("version"))
    before = [rows[0], *rows]
    return [
        (row, stored.changes(old.facts, row.facts)) for old, row in zip(before, rows, strict=False)
    ]


def note_view(case: Case, purpose: str, act: Act) -> None:
    """Keep who looked at the case."""
    CaseView.objects.create(case=case, purpose=purpose[:200], **act.row)


def renew_limit(case: Case) -> None:
    """Keep what the worklist is sorted by, and arm the next reminder."""
    case.due_at = case_clocks.nearest_limit(case)
    case.sort_at = case.due_at or NEVER
    case.verdicts = case_verdicts.renewed(case)
    case.save(update_fields=["due_at", "sort_at", "verdicts"])
    case_clocks.arm_reminder(case)


def _changed(case: Case, type_: str, act: Act, **facts: str) -> Case:
    case.save()
    renew_limit(case)
    tell(case, type_, act, **facts)
    return case


def tell(case: Case, type_: str, act: Act, **more: object) -> None:
    """Append an event of a case; it names no person."""
    facts = {
        "number": case.number,
        "state": case.state,
        "version": case.version,
        "due_at": tiles.instant(case.due_at),
        **{name: value for name, value in more.items() if name != "reason"},
    }
    append_event(case.site_id, Fact(type_, str(case.uuid), facts), now=act.now, origin=act.origin)


def lock(site_id: int) -> None:
    """Wait for whoever changes a case of this site just now."""
    Stream.objects.select_for_update().filter(site_id=site_id).first()


def _locked_whole(uuid: UUID) -> Case:
    """Return under lock the case, or the one that it is or just became a part of."""
    while True:
        kept = Case.objects.filter(uuid=uuid).values_list("merged_into__uuid", flat=True).first()
        rows = Case.objects.filter(uuid=kept or uuid)
        lock(rows.values_list("site_id", flat=True).get())
        case = rows.select_related("site").get()
        if case.merged_into_id is None:
            return case


def locked(uuid: UUID) -> Case:
    """Return a case under the lock of its site's stream.

    :raises NotNow: when it is part of another; the words name that one.
    """
    rows = Case.objects.filter(uuid=uuid)
    lock(rows.values_list("site_id", flat=True).get())
    case = rows.select_related("site", "merged_into").get()
    if case.merged_into is not None:
        words = _("This case is part of {number}. Work there, or undo the merge first.")
        raise NotNow(words.format(number=case.merged_into.number))
    return case


def _next_number(site: Site, now: datetime) -> str:
    """Return county, year and a serial number, as the national system numbers cases.

    Two sites of a county take turns; the lock leaves rows that refer to a site alone.
    """
    county = Site.objects.filter(county_code=site.county_code).order_by("pk")
    list(county.select_for_update(no_key=True).values_list("pk"))
    start = f"{site.county_code or '000000'}{now.astimezone(CHINA).year}"
    mine = Case.objects.filter(number__startswith=start)
    last = mine.order_by(Length("number").desc(), "-number").first()
    serial = int(last.number[len(start) :]) + 1 if last else 1
    return f"{start}{serial:04d}"


def _instant(moment: Moment | None, otherwise: datetime) -> datetime:
    """Return an instant; of a day alone its first moment, the stricter reading."""
    if moment is None or isinstance(moment, datetime):
        return moment or otherwise
    return datetime.combine(moment, time(), CHINA)


def _words(case: Case) -> str:
    return str(CaseState(case.state).label)
