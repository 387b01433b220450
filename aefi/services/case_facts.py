"""What the hall already knows of a reaction, as the first version of its case."""

from django.db.models import QuerySet

from aefi.exchange.case import CaseFacts, EventFacts, ReporterFacts, Sex, VaccineFacts
from aefi.rules.seriousness import Criterion
from aefi.services import groups
from aefi.services.hall import seen_in
from aefi.services.sign_words import sign_words
from observation.models import BodySite, Dose, Observation, Reaction, Recipient, Route

ROUTES = {Route.IM: "1", Route.SC: "2", Route.ID: "3", Route.ORAL: "4", Route.OTHER: "5"}
BODY_SITES = {
    BodySite.LEFT_ARM: "1",
    BodySite.RIGHT_ARM: "2",
    BodySite.LEFT_THIGH: "3",
    BodySite.RIGHT_THIGH: "4",
    BodySite.ORAL: "7",
    BodySite.OTHER: "8",
}
"""The national card's codes. Source: docs/sources.md#card-codes."""
SEXES = {"male": Sex.MALE, "female": Sex.FEMALE}


def in_register(people: QuerySet[Recipient]) -> QuerySet[Recipient]:
    """Return those who have a case; the register needs to know who they are."""
    return people.filter(observations__reactions__case__isnull=False)


def facts_of(reaction: Reaction, *, number: str) -> CaseFacts:
    """Return the case as far as dose, lot, watch, signs and notes tell it."""
    watch = reaction.observation
    person = watch.recipient if watch else None
    known = _person(person) if person else {"patient_name": reaction.person_text}
    group = groups.declared_with(reaction)
    return CaseFacts(
        case_number=number,
        county=reaction.site.county_code,
        vaccines=_vaccines(watch) if watch else (),
        events=_events(reaction),
        serious_because=_serious_because(reaction),
        narrative=reaction.note,
        group_code=group.code if group else "",
        reporter=ReporterFacts(
            name=str(reaction.reported_by or ""), institution=reaction.site.name
        ),
        discovered_at=reaction.seen_at,
        **known,
    )


def facts_of_watch(watch: Observation) -> CaseFacts:
    """Return what the hall knows of a person and the doses of one visit."""
    return CaseFacts(
        case_number="",
        county=watch.site.county_code,
        vaccines=_vaccines(watch),
        **_person(watch.recipient),  # type: ignore[arg-type]
    )


def _person(person: Recipient) -> dict[str, object]:
    return {
        "patient_name": person.name,
        "birth_date": person.born_on,
        "sex": SEXES.get(person.sex, Sex.UNKNOWN),
        "phone": person.phone,
        "guardian": person.guardian,
        "weight_kg": float(person.weight_kg) if person.weight_kg is not None else None,
    }


def _vaccines(watch: Observation) -> tuple[VaccineFacts, ...]:
    doses = watch.doses.select_related("vaccine", "lot").order_by("given_at", "pk")
    return tuple(_vaccine(dose) for dose in doses)


def _vaccine(dose: Dose) -> VaccineFacts:
    return VaccineFacts(
        name=dose.vaccine.name if dose.vaccine else dose.vaccine_as_written,
        code=dose.vaccine.code if dose.vaccine else "",
        manufacturer=dose.vaccine.maker if dose.vaccine else "",
        lot=dose.lot.number if dose.lot else dose.lot_as_written,
        expires_on=dose.lot.expires_on if dose.lot else None,
        given_at=dose.given_at,
        dose_number=dose.dose_number,
        route=ROUTES.get(Route(dose.route), "") if dose.route else "",
        site=BODY_SITES.get(BodySite(dose.body_site), "") if dose.body_site else "",
    )


def _events(reaction: Reaction) -> tuple[EventFacts, ...]:
    """Return the signs that were seen, in the words of the national form's language."""
    onset_at = reaction.onset_at or reaction.seen_at
    terms = [sign_words(code, "zh-hans") for code in sorted(seen_in(reaction))]
    ended_at = reaction.recovered_at
    return tuple(EventFacts(term, onset_at=onset_at, ended_at=ended_at) for term in terms)


def _serious_because(reaction: Reaction) -> frozenset[Criterion] | None:
    """Return nothing while nobody has judged it; which criterion holds, a person says later."""
    if reaction.is_serious is None:
        return None
    return frozenset({Criterion.OTHER_IMPORTANT} if reaction.is_serious else ())
