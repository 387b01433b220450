"""The two-hour card: whom to telephone, what to say, what was said when, and the letter to the family."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from aefi.exchange import stored
from aefi.exchange.case import CaseFacts, Moment
from aefi.models import Case, DutyContact, FamilyLetter, LetterAbout
from aefi.rules.clock_rules import Grave, Proof
from aefi.rules.clocks import Clock, Evidence
from aefi.services import case_clocks, cases
from aefi.services.cases import Act
from aefi.services.duty_words import TURNS
from alerts.services.refusals import Refusal


class LetterChanged(Refusal):
    """Somebody wrote another letter meanwhile; this text is not the one to approve."""

    code = "letter_changed"


@dataclass(frozen=True)
class Call:
    """One duty within the two hours: whom to reach, and the proof once there is one."""

    proof: Proof
    contact: DutyContact | None
    done: Evidence | None


@dataclass(frozen=True)
class Turn:
    """One grave turn with its clock and its calls."""

    clock: Clock
    calls: tuple[Call, ...]

    @property
    def about(self) -> Grave:
        return self.clock.about or Grave.PUBLIC_CONCERN


def turns_of(case: Case) -> list[Turn]:
    """Return the grave turns of a case, the first due first."""
    contacts = contacts_of(case.site.county_code)
    grave = [clock for clock in case_clocks.clocks(case) if clock.about]
    return [Turn(clock, tuple(_calls(clock, contacts))) for clock in grave]


def _calls(clock: Clock, contacts: dict[str, DutyContact]) -> list[Call]:
    done = {item.proof: item for item in clock.evidence}
    proofs = clock.rule.stops_on
    return [Call(proof, contacts.get(proof), done.get(proof)) for proof in proofs]


def contacts_of(county: str) -> dict[str, DutyContact]:
    """Return the contact of each duty in a county; the most local one wins."""
    rows = DutyContact.objects.all()
    near = [row for row in rows if county.startswith(row.region)]
    return {row.proof: row for row in sorted(near, key=lambda row: len(row.region))}


def script_of(case: Case) -> str:
    """Return what to say on the telephone, filled in; it names no person."""
    facts = stored.from_json(case.facts)
    grave = case_clocks.grave_of(case)
    turned = ", ".join(str(TURNS[kind]) for kind in sorted(grave))
    lines = [
        _("This is {site}, case {number}: {turned}.").format(
            site=case.site.name, number=case.number, turned=turned
        ),
        _("We have known since {at}.").format(at=_moment(min(grave.values(), default=None))),
        *_what_happened(facts),
    ]
    return "\n".join(line for line in lines if line)


def _what_happened(facts: CaseFacts) -> list[str]:
    doses = ", ".join(f"{one.name} {one.lot} {_moment(one.given_at)}" for one in facts.vaccines)
    signs = ", ".join(f"{one.term} {_moment(one.onset_at)}" for one in facts.events)
    return [
        _("Vaccinated with: {doses}.").format(doses=doses) if doses else "",
        _("Seen: {signs}.").format(signs=signs) if signs else "",
        _("Course: {words}").format(words=facts.narrative) if facts.narrative else "",
    ]


def _moment(moment: Moment | None) -> str:
    if isinstance(moment, datetime):
        return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")
    return moment.isoformat() if moment else ""


def letter_draft(case: Case) -> str:
    """Return a first text for the family; a physician reads, changes and approves it."""
    name = case.facts["patient_name"] or _("your relative")
    return _(
        "To the family of {name}\n\n"
        "After the vaccination at {site} something happened that worries us as it worries you. "
        "We have told the health authorities, and experts will look into it. Nobody can say today "
        "what the cause is; we will not guess.\n\n"
        "We will tell you what is found, in words and in writing. You may ask us at any time.\n\n"
        "{site}"
    ).format(name=name, site=case.site.name)


def letters_of(case: Case, about: LetterAbout = LetterAbout.TWO_HOURS) -> QuerySet[FamilyLetter]:
    """Return the letters of a case about one matter, the newest first."""
    mine = case.letters.filter(about=about)
    return mine.select_related("by", "approved_by").order_by("-pk")


@transaction.atomic
def write_letter(
    uuid: UUID, text: str, act: Act, about: LetterAbout = LetterAbout.TWO_HOURS
) -> FamilyLetter:
    """Keep a new text; an approval of an earlier one does not carry over."""
    case = cases.locked(uuid)
    letter = FamilyLetter.objects.create(case=case, text=text, about=about, **act.row)
    cases.tell(case, "case.letter_written", act, about=str(about))
    return letter


@transaction.atomic
def approve_letter(
    uuid: UUID, letter: int, act: Act, about: LetterAbout = LetterAbout.TWO_HOURS
) -> FamilyLetter:
    """Approve the newest text.

    :raises LetterChanged: when `letter` is not the newest text.
    """
    case = cases.locked(uuid)
    newest = letters_of(case, about).first()
    if newest is None or newest.pk != letter:
        raise LetterChanged(_("The letter was changed meanwhile. Read it again, then approve it."))
    if newest.approved_by is None:
        newest.approved_by, newest.approved_at = act.origin.actor, act.now
        newest.save(update_fields=["approved_by", "approved_at"])
        cases.tell(case, "case.letter_approved", act)
    return newest
