"""Many cases at once, as they may leave: a line list and the tables of VAERS.

Nobody is named unless an officer says why; each case keeps who took it away.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from aefi.exchange import cells, stored, vaers
from aefi.exchange.case import CaseFacts
from aefi.exchange.pseudonym import pseudonymised
from aefi.models import Assessment, AssessmentKind, Case, CaseView
from aefi.services import assessments
from aefi.services.cases import Act
from aefi.services.worklist_filters import selected
from alerts.models import Site
from alerts.services.refusals import Refusal

AT_ONCE = 500
MOST = 50_000
PERSON = ("patient_name", "birth_date", "guardian", "phone", "address")
COLUMNS = (
    "number",
    "site",
    "county",
    "state",
    "origin",
    "opened_at",
    "due_at",
    "sex",
    "birth_year",
    "age_years",
    "vaccines",
    "manufacturers",
    "lots",
    "given_at",
    "signs",
    "onset_at",
    "serious_because",
    "grave",
    "outcome",
    "preliminary_diagnosis",
    "preliminary_class",
    "final_class",
    "who_classes",
    "brighton_level",
    "brighton_rules",
    "severity_grade",
    "severity_scale",
    "discovered_at",
    "reported_at",
)


class TooMany(Refusal):
    """More cases than leave at once."""

    code = "too_many"


class NoReason(Refusal):
    """Persons are named for a reason or not at all."""

    code = "no_reason"


@dataclass(frozen=True)
class Wanted:
    """Which cases, as the worklist's filters say it; whether persons are named, and why."""

    asked: Mapping[str, str]
    is_identified: bool = False
    reason: str = ""

    @property
    def purpose(self) -> str:
        named = "identified" if self.is_identified else "pseudonymised"
        return f"{named} {self.reason}".strip()


def keys_of(sites: QuerySet[Site], wanted: Wanted, *, now: datetime) -> list[int]:
    """Return the keys of the cases in the worklist's order.

    :raises NoReason: when persons are to be named and nobody says why.
    :raises TooMany: for more than leave at once.
    """
    if wanted.is_identified and not wanted.reason:
        message = _("Say why the export must name the person.")
        raise NoReason(message, field="reason")
    rows = selected(sites, wanted.asked, now=now)
    keys = list(rows.values_list("pk", flat=True)[: MOST + 1])
    if len(keys) > MOST:
        message = _("More than {most} cases. Narrow the filters and export in parts.")
        raise TooMany(message.format(most=MOST))
    return keys


def bundles(keys: Sequence[int]) -> Iterator[list[Case]]:
    """Yield the cases in order, so many at once that memory stays small."""
    for first in range(0, len(keys), AT_ONCE):
        some = keys[first : first + AT_ONCE]
        found = Case.objects.select_related("site").in_bulk(some)
        yield [found[key] for key in some if key in found]


def facts_as_told(case: Case, wanted: Wanted) -> dict[str, Any]:
    """Return a case's facts as they may leave."""
    return case.facts if wanted.is_identified else pseudonymised(case.facts)


def note_taken(rows: Iterable[Case], form: str, wanted: Wanted, act: Act) -> None:
    """Keep with each case who took it away, in which form and why."""
    purpose = f"export {form} {wanted.purpose}"[:200]
    CaseView.objects.bulk_create(CaseView(case=row, purpose=purpose, **act.row) for row in rows)


def line_list(sites: QuerySet[Site], wanted: Wanted, act: Act) -> str:
    """Return one line for each case as CSV."""
    return cells.table(_lines(keys_of(sites, wanted, now=act.now), wanted, act))


def _lines(keys: Sequence[int], wanted: Wanted, act: Act) -> Iterator[Sequence[object]]:
    yield (*COLUMNS, *PERSON) if wanted.is_identified else COLUMNS
    for rows in bundles(keys):
        note_taken(rows, "line list", wanted, act)
        decided = assessments.decided_of_all(row.pk for row in rows)
        for row in rows:
            yield _line(row, decided.get(row.pk, []), wanted)


def _line(case: Case, decided: Sequence[Assessment], wanted: Wanted) -> list[object]:
    facts = case.facts
    line = {**facts, **_of_register(case), **_of_doses(facts), **_of_events(facts)}
    line |= _of_decisions(decided)
    line["who_classes"] = "; ".join(facts.get("who_classes") or [])
    line["birth_year"] = (facts["birth_date"] or "")[:4]
    line["serious_because"] = _reasons(facts["serious_because"])
    return [line[name] for name in (*COLUMNS, *(PERSON if wanted.is_identified else ()))]


def _of_register(case: Case) -> dict[str, object]:
    return {
        "number": case.number,
        "site": case.site.name,
        "county": case.site.county_code,
        "state": case.state,
        "origin": case.origin,
        "opened_at": case.opened_at.isoformat(),
        "due_at": case.due_at.isoformat() if case.due_at else "",
        "grave": "; ".join(sorted(case.grave)),
    }


def _of_doses(facts: dict[str, Any]) -> dict[str, str]:
    doses = facts["vaccines"]
    return {
        "vaccines": _joined(doses, "name"),
        "manufacturers": _joined(doses, "manufacturer"),
        "lots": _joined(doses, "lot"),
        "given_at": _joined(doses, "given_at"),
    }


def _of_events(facts: dict[str, Any]) -> dict[str, str]:
    return {
        "signs": _joined(facts["events"], "term"),
        "onset_at": _joined(facts["events"], "onset_at"),
    }


def _of_decisions(decided: Iterable[Assessment]) -> dict[str, str]:
    """Return levels and grades with the edition of the rules, and the reading, that they hold under."""
    by_kind = {row.kind: row for row in decided}
    found: dict[str, str] = {}
    for kind, name, rules in DECIDED:
        row = by_kind.get(kind)
        found[name] = row.decided if row else ""
        found[rules] = f"{row.rule_set} {row.reading}".strip() if row else ""
    return found


DECIDED = (
    (AssessmentKind.BRIGHTON, "brighton_level", "brighton_rules"),
    (AssessmentKind.SEVERITY, "severity_grade", "severity_scale"),
)


def _joined(parts: list[dict[str, Any]], key: str) -> str:
    return "; ".join(str(one[key] or "") for one in parts)


def _reasons(judged: list[str] | None) -> str:
    """Tell "not serious" from "not judged"."""
    return "" if judged is None else "; ".join(judged) or "no"


def vaers_tables(sites: QuerySet[Site], wanted: Wanted, act: Act) -> bytes:
    """Return the three tables of VAERS in one ZIP file."""
    written = vaers.tables(_facts(keys_of(sites, wanted, now=act.now), wanted, act))
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as packed:
        for name, text in vars(written).items():
            packed.writestr(VAERS_NAMES[name], cells.guarded(text))
    return stream.getvalue()


VAERS_NAMES = {"data": "VAERSDATA.csv", "vaccines": "VAERSVAX.csv", "symptoms": "VAERSSYMPTOMS.csv"}


def _facts(keys: Sequence[int], wanted: Wanted, act: Act) -> Iterator[CaseFacts]:
    for rows in bundles(keys):
        note_taken(rows, "VAERS", wanted, act)
        yield from (stored.from_json(facts_as_told(row, wanted)) for row in rows)
