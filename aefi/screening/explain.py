"""Why a cell is a signal: its strata, the crude picture, what it leans on, and what would end it."""

import numpy as np

from aefi.screening.bias import chance
from aefi.screening.comparison import (
    PSEUDO_EVENTS,
    Comparison,
    Events,
    Layout,
    Triples,
)
from aefi.screening.cube import Dimension, counted, entries_of
from aefi.screening.disproportionality import information_component
from aefi.screening.facts import Flags, Floats, Integers
from aefi.screening.findings import Part, Signal, Without
from aefi.screening.plan import Event, Family

MOST_STRATA = 12
LEANS_ON = ("site", "reporter", "period")


class Teller:
    """Explains cells of one comparison."""

    def __init__(self, layout: Layout, events: Events, family: Family) -> None:
        self.layout, self.events, self.family = layout, events, family
        self.cube = layout.cube
        self._order = np.argsort(layout.target, kind="stable")
        self._starts = np.searchsorted(
            layout.target[self._order], np.arange(len(layout.targets.names) + 1)
        )
        of_target = layout.target[events.unit]
        self._keys = of_target * len(events.names) + events.event
        self._by_key = np.argsort(self._keys, kind="stable")
        self._copies = _copies_by_report(self.cube.reports.copy_of)

    def crude_expected(self, found: Comparison) -> Floats:
        """Return what the whole of each product leads to expect, age and time not looked at."""
        layout, products = self.layout, int(self.layout.product.max(initial=0)) + 1
        strata = layout.totals.size
        to_product = counted(np.arange(strata), layout.product, (strata, products))
        sizes = (layout.sizes @ to_product).tocsr()
        of_unit = layout.product[layout.stratum[self.events.unit]]
        kinds = len(self.events.names)
        events = np.bincount(of_unit * kinds + self.events.event, minlength=products * kinds)
        total = np.bincount(layout.product, layout.totals, products)
        rates = events.reshape(products, kinds) / np.where(total > 0, total, 1.0)[:, np.newaxis]
        cell, place = entries_of(sizes, found.target)
        rate = rates[sizes.indices[place], found.event[cell]]
        return np.bincount(cell, sizes.data[place] * rate, found.target.size)

    def signal(
        self,
        found: Comparison,
        cell: int,
        *,
        crude: Floats,
        eb05: Floats | None,
        q: Floats,
        limits: Floats,
    ) -> Signal:
        """Return a cell as a signal with everything that is told of it; p up to its limit is one."""
        target, event = int(found.target[cell]), int(found.event[cell])
        strata = found.counts.by_stratum(found.target[[cell]], found.event[[cell]])
        sizes = self._sizes(target, strata)
        members = self._members(target, event)
        reports = np.unique(self.cube.report[self.layout.unit[members]])
        observed, expected = int(found.observed[cell]), float(found.expected[cell])
        ic = information_component(observed, expected)
        serious = int(self.cube.reports.is_serious[reports].sum())
        return Signal(
            family=str(self.family),
            target=self._target(target),
            event=self.events.names[event],
            observed=observed,
            expected=expected,
            crude_expected=float(crude[cell]),
            ratio=observed / expected if expected > 0 else float("inf"),
            ic=ic.value,
            ic025=ic.low,
            eb05=None if eb05 is None else float(eb05[cell]),
            p=float(found.p[cell]),
            q=float(q[cell]),
            score=ic.low * (1.0 + serious / max(1, reports.size)),
            serious=serious,
            size=float(sizes.sum()),
            is_numerator_only=not self.cube.has_doses,
            not_compared=int(found.not_compared[cell]),
            strata=self._parts(strata, sizes),
            without=(
                *self._leanings(target, members, strata),
                *self._with_copies(reports, expected),
            ),
            masked_by=self._mask(target, event, strata, observed),
            gone_below=self._gone_below(
                found, cell, float(limits[cell]), float(strata.size[strata.is_used].sum())
            ),
            cases=tuple(self.cube.reports.numbers[row] for row in reports),
        )

    def _members(self, target: int, event: int) -> Integers:
        """Return the places in the layout of the units of a cell."""
        key = target * len(self.events.names) + event
        keys = self._keys[self._by_key]
        span = slice(np.searchsorted(keys, key), np.searchsorted(keys, key, side="right"))
        return self.events.unit[self._by_key[span]]

    def _target(self, target: int) -> tuple[tuple[str, str], ...]:
        """Return the names of the target's dimensions and its values in them."""
        unit = self.layout.unit[self._order[self._starts[target]]]
        named = ((name, self.cube.dimensions[name]) for name in self.layout.by)
        return tuple((name, one.names[one.units[unit]]) for name, one in named)

    def _sizes(self, target: int, strata: Triples) -> Floats:
        """Return the target's doses or reports in each stratum as counted, whatever sites report."""
        if not self.cube.has_doses:
            return strata.size
        rows = np.flatnonzero(self.layout.targets.doses == target)
        amounts, stratum = self.cube.amounts[rows], self.layout.strata.doses[rows]
        return np.bincount(stratum, amounts, self.layout.totals.size)[strata.stratum]

    def _parts(self, strata: Triples, sizes: Floats) -> tuple[Part, ...]:
        """Return the strata that add most, the largest excess first."""
        used = np.flatnonzero(strata.is_used)
        excess = strata.seen[used] - strata.mean[used]
        names = self.layout.strata.names
        return tuple(
            Part(
                name=names[strata.stratum[row]],
                size=float(sizes[row]),
                observed=int(strata.seen[row]),
                expected=float(strata.mean[row]),
            )
            for row in used[np.argsort(-excess, kind="stable")][:MOST_STRATA]
        )

    def _leanings(self, target: int, members: Integers, strata: Triples) -> tuple[Without, ...]:
        found = (self._leaning(name, target, members, strata) for name in LEANS_ON)
        return tuple(one for one in found if one is not None)

    def _leaning(
        self, name: str, target: int, members: Integers, strata: Triples
    ) -> Without | None:
        """Return the cell without the value of a dimension that gave it most reports."""
        if name in self.layout.by:
            return None
        dimension = self.cube.dimensions[name]
        codes = dimension.units[self.layout.unit[members]]
        counts = np.bincount(codes[dimension.known[codes]], minlength=len(dimension.names))
        if not counts.any():
            return None
        top = int(counts.argmax())
        used = np.isin(self.layout.stratum[members], strata.stratum[strata.is_used])
        observed = int((used & (codes != top)).sum())
        share = self._share_of(dimension, top, target, strata)
        expected = float((strata.mean * (1.0 - share)).sum())
        return _without(name, dimension.names[top], observed, expected)

    def _share_of(self, dimension: Dimension, top: int, target: int, strata: Triples) -> Floats:
        """Return the share of the target's size in each stratum that one value holds."""
        if self.cube.has_doses:
            if not dimension.divides_doses:
                return np.zeros(strata.size.size)
            rows = np.flatnonzero((self.layout.targets.doses == target) & (dimension.doses == top))
            amounts, stratum = self.cube.amounts[rows], self.layout.strata.doses[rows]
        else:
            units = self._order[self._starts[target] : self._starts[target + 1]]
            units = units[dimension.units[self.layout.unit[units]] == top]
            amounts, stratum = np.ones(units.size), self.layout.stratum[units]
        held = np.bincount(stratum, amounts, self.layout.totals.size)[strata.stratum]
        return np.asarray(np.minimum(held / self._sizes(target, strata), 1.0))

    def _with_copies(self, reports: Integers, expected: float) -> tuple[Without, ...]:
        extra = sum(self._copies.get(int(row), 0) for row in reports)
        return (_without("copies", str(extra), reports.size + extra, expected),) if extra else ()

    def _mask(self, target: int, event: int, strata: Triples, observed: int) -> Without | None:
        """Return the cell judged without the other target that holds most of the same reports."""
        chosen = self.events.event == event
        units = self.events.unit[chosen & self._is_in(strata)[self.events.unit]]
        others = self.layout.target[units]
        units, others = units[others != target], others[others != target]
        known = self.layout.targets.known[others]
        if not known.any():
            return None
        top = int(np.bincount(others[known]).argmax())
        many = self.layout.totals.size
        taken = np.bincount(self.layout.stratum[units[others == top]], minlength=many)
        size = np.zeros(many)
        row = slice(self.layout.sizes.indptr[top], self.layout.sizes.indptr[top + 1])
        size[self.layout.sizes.indices[row]] = self.layout.sizes.data[row]
        left = np.maximum(strata.others - size[strata.stratum], 0.0)
        rest = strata.elsewhere - taken[strata.stratum] + PSEUDO_EVENTS
        before = (strata.elsewhere + PSEUDO_EVENTS) / np.maximum(strata.others, 1e-9)
        factor = np.where(left > 0, rest / np.maximum(left, 1e-9) / before, 1.0)
        expected = float((strata.mean * factor).sum())
        return _without("comparator", self.layout.targets.names[top], observed, expected)

    def _is_in(self, strata: Triples) -> Flags:
        inside = np.zeros(self.layout.totals.size, dtype=np.bool_)
        inside[strata.stratum[strata.is_used]] = True
        return inside[self.layout.stratum]

    def _gone_below(self, found: Comparison, cell: int, limit: float, size: float) -> int:
        """Return the least count at which this cell would still be a signal.

        Without doses, reports that were not there would be missing from its size as well.
        """
        count = np.arange(1, int(found.observed[cell]) + 1, dtype=np.float64)
        gone = 0.0 if self.cube.has_doses else found.observed[cell] - count
        left = np.maximum(1 - gone / max(size, 1.0), 0.0) * np.ones(count.size)
        mean = found.expected[cell] * left
        p = chance(count, mean, found.variance[cell] * left**2, found.bias)
        holds = (p <= limit) & (information_component(count, mean).low > 0)
        return int(count[holds][0]) if holds.any() else int(found.observed[cell])


def event_is_whole(event: str) -> bool:
    """Say whether an event is all reports or all serious ones, and no named reaction."""
    return event in {Event.ANY.value, Event.SERIOUS.value}


def _without(kind: str, name: str, observed: int, expected: float) -> Without:
    low = information_component(observed, max(expected, 0.0)).low
    return Without(kind, name, observed, expected, float(low))


def _copies_by_report(copy_of: Integers) -> dict[int, int]:
    originals = copy_of[copy_of != np.arange(copy_of.size)]
    return dict(
        zip(*(part.tolist() for part in np.unique(originals, return_counts=True)), strict=True)
    )
