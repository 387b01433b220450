"""The numbers behind the charts of a run."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from aefi.screening.aberration import EarsMethod, ears
from aefi.screening.comparison import Comparison, Layout, compare, events_of, lay_out
from aefi.screening.course import course_of
from aefi.screening.cube import DAYS_A_WEEK, Cube
from aefi.screening.facts import Floats, Integers
from aefi.screening.findings import Pictures, Points, Signal
from aefi.screening.plan import Event, Plan

LEAST_OF_A_WAVE = 5
MOST_HEAT_LOTS, MOST_WEEKS, MOST_POINTS = 20, 104, 5000


def look(cube: Cube, plan: Plan, signals: Sequence[Signal]) -> Pictures:
    """Return what the charts show: lots, ages, reactions and weeks, the best signal among them."""
    best = signals[0] if signals else None
    event = Event.ANY if cube.has_doses else Event.SERIOUS
    by_lot, seen, mean = _judged(cube, ("lot",), event)
    sizes = by_lot.target_sizes
    lots = np.flatnonzero(by_lot.targets.known & (sizes > 0) & (mean > 0))
    top = lots[np.argsort(-sizes[lots], kind="stable")][:MOST_HEAT_LOTS]
    top = np.sort(np.union1d(top, _best_lot(by_lot, best)))
    ages, heat = _heat(cube, by_lot, top, event)
    reactions = lay_out(cube, ("lot",))
    found = compare(reactions, events_of(reactions, Event.REACTION), least=plan.least_reports)
    weeks, every, its = _weeks(cube, best)
    return Pictures(
        event=event.value,
        lots=_points(by_lot.targets.names, lots, seen, mean),
        ages=ages,
        heat_lots=tuple(by_lot.targets.names[code] for code in top),
        heat=heat,
        cells=_cell_points(reactions, found, cube),
        cells_p=tuple(found.p[_chosen(found)].tolist()),
        weeks=weeks,
        all_reports=every,
        best_reports=its,
        course=course_of(cube, signals),
        waves=waves_in(every),
    )


def _judged(cube: Cube, by: tuple[str, ...], event: Event) -> tuple[Layout, Floats, Floats]:
    """Return observed and expected of every target."""
    layout = lay_out(cube, by)
    found = compare(layout, events_of(layout, event), least=1)
    every = np.arange(len(layout.targets.names))
    seen, mean, _ = found.counts.judge(every, np.zeros_like(every))
    return layout, seen, mean


def _best_lot(layout: Layout, best: Signal | None) -> Integers:
    name = dict(best.target).get("lot") if best is not None else None
    names = layout.targets.names
    return np.array([names.index(name)] if name in names else [], dtype=np.int64)


def _heat(
    cube: Cube, by_lot: Layout, top: Integers, event: Event
) -> tuple[tuple[str, ...], Points]:
    """Return the age groups and, lot after lot, each age group's observed and expected."""
    ages = [name for name in cube.dimensions["age_group"].names if name != "?"]
    layout, seen, mean = _judged(cube, ("lot", "age_group"), event)
    place = {name: code for code, name in enumerate(layout.targets.names)}
    names = [f"{by_lot.targets.names[code]} · {age}" for code in top for age in ages]
    codes = [place.get(name, -1) for name in names]
    return tuple(ages), Points(
        names=tuple(names),
        observed=tuple(float(seen[code]) if code >= 0 else 0.0 for code in codes),
        expected=tuple(float(mean[code]) if code >= 0 else 0.0 for code in codes),
    )


def _points(names: tuple[str, ...], chosen: Integers, seen: Floats, mean: Floats) -> Points:
    return Points(
        names=tuple(names[code] for code in chosen),
        observed=tuple(seen[chosen].tolist()),
        expected=tuple(mean[chosen].tolist()),
    )


def _chosen(found: Comparison) -> Integers:
    """Return the cells with the smallest chance, so many as a chart can hold."""
    return np.sort(np.argsort(found.p, kind="stable")[:MOST_POINTS])


def _cell_points(layout: Layout, found: Comparison, cube: Cube) -> Points:
    chosen = _chosen(found)
    names = (
        f"{layout.targets.names[found.target[cell]]}: {cube.reactions[found.event[cell]]}"
        for cell in chosen
    )
    observed, expected = found.observed[chosen].tolist(), found.expected[chosen].tolist()
    return Points(tuple(names), tuple(observed), tuple(expected))


def waves_in(counts: Sequence[int]) -> tuple[bool, ...]:
    """Say for each week whether it holds more reports than the seven before (EARS C2, weeks for days)."""
    alarms = ears(counts, method=EarsMethod.C2)
    return tuple((alarms.alarm & (np.asarray(counts) >= LEAST_OF_A_WAVE)).tolist())


def _weeks(
    cube: Cube, best: Signal | None
) -> tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]]:
    """Return the weeks of vaccination with all reports and the best signal's, the last ones only."""
    days = cube.reports.given_on
    week = (days - 1) // DAYS_A_WEEK
    known = days > 0
    cases = np.isin(np.array(cube.reports.numbers), best.cases if best is not None else ())
    if not known.any():
        return (), (), ()
    last = int(week[known & cases].max() if (known & cases).any() else week[known].max()) + 8
    last = min(last, int(week[known].max()))
    first = max(last - MOST_WEEKS + 1, int(week[known].min()))
    span = np.arange(first, last + 1)
    every = [int((known & (week == one)).sum()) for one in span]
    its = [int((known & cases & (week == one)).sum()) for one in span]
    names = tuple(str(date.fromordinal(int(one) * DAYS_A_WEEK + 1)) for one in span)
    return names, tuple(every), tuple(its)
