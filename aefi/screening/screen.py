"""Screen reports, and doses where they are known: a ranked list of explained signals.

Every family of cells controls its own error; the list as a whole holds a signal by chance alone in
at most `alpha` of all runs. The result depends on the facts and the seed, and on nothing else: not
on the order of rows, not on threads.
"""

from collections.abc import Callable

import numpy as np

from aefi.screening import comparison, explain
from aefi.screening.comparison import Comparison, Layout, testable
from aefi.screening.controls import bias_of
from aefi.screening.cube import Cube, build_cube
from aefi.screening.disproportionality import information_component, observed_to_expected
from aefi.screening.facts import DosesGiven, Floats, Reports
from aefi.screening.findings import FamilyTested, Screening, Signal
from aefi.screening.modelled import with_models
from aefi.screening.multiplicity import benjamini_hochberg, weights_for_ratio
from aefi.screening.nesting import collapse
from aefi.screening.pictures import look
from aefi.screening.plan import Event, Family, Plan
from aefi.screening.quality import look_at
from aefi.screening.scans import scan_families
from aefi.screening.shrinkage import fit_gps, posterior

PERIOD_WITH_DOSES, PERIOD_WITHOUT = 7, 28
"""Days. Source: docs/screening.md#strata."""
LEAST_CELLS_FOR_GPS = 200

Progress = Callable[[str, float], None]


def run(
    doses: DosesGiven | None,
    reports: Reports,
    plan: Plan | None = None,
    *,
    progress: Progress | None = None,
) -> Screening:
    """Return the signals of the reports, best first, each explained.

    Parameters
    ----------
    doses
        Doses given; None where nobody counted them. Then shares of reports are compared, and no
        rate is ever formed.
    reports
        Reports, coded.
    plan
        What to look at; the defaults if not given.
    progress
        Called with what is being done and the share of the work behind it.
    """
    plan, tell = plan or Plan(), progress or _silent
    cube = _cube(doses, reports, plan)
    families = [f for f in plan.families(has_doses=cube.has_doses) if _is_told(cube, f)]
    part = plan.alpha / (sum(f.weight for f in families) + plan.scans(has_doses=cube.has_doses))
    tell("data quality", 0.05)
    quality = look_at(cube, doses)
    signals: list[Signal] = []
    tested: list[FamilyTested] = []
    for place, family in enumerate(families):
        tell(str(family), 0.1 + 0.7 * place / len(families))
        outcome, found = _screen_family(cube, family, plan, part * family.weight)
        tested.append(outcome)
        signals += found
    tell("scans", 0.85)
    for outcome, found in scan_families(cube, plan, part):
        tested.append(outcome)
        signals += found
    tell("nested signals", 0.95)
    kept = collapse(sorted(signals, key=_rank))
    tell("models", 0.97)
    kept = _modelled(cube, doses, kept[: plan.most_signals], plan) + kept[plan.most_signals :]
    tell("done", 1.0)
    return Screening(
        signals=tuple(kept[: plan.most_signals]),
        families=tuple(tested),
        quality=quality,
        is_numerator_only=not cube.has_doses,
        collapsed=len(signals) - len(kept),
        left_off=max(0, len(kept) - plan.most_signals),
        pictures=look(cube, plan, kept),
        controls=plan.controls,
    )


def _modelled(
    cube: Cube, doses: DosesGiven | None, signals: list[Signal], plan: Plan
) -> list[Signal]:
    if doses is None or plan.model is None:
        return signals
    return list(with_models(cube, doses, signals, plan.model))


def _is_told(cube: Cube, family: Family) -> bool:
    """Say whether the data know every dimension of a family at all."""
    parts = (cube.dimensions[name] for name in family.by)
    return all(part.known[part.units].any() for part in parts)


