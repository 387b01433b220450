"""Reports from the three tables of VAERS, joined by their number.

VAERS_ID is written with and without leading zeros. No doses and no site: `STATE` says
where a report came from, and is no vaccination site.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from aefi.screening.facts import LotName, Report
from aefi.screening.lots import Spellings
from aefi.screening.tables import WESTERN, Problem, Reason, Row, Source, rows_of
from aefi.screening.values import age_in, day_in, is_yes, sex_of

FREE_TEXT = (
    "SYMPTOM_TEXT",
    "LAB_DATA",
    "OTHER_MEDS",
    "CUR_ILL",
    "HISTORY",
    "PRIOR_VAX",
    "ALLERGIES",
)
SERIOUS = ("DIED", "L_THREAT", "HOSPITAL", "X_STAY", "DISABLE", "BIRTH_DEFECT")
"""Five of the six reasons to call a case serious; VAERS has no sixth."""

NOT_REACTIONS = frozenset(
    {"no adverse event", "unevaluable event", "no reaction on previous exposure to drug"}
)
TERMS = tuple(f"SYMPTOM{n}" for n in range(1, 6))


class Table(StrEnum):
    """The three tables, in the order in which they are read."""

    DATA = "DATA"
    VAX = "VAX"
    SYMPTOMS = "SYMPTOMS"


def table_of(header: list[str]) -> Table | None:
    """Return which table has these columns."""
    names = {name.upper() for name in header}
    if "VAERS_ID" not in names:
        return None
    if "VAX_TYPE" in names:
        return Table.VAX
    return Table.SYMPTOMS if "SYMPTOM1" in names else Table.DATA if "AGE_YRS" in names else None


def read_vaers(
    sources: Iterable[tuple[Table, Source, list[str]]],
    *,
    today: date,
    spellings: Spellings,
    problems: list[Problem],
) -> list[Report]:
    """Return the reports of some VAERS tables; rows of a report that has no DATA row are noted."""
    reports: dict[str, Report] = {}
    given: list[tuple[Report, str, str, tuple[str, str], str]] = []
    order = {table: place for place, table in enumerate(Table)}
    for table, source, header in sorted(sources, key=lambda one: (order[one[0]], one[1].name)):
        safe = _safe_columns(header)
        for row in rows_of(source, problems, encoding=WESTERN, safe_columns=safe):
            number = row.get("VAERS_ID").lstrip("0")
            if not number.isdigit():
                row.note(Reason.NO_NUMBER, "VAERS_ID")
            elif table is Table.DATA:
                _read_data(row, reports.setdefault(number, Report(number.zfill(9))), today)
            elif number not in reports:
                row.note(Reason.NO_REPORT, "VAERS_ID")
            elif table is Table.VAX:
                given.append(_read_lot(row, reports[number], spellings))
            else:
                reports[number].reactions |= _terms(row)
    names = spellings.names()
    for report, vaccine, maker, key, dose in given:
        report.lots.add((LotName(vaccine, maker, names.get(key, "")), dose))
    return list(reports.values())


def _safe_columns(header: list[str]) -> int:
    """Return how many columns stand before the first free text, whose commas may be unquoted."""
    return next((i for i, name in enumerate(header) if name.upper() in FREE_TEXT), len(header))


def _read_data(row: Row, report: Report, today: date) -> None:
    """Add what a DATA row says; of a report that comes twice, what the first row knew stays."""
    age = age_in(row, "AGE_YRS")
    report.age_years = age if report.age_years is None else report.age_years
    report.sex = report.sex or sex_of(row.get("SEX"))
    report.reporter = report.reporter or row.get("STATE").upper()
    report.given_on = report.given_on or day_in(row, "VAX_DATE", today)
    onset = day_in(row, "ONSET_DATE", today)
    if onset and report.given_on and onset < report.given_on:
        row.note(Reason.EARLY_ONSET, "ONSET_DATE")
        onset = 0
    report.onset_on = report.onset_on or onset
    received = "RECVDATE" if row.get("RECVDATE") else "TODAYS_DATE"
    report.received_on = report.received_on or day_in(row, received, today)
    report.is_serious |= any(is_yes(row.get(column)) for column in SERIOUS)
    report.text = report.text or row.get("SYMPTOM_TEXT")[:400]


def _read_lot(
    row: Row, report: Report, spellings: Spellings
) -> tuple[Report, str, str, tuple[str, str], str]:
    vaccine, maker = row.get("VAX_TYPE").upper(), row.get("VAX_MANU").upper()
    key = spellings.add(f"{vaccine} {maker}", row.get("VAX_LOT"))
    return report, vaccine, maker, key, row.get("VAX_DOSE_SERIES").upper()


def _terms(row: Row) -> set[str]:
    written = (row.get(term) for term in TERMS)
    return {term.capitalize() for term in written if term and term.lower() not in NOT_REACTIONS}
