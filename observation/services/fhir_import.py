"""Doses from another system: people become recipients, doses of a running visit are watched.

Importing the same again changes nothing; a bad resource is reported by itself and holds nothing up.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from alerts.models import Site
from alerts.outbox import Origin
from observation import exchange
from observation.exchange import ImmunizationFacts, PatientFacts, Unreadable
from observation.models import Dose, Observation, PastDose, Recipient, Vaccine
from observation.rules import watch as rules
from observation.services import doses, persons
from observation.services.doses import GivenDose, Visit

DEFAULT_SOURCE = "fhir"


@dataclass(frozen=True)
class Refused:
    """A resource that was not imported: its number, the element, and why."""

    index: int
    path: str
    message: str


@dataclass
class Outcome:
    """What an import did."""

    imported: int = 0
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)

    def count(self, *, is_new: bool) -> None:
        self.imported += is_new
        self.unchanged += not is_new


@dataclass(frozen=True)
class Import:
    """Where an import goes and where it comes from."""

    site: Site
    source: str
    origin: Origin
    now: datetime


Numbered = tuple[int, str, Any]


def import_document(
    document: Any, *, site: Site, origin: Origin, now: datetime, source: str = DEFAULT_SOURCE
) -> Outcome:
    """Import a bundle or a single resource.

    :raises Unreadable: when it is neither.
    """
    return _run(list(exchange.resources_in(document)), Import(site, source[:120], origin, now))


def import_lines(
    lines: Iterable[str],
    *,
    site: Site,
    origin: Origin,
    now: datetime,
    source: str = DEFAULT_SOURCE,
) -> Outcome:
    """Import a file of one resource per line; a line that is not JSON is refused by itself."""
    outcome = Outcome()
    rows = list(_rows(lines, outcome))
    done = _run(rows, Import(site, source[:120], origin, now))
    done.refused = sorted([*outcome.refused, *done.refused], key=lambda row: row.index)
    return done


def _rows(lines: Iterable[str], outcome: Outcome) -> Iterator[Numbered]:
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            yield index, "", json.loads(line)
        except (ValueError, RecursionError):
            outcome.refused.append(Refused(index, "", "This line is not JSON."))


def _run(rows: list[Numbered], work: Import) -> Outcome:
    """Import people first, so that a dose may stand before its patient in the file."""
    outcome = Outcome()
    read = list(_read(rows, outcome))
    people: dict[str, Recipient] = {}
    for _index, address, facts in read:
        if isinstance(facts, PatientFacts):
            recipient, is_new = _import_patient(facts, work)
            outcome.count(is_new=is_new)
            people |= {facts.external_id: recipient, exchange.reference_key(address): recipient}
    for index, _address, facts in read:
        if isinstance(facts, ImmunizationFacts):
            _import_one(index, facts, people, work, outcome)
    outcome.refused.sort(key=lambda row: row.index)
    return outcome


def _read(rows: list[Numbered], outcome: Outcome) -> Iterator[tuple[int, str, exchange.Facts]]:
    for index, address, resource in rows:
        try:
            yield index, address, exchange.facts_of(resource)
        except Unreadable as error:
            outcome.refused.append(Refused(index, error.path, str(error)))


def _import_patient(facts: PatientFacts, work: Import) -> tuple[Recipient, bool]:
    person = persons.Person(
        name=facts.name,
        born_on=facts.born_on,
        sex=facts.sex,
        phone=facts.phone,
        external_system=work.source,
        external_id=facts.external_id,
    )
    with transaction.atomic():
        before = _recipient(facts.external_id, work)
        recipient, _flags = persons.identify(work.site, person, now=work.now)
    return recipient, before is None


def _recipient(external_id: str, work: Import) -> Recipient | None:
    rows = Recipient.objects.filter(site=work.site, external_system=work.source)
    row = rows.select_related("merged_into").filter(external_id=external_id[:120]).first()
    return (row.merged_into or row) if row else None


def _import_one(
    index: int,
    facts: ImmunizationFacts,
    people: dict[str, Recipient],
    work: Import,
    outcome: Outcome,
) -> None:
    recipient = people.get(facts.patient) or _recipient(facts.patient, work)
    if recipient is None:
        message = "This patient is neither in the import nor known from an earlier one."
        outcome.refused.append(Refused(index, "patient.reference", message))
        return
    with transaction.atomic():
        is_new = _import_dose(facts, recipient, work)
    outcome.count(is_new=is_new)


def _import_dose(facts: ImmunizationFacts, recipient: Recipient, work: Import) -> bool:
    """Watch a dose of a visit that goes on, keep any other as history; false when it was known."""
    known = {"external_system": work.source, "external_id": facts.external_id[:120]}
    if Dose.objects.filter(**known).exists():
        return False
    if PastDose.objects.filter(recipient=recipient, **known).exists():
        return False
    vaccine = _vaccine(facts)
    if facts.is_given and facts.given_at and _goes_on(facts.given_at, work.now):
        _watch(facts, recipient, vaccine, work)
        return True
    PastDose.objects.create(
        recipient=recipient,
        vaccine=vaccine,
        vaccine_as_written=facts.vaccine_name,
        lot_as_written=facts.lot[:40],
        given_at=facts.given_at,
        given_as_written=facts.given_as_written,
        status=facts.status,
        entered_at=work.now,
        **known,
    )
    return True


def _goes_on(given_at: datetime, now: datetime) -> bool:
    """Say whether a dose is of a visit that goes on: its person may still be in the building."""
    return now - given_at <= rules.VISIT_LIMIT


def _vaccine(facts: ImmunizationFacts) -> Vaccine | None:
    """Return the vaccine by code or name; one that nobody here knows is created unconfirmed."""
    if not facts.vaccine_code:
        return Vaccine.objects.filter(name=facts.vaccine_name).first()
    names = Q(name=facts.vaccine_name) | Q(name_en__iexact=facts.vaccine_name)
    known = Vaccine.objects.filter(Q(code=facts.vaccine_code) | names).order_by("-is_confirmed")
    if found := known.first():
        return found
    names_of_new = {"name": facts.vaccine_name, "name_en": facts.vaccine_name}
    return Vaccine.objects.create(code=facts.vaccine_code, is_confirmed=False, **names_of_new)


def _watch(
    facts: ImmunizationFacts, recipient: Recipient, vaccine: Vaccine | None, work: Import
) -> None:
    given = GivenDose(
        vaccine=vaccine.code if vaccine else facts.vaccine_name,
        lot=facts.lot,
        dose_number=facts.dose_number,
        route=facts.route,
        body_site=facts.body_site,
        given_at=facts.given_at,
        external_system=work.source,
        external_id=facts.external_id,
    )
    here = Observation.objects.open().filter(site=work.site, recipient=recipient)
    origin, now = work.origin, work.now
    if row := here.order_by("-pk").first():
        doses.add_doses(observation_uuid=row.uuid, doses=[given], origin=origin, now=now)
        return
    visit = Visit(person=persons.Person(uuid=recipient.uuid), doses=(given,))
    doses.record_visits(site=work.site, visits=[visit], origin=origin, now=now)
