"""The facts that are screened: reports and doses, integer-coded once, in an order of their own.

Whatever the order of the rows that were read, the same reports give the same arrays: reports are
sorted by their number and the names of every column by the alphabet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Integers: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[Any]
Flags: TypeAlias = NDArray[np.bool_]

UNKNOWN = ""
UNKNOWN_DAY = 0
"""A day is the proleptic Gregorian ordinal; 0 where it is not known."""


@dataclass(frozen=True)
class Coded:
    """A column of names: a code per row and the name of each code."""

    codes: Integers
    names: tuple[str, ...]

    @classmethod
    def of(cls, values: Sequence[str]) -> "Coded":
        """Code the values by the alphabet."""
        names = tuple(sorted(set(values)))
        place = {name: code for code, name in enumerate(names)}
        codes = np.fromiter((place[value] for value in values), np.int64, len(values))
        return cls(codes, names)

    @property
    def is_known(self) -> Flags:
        """Say for each row whether it holds a name."""
        known = np.array([name != UNKNOWN for name in self.names], dtype=np.bool_)
        return known[self.codes] if self.codes.size else np.zeros(0, dtype=np.bool_)

    def taken(self, rows: Integers) -> "Coded":
        """Return some rows with the same names."""
        return Coded(self.codes[rows], self.names)


@dataclass(frozen=True, order=True)
class LotName:
    """A lot of a vaccine of a maker; `number` is empty where nobody wrote it."""

    vaccine: str
    maker: str
    number: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.vaccine, self.maker, self.number or "?") if part)


@dataclass(slots=True)
class Report:
    """One report as it was read."""

    number: str
    age_years: float | None = None
    sex: str = UNKNOWN
    site: str = UNKNOWN
    session: str = UNKNOWN
    reporter: str = UNKNOWN
    given_on: int = UNKNOWN_DAY
    onset_on: int = UNKNOWN_DAY
    received_on: int = UNKNOWN_DAY
    is_serious: bool = False
    person: str = UNKNOWN
    text: str = UNKNOWN
    lots: set[tuple[LotName, str]] = field(default_factory=set)
    reactions: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Exposures:
    """One row per report and lot given: places in the reports and among the lots."""

    report: Integers
    lot: Integers
    dose_number: Coded


@dataclass(frozen=True)
class Mentions:
    """One row per report and reaction, each once however often it was written."""

    report: Integers
    reaction: Coded


@dataclass(frozen=True)
class Reports:
    """All reports, one row each, sorted by number; `copies` counts those that repeat another."""

    numbers: tuple[str, ...]
    age_years: Floats
    sex: Coded
    site: Coded
    session: Coded
    reporter: Coded
    given_on: Integers
    onset_on: Integers
    received_on: Integers
    is_serious: Flags
    copy_of: Integers
    lots: tuple[LotName, ...]
    exposures: Exposures
    mentions: Mentions

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True)
class DosesGiven:
    """Doses by lot and covariates; columns equally long, `given_on` is the day or a week's first.

    `lot` are places in the lots of this table, which need not be those of the reports.
    """

    lots: tuple[LotName, ...]
    lot: Integers
    age_years: Floats
    sex: Coded
    site: Coded
    session: Coded
    dose_number: Coded
    given_on: Integers
    doses: Floats


def coded_reports(reports: Iterable[Report]) -> Reports:
    """Return the reports that name a reaction and a vaccine, coded, with copies marked."""
    kept = sorted(
        (report for report in reports if report.reactions and report.lots),
        key=lambda report: report.number,
    )
    exposures = [
        (row, lot, dose) for row, report in enumerate(kept) for lot, dose in _lots_once(report)
    ]
    lots = tuple(sorted({lot for _, lot, _ in exposures}))
    place = {lot: code for code, lot in enumerate(lots)}
    mentions = [(row, term) for row, report in enumerate(kept) for term in sorted(report.reactions)]
    return Reports(
        numbers=tuple(report.number for report in kept),
        age_years=np.array([_age(report) for report in kept], dtype=np.float64),
        sex=Coded.of([report.sex for report in kept]),
        site=Coded.of([report.site for report in kept]),
        session=Coded.of([report.session for report in kept]),
        reporter=Coded.of([report.reporter for report in kept]),
        given_on=_days([report.given_on for report in kept]),
        onset_on=_days([report.onset_on for report in kept]),
        received_on=_days([report.received_on for report in kept]),
        is_serious=np.array([report.is_serious for report in kept], dtype=np.bool_),
        copy_of=_copies(kept),
        lots=lots,
        exposures=Exposures(
            report=_days([row for row, _, _ in exposures]),
            lot=_days([place[lot] for _, lot, _ in exposures]),
            dose_number=Coded.of([dose for _, _, dose in exposures]),
        ),
        mentions=Mentions(
            report=_days([row for row, _ in mentions]),
            reaction=Coded.of([term for _, term in mentions]),
        ),
    )


def _lots_once(report: Report) -> list[tuple[LotName, str]]:
    """Return each lot once, with its first dose number: a report counts once for a lot."""
    first: dict[LotName, str] = {}
    for lot, dose in sorted(report.lots):
        first.setdefault(lot, dose)
    return sorted(first.items())


def _age(report: Report) -> float:
    return float("nan") if report.age_years is None else report.age_years


def _days(values: Sequence[int]) -> Integers:
    return np.array(values, dtype=np.int64)


def _copies(reports: Sequence[Report]) -> Integers:
    """Return for each report the first that it repeats, or itself.

    With a person's key, copies are reports of one person with the same lots and vaccination day.
    Without, they agree in everything that was read, the day of vaccination known.
    """
    first: dict[tuple[object, ...], int] = {}
    return _days([first.setdefault(_identity(report), row) for row, report in enumerate(reports)])


def _identity(report: Report) -> tuple[object, ...]:
    lots = frozenset(lot for lot, _ in report.lots)
    if report.person:
        return (report.person, lots, report.given_on)
    if not report.given_on or report.age_years is None or not report.sex:
        return (report.number,)
    return (
        frozenset(report.lots),
        frozenset(report.reactions),
        report.age_years,
        report.sex,
        report.site,
        report.session,
        report.reporter,
        report.given_on,
        report.onset_on,
        report.text,
    )
