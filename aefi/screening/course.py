"""How the best signal of a lot came about: counts and expected counts so far, and a sequential boundary.

Had somebody looked each week, the count that reaches the boundary would have been a signal at 5 % over all
these looks (Poisson MaxSPRT, exact at these looks). The expected counts are taken as known.
"""

from collections.abc import Sequence

import numpy as np

from aefi.screening import comparison
from aefi.screening.comparison import Events, Layout
from aefi.screening.cube import Cube
from aefi.screening.facts import Floats
from aefi.screening.findings import Course, Signal
from aefi.screening.plan import Event
from aefi.screening.sequential.poisson import fewest_to_signal, group_critical_value

ALPHA = 0.05
MOST_LOOKS, MOST_TRIED = 104, 10


def course_of(cube: Cube, signals: Sequence[Signal]) -> Course | None:
    """Return the course of the best signal of a lot that has one; None where none of the first has."""
    told = [one for one in signals if _has_course(cube, one)][:MOST_TRIED]
    return next(filter(None, (_course(cube, one) for one in told)), None)


def _course(cube: Cube, best: Signal) -> Course | None:
    """Return the course of a signal; None where fewer than two periods lead to expect anything."""
    layout = comparison.lay_out(cube, tuple(name for name, _ in best.target))
    whole = best.event in {Event.ANY.value, Event.SERIOUS.value}
    events = comparison.events_of(layout, Event(best.event) if whole else Event.REACTION)
    names, seen, mean = _by_period(layout, events, best)
    looked = np.flatnonzero(mean > 0)
    if looked.size < 2:
        return None
    looked = np.arange(looked[0], looked[-1] + 1)[-MOST_LOOKS:]
    return _with_boundary(best.name, [names[at] for at in looked], seen[looked], mean[looked])


def _has_course(cube: Cube, signal: Signal) -> bool:
    named = {name for name, _ in signal.target}
    return "lot" in named and named <= set(cube.dimensions) and signal.window is None


def _by_period(
    layout: Layout, events: Events, signal: Signal
) -> tuple[tuple[str, ...], Floats, Floats]:
    """Return the periods of vaccination with the count and the expected count of each."""
    target = layout.targets.names.index(" · ".join(value for _, value in signal.target))
    event = events.names.index(signal.event)
    found = comparison.counts_of(layout, events).by_stratum(np.array([target]), np.array([event]))
    period = layout.cube.dimensions["period"]
    many = len(period.names)
    place = (comparison.margin_of(layout, "period") % many)[found.stratum[found.is_used]]
    seen = np.bincount(place, found.seen[found.is_used], many)
    return period.names, seen, np.bincount(place, found.mean[found.is_used], many)


def _with_boundary(name: str, periods: list[str], seen: Floats, mean: Floats) -> Course:
    expected, observed = np.cumsum(mean), np.cumsum(seen)
    looks, first = np.unique(expected, return_index=True)
    critical = group_critical_value(looks, alpha=ALPHA).value
    boundary = [fewest_to_signal(critical, float(at)) for at in expected]
    crossed = np.flatnonzero(observed >= boundary)
    return Course(
        name=name,
        periods=tuple(periods),
        observed=tuple(observed.tolist()),
        expected=tuple(expected.tolist()),
        boundary=tuple(boundary),
        crossed=periods[int(crossed[0])] if crossed.size else "",
        looks=int(first.size),
    )
