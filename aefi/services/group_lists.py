"""A group as it leaves: the line list and the national registration form; nobody is named without a reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from aefi.exchange import cells, group_form, stored
from aefi.exchange.group_form import Person
from aefi.exchange.pseudonym import pseudonymised
from aefi.models import Case, ClassKind, GroupEvent
from aefi.rules.clock_rules import Fact
from aefi.rules.clocks import CHINA
from aefi.services import group_register
from aefi.services.case_facts import facts_of
from aefi.services.case_lists import NoReason, note_taken
from aefi.services.case_lists import Wanted as CasesWanted
from aefi.services.cases import Act
from aefi.services.group_register import Line

COLUMNS = (
    "number",
    "case",
    "seat",
    "sex",
    "birth_year",
    "vaccines",
    "given_at",
    "onset_at",
    "minutes",
    "signs",
    "is_other",
)


@dataclass(frozen=True)
class Wanted:
    """Whether persons are named, and why."""

    is_identified: bool = False
    reason: str = ""


def line_list(card: GroupEvent, wanted: Wanted, act: Act) -> str:
    """Return one line for each member and for those ill beside them, as CSV, by onset."""
    lines = _taken(card, "group line list", wanted, act)
    return cells.table(_lines(lines, wanted))


def _taken(card: GroupEvent, form: str, wanted: Wanted, act: Act) -> list[Line]:
    """Return the lines, and keep with each case who took it away.

    :raises NoReason: when persons are to be named and nobody says why.
    """
    if wanted.is_identified and not wanted.reason:
        raise NoReason(_("Say why the export must name the person."), field="reason")
    lines = group_register.lines_of(card)
    rows = [line.case for line in lines if line.case is not None]
    note_taken(rows, form, CasesWanted({}, wanted.is_identified, wanted.reason), act)
    return lines


def _lines(lines: Sequence[Line], wanted: Wanted) -> Iterator[list[object]]:
    yield [*COLUMNS, *(["name"] if wanted.is_identified else [])]
    for number, line in enumerate(lines, 1):
        told = {
            **vars(line),
            "number": number,
            "case": line.case.number if line.case else "",
            "birth_year": line.born_on.year if line.born_on else "",
            "vaccines": "; ".join(line.vaccines),
            "given_at": _local(line.given_at),
            "onset_at": _local(line.onset_at),
            "minutes": line.minutes,
            "signs": "; ".join(line.signs),
            "is_other": int(line.is_other),
        }
        yield [*(told[name] for name in COLUMNS), *([line.name] if wanted.is_identified else [])]


def _local(moment: Any) -> str:
    return timezone.localtime(moment).isoformat(timespec="minutes") if moment else ""


def registration_form(card: GroupEvent, wanted: Wanted, act: Act) -> bytes:
    """Return the national registration form; members are those with a dose, by onset."""
    lines = _taken(card, "group form", wanted, act)
    members = [line for line in lines if not line.is_other]
    people = [_person(line, wanted) for line in members]
    rows = [group_form.row_of(person, number) for number, person in enumerate(people, 1)]
    return group_form.workbook(header_of(card, len(members), act), rows)


def header_of(card: GroupEvent, reacting: int, act: Act) -> dict[str, str]:
    """Return what stands above the rows, by the keys of the form."""
    given = group_register.given_of(card)
    return {
        "code": card.code,
        "area": card.site.county_code,
        "vaccine": "、".join(dict.fromkeys(one.vaccine for one in given)),
        "manufacturer": "、".join(dict.fromkeys(one.manufacturer for one in given)),
        "unit": card.site.name,
        "vaccinated": str(group_register.vaccinated(card)) if given else "",
        "reacting": str(reacting),
        "reporting_unit": card.site.name,
        "reporter": str(act.origin.actor or ""),
    }


def _person(line: Line, wanted: Wanted) -> Person:
    case = line.case
    told = case.facts if case else stored.to_json(facts_of(line.reaction, number=""))
    facts = stored.from_json(told if wanted.is_identified else pseudonymised(told))
    if case is None:
        return Person(facts)
    detail = _conclusion(case)
    return Person(
        facts,
        investigated_on=_investigated_on(case),
        concluded_by=detail.get("concluded_by", ""),
        concluded_at=detail.get("concluded_at", ""),
        damage_grade=detail.get("damage_grade", ""),
    )


def _conclusion(case: Case) -> dict[str, Any]:
    final = case.classifications.filter(kind=ClassKind.FINAL).order_by("-pk").first()
    return dict(final.detail) if final else {}


def _investigated_on(case: Case) -> date | None:
    began = case.milestones.get(Fact.INVESTIGATION_STARTED)
    return datetime.fromisoformat(began).astimezone(CHINA).date() if began else None
