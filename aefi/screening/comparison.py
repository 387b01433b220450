"""One kind of target (lot, lot and age, session …) against the others of the same strata.

For target t in stratum s the others had m_se events of d_s doses (or reports, without doses). Their
rate, with a few pseudo-events at the rate that age and period by themselves lead to expect,
predicts t's count; the uncertainty of both goes into the p-value. A stratum in which t stands
almost alone is not compared: nobody could tell its lot from its week.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from aefi.screening.bias import Bias, chance
from aefi.screening.cells import Lookup, Seen, cell_values, places_of
from aefi.screening.cube import Cube, Dimension, counted, entries_of, expected_in_strata
from aefi.screening.facts import Flags, Floats, Integers
from aefi.screening.margins import relative_rates
from aefi.screening.plan import Event

PSEUDO_EVENTS, PSEUDO_REPORTS = 0.5, 2.0
"""Events by which a stratum is drawn towards what age and period lead to expect: of one reaction,
and of all reports, of which age and period tell more."""
LEAST_OTHERS = 0.2
"""Others must have had this share of the target's own doses in a stratum for it to count."""
TRIPLES_AT_ONCE = 400_000
SITE_PRIOR = 5.0
"""Events by which the level of a site is drawn towards the average."""


@dataclass(frozen=True)
class Layout:
    """Units, targets and strata of one comparison.

    `unit` are the units that can be compared, `target` and `stratum` their codes; `sizes` (targets
    x strata) are doses or reports, `totals` those of whole strata, `product` the product of a
    stratum and `pair` the place of each unit's (target, stratum) in `sizes`.
    """

    cube: Cube
    by: tuple[str, ...]
    targets: Dimension
    strata: Dimension
    unit: Integers
    target: Integers
    stratum: Integers
    sizes: csr_array
    totals: Floats
    product: Integers
    pair: Integers

    @cached_property
    def target_sizes(self) -> Floats:
        """Return doses or reports of each target."""
        return np.asarray(self.sizes.sum(axis=1)).ravel()


