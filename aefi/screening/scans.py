"""Scans beside the families of cells: onset after vaccination, and branches of products and lots."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import special

from aefi.screening.comparison import Events, Layout, compare, lay_out
from aefi.screening.cube import Cube
from aefi.screening.disproportionality import information_component
from aefi.screening.facts import Floats, Integers
from aefi.screening.findings import FamilyTested, Signal
from aefi.screening.multiplicity import benjamini_hochberg
from aefi.screening.plan import Plan
from aefi.screening.results import Window
from aefi.screening.scan import contrast_scan, tree_scan

LONGEST_DAY, LONGEST_WINDOW = 42, 14
"""Days after vaccination that are scanned. Source: docs/screening.md#scans."""
LEAST_ONSETS, LEAST_RATIO_OF_OTHERS, MOST_LOTS = 10, 5.0, 40
ONSET_REPLICATES = 19_999
ONSET, TREE = "onset scan", "tree scan"


def scan_families(
    cube: Cube, plan: Plan, level: float
) -> Iterator[tuple[FamilyTested, list[Signal]]]:
    """Yield the outcome and the signals of every scan that the plan asks for."""
    if plan.scan_times:
        yield _scan_onsets(cube, plan, level)
    if plan.scan_tree and cube.has_doses and "lot" in plan.by:
        yield _scan_tree(cube, plan, level)


def _scan_onsets(cube: Cube, plan: Plan, level: float) -> tuple[FamilyTested, list[Signal]]:
    """Find lots whose onsets crowd on some days more than those of other lots of the product."""
    reports, lot = cube.reports, cube.dimensions["lot"]
    days = (reports.onset_on - reports.given_on)[cube.report]
    is_known = (reports.onset_on[cube.report] > 0) & (reports.given_on[cube.report] > 0)
    unit = np.flatnonzero(is_known & (days >= 0) & (days <= LONGEST_DAY))
    width = LONGEST_DAY + 1
    table = np.bincount(lot.units[unit] * width + days[unit], minlength=len(lot.names) * width)
    by_lot = table.reshape(len(lot.names), width)
    by_product = np.zeros((int(cube.lot_product.max(initial=0)) + 1, width))
    np.add.at(by_product, cube.lot_product, by_lot)
    found: list[tuple[int, Window]] = []
    chosen = _large_lots(cube, by_lot, by_product)
    for code in chosen:
        window = contrast_scan(
            by_lot[code],
            by_product[cube.lot_product[code]] - by_lot[code],
            max_length=LONGEST_WINDOW,
            min_cases=plan.least_reports,
            replicates=ONSET_REPLICATES,
            seed=(plan.seed, int(code)),
            limit=level,
        )
        found += [] if window is None else [(int(code), window)]
    p = np.array([window.p_value for _, window in found])
    q = np.minimum(benjamini_hochberg(p) * chosen.size / max(p.size, 1), 1.0) if p.size else p
    signals = [
        _onset_signal(cube, code, window, unit[(lot.units[unit] == code)], days, float(value))
        for (code, window), value in zip(found, q, strict=True)
        if value <= level
    ]
    signals = [signal for signal in signals if signal.ic025 > 0]
    return FamilyTested(ONSET, chosen.size, chosen.size, len(signals), 0, level), signals


def _least_chance(seen: Floats, share: Floats, total: int, least: int) -> float:
    """Return the least chance of as many of all cases in any one place, were it looked at alone."""
    held = seen >= max(least, 1)
    if not held.any():
        return 1.0
    count, part = np.asarray(seen)[held], np.clip(np.asarray(share)[held], 0.0, 1.0)
    return float(special.betainc(count, total - count + 1.0, part).min())


def _large_lots(cube: Cube, by_lot: Integers, by_product: Floats) -> Integers:
    """Return the lots with enough onsets and many more among the others, largest first."""
    many = by_lot.sum(axis=1)
    others = by_product.sum(axis=1)[cube.lot_product] - many
    fit = (many >= LEAST_ONSETS) & (others >= LEAST_RATIO_OF_OTHERS * many)
    fit &= cube.dimensions["lot"].known
    codes = np.flatnonzero(fit)
    return np.sort(codes[np.argsort(-many[codes], kind="stable")][:MOST_LOTS])


def _onset_signal(
    cube: Cube, code: int, window: Window, units: Integers, days: Integers, q: float
) -> Signal:
    first, last = int(window.start), int(window.end)
    inside = units[(days[units] >= first) & (days[units] <= last)]
    rows = np.unique(cube.report[inside])
    return _plain_signal(
        cube,
        family=ONSET,
        target=(("lot", cube.dimensions["lot"].names[code]),),
        rows=rows,
        observed=int(window.observed),
        expected=float(window.expected),
        p=window.p_value,
        q=q,
        size=float(units.size),
        window=(first, last),
    )


