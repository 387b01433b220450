"""The product's own two tables: a line list of reports, and doses given. Columns: docs/screening.md."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from aefi.screening.facts import Coded, DosesGiven, LotName, Report
from aefi.screening.lots import Spellings
from aefi.screening.tables import CHINESE, Problem, Reason, Row, Source, rows_of
from aefi.screening.vaers import NOT_REACTIONS
from aefi.screening.values import age_in, day_in, is_yes, sex_of

ALIASES = {
    "report_id": ("报告编号", "编号", "id", "case_id"),
    "person": ("受种者", "受种者编码", "person_key"),
    "vaccine": ("疫苗", "疫苗名称"),
    "maker": ("生产企业", "企业", "manufacturer"),
    "lot": ("批号", "疫苗批号", "lot_number"),
    "dose_number": ("剂次", "dose_no"),
    "age_years": ("年龄", "age", "age_group", "年龄组"),
    "sex": ("性别",),
    "site": ("接种单位", "接种点"),
    "session": ("场次", "接种场次"),
    "reporter": ("报告人", "报告单位"),
    "given_on": ("接种日期", "vaccinated_on", "date"),
    "onset_on": ("发病日期", "反应日期"),
    "received_on": ("报告日期", "reported_on"),
    "reaction": ("反应", "临床诊断", "reactions", "症状"),
    "serious": ("严重", "是否严重", "is_serious"),
    "doses": ("接种数", "接种剂次数", "剂次数", "n"),
}
NAMES = {alias: name for name, aliases in ALIASES.items() for alias in (name, *aliases)}
NEEDED = ("report_id", "vaccine", "lot", "reaction")
NEEDED_OF_DOSES = ("vaccine", "lot", "doses")
BETWEEN_TERMS = re.compile(r"[;；、|]")


def is_line_list(header: Iterable[str]) -> bool:
    """Say whether these are columns of a line list of reports."""
    return "report_id" in _known(header)


def is_doses(header: Iterable[str]) -> bool:
    """Say whether these are columns of a table of doses."""
    known = _known(header)
    return "doses" in known and "report_id" not in known


def missing_columns(header: Iterable[str], needed: Iterable[str]) -> list[str]:
    """Return the needed columns that a header lacks."""
    known = _known(header)
    return [name for name in needed if name not in known]


def read_line_list(
    sources: Iterable[Source], *, today: date, spellings: Spellings, problems: list[Problem]
) -> list[Report]:
    """Return the reports of some line lists; rows of one report number are one report."""
    reports: dict[str, Report] = {}
    given: list[tuple[Report, str, str, tuple[str, str], str]] = []
    for source in sources:
        for row in map(_named, rows_of(source, problems, encoding=CHINESE)):
            reason = _refusal(row)
            if reason is not None:
                row.note(reason[0], reason[1])
                continue
            report = reports.setdefault(row.get("report_id"), Report(row.get("report_id")))
            _read_report(row, report, today)
            given.append((report, *_lot(row, spellings)))
    names = spellings.names()
    for report, vaccine, maker, key, dose in given:
        report.lots.add((LotName(vaccine, maker, names.get(key, "")), dose))
    return list(reports.values())


def read_doses(
    sources: Iterable[Source], *, today: date, spellings: Spellings, problems: list[Problem]
) -> DosesGiven:
    """Return the doses of some tables; a row without a number of doses is set aside."""
    kept: list[_DoseRow] = []
    for source in sources:
        for row in map(_named, rows_of(source, problems, encoding=CHINESE)):
            doses = _amount(row.get("doses"))
            if doses is None:
                row.note(Reason.NO_DOSES, "doses")
            elif not row.get("vaccine"):
                row.note(Reason.NO_VACCINE, "vaccine")
            else:
                kept.append(_dose_row(row, doses, today, spellings))
    return _coded(kept, spellings.names())


@dataclass(frozen=True, slots=True)
class _DoseRow:
    lot: tuple[str, str, tuple[str, str], str]
    age: float
    sex: str
    site: str
    session: str
    given_on: int
    doses: float


def _known(header: Iterable[str]) -> set[str]:
    return {NAMES[name.strip().lower()] for name in header if name.strip().lower() in NAMES}


def _named(row: Row) -> Row:
    """Return the row with our names of its columns."""
    row.values = {NAMES.get(name.lower(), name): value for name, value in row.values.items()}
    return row


def _refusal(row: Row) -> tuple[Reason, str] | None:
    for column, reason in (
        ("report_id", Reason.NO_NUMBER),
        ("vaccine", Reason.NO_VACCINE),
        ("reaction", Reason.NO_REACTION),
    ):
        if not row.get(column):
            return reason, column
    return None


def _read_report(row: Row, report: Report, today: date) -> None:
    """Add what a row says; of a report on several rows, what the first row knew stays."""
    age = age_in(row, "age_years")
    report.age_years = age if report.age_years is None else report.age_years
    report.sex = report.sex or sex_of(row.get("sex"))
    for name in ("site", "session", "reporter", "person"):
        setattr(report, name, getattr(report, name) or row.get(name))
    report.given_on = report.given_on or day_in(row, "given_on", today)
    onset = day_in(row, "onset_on", today)
    if onset and report.given_on and onset < report.given_on:
        row.note(Reason.EARLY_ONSET, "onset_on")
        onset = 0
    report.onset_on = report.onset_on or onset
    report.received_on = report.received_on or day_in(row, "received_on", today)
    report.session = report.session or _session(report.site, report.given_on)
    report.is_serious |= is_yes(row.get("serious"))
    terms = (term.strip() for term in BETWEEN_TERMS.split(row.get("reaction")))
    report.reactions |= {t.capitalize() for t in terms if t and t.lower() not in NOT_REACTIONS}


def _lot(row: Row, spellings: Spellings) -> tuple[str, str, tuple[str, str], str]:
    vaccine, maker = row.get("vaccine"), row.get("maker")
    key = spellings.add(f"{vaccine} {maker}", row.get("lot"))
    return vaccine, maker, key, row.get("dose_number")


def _amount(written: str) -> float | None:
    plain = written.replace(",", "")
    if not re.fullmatch(r"\d+(\.0*)?", plain):
        return None
    return float(plain) or None


def _session(site: str, given_on: int) -> str:
    """Name a session that has no name by its site and day."""
    return f"{site} {date.fromordinal(given_on)}" if site and given_on else ""


def _dose_row(row: Row, doses: float, today: date, spellings: Spellings) -> _DoseRow:
    age, given_on = age_in(row, "age_years"), day_in(row, "given_on", today)
    return _DoseRow(
        lot=_lot(row, spellings),
        age=float("nan") if age is None else age,
        sex=sex_of(row.get("sex")),
        site=row.get("site"),
        session=row.get("session") or _session(row.get("site"), given_on),
        given_on=given_on,
        doses=doses,
    )


def _coded(rows: list[_DoseRow], names: Mapping[tuple[str, str], str]) -> DosesGiven:
    lots = [LotName(row.lot[0], row.lot[1], names.get(row.lot[2], "")) for row in rows]
    distinct = tuple(sorted(set(lots)))
    place = {lot: code for code, lot in enumerate(distinct)}
    return DosesGiven(
        lots=distinct,
        lot=np.array([place[lot] for lot in lots], dtype=np.int64),
        age_years=np.array([row.age for row in rows], dtype=np.float64),
        sex=Coded.of([row.sex for row in rows]),
        site=Coded.of([row.site for row in rows]),
        session=Coded.of([row.session for row in rows]),
        dose_number=Coded.of([row.lot[3] for row in rows]),
        given_on=np.array([row.given_on for row in rows], dtype=np.int64),
        doses=np.array([row.doses for row in rows], dtype=np.float64),
    )