def _screen_family(
    cube: Cube, family: Family, plan: Plan, level: float
) -> tuple[FamilyTested, list[Signal]]:
    layout = comparison.lay_out(cube, family.by)
    events = comparison.events_of(layout, family.event)
    bias = bias_of(layout, plan) if plan.controls else None
    found = comparison.compare(layout, events, least=plan.least_reports, bias=bias)
    weights = _weights(layout, found, plan, level)
    q = adjusted(found.p / weights, found.hypotheses)
    ic = information_component(found.observed, found.expected)
    ic025 = np.atleast_1d(ic.low)
    is_signal = (q <= level) & (ic025 > 0) & (found.observed >= plan.least_reports)
    chosen = np.flatnonzero(is_signal)
    chosen = chosen[np.argsort(-ic025[chosen], kind="stable")][: plan.most_signals]
    teller = explain.Teller(layout, events, family)
    crude = teller.crude_expected(found)
    eb05 = _eb05(found, family, has_doses=cube.has_doses) if chosen.size else None
    limits = weights * level * int((q <= level).sum()) / max(found.hypotheses, q.size, 1)
    signals = [
        teller.signal(found, int(cell), crude=crude, eb05=eb05, q=q, limits=limits)
        for cell in chosen
    ]
    seen = found.observed + found.not_compared
    crude_q = adjusted(observed_to_expected(seen, crude).mid_p, found.hypotheses)
    outcome = FamilyTested(
        family=str(family),
        cells=found.hypotheses,
        tested=found.target.size,
        signals=int(is_signal.sum()),
        crude_signals=int((crude_q <= level).sum()),
        level=level,
        bias=bias,
    )
    return outcome, signals


def _weights(layout: Layout, found: Comparison, plan: Plan, level: float) -> Floats:
    """Return what the p-value of each cell is divided by; 1 where there are many kinds of events."""
    every = testable(layout, plan.least_reports)
    if "lot" not in layout.by or found.counts.kinds > 1 or not found.target.size:
        return np.ones(found.target.size)
    _, expected, _ = found.counts.judge(every, np.zeros_like(every))
    weights = weights_for_ratio(expected, ratio=plan.least_missed_ratio, level=level)
    weights *= min(1.0, found.hypotheses / every.size)
    return np.asarray(weights[np.searchsorted(every, found.target)])


def adjusted(p: Floats, hypotheses: int) -> Floats:
    """Return Benjamini-Hochberg q-values where only some of all hypotheses were worked out.

    The others hold too few reports to be signals and count as p = 1.
    """
    values = np.clip(np.atleast_1d(p), 0.0, 1.0)
    if not values.size:
        return values
    scaled = benjamini_hochberg(values) * max(1.0, hypotheses / values.size)
    return np.asarray(np.minimum(scaled, 1.0), dtype=np.float64)


def _eb05(found: Comparison, family: Family, *, has_doses: bool) -> Floats | None:
    """Return EB05 by the gamma-Poisson shrinker of all cells of the family, where there are many.

    With doses it would shrink rates that others' doses have shrunk already.
    """
    table = found.table.tocoo()
    if family.event is not Event.REACTION or table.nnz < LEAST_CELLS_FOR_GPS or has_doses:
        return None
    margins = np.asarray(found.margins[table.row, table.col]).ravel()
    usable = margins > 0
    prior = fit_gps(table.data[usable], margins[usable], zero_truncated=True)
    seen = found.observed + found.not_compared
    safe = np.where(found.margin > 0, found.margin, np.inf)
    return np.where(found.margin > 0, posterior(prior, seen, np.minimum(safe, 1e12)).eb05, 0.0)


def _cube(doses: DosesGiven | None, reports: Reports, plan: Plan) -> Cube:
    days = plan.period_days or (PERIOD_WITHOUT if doses is None else PERIOD_WITH_DOSES)
    return build_cube(reports, doses, age_edges=plan.age_edges, period_days=days)


def _rank(signal: Signal) -> tuple[float, float, str, str]:
    return (-signal.score, signal.p, signal.name, signal.family)


def _silent(_what: str, _share: float) -> None:
    """Say nothing."""
