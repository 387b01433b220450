"""The bias of one kind of target, from the control reactions of a plan."""

from collections.abc import Iterable

import numpy as np

from aefi.screening import comparison
from aefi.screening.bias import Bias, fit_bias
from aefi.screening.comparison import Layout
from aefi.screening.facts import Integers
from aefi.screening.plan import Event, Plan


def bias_of(layout: Layout, plan: Plan) -> Bias | None:
    """Return how far the controls of every target stray; None without controls, or with too few.

    Every target large enough is looked at, also those without a report of a control.
    """
    events = comparison.events_of(layout, Event.REACTION)
    controls = places_of(plan.controls, events.names)
    targets = comparison.testable(layout, plan.least_reports)
    if not controls.size or not targets.size:
        return None
    counts = comparison.counts_of(layout, events)
    target, event = (np.ravel(part) for part in np.meshgrid(targets, controls, indexing="ij"))
    judged = [counts.judge(target[rows], event[rows]) for rows in comparison.chunks(layout, target)]
    observed, expected, variance = (np.concatenate([part[i] for part in judged]) for i in range(3))
    return fit_bias(observed, expected, variance)


def places_of(controls: Iterable[str], names: tuple[str, ...]) -> Integers:
    """Return the codes of the control reactions that the data know, however they are written."""
    wanted = {name.strip().casefold() for name in controls}
    found = [code for code, name in enumerate(names) if name.casefold() in wanted]
    return np.array(found, dtype=np.int64)
