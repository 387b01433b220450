"""Lots: finding the one that was written, judging a planned dose, holding and releasing a lot."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models import Site
from alerts.outbox import Fact, Origin, append_event, together
from alerts.services.refusals import Refusal
from observation.models import Dose, Lot, LotIssue, Observation, Recipient, Vaccine
from observation.rules import lots as rules
from observation.rules.tickets import observation_key
from observation.services import stations, watch
from observation.services.clocks import zone_of


class LotHeld(Refusal):
    code = rules.HELD


class LotExpired(Refusal):
    code = rules.EXPIRED


class LotNotIssued(Refusal):
    code = rules.NOT_ISSUED


class LotUnknown(Refusal):
    code = rules.UNKNOWN


REFUSALS: dict[str, tuple[type[Refusal], object]] = {
    rules.HELD: (LotHeld, _("This lot is on hold. Put the vial aside and use another lot.")),
    rules.EXPIRED: (LotExpired, _("This lot has expired. Put the vial aside.")),
    rules.NOT_ISSUED: (LotNotIssued, _("This lot was not issued to this site. Ask the lead.")),
    rules.UNKNOWN: (LotUnknown, _("No lot with this number is known. Check the number.")),
}


@dataclass(frozen=True)
class Match:
    """What a written vaccine and lot were found to be, with the flags for a dose given from it."""

    vaccine: Vaccine | None
    lot: Lot | None
    verdict: rules.Verdict
    flags: tuple[str, ...]


@dataclass
class LotBook:
    """The vaccines and lots that a request names, fetched once however many doses it has."""

    vaccines: dict[str, Vaccine] = field(default_factory=dict)
    lots: dict[str, list[Lot]] = field(default_factory=dict)
    issued: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, site: Site, written: Iterable[tuple[str, str]]) -> "LotBook":
        """Fetch what the pairs of written vaccine and lot may mean at this site."""
        pairs = list(written)
        book = cls(vaccines=_vaccines({vaccine for vaccine, _lot in pairs if vaccine}))
        book.lots = _lots({lot for _vaccine, lot in pairs if lot})
        ids = [lot.pk for lots in book.lots.values() for lot in lots]
        if ids:
            issues = LotIssue.objects.filter(site=site, lot__in=ids, withdrawn_at=None)
            book.issued = set(issues.values_list("lot_id", flat=True))
        return book

    def match(self, vaccine: str, lot: str, *, on: date) -> Match:
        """Return what was written, with every flag a dose from it gets on the site's day `on`."""
        found = self.vaccines.get(vaccine.strip().casefold())
        number = self._number(lot, found)
        verdict = rules.verdict_on(self._facts(number, found), on=on)
        vaccine_of_dose = found or (number.vaccine if number and not vaccine else None)
        unknown = () if vaccine_of_dose else (rules.VACCINE_UNKNOWN,)
        if vaccine_of_dose and not vaccine_of_dose.is_confirmed:
            unknown = (rules.VACCINE_UNCONFIRMED,)
        other = tuple(code for code in verdict.warnings if code == rules.OTHER_VACCINE)
        return Match(vaccine_of_dose, number, verdict, (*verdict.refusals, *other, *unknown))

    def _number(self, written: str, vaccine: Vaccine | None) -> Lot | None:
        lots = self.lots.get(_lot_key(written), []) if written else []
        same = [lot for lot in lots if vaccine and lot.vaccine_id == vaccine.pk]
        return next(iter(same or lots), None)

    def _facts(self, lot: Lot | None, vaccine: Vaccine | None) -> rules.LotFacts | None:
        if lot is None:
            return None
        return rules.LotFacts(
            is_held=lot.held_at is not None,
            expires_on=lot.expires_on,
            is_issued=lot.pk in self.issued,
            is_of_vaccine=vaccine is None or lot.vaccine_id == vaccine.pk,
        )


def _vaccines(written: set[str]) -> dict[str, Vaccine]:
    if not written:
        return {}
    names = Q(name__in=written) | Q(name_en__in=written)
    codes = {form for text in written for form in (text.strip(), text.strip().upper())}
    found = Vaccine.objects.filter(Q(code__in=codes) | names)
    by_name: dict[str, Vaccine] = {}
    for vaccine in found:
        by_name |= {
            text.casefold(): vaccine for text in (vaccine.name_en, vaccine.name, vaccine.code)
        }
    return by_name


def _lot_key(written: str) -> str:
    key = observation_key(written)
    return str(key) if key else rules.normal_number(written)


