"""A second opinion on lots: what a regression that never saw the lot leads to expect of it.

Rates by age, sex, site, dose number, week and weekday, cross-fitted with the lot left out; how far
ordinary lots stray beyond chance goes into the interval. It judges no signal, it stands beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

from aefi.screening.cube import DAYS_A_WEEK, Cube, Dimension
from aefi.screening.expected import Doses, Expectation, RateModel, expect_reactions
from aefi.screening.facts import UNKNOWN_DAY, DosesGiven, Flags, Floats, Integers
from aefi.screening.findings import Modelled, Signal
from aefi.screening.plan import Event

MOST_SIGNALS = 10
"""Signals of lots, best first, that are modelled: each reaction costs a cross-fit."""
PARTS = ("lot", "age_group", "sex", "site", "dose_number")


@dataclass(frozen=True)
class Table:
    """Doses by every part at once; `row` is the row of each unit of the cube, -1 where none is."""

    doses: Doses
    codes: dict[str, Integers]
    row: Integers


def with_models(
    cube: Cube, given: DosesGiven, signals: Sequence[Signal], model: RateModel | str
) -> Iterator[Signal]:
    """Yield the signals, the best of those about a lot with what a model leads to expect of them."""
    chosen = [one for one in signals if _is_of_lot(one)][:MOST_SIGNALS]
    table = _table(cube, given) if chosen else None
    fits: dict[str, tuple[Floats, Expectation]] = {}
    for signal in signals:
        if table is None or signal not in chosen or np.unique(table.doses.lot).size < 2:
            yield signal
            continue
        if signal.event not in fits:
            seen = _seen(cube, table, signal.event)
            fits[signal.event] = seen, expect_reactions(table.doses, seen, model=model)
        yield replace(signal, modelled=_of_cell(cube, table, signal, *fits[signal.event]))


def _is_of_lot(signal: Signal) -> bool:
    named = {name for name, _ in signal.target}
    return "lot" in named and named <= set(PARTS) and signal.window is None


def _table(cube: Cube, given: DosesGiven) -> Table:
    """Lay doses and units along the same rows; a unit without doses of its kind is in none."""
    day = np.concatenate([given.given_on, cube.reports.given_on[cube.report]])
    first = int(given.given_on[given.given_on != UNKNOWN_DAY].min(initial=0))
    parts = [
        *(_codes(cube.dimensions[name]) for name in PARTS),
        (day - first) // DAYS_A_WEEK,
        day % DAYS_A_WEEK,
    ]
    many = given.doses.size
    keys, key = np.unique(np.stack(parts, axis=1), axis=0, return_inverse=True)
    amounts = np.bincount(key.ravel()[:many], given.doses, keys.shape[0])
    has_doses = amounts > 0
    place = np.where(has_doses, np.cumsum(has_doses) - 1, -1)
    lot, age, sex, site, number, week, weekday = keys[has_doses].T
    doses = Doses(lot, age, sex, site, number, week, weekday, amounts[has_doses])
    return Table(
        doses, dict(zip(PARTS, keys[has_doses].T, strict=False)), place[key.ravel()[many:]]
    )


def _codes(part: Dimension) -> Integers:
    """Return the codes of doses, then of units; what doses do not tell divides nothing."""
    codes = np.concatenate([part.doses, part.units])
    return codes if part.divides_doses else np.zeros_like(codes)


def _seen(cube: Cube, table: Table, event: str) -> Floats:
    """Return how often an event was reported in each row."""
    units = np.arange(cube.report.size)
    if event == Event.SERIOUS.value:
        units = units[cube.reports.is_serious[cube.report]]
    elif event != Event.ANY.value:
        units = cube.mention_unit[cube.mention_reaction == cube.reactions.index(event)]
    rows = table.row[units]
    return np.bincount(rows[rows >= 0], minlength=table.doses.doses.size).astype(np.float64)


def _of_cell(
    cube: Cube, table: Table, signal: Signal, seen: Floats, found: Expectation
) -> Modelled | None:
    inside = _inside(cube, table, signal)
    expected, observed = float(found.by_row[inside].sum()), int(seen[inside].sum())
    if expected <= 0.0:
        return None
    lot = int(table.doses.lot[inside][0])
    spread = float(found.by_lot.dispersion[np.searchsorted(found.by_lot.lot, lot)])
    chance: Any = (
        stats.nbinom(1.0 / spread, 1.0 / (1.0 + spread * expected))
        if spread > 0.0
        else stats.poisson(expected)
    )
    low, high = (float(chance.ppf(share)) for share in (0.025, 0.975))
    return Modelled(observed, expected, low, high, float(chance.sf(observed - 1)), spread)


def _inside(cube: Cube, table: Table, signal: Signal) -> Flags:
    """Return the rows of doses that a signal is about."""
    inside = np.ones(table.doses.doses.size, dtype=np.bool_)
    for name, value in signal.target:
        if not cube.dimensions[name].divides_doses:
            continue
        inside &= table.codes[name] == cube.dimensions[name].names.index(value)
    return inside
