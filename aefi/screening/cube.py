"""Counts by lot, age, place and time: reports, not mentions, over integer-coded dimensions.

A unit is one report and one lot that it names. Units and doses share their codes, so that a cell of
reports can be set against the same cell of doses.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.sparse import csr_array

from aefi.screening.facts import UNKNOWN_DAY, Coded, DosesGiven, Flags, Floats, Integers, Reports

DAYS_A_WEEK = 7
UNKNOWN_NAME = "?"
DENSE_KEYS = 1 << 23
"""Up to so many possible keys a table of all of them is faster than sorting those that occur."""


@dataclass(frozen=True)
class Dimension:
    """One way to divide units and doses: names by code, and which of them name something."""

    names: tuple[str, ...]
    units: Integers
    doses: Integers
    known: Flags

    @classmethod
    def of(cls, names: Sequence[str], units: Integers, doses: Integers) -> "Dimension":
        """Return a dimension in which every name but the mark of the unknown is known."""
        known = np.array([name != UNKNOWN_NAME for name in names], dtype=np.bool_)
        return cls(tuple(names), units, doses, known)

    @property
    def divides_doses(self) -> bool:
        """Say whether any dose tells its value: only then can doses be divided by it."""
        return bool(self.doses.size and self.known[self.doses].any())


@dataclass(frozen=True)
class Cube:
    """Units and doses by dimension; without doses, `amounts` is empty and units stand for them."""

    reports: Reports
    report: Integers
    dimensions: dict[str, Dimension]
    lot_product: Integers
    amounts: Floats
    mention_unit: Integers
    mention_reaction: Integers

    @property
    def has_doses(self) -> bool:
        """Say whether doses are known."""
        return bool(self.amounts.size)

    @property
    def reactions(self) -> tuple[str, ...]:
        """Return the names of the reactions by code."""
        return self.reports.mentions.reaction.names

    def combined(self, names: Sequence[str]) -> Dimension:
        """Return the dimension of all combinations that occur, named by their parts."""
        parts = [self.dimensions[name] for name in names]
        units, doses = (
            _keys([p.units for p in parts], parts),
            _keys([p.doses for p in parts], parts),
        )
        keys = np.concatenate([units, doses])
        distinct, codes = _recoded(keys, int(np.prod([len(part.names) for part in parts])))
        places = _unpacked(distinct, parts)
        known = np.logical_and.reduce([p.known[at] for p, at in zip(parts, places, strict=True)])
        labels = [
            np.array(part.names, dtype=object)[at] for part, at in zip(parts, places, strict=True)
        ]
        names = tuple(" · ".join(label) for label in zip(*labels, strict=True))
        return Dimension(names, codes[: units.size], codes[units.size :], known)


def _recoded(keys: Integers, size: int) -> tuple[Integers, Integers]:
    """Return the distinct keys, rising, and the place of each key among them."""
    if size > DENSE_KEYS:
        distinct, codes = np.unique(keys, return_inverse=True)
        return distinct, codes
    occurs = np.zeros(size, dtype=np.bool_)
    occurs[keys] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[keys]


def _keys(codes: Sequence[Integers], parts: Sequence[Dimension]) -> Integers:
    key = np.zeros(codes[0].size, dtype=np.int64)
    for code, part in zip(codes, parts, strict=True):
        key = key * len(part.names) + code
    return key


def _unpacked(keys: Integers, parts: Sequence[Dimension]) -> list[Integers]:
    places: list[Integers] = []
    for part in reversed(parts):
        places.append(keys % len(part.names))
        keys = keys // len(part.names)
    return places[::-1]


def build_cube(
    reports: Reports,
    doses: DosesGiven | None,
    *,
    age_edges: Sequence[float],
    period_days: int,
    with_copies: bool = False,
) -> Cube:
    """Lay reports (copies left out) and doses along the same dimensions."""
    rows = np.arange(reports.exposures.report.size)
    if not with_copies:
        is_first = reports.copy_of == np.arange(len(reports))
        rows = np.flatnonzero(is_first[reports.exposures.report])
    report = reports.exposures.report[rows]
    dimensions, lot_product = _lots(reports, doses, rows)
    dimensions |= _others(reports, doses, rows, report)
    dimensions["age_group"] = _ages(reports, doses, report, age_edges)
    dimensions["period"] = _periods(reports, doses, report, period_days)
    mention_unit, mention_reaction = _mentions(reports, report)
    return Cube(
        reports=reports,
        report=report,
        dimensions=dimensions,
        lot_product=lot_product,
        amounts=np.zeros(0) if doses is None else doses.doses,
        mention_unit=mention_unit,
        mention_reaction=mention_reaction,
    )


def counted(
    rows: Integers, columns: Integers, shape: tuple[int, int], weights: Floats | None = None
) -> csr_array:
    """Return how often each pair occurs, or the sum of its weights, as a sparse table."""
    ones = np.ones(rows.size) if weights is None else weights
    table = csr_array((ones, (rows, columns)), shape=shape)
    table.sort_indices()
    return table


def entries_of(table: csr_array, rows: Integers) -> tuple[Integers, Integers]:
    """Return for some rows of a table (place among `rows`, place in its data) of every entry."""
    first, many = table.indptr[rows], np.diff(table.indptr)[rows]
    row = np.repeat(np.arange(rows.size), many)
    return row, np.arange(row.size) - np.repeat(np.cumsum(many) - many - first, many)


def expected_in_strata(sizes: csr_array, events: csr_array, totals: Floats) -> csr_array:
    """Return the expected counts (targets x events): stratum by stratum, the stratum's own rate.

    `sizes` (targets x strata) are reports or doses, `events` (strata x events) reports, `totals`
    the sizes of the strata: E = sum over s of size_ts events_se / total_s.
    """
    rate = 1.0 / np.where(totals > 0, totals, 1.0)
    return csr_array(sizes @ events.multiply(rate[:, np.newaxis]).tocsr())


def age_names(edges: Sequence[float]) -> tuple[str, ...]:
    """Return the names of the groups between the edges, the last one open."""
    spans = [
        f"{low:g}" if high - low == 1 else f"{low:g}-{high - 1:g}"
        for low, high in itertools.pairwise(edges)
    ]
    return (*spans, f"{edges[-1]:g}+")


def _lots(
    reports: Reports, doses: DosesGiven | None, rows: Integers
) -> tuple[dict[str, Dimension], Integers]:
    """Return the dimensions lot, product (vaccine of a maker) and vaccine, and each lot's product."""
    given = () if doses is None else doses.lots
    lots = sorted({*reports.lots, *given})
    place = {lot: code for code, lot in enumerate(lots)}
    of_reports = np.array([place[lot] for lot in reports.lots], dtype=np.int64)
    of_doses = np.array([place[lot] for lot in given], dtype=np.int64)
    units = of_reports[reports.exposures.lot[rows]]
    amounts = np.zeros(0, dtype=np.int64) if doses is None else of_doses[doses.lot]
    names = tuple(str(lot) if lot.number else UNKNOWN_NAME for lot in lots)
    found = {"lot": Dimension.of(names, units, amounts)}
    products = Coded.of([f"{lot.vaccine} {lot.maker}".strip() for lot in lots])
    found["product"] = Dimension.of(products.names, products.codes[units], products.codes[amounts])
    return found, products.codes