def _lots(written: set[str]) -> dict[str, list[Lot]]:
    keys = [key for text in written if (key := observation_key(text))]
    numbers = {rules.normal_number(text) for text in written}
    if not written:
        return {}
    rows = Lot.objects.filter(Q(number_key__in=numbers - {""}) | Q(uuid__in=keys))
    found: dict[str, list[Lot]] = defaultdict(list)
    for lot in rows.select_related("vaccine").order_by("-expires_on", "-pk"):
        found[lot.number_key].append(lot)
        found[str(lot.uuid)].append(lot)
    return found


@dataclass(frozen=True)
class PlannedDose:
    """A dose before the needle."""

    vaccine: str
    lot: str
    recipient: UUID | None = None
    station: str = ""


def check_dose(*, site: Site, planned: PlannedDose, now: datetime) -> list[str]:
    """Return the warnings of a planned dose that may go.

    :raises Refusal: `station_stopped`, `lot_held`, `lot_expired`, `lot_not_issued`, `lot_unknown`.
    """
    stations.refuse_if_stopped(site, planned.station)
    today = now.astimezone(zone_of(site)).date()
    book = LotBook.read(site, [(planned.vaccine, planned.lot)])
    match = book.match(planned.vaccine, planned.lot, on=today)
    if not match.verdict.may_go:
        refusal, words = REFUSALS[match.verdict.refusals[0]]
        facts = {"codes": list(match.verdict.refusals)}
        raise refusal(words, field="lot", facts=facts)
    unknown = [code for code in match.flags if code not in match.verdict.warnings]
    return [*match.verdict.warnings, *unknown, *_personal_warnings(site, planned, match)]


def _personal_warnings(site: Site, planned: PlannedDose, match: Match) -> list[str]:
    """Return what is known of this person that staff should hear before the needle."""
    if planned.recipient is None:
        return []
    recipient = Recipient.objects.filter(site=site, uuid=planned.recipient).first()
    if recipient is None:
        return []
    warnings = [f"risk:{code}" for code in recipient.risks]
    given = Dose.objects.filter(
        observation__recipient=recipient, observation__ended_at=None, vaccine=match.vaccine
    )
    return [*warnings, "given_this_visit"] if match.vaccine and given.exists() else warnings


@transaction.atomic
def hold_lot(*, lot_uuid: UUID, reason: str, origin: Origin, now: datetime) -> Lot:
    """Stop planned doses from a lot everywhere; watches go on, those of this lot are flagged."""
    lot = Lot.objects.select_for_update().get(uuid=lot_uuid)
    if lot.held_at is not None:
        return lot
    lot.held_at, lot.held_by, lot.held_reason = now, origin.actor, reason[:400]
    lot.save()
    with together():
        _flag_watched(lot, origin, now=now)
        _tell_sites(lot, "lot.held", origin, now=now)
    return lot


@transaction.atomic
def release_lot(*, lot_uuid: UUID, reason: str, origin: Origin, now: datetime) -> Lot:
    """Let a held lot be used again."""
    lot = Lot.objects.select_for_update().get(uuid=lot_uuid)
    if lot.held_at is None:
        return lot
    lot.held_at, lot.held_by, lot.held_reason = None, None, reason[:400]
    lot.save()
    with together():
        _flag_watched(lot, origin, now=now)
        _tell_sites(lot, "lot.released", origin, now=now)
    return lot


def _flag_watched(lot: Lot, origin: Origin, *, now: datetime) -> None:
    """Mark everyone now under observation after a dose of the lot, or take the mark off again."""
    is_held = lot.held_at is not None
    given = Dose.objects.filter(lot=lot, observation__ended_at=None)
    if not is_held:  # somebody who had two held lots stays marked for the other one
        given = given.exclude(observation__doses__lot__held_at__isnull=False)
    rows = watch.locked_many(Observation.objects.open().filter(pk__in=given.values("observation")))
    changed = [row for row in rows if (rules.HELD_SINCE in row.flags) != is_held]
    for row in changed:
        row.flags = sorted({*row.flags} ^ {rules.HELD_SINCE})
    Observation.objects.bulk_update(changed, ["flags"])
    for row in changed:
        watch.tell(row, "observation.flagged", {"flags": row.flags}, origin=origin, now=now)


def _tell_sites(lot: Lot, type_: str, origin: Origin, *, now: datetime) -> None:
    """Tell every site the lot was issued to or given at, always in one order of their streams."""
    fact = Fact(type_, str(lot.uuid), {"lot": lot.number, "vaccine": lot.vaccine.code})
    here = Q(lot_issues__lot=lot) | Q(observations__doses__lot=lot)
    sites = Site.objects.filter(here, stream__isnull=False).distinct().order_by("pk")
    for site_id in sites.values_list("pk", flat=True):
        append_event(site_id, fact, now=now, origin=origin)
