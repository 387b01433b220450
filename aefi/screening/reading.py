"""Read a folder, a zip or a file of VAERS tables or of our own line list; never a traceback.

What cannot be used is set aside with file, line and column; the rest is read.
"""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from aefi.screening.facts import DosesGiven, Report, Reports, coded_reports
from aefi.screening.line_list import (
    NEEDED,
    NEEDED_OF_DOSES,
    is_doses,
    is_line_list,
    missing_columns,
    read_doses,
    read_line_list,
)
from aefi.screening.lots import Merge, Spellings
from aefi.screening.tables import (
    CHINESE_REASONS,
    Problem,
    Reason,
    Source,
    header_of,
    sources_of,
)
from aefi.screening.vaers import Table, read_vaers, table_of


class NothingToRead(ValueError):
    """The path holds no report that can be read; the text says why."""


@dataclass(frozen=True)
class Reading:
    """What was read, and what was set aside on the way."""

    reports: Reports
    doses: DosesGiven | None
    numbers_read: int
    without_reaction: int
    without_vaccine: int
    merges: tuple[Merge, ...]
    problems: tuple[Problem, ...]

    @property
    def rows_set_aside(self) -> int:
        """Return how many whole rows or files were not used."""
        return sum(problem.is_row for problem in self.problems)

    @property
    def values_set_aside(self) -> int:
        """Return how many single values were not used, their rows being kept."""
        return len(self.problems) - self.rows_set_aside

    def reasons(self) -> list[tuple[Reason, int, Problem]]:
        """Return each reason with its count and the first place, commonest first."""
        first: dict[Reason, Problem] = {}
        for problem in self.problems:
            first.setdefault(problem.reason, problem)
        counts = Counter(problem.reason for problem in self.problems)
        return [(reason, n, first[reason]) for reason, n in counts.most_common()]


def read(path: Path, *, today: date, doses: Path | None = None) -> Reading:
    """Return the reports at a path and the doses that lie with them or in a file of their own.

    Parameters
    ----------
    path
        Folder, zip or CSV file, also gzipped.
    today
        Days after it are in the future and not used.
    doses
        A further place of doses.

    :raises NothingToRead: when no report can be read at all.
    """
    problems: list[Problem] = []
    found = _sorted_out(_existing(path), problems)
    if doses is not None:
        found.doses.extend(_sorted_out(_existing(doses), problems).doses)
        if not found.doses:
            raise NothingToRead(_why(doses, problems, "no table of doses"))
    spellings = Spellings()
    reports = read_vaers(found.vaers, today=today, spellings=spellings, problems=problems)
    reports += read_line_list(found.lists, today=today, spellings=spellings, problems=problems)
    given = (
        read_doses(found.doses, today=today, spellings=spellings, problems=problems)
        if found.doses
        else None
    )
    if not any(report.reactions and report.lots for report in reports):
        raise NothingToRead(_why(path, problems, "no report with a vaccine and a reaction"))
    return _reading(reports, given, spellings, problems)


def write_set_aside(problems: Sequence[Problem], path: Path) -> None:
    """Write what was set aside as a CSV table that a spreadsheet opens (UTF-8 with a mark)."""
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["file", "line", "column", "value", "set_aside", "reason", "原因"])
        for one in problems:
            what = "row" if one.is_row else "value"
            words = (one.reason.value, CHINESE_REASONS[one.reason])
            writer.writerow([one.file, one.line, one.column, _plain(one.value), what, *words])


def _plain(value: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


@dataclass
class _Found:
    vaers: list[tuple[Table, Source, list[str]]]
    lists: list[Source]
    doses: list[Source]


def _existing(path: Path) -> Path:
    if not path.exists():
        raise NothingToRead(f"{path} does not exist: name a folder, a zip or a CSV file")
    return path


def _sorted_out(path: Path, problems: list[Problem]) -> _Found:
    """Tell the tables apart by their columns, not by their names."""
    found = _Found([], [], [])
    for source in sources_of(path, problems):
        header = header_of(source, problems)
        table = table_of(header)
        if table is not None:
            found.vaers.append((table, source, header))
        elif is_line_list(header):
            _keep(source, header, NEEDED, found.lists, problems)
        elif is_doses(header):
            _keep(source, header, NEEDED_OF_DOSES, found.doses, problems)
        elif header:
            _refuse_header(source, header, problems)
    return found


def _keep(
    source: Source,
    header: list[str],
    needed: Sequence[str],
    sources: list[Source],
    problems: list[Problem],
) -> None:
    missing = missing_columns(header, needed)
    if not missing:
        sources.append(source)
    problems.extend(Problem(source.name, 1, name, "", Reason.WRONG_COLUMNS) for name in missing)


def _refuse_header(source: Source, header: list[str], problems: list[Problem]) -> None:
    columns = ",".join(header)[:200]
    problems.append(Problem(source.name, 1, "", columns, Reason.UNKNOWN_FILE))


def _why(path: Path, problems: Sequence[Problem], what: str) -> str:
    """Return one sentence with the first reasons."""
    reasons = "; ".join(str(problem) for problem in problems[:3])
    return f"{path} holds {what}" + (f": {reasons}" if reasons else "")


def _reading(
    reports: list[Report],
    doses: DosesGiven | None,
    spellings: Spellings,
    problems: list[Problem],
) -> Reading:
    return Reading(
        reports=coded_reports(reports),
        doses=doses,
        numbers_read=len(reports),
        without_reaction=sum(not report.reactions for report in reports),
        without_vaccine=sum(not report.lots for report in reports),
        merges=tuple(spellings.merges()),
        problems=tuple(problems),
    )