def _others(
    reports: Reports, doses: DosesGiven | None, rows: Integers, report: Integers
) -> dict[str, Dimension]:
    none = Coded(np.zeros(0, dtype=np.int64), ())
    pairs = {
        "sex": (reports.sex.taken(report), doses.sex if doses else none),
        "site": (reports.site.taken(report), doses.site if doses else none),
        "session": (reports.session.taken(report), doses.session if doses else none),
        "reporter": (reports.reporter.taken(report), none),
        "dose_number": (
            reports.exposures.dose_number.taken(rows),
            doses.dose_number if doses else none,
        ),
    }
    return {name: _joined(*pair) for name, pair in pairs.items()}


def _joined(units: Coded, doses: Coded) -> Dimension:
    names = sorted({*units.names, *doses.names})
    place = {name: code for code, name in enumerate(names)}
    of_units = np.array([place[name] for name in units.names], dtype=np.int64)
    of_doses = np.array([place[name] for name in doses.names], dtype=np.int64)
    return Dimension.of(
        tuple(name or UNKNOWN_NAME for name in names),
        of_units[units.codes] if units.codes.size else units.codes,
        of_doses[doses.codes] if doses.codes.size else doses.codes,
    )


def _ages(
    reports: Reports, doses: DosesGiven | None, report: Integers, edges: Sequence[float]
) -> Dimension:
    names = (UNKNOWN_NAME, *age_names(edges))
    amounts = np.zeros(0) if doses is None else doses.age_years
    return Dimension.of(names, _grouped(reports.age_years[report], edges), _grouped(amounts, edges))


def _grouped(years: Floats, edges: Sequence[float]) -> Integers:
    group = np.searchsorted(np.asarray(edges, dtype=np.float64), years, side="right")
    return np.where(np.isnan(years), 0, group).astype(np.int64)


def _periods(reports: Reports, doses: DosesGiven | None, report: Integers, days: int) -> Dimension:
    """Return the periods of vaccination, named by their first day; day 1 of the calendar is Monday."""
    units = _period(reports.given_on[report], days)
    amounts = np.zeros(0, dtype=np.int64) if doses is None else _period(doses.given_on, days)
    distinct, codes = np.unique(np.concatenate([units, amounts]), return_inverse=True)
    names = tuple(
        UNKNOWN_NAME if p < 0 else str(date.fromordinal(int(p) * days + 1)) for p in distinct
    )
    return Dimension.of(names, codes[: units.size], codes[units.size :])


def _period(days_of: Integers, days: int) -> Integers:
    return np.where(days_of == UNKNOWN_DAY, -1, (days_of - 1) // days)


def _mentions(reports: Reports, report: Integers) -> tuple[Integers, Integers]:
    """Return (unit, reaction) of every unit and every reaction of its report."""
    starts = np.searchsorted(reports.mentions.report, np.arange(len(reports) + 1))
    many = np.diff(starts)[report]
    unit = np.repeat(np.arange(report.size), many)
    within = np.arange(unit.size) - np.repeat(np.cumsum(many) - many, many)
    return unit, reports.mentions.reaction.codes[starts[report][unit] + within]
