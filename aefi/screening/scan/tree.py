"""Tree-based scan: which branch of a tree holds more cases than the rest of the tree explains.

Lots nested under bulk, maker and vaccine, or reactions under groups, are such trees. Nobody has to
name the branch beforehand: the p-values are those of the maximum over all cuts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from aefi.screening.results import Cut, TreeScan
from aefi.screening.scan import importance, replication
from aefi.screening.scan.hierarchy import Branches, CutKind, Node, Tree, build_tree, list_cuts
from aefi.screening.scan.null_distributions import (
    ConditionalBernoulli,
    ConditionalPoisson,
    NullDistribution,
    UnconditionalBernoulli,
    UnconditionalPoisson,
)
from aefi.screening.scan.replication import Floats

ALPHA = 0.05
"""Family-wise level of the critical value. Source: Kulldorff et al. (2003), Biometrics 59:323."""


class Model(StrEnum):
    """What is random under the null hypothesis; see `tree_scan`."""

    POISSON_CONDITIONAL = "poisson-conditional"
    POISSON_UNCONDITIONAL = "poisson-unconditional"
    BERNOULLI_CONDITIONAL = "bernoulli-conditional"
    BERNOULLI_UNCONDITIONAL = "bernoulli-unconditional"

    @classmethod
    def _missing_(cls, value: object) -> "Model | None":
        """Read other spellings: any order of words, any separator; conditional unless denied."""
        words = set(str(value).lower().replace("_", " ").replace("-", " ").split())
        families = words & {"poisson", "bernoulli"}
        rest = words - families - {"conditional", "unconditional"}
        if len(families) != 1 or rest or {"conditional", "unconditional"} <= words:
            return None
        kind = "unconditional" if "unconditional" in words else "conditional"
        return cls(f"{families.pop()}-{kind}")

    @property
    def has_controls(self) -> bool:
        """Tell whether the model compares cases with controls."""
        return self in {Model.BERNOULLI_CONDITIONAL, Model.BERNOULLI_UNCONDITIONAL}


class Method(StrEnum):
    """How p-values are computed; see `tree_scan`."""

    IMPORTANCE_SAMPLING = "importance-sampling"
    UNION_BOUND = "union-bound"
    MONTE_CARLO = "monte-carlo"


@dataclass(frozen=True)
class _Observed:
    """The cuts of a tree with what was seen in them."""

    cuts: tuple[Branches, ...]
    counts: Floats
    sizes: Floats
    ratios: Floats


def tree_scan(
    parents: Mapping[Node, Node | None],
    cases: Mapping[Node, float],
    expected: Mapping[Node, float] | None = None,
    *,
    controls: Mapping[Node, float] | None = None,
    model: Model | str | None = None,
    cuts: CutKind | str = CutKind.SIMPLE,
    method: Method | str = Method.IMPORTANCE_SAMPLING,
    replicates: int = 999,
    seed: int = 0,
    alpha: float = ALPHA,
    case_probability: float = 0.5,
    min_cases: int = 1,
    order: Sequence[Node] | None = None,
) -> TreeScan:
    """Return every branch of a tree with the evidence that it holds too many cases, best first.

    Parameters
    ----------
    parents
        Node -> its parent, None for a root. A parent that is no key itself is a root.
    cases
        Node -> number of cases at the node itself (whole numbers); branches add up.
    expected
        Node -> expected cases, or anything in proportion to them (doses, person-time) in the
        conditional model. For the Poisson models.
    controls
        Node -> number of controls (whole numbers). For the Bernoulli models.
    model
        "poisson-conditional" (default with `expected`): the total of cases is taken as given.
        "poisson-unconditional": the expected counts are trusted as they are.
        "bernoulli-conditional" (default with `controls`): totals of cases and controls as given.
        "bernoulli-unconditional": each observation is a case with `case_probability`.
    cuts
        "simple": each branch. "pairs": also any two children of one node together. "ordinal": also
        any run of two or more neighbouring children; neighbours by `order`, else by natural order.
    method
        "importance-sampling" (Naiman & Priebe; p-values of any size), "union-bound" (a strict upper
        bound, nothing random), "monte-carlo" (ranks, at least 1 / (replicates + 1)).
    replicates, seed
        Null data sets drawn, at least; same seed, same result.
    alpha
        Family-wise level of the critical value.
    case_probability
        Probability that an observation is a case, for "bernoulli-unconditional" only.
    min_cases
        Cuts with fewer cases are not tested.
    order
        Nodes in the order of siblings, for ordinal cuts.

    Returns
    -------
    TreeScan
        One `Cut` per branch, and per combined cut with an excess, by falling log-likelihood ratio.
        `node` is the node, or the tuple of the nodes of a combined cut. A ratio above
        `critical_value` has a p-value of at most `alpha`.

    Raises
    ------
    ValueError
        When the tree has a circle, a count is no count, there are no cases in a conditional model,
        or a branch holds cases where none are possible.

    Notes
    -----
    c cases where n are expected, C and N in the whole tree, c > n (Poisson; N = C if conditional):
    LLR = c ln(c / n) + (C - c) ln((C - c) / (C - n)), unconditional c ln(c / n) - (c - n).
    c cases among n observations (Bernoulli): LLR = c ln(c / n) + (n - c) ln(1 - c / n) + the same
    outside - the same of the whole tree; unconditional c ln(c / (n p)) + (n - c) ln((n - c) /
    (n (1 - p))). Relative risk = [c / n] / [(C - c) / (N - n)], infinite without cases outside.
    `p_standard_error` is the sampling error of the p-value alone: 0 for the union bound.

    References
    ----------
    Kulldorff, Fang & Walsh (2003), Biometrics 59:323-331.
    Naiman & Priebe (2001), Journal of Computational and Graphical Statistics 10:296-328.

    Examples
    --------
    >>> parents = {"all": None, "maker": "all", "lot 1": "maker", "lot 2": "maker", "lot 3": "all"}
    >>> doses = {"lot 1": 1000, "lot 2": 1000, "lot 3": 2000}
    >>> scan = tree_scan(parents, {"lot 1": 12, "lot 2": 2, "lot 3": 4}, doses)
    >>> best = scan.cuts[0]
    >>> best.node, best.observed, best.expected, best.relative_risk
    ('lot 1', 12.0, 4.5, 6.0)
    >>> round(best.log_likelihood_ratio, 3), best.p_value < 0.01
    (6.904, True)
    """
    tree = build_tree(parents, order)
    model, controls = _model_of(model, expected, controls)
    method = Method(str(method).replace("_", "-"))
    counts = _whole(tree.own(cases, "cases"), "cases")
    sizes = tree.own((controls if model.has_controls else expected) or {}, "sizes")
    if model.has_controls:
        sizes = _whole(sizes, "controls") + counts
    elif model is Model.POISSON_CONDITIONAL:
        sizes = _scaled(sizes, counts.sum())
    null = _null(model, sizes[sizes > 0.0], int(counts.sum()), case_probability)
    seen = _observe(tree, CutKind(cuts), null, counts, sizes, min_cases=min_cases)
    p_values, errors, critical = _p_values(
        null,
        _distinct_cuts(tree, seen, sizes),
        seen.ratios,
        method,
        replicates=replicates,
        seed=seed,
        alpha=alpha,
        min_cases=min_cases,
    )
    whole = (float(counts.sum()), float(sizes.sum()))
    return TreeScan(_ranked(tree, null, seen, whole, p_values=p_values, errors=errors), critical)


def _model_of(
    model: Model | str | None,
    expected: Mapping[Node, float] | None,
    controls: Mapping[Node, float] | None,
) -> tuple[Model, Mapping[Node, float] | None]:
    """Settle the model; a Bernoulli model takes its controls from the third place as well."""
    if model is None:
        model = Model.BERNOULLI_CONDITIONAL if controls is not None else Model.POISSON_CONDITIONAL
    model = Model(model)
    if model.has_controls and controls is None:
        controls, expected = expected, None
    given, unwanted = (controls, expected) if model.has_controls else (expected, controls)
    if given is None or unwanted is not None:
        needed = "controls" if model.has_controls else "expected"
        raise ValueError(f"the {model} model takes {needed} and nothing else beside the cases")
    return model, controls


def _null(model: Model, sizes: Floats, cases: int, case_probability: float) -> NullDistribution:
    if model is Model.POISSON_UNCONDITIONAL:
        return UnconditionalPoisson(sizes)
    if model is Model.BERNOULLI_UNCONDITIONAL:
        if not 0.0 < case_probability < 1.0:
            raise ValueError("case_probability must lie between 0 and 1")
        return UnconditionalBernoulli(sizes, case_probability)
    if cases == 0:
        raise ValueError("a conditional model needs at least one case")
    if model is Model.POISSON_CONDITIONAL:
        return ConditionalPoisson(sizes, cases)
    return ConditionalBernoulli(sizes, cases)


def _whole(values: Floats, what: str) -> Floats:
    if (values != np.floor(values)).any():
        raise ValueError(f"{what} must be whole numbers")
    return values


def _scaled(sizes: Floats, cases: float) -> Floats:
    total = sizes.sum()
    if total <= 0.0:
        raise ValueError("nothing is expected anywhere in the tree")
    return np.asarray(sizes * (cases / total))


def _observe(
    tree: Tree,
    kind: CutKind,
    null: NullDistribution,
    counts: Floats,
    sizes: Floats,
    *,
    min_cases: int,
) -> _Observed:
    """Return every branch, and the combined cuts with an excess."""
    cuts = tuple(list_cuts(tree, kind))
    members = np.array([member for cut in cuts for member in cut.members])
    lengths = np.array([len(cut.members) for cut in cuts])
    starts = np.cumsum(lengths) - lengths
    held = np.add.reduceat(tree.branches(counts)[members], starts)
    size = np.add.reduceat(tree.branches(sizes)[members], starts)
    impossible = np.flatnonzero((size <= 0.0) & (held > 0.0))
    if impossible.size:
        label = cuts[int(impossible[0])].label(tree)
        raise ValueError(f"cases at {label!r}, where none can be expected")
    ratios = null.log_likelihood_ratio(held, size)
    return _Observed(cuts, held, size, np.where(held >= min_cases, ratios, 0.0))


def _distinct_cuts(tree: Tree, seen: _Observed, sizes: Floats) -> importance.Cuts:
    """Keep one cut of those that hold the same cells; a cell is a node of size above zero."""
    before = np.concatenate([[0], np.cumsum(sizes > 0.0)])
    spans = before[np.array([cut.spans(tree) for cut in seen.cuts]).reshape(-1, 4)]
    spans[spans[:, 2] == spans[:, 3], 2:] = 0
    first_empty = spans[:, 0] == spans[:, 1]
    spans[first_empty] = np.roll(spans[first_empty], 2, axis=1)
    distinct, first = np.unique(spans, axis=0, return_index=True)
    held = distinct[:, 1] > distinct[:, 0]
    return importance.Cuts(distinct[held].astype(np.int64), seen.sizes[first[held]])


def _p_values(
    null: NullDistribution,
    cuts: importance.Cuts,
    observed: Floats,
    method: Method,
    *,
    replicates: int,
    seed: int,
    alpha: float,
    min_cases: int,
) -> tuple[Floats, Floats, float]:
    """Return the p-values, their standard errors and the critical value."""
    highest = max(float(observed.max()), np.log(2.0 * max(cuts.sizes.size, 1) / alpha) + 5.0)
    tails = importance.tail_table(null, cuts, highest, min_cases=min_cases)
    if method is Method.UNION_BOUND:
        bounds = np.where(observed > 0.0, np.minimum(tails.bound_at(observed), 1.0), 1.0)
        return bounds, np.zeros(observed.size), _bound_critical_value(tails, alpha)
    if method is Method.MONTE_CARLO:
        draws = importance.simulate(null, cuts, tails, importance.plain_plan(replicates), seed=seed)
        ranks = replication.rank_p_values(observed, draws.maxima)
        ranks = np.where(importance.is_common(tails, observed), 1.0, ranks)
        errors = replication.rank_standard_errors(ranks, replicates)
        return ranks, errors, replication.rank_critical_value(draws.maxima, alpha)
    plan = importance.plan_draws(tails, observed, alpha=alpha, replicates=replicates)
    draws = importance.simulate(null, cuts, tails, plan, seed=seed)
    return *importance.estimate(draws, tails, observed), importance.critical_value(draws, alpha)


def _bound_critical_value(tails: importance.Tails, alpha: float) -> float:
    """Return the lowest attainable ratio that is exceeded with a bound of at most `alpha`."""
    exceeding = int(np.searchsorted(tails.bound, alpha, side="right"))
    return float(tails.ratio[min(exceeding, tails.ratio.size - 1)]) if tails.ratio.size else 0.0


def _ranked(
    tree: Tree,
    null: NullDistribution,
    seen: _Observed,
    whole: tuple[float, float],
    *,
    p_values: Floats,
    errors: Floats,
) -> tuple[Cut, ...]:
    risks = _relative_risks(seen, *whole)
    expected = null.expected(seen.sizes)
    listed = [
        index
        for index in np.argsort(-seen.ratios, kind="stable").tolist()
        if seen.ratios[index] > 0.0 or len(seen.cuts[index].members) == 1
    ]
    return tuple(
        Cut(
            node=seen.cuts[index].label(tree),
            observed=float(seen.counts[index]),
            expected=float(expected[index]),
            relative_risk=float(risks[index]),
            log_likelihood_ratio=float(seen.ratios[index]),
            p_value=float(p_values[index]),
            p_standard_error=float(errors[index]),
        )
        for index in listed
    )


def _relative_risks(seen: _Observed, cases: float, size: float) -> Floats:
    """Return [c / n] / [(C - c) / (N - n)]; infinite without cases outside, nan without any."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = seen.counts / seen.sizes
        outside = (cases - seen.counts) / np.maximum(size - seen.sizes, 0.0)
        ratio = inside / outside
    return np.where(seen.counts >= cases, np.inf, np.where(seen.counts > 0.0, ratio, 0.0))
