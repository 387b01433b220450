"""Gate 0: what the data can carry. Looked at first, printed first."""

from datetime import date

import numpy as np

from aefi.screening.cube import Cube
from aefi.screening.facts import DosesGiven
from aefi.screening.findings import DataQuality

LATE = 0.95
"""Share of reports that have come in after the delay that is told."""


def look_at(cube: Cube, doses: DosesGiven | None) -> DataQuality:
    """Return the state of the data: copies, unknown values, delay of reports, open windows."""
    reports = cube.reports
    copies = np.flatnonzero(reports.copy_of != np.arange(len(reports)))
    delay = _delay(cube)
    last = int(max(reports.received_on.max(initial=0), reports.given_on.max(initial=0)))
    return DataQuality(
        reports=len(reports),
        copies=tuple(
            (reports.numbers[row], reports.numbers[reports.copy_of[row]]) for row in copies
        ),
        unknown_lot=_unknown(cube, "lot"),
        unknown_age=_unknown(cube, "age_group"),
        unknown_day=_unknown(cube, "period"),
        without_doses=_without_doses(cube) if doses is not None else 0,
        recent_days=0 if delay is None else int((reports.given_on > last - delay).sum()),
        delay_days=delay,
        last_day=str(date.fromordinal(last)) if last else "",
    )


def _unknown(cube: Cube, name: str) -> float:
    dimension = cube.dimensions[name]
    if not dimension.units.size:
        return 0.0
    return float(1.0 - dimension.known[dimension.units].mean())


def _delay(cube: Cube) -> int | None:
    """Return the days from vaccination within which most reports have come in."""
    reports = cube.reports
    known = (reports.given_on > 0) & (reports.received_on > 0)
    waits = (reports.received_on - reports.given_on)[known]
    waits = waits[waits >= 0]
    return int(np.quantile(waits, LATE)) if waits.size else None


def _without_doses(cube: Cube) -> int:
    """Count the units of lots of which no dose is known: they cannot be set against doses."""
    lot = cube.dimensions["lot"]
    return int((~np.isin(lot.units, lot.doses)).sum())