@dataclass(frozen=True)
class Events:
    """What is counted: (unit place in the layout, event code) pairs, each once."""

    unit: Integers
    event: Integers
    names: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Cells that hold enough reports: what was seen, what others lead to expect, and the chance.

    `not_compared` are reports of strata without others; `margin` is the classic expected count that
    counts the target among its strata. `hypotheses` are all cells that could have held enough.
    """

    target: Integers
    event: Integers
    observed: Floats
    expected: Floats
    not_compared: Floats
    variance: Floats
    margin: Floats
    p: Floats
    hypotheses: int
    counts: "Counts"
    table: csr_array
    margins: csr_array
    bias: Bias | None = None


def lay_out(cube: Cube, by: tuple[str, ...]) -> Layout:
    """Return the layout of a comparison; a report counts once where places are compared."""
    targets, strata = cube.combined(by), cube.combined(strata_of(cube))
    usable = np.ones(cube.report.size, dtype=np.bool_)
    if "lot" not in by:
        usable[1:] = cube.report[1:] != cube.report[:-1]
    shape = (len(targets.names), len(strata.names))
    if cube.has_doses:
        amounts = cube.amounts * site_levels(cube) if "lot" in by else cube.amounts
        sizes = counted(targets.doses, strata.doses, shape, amounts)
    else:
        sizes = counted(targets.units[usable], strata.units[usable], shape)
    sizes.sort_indices()
    pair = places_of(sizes, targets.units, strata.units)
    unit = np.flatnonzero(usable & (pair >= 0))
    return Layout(
        cube=cube,
        by=by,
        targets=targets,
        strata=strata,
        unit=unit,
        target=targets.units[unit],
        stratum=strata.units[unit],
        sizes=sizes,
        totals=np.asarray(sizes.sum(axis=0)).ravel(),
        product=_products(cube, strata),
        pair=pair[unit],
    )


def events_of(layout: Layout, event: Event) -> Events:
    """Return what is counted: every unit, the serious ones, or each with its reactions."""
    cube = layout.cube
    if event is Event.REACTION:
        place = np.full(cube.report.size, -1, dtype=np.int64)
        place[layout.unit] = np.arange(layout.unit.size)
        unit = place[cube.mention_unit]
        return Events(unit[unit >= 0], cube.mention_reaction[unit >= 0], cube.reactions)
    chosen = np.arange(layout.unit.size)
    if event is Event.SERIOUS:
        chosen = np.flatnonzero(cube.reports.is_serious[cube.report[layout.unit]])
    return Events(chosen, np.zeros(chosen.size, dtype=np.int64), (event.value,))


def strata_of(cube: Cube) -> tuple[str, ...]:
    """Return what is held equal: product, age and period, and dose number where doses tell it."""
    names = ["product", "age_group", "period"]
    if not cube.has_doses:
        return tuple(names)
    names.append("dose_number")
    return tuple(n for n in names if n == "product" or cube.dimensions[n].divides_doses)


def site_levels(cube: Cube) -> Floats:
    """Return for each row of doses how much more or less its site reports than others do.

    Sites differ in how eagerly they report; a lot must not be blamed for the sites that gave it.
    """
    sites = cube.dimensions["site"]
    if not sites.divides_doses:
        return np.ones(cube.amounts.size)
    layout = lay_out(cube, ("site",))
    seen = np.bincount(layout.target, minlength=len(sites.names))
    events = counted(layout.stratum, np.zeros_like(layout.stratum), (layout.totals.size, 1))
    expected = expected_in_strata(layout.sizes, events, layout.totals).toarray().ravel()
    level = (seen + SITE_PRIOR) / (expected + SITE_PRIOR)
    by_dose = layout.targets.doses
    return np.asarray(level[by_dose])


def counts_of(layout: Layout, events: Events) -> "Counts":
    """Return the counts of a comparison, from which any cell is judged."""
    kinds, pair, stratum = len(events.names), layout.pair[events.unit], layout.stratum[events.unit]
    return Counts(
        layout=layout,
        kinds=kinds,
        in_pair=Seen.of(layout.sizes, pair, events.event, kinds),
        in_stratum=Lookup.of(stratum * kinds + events.event),
        prior=_prior_rates(layout, stratum, events),
    )


def compare(layout: Layout, events: Events, *, least: int, bias: Bias | None = None) -> Comparison:
    """Judge every cell with at least `least` reports and more than its margins give."""
    kinds, many = len(events.names), layout.totals.size
    stratum, target = layout.stratum[events.unit], layout.target[events.unit]
    in_target = counted(target, events.event, (layout.sizes.shape[0], kinds))
    in_stratum = counted(stratum, events.event, (many, kinds))
    margin = expected_in_strata(layout.sizes, in_stratum, layout.totals)
    cells = _cells(layout, in_target, margin, least)
    margins, seen = cell_values(margin, *cells), cell_values(in_target, *cells)
    counts = counts_of(layout, events)
    judged = [counts.judge(cells[0][rows], cells[1][rows]) for rows in chunks(layout, cells[0])]
    observed, expected, variance = (
        np.concatenate([part[i] for part in judged]) if judged else np.zeros(0) for i in range(3)
    )
    return Comparison(
        target=cells[0],
        event=cells[1],
        observed=observed,
        expected=expected,
        not_compared=seen - observed,
        variance=variance,
        margin=margins,
        p=chance(observed, expected, variance, bias),
        hypotheses=_hypotheses(layout, in_stratum, least),
        counts=counts,
        table=in_target,
        margins=margin,
        bias=bias,
    )


@dataclass(frozen=True)
class _Prior:
    """Events of each kind by product, and reports of any kind by stratum and product."""

    by_product: Floats
    any_in_stratum: Floats
    any_in_pair: Floats
    any_in_product: Floats
    size_of_product: Floats
    relative: Floats
    is_any: bool


@dataclass(frozen=True)
class Triples:
    """Cells by stratum: `cell` is the place in the cells asked for, `mean` what others predict.

    `shared` is the standard deviation that a stratum has in common with the others of its cell.
    """

    cell: Integers
    stratum: Integers
    size: Floats
    seen: Floats
    others: Floats
    elsewhere: Floats
    mean: Floats
    variance: Floats
    shared: Floats
    is_used: Flags


@dataclass(frozen=True)
class Counts:
    """Counts by (target, stratum) and by stratum, from which any cell is judged."""

    layout: Layout
    kinds: int
    in_pair: Seen
    in_stratum: Lookup
    prior: _Prior

    @property
    def pseudo(self) -> float:
        """Return the events by which strata are drawn towards what is expected of them."""
        return PSEUDO_REPORTS if self.prior.is_any else PSEUDO_EVENTS

    def by_stratum(self, target: Integers, event: Integers) -> Triples:
        """Return some cells stratum by stratum."""
        sizes = self.layout.sizes
        cell, pair = entries_of(sizes, target)
        stratum, own = sizes.indices[pair].astype(np.int64), sizes.data[pair]
        others = self.layout.totals[stratum] - own
        starts = np.searchsorted(cell, np.arange(target.size))
        keys = target * self.kinds + event
        seen = self.in_pair.in_cells(keys, sizes.indptr[target], starts, cell.size)
        elsewhere = self.in_stratum(stratum * self.kinds + event[cell]) - seen
        rate, rest, local = self._stratum_rate(pair, stratum, event[cell], others, cell, seen)
        used, prior = others >= LEAST_OTHERS * own, self.pseudo
        shape, exposure = elsewhere + prior, others + prior / rate
        weight = np.where(used, own / exposure, 0.0)
        mean, pseudo = weight * shape, weight * prior
        variance = weight**2 * shape + pseudo**2 / local
        shared = pseudo / np.sqrt(rest)
        return Triples(cell, stratum, own, seen, others, elsewhere, mean, variance, shared, used)

    def judge(self, target: Integers, event: Integers) -> tuple[Floats, Floats, Floats]:
        """Return observed, expected and its variance of some cells, over comparable strata."""
        found, many = self.by_stratum(target, event), target.size
        return (
            np.bincount(found.cell, np.where(found.is_used, found.seen, 0.0), many),
            np.bincount(found.cell, found.mean, many),
            np.bincount(found.cell, found.variance, many)
            + np.bincount(found.cell, found.shared, many) ** 2,
        )

    def _stratum_rate(
        self,
        pair: Integers,
        stratum: Integers,
        kind: Integers,
        others: Floats,
        cell: Integers,
        seen: Floats,
    ) -> tuple[Floats, Floats, Floats]:
        """Return the rate that a stratum should have: its level times the share of the kind.

        Also the events on which share and level rest. The target's own reports are left out.
        """
        prior, product = self.prior, self.layout.product[stratum]
        held = cell * prior.any_in_product.size + product
        own_kind = np.bincount(held, seen)[held]
        own_any = np.bincount(held, prior.any_in_pair[pair])[held]
        relative = prior.relative[stratum]
        own_size = np.bincount(held, self.layout.sizes.data[pair] * relative)[held]
        rest = np.maximum(prior.by_product[product, kind] - own_kind, 0.0) + PSEUDO_EVENTS
        rest_any = np.maximum(prior.any_in_product[product] - own_any, 0.0) + PSEUDO_EVENTS
        rest_size = np.maximum(prior.size_of_product[product] - own_size, 1.0)
        level = relative * rest_any / rest_size
        if prior.is_any:
            return relative * rest / rest_size, rest, np.full(rest.size, np.inf)
        elsewhere = prior.any_in_stratum[stratum] - prior.any_in_pair[pair]
        local = (elsewhere + PSEUDO_EVENTS) / (np.maximum(others, 0.0) + PSEUDO_EVENTS / level)
        return rest / rest_any * local, rest, elsewhere + PSEUDO_EVENTS


def _prior_rates(layout: Layout, stratum: Integers, events: Events) -> _Prior:
    products, kinds = int(layout.product.max(initial=0)) + 1, len(events.names)
    by_product = np.zeros((products, kinds))
    np.add.at(by_product, (layout.product[stratum], events.event), 1.0)
    any_in_stratum = np.bincount(layout.stratum, minlength=layout.totals.size).astype(np.float64)
    named = (name for name in strata_of(layout.cube) if name != "product")
    margins = [margin_of(layout, name) for name in named]
    relative = relative_rates(any_in_stratum, layout.totals, margins)
    return _Prior(
        by_product=by_product,
        any_in_stratum=any_in_stratum,
        any_in_pair=np.bincount(layout.pair, minlength=layout.sizes.nnz).astype(np.float64),
        any_in_product=np.bincount(layout.product, any_in_stratum, products),
        size_of_product=np.bincount(layout.product, layout.totals * relative, products),
        relative=relative,
        is_any=kinds == 1,
    )


def margin_of(layout: Layout, name: str) -> Integers:
    """Return for every stratum its code in a dimension, product by product."""
    dimension = layout.cube.dimensions[name]
    code = np.zeros(layout.totals.size, dtype=np.int64)
    code[layout.strata.doses] = dimension.doses
    code[layout.strata.units] = dimension.units
    return layout.product * len(dimension.names) + code


def _cells(
    layout: Layout, in_target: csr_array, margin: csr_array, least: int
) -> tuple[Integers, Integers]:
    """Return the cells of known targets that hold enough reports, and more than their margins give.

    Where the strata with the target in them lead to expect as many, the others do too.
    """
    table = in_target.tocoo()
    keep = (table.data >= least) & layout.targets.known[table.row]
    rows, columns = table.row[keep], table.col[keep]
    keep[keep] = table.data[keep] > cell_values(margin, rows, columns)
    order = np.lexsort((table.col[keep], table.row[keep]))
    return table.row[keep][order].astype(np.int64), table.col[keep][order].astype(np.int64)


def chunks(layout: Layout, target: Integers) -> Iterator[Integers]:
    """Yield places of cells so that each part spans a bounded number of strata."""
    spans = np.cumsum(np.diff(layout.sizes.indptr)[target])
    ends = np.searchsorted(
        spans, np.arange(1, spans[-1:].sum() // TRIPLES_AT_ONCE + 2) * TRIPLES_AT_ONCE
    )
    for part in np.split(np.arange(target.size), np.unique(ends[ends < target.size])):
        if part.size:
            yield part


def _hypotheses(layout: Layout, in_stratum: csr_array, least: int) -> int:
    """Count the cells that could have held enough reports, by their margins alone."""
    products = int(layout.product.max(initial=0)) + 1
    of_product = counted(
        layout.product, np.arange(layout.totals.size), (products, layout.totals.size)
    )
    events = np.asarray(((of_product @ in_stratum).toarray() >= least).sum(axis=1)).ravel()
    tested = testable(layout, least)
    if "lot" not in layout.by:
        return int(tested.size * (np.asarray(in_stratum.sum(axis=0)).ravel() >= least).sum())
    first = layout.sizes.indices[layout.sizes.indptr[tested]]
    return int(events[layout.product[first]].sum())


def testable(layout: Layout, least: int) -> Integers:
    """Return the known targets that are large enough to hold `least` reports."""
    has_enough = layout.target_sizes >= (1 if layout.cube.has_doses else least)
    return np.flatnonzero(has_enough & layout.targets.known)


def _products(cube: Cube, strata: Dimension) -> Integers:
    product = cube.dimensions["product"]
    found = np.zeros(len(strata.names), dtype=np.int64)
    found[strata.doses] = product.doses
    found[strata.units] = product.units
    return found