def _scan_tree(cube: Cube, plan: Plan, level: float) -> tuple[FamilyTested, list[Signal]]:
    """Scan products, lots and ages as branches: a lot and its age groups compete with each other."""
    ages = cube.dimensions["age_group"].divides_doses and "age_group" in plan.by
    layout = lay_out(cube, ("lot", "age_group") if ages else ("lot",))
    every = Events(
        np.arange(layout.unit.size), np.zeros(layout.unit.size, dtype=np.int64), ("any",)
    )
    found = compare(layout, every, least=plan.least_reports)
    leaves = np.flatnonzero(layout.targets.known & (layout.target_sizes > 0))
    seen, mean, _ = found.counts.judge(leaves, np.zeros_like(leaves))
    parents, names = _branches(layout, leaves)
    if not seen.sum():
        return FamilyTested(TREE, 0, 0, 0, 0, level), []
    nothing = FamilyTested(TREE, len(parents), len(parents), 0, 0, level)
    if not _can_branch(layout, leaves, seen, np.maximum(mean, 1e-9), plan.least_reports, level):
        return nothing, []
    scan = tree_scan(
        parents,
        dict(zip(leaves.tolist(), seen.tolist(), strict=True)),
        dict(zip(leaves.tolist(), np.maximum(mean, 1e-9).tolist(), strict=True)),
        replicates=plan.replicates,
        seed=plan.seed,
        min_cases=plan.least_reports,
    )
    signals = []
    for cut in scan.cuts:
        if cut.p_value <= level and str(cut.node).startswith("lot:"):
            rows = _rows_of_lot(layout, str(cut.node)[4:])
            signals.append(
                _plain_signal(
                    cube,
                    family=TREE,
                    target=(("lot", names[str(cut.node)]),),
                    rows=rows,
                    observed=int(cut.observed),
                    expected=float(cut.expected),
                    p=cut.p_value,
                    q=cut.p_value,
                    size=_size_of_lot(layout, str(cut.node)[4:]),
                )
            )
    signals = [signal for signal in signals if signal.ic025 > 0]
    return FamilyTested(TREE, len(parents), len(parents), len(signals), 0, level), signals


def _can_branch(
    layout: Layout, leaves: Integers, seen: Floats, mean: Floats, least: int, level: float
) -> bool:
    """Say whether any lot alone would be a signal: among all branches, p only grows."""
    lot = _lots_of(layout)[leaves]
    in_lot, expected = np.bincount(lot, seen), np.bincount(lot, mean)
    return _least_chance(in_lot, expected / mean.sum(), int(seen.sum()), least) <= level


def _lots_of(layout: Layout) -> Integers:
    """Return the lot of every target."""
    lot = layout.cube.dimensions["lot"]
    lot_of = np.zeros(len(layout.targets.names), dtype=np.int64)
    lot_of[layout.targets.doses] = lot.doses
    lot_of[layout.targets.units] = lot.units
    return lot_of


def _branches(
    layout: Layout, leaves: Integers
) -> tuple[dict[int | str, int | str | None], dict[str, str]]:
    """Return node -> parent and the names of the lot nodes."""
    lot, lot_of = layout.cube.dimensions["lot"], _lots_of(layout)
    parents: dict[int | str, int | str | None] = {"all": None}
    names: dict[str, str] = {}
    for leaf in leaves.tolist():
        code = int(lot_of[leaf])
        node, product = f"lot:{code}", f"product:{layout.cube.lot_product[code]}"
        parents |= {leaf: node, node: product, product: "all"}
        names[node] = lot.names[code]
    return parents, names


def _rows_of_lot(layout: Layout, code: str) -> Integers:
    units = layout.unit[layout.cube.dimensions["lot"].units[layout.unit] == int(code)]
    return np.unique(layout.cube.report[units])


def _size_of_lot(layout: Layout, code: str) -> float:
    return float(layout.cube.amounts[layout.cube.dimensions["lot"].doses == int(code)].sum())


def _plain_signal(
    cube: Cube,
    *,
    family: str,
    target: Sequence[tuple[str, str]],
    rows: Integers,
    observed: int,
    expected: float,
    p: float,
    q: float,
    size: float,
    window: tuple[int, int] | None = None,
) -> Signal:
    """Return the signal of a scan: its strata are told by the families of cells."""
    ic = information_component(observed, expected)
    serious = int(cube.reports.is_serious[rows].sum())
    return Signal(
        family=family,
        target=tuple(target),
        event="any",
        observed=observed,
        expected=expected,
        crude_expected=expected,
        ratio=observed / expected if expected > 0 else float("inf"),
        ic=ic.value,
        ic025=ic.low,
        eb05=None,
        p=p,
        q=q,
        score=ic.low * (1.0 + serious / max(1, rows.size)),
        serious=serious,
        size=size,
        is_numerator_only=not cube.has_doses or window is not None,
        not_compared=0,
        strata=(),
        without=(),
        masked_by=None,
        gone_below=observed,
        cases=tuple(cube.reports.numbers[row] for row in rows),
        window=window,
    )
