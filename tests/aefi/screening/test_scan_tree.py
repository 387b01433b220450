"""Tree scan: worked examples, the exact null of small trees, and what must not change a result."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from aefi.screening.scan import CutKind, Method, Model, tree_scan

PARENTS = {
    "root": None,
    "maker A": "root",
    "maker B": "root",
    "lot 1": "maker A",
    "lot 2": "maker A",
    "lot 10": "maker A",
    "lot 20": "maker B",
}
CASES = {"lot 1": 4, "lot 2": 1, "lot 10": 0, "lot 20": 1}
EXPECTED = {"lot 1": 1.0, "lot 2": 2.0, "lot 10": 1.5, "lot 20": 1.5}
CONTROLS = {"lot 1": 1, "lot 2": 3, "lot 10": 2, "lot 20": 2}
LOTS = ["lot 1", "lot 2", "lot 10", "lot 20"]
SETS = {
    "simple": [["lot 1", "lot 2", "lot 10"], *([lot] for lot in LOTS)],
    "pairs": [["lot 1", "lot 2"], ["lot 1", "lot 10"], ["lot 2", "lot 10"]],
    "ordinal": [["lot 1", "lot 2"], ["lot 2", "lot 10"]],
}


def by_node(scan):
    return {cut.node: cut for cut in scan.cuts}


def xlogx(x, y):
    return x * math.log(x / y) if x else 0.0


def llr_by_hand(model, c, n, cases, total):
    if model is Model.POISSON_CONDITIONAL:
        return xlogx(c, n) + xlogx(cases - c, total - n) if c > n else 0.0
    if model is Model.POISSON_UNCONDITIONAL:
        return xlogx(c, n) - (c - n) if c > n else 0.0
    if model is Model.BERNOULLI_UNCONDITIONAL:
        return xlogx(c, n * 0.5) + xlogx(n - c, n * 0.5) if c > n * 0.5 else 0.0
    if c * total <= n * cases:
        return 0.0
    outside = xlogx(cases - c, total - n) + xlogx(total - n - cases + c, total - n)
    return (
        xlogx(c, n) + xlogx(n - c, n) + outside - xlogx(cases, total) - xlogx(total - cases, total)
    )


def outcomes(model):
    """Every data set of the four lots with its null probability (Poisson cut at 15 a lot)."""
    sizes = [EXPECTED[lot] for lot in LOTS]
    seen = [CASES[lot] + CONTROLS[lot] for lot in LOTS]
    if model is Model.POISSON_CONDITIONAL:
        law = stats.multinomial(6, [size / 6 for size in sizes])
        return [(c, law.pmf(c)) for c in product(range(7), repeat=4) if sum(c) == 6]
    if model is Model.BERNOULLI_CONDITIONAL:
        law = stats.multivariate_hypergeom(seen, 6)
        return [(c, law.pmf(c)) for c in product(*(range(n + 1) for n in seen)) if sum(c) == 6]
    if model is Model.POISSON_UNCONDITIONAL:
        tables = [stats.poisson(size).pmf(range(16)) for size in sizes]
    else:
        tables = [stats.binom(n, 0.5).pmf(range(n + 1)) for n in seen]
    return [
        (c, math.prod(table[k] for table, k in zip(tables, c, strict=True)))
        for c in product(*(range(len(table)) for table in tables))
    ]


def exact_p_values(model, kind, ratios):
    """Enumerate the null: the probability that the best cut reaches each of the ratios."""
    cells = SETS["simple"] + (SETS[kind] if kind != "simple" else [])
    groups = [[LOTS.index(lot) for lot in cell] for cell in [*cells, LOTS]]
    size = [EXPECTED[lot] for lot in LOTS]
    if model.has_controls:
        size = [CASES[lot] + CONTROLS[lot] for lot in LOTS]
    sizes = [sum(size[i] for i in group) for group in groups]
    reached = np.zeros(len(ratios))
    for counts, probability in outcomes(model):
        best = max(
            llr_by_hand(model, sum(counts[i] for i in group), n, 6, sum(size))
            for group, n in zip(groups, sizes, strict=True)
        )
        reached += probability * (best >= np.array(ratios) - 1e-9)
    return reached


def scan_by(model, **options):
    other = CONTROLS if model.has_controls else EXPECTED
    return tree_scan(PARENTS, CASES, other, model=model, **options)


def test_the_best_lot_of_a_small_tree_by_hand():
    scan = tree_scan(PARENTS, CASES, EXPECTED)

    best = scan.cuts[0]
    assert best.node == "lot 1"
    assert (best.observed, best.expected) == (4.0, 1.0)
    assert best.relative_risk == pytest.approx((4 / 1) / (2 / 5))
    assert best.log_likelihood_ratio == pytest.approx(4 * math.log(4) + 2 * math.log(2 / 5))


@pytest.mark.parametrize("kind", list(CutKind))
@pytest.mark.parametrize("model", list(Model))
def test_importance_sampling_agrees_with_the_enumerated_null(model, kind):
    scan = scan_by(model, cuts=kind, replicates=6000)

    exact = exact_p_values(model, kind, [cut.log_likelihood_ratio for cut in scan.cuts])

    for cut, p in zip(scan.cuts, exact, strict=True):
        assert abs(cut.p_value - p) <= 5 * cut.p_standard_error + 1e-6, cut.node


@pytest.mark.parametrize("kind", list(CutKind))
@pytest.mark.parametrize("model", list(Model))
def test_the_union_bound_is_never_below_the_enumerated_null(model, kind):
    scan = scan_by(model, cuts=kind, method=Method.UNION_BOUND)

    exact = exact_p_values(model, kind, [cut.log_likelihood_ratio for cut in scan.cuts])

    for cut, p in zip(scan.cuts, exact, strict=True):
        assert cut.p_value >= p - 1e-9
        assert cut.p_standard_error == 0.0


@pytest.mark.parametrize("model", list(Model))
def test_monte_carlo_agrees_with_the_enumerated_null(model):
    scan = scan_by(model, method="monte-carlo", replicates=3000)

    exact = exact_p_values(model, "simple", [cut.log_likelihood_ratio for cut in scan.cuts])

    for cut, p in zip(scan.cuts, exact, strict=True):
        assert abs(cut.p_value - p) <= 5 * math.sqrt(max(p * (1 - p), 0.0) / 3000) + 1e-3


@pytest.mark.parametrize("method", list(Method))
def test_a_ratio_above_the_critical_value_is_significant_and_one_below_is_not(method):
    scan = tree_scan(PARENTS, CASES, EXPECTED, method=method, replicates=4000)

    above, below = exact_p_values(
        Model.POISSON_CONDITIONAL, "simple", [scan.critical_value + 1e-6, scan.critical_value]
    )
    assert above <= 0.055
    assert below > 0.045 or method is Method.UNION_BOUND


def test_cuts_come_best_first_with_p_values_that_only_rise():
    scan = tree_scan(PARENTS, CASES, EXPECTED, cuts="pairs")

    ratios = [cut.log_likelihood_ratio for cut in scan.cuts]
    p_values = [cut.p_value for cut in scan.cuts]
    assert ratios == sorted(ratios, reverse=True)
    assert p_values == sorted(p_values)


def test_every_branch_is_listed_and_only_combined_cuts_with_an_excess():
    scan = tree_scan(PARENTS, CASES, EXPECTED, cuts="ordinal")

    assert set(PARENTS) <= set(by_node(scan))
    assert ("lot 1", "lot 2") in by_node(scan)
    assert ("lot 2", "lot 10") not in by_node(scan)


def test_pairs_join_siblings_that_are_not_neighbours_and_ordinal_cuts_do_not():
    cases = {"lot 1": 4, "lot 10": 4, "lot 2": 0, "lot 20": 1}

    pairs = by_node(tree_scan(PARENTS, cases, EXPECTED, cuts="pairs"))
    ordinal = by_node(tree_scan(PARENTS, cases, EXPECTED, cuts="ordinal"))

    assert pairs["lot 1", "lot 10"].observed == 8.0
    assert ("lot 1", "lot 10") not in ordinal


def test_the_caller_may_say_how_siblings_stand():
    order = ["lot 10", "lot 1", "lot 2"]

    scan = tree_scan(PARENTS, CASES, EXPECTED, cuts="ordinal", order=order)

    assert ("lot 10", "lot 1") in by_node(scan)


def test_neighbours_stand_in_natural_order_not_in_the_order_of_letters():
    parents = {"all": None, "5-11": "all", "12-17": "all", "18-64": "all"}

    scan = tree_scan(parents, {"5-11": 5, "12-17": 5}, dict.fromkeys(parents, 1), cuts="ordinal")

    assert scan.cuts[0].node == ("5-11", "12-17")


def test_all_cases_in_one_branch_make_its_relative_risk_infinite():
    scan = tree_scan(PARENTS, {"lot 1": 3}, EXPECTED)

    assert by_node(scan)["lot 1"].relative_risk == math.inf
    assert by_node(scan)["lot 2"].relative_risk == 0.0


def test_cases_at_inner_nodes_count_for_their_branch():
    scan = tree_scan(PARENTS, {"maker A": 2, "lot 1": 1}, {**EXPECTED, "maker A": 1.0})

    assert by_node(scan)["maker A"].observed == 3.0
    assert by_node(scan)["maker A"].expected == pytest.approx(3 * 5.5 / 7)


def test_a_very_small_p_value_keeps_its_size():
    cases = {"lot 1": 300, "lot 2": 100, "lot 10": 100, "lot 20": 100}

    best = tree_scan(PARENTS, cases, EXPECTED).cuts[0]

    tail = stats.binom.sf(299, 600, 1 / 6)
    assert tail <= best.p_value <= 5 * tail
    assert 0.0 < best.p_value < 1e-50


def test_branches_of_tiny_size_beside_huge_ones_keep_their_precision():
    parents = {"all": None, "rare": "all", "common": "all"}

    scan = tree_scan(parents, {"rare": 1, "common": 999}, {"rare": 1e-9, "common": 1e9})

    assert by_node(scan)["rare"].expected == pytest.approx(1000 * 1e-18, rel=1e-12)


def test_fewer_cases_than_asked_for_are_not_tested():
    scan = tree_scan(PARENTS, CASES, EXPECTED, min_cases=5)

    assert by_node(scan)["lot 1"].p_value == 1.0
    assert by_node(scan)["maker A"].log_likelihood_ratio > 0.0


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("poisson", Model.POISSON_CONDITIONAL),
        ("conditional Poisson", Model.POISSON_CONDITIONAL),
        ("unconditional_bernoulli", Model.BERNOULLI_UNCONDITIONAL),
        ("Bernoulli-Conditional", Model.BERNOULLI_CONDITIONAL),
    ],
)
def test_models_may_be_spelt_in_other_ways(name, model):
    assert Model(name) is model


@pytest.mark.parametrize("name", ["normal", "poisson bernoulli", "poisson-temporal", ""])
def test_unknown_models_are_refused(name):
    with pytest.raises(ValueError, match="is not a valid Model"):
        Model(name)


def test_controls_alone_choose_the_bernoulli_model():
    named = tree_scan(PARENTS, CASES, controls=CONTROLS)
    placed = tree_scan(PARENTS, CASES, CONTROLS, model="bernoulli")

    assert named == placed


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"cases": {"lot 99": 1}}, "lot 99"),
        ({"cases": {"lot 1": -1}}, "not a count"),
        ({"cases": {"lot 1": 1.5}}, "whole"),
        ({"cases": {"lot 1": math.nan}}, "not a count"),
        ({"cases": {}}, "at least one case"),
        ({"cases": {"lot 1": 1}, "expected": {"lot 20": 1}}, "where none can be expected"),
        ({"expected": {}}, "nothing is expected"),
        ({"expected": None}, "takes expected"),
        ({"parents": {"a": "b", "b": "a"}}, "not a tree"),
        ({"parents": {}}, "no nodes"),
        ({"controls": CONTROLS, "model": "poisson"}, "takes expected"),
        (
            {"expected": CONTROLS, "model": "bernoulli-unconditional", "case_probability": 1.0},
            "between",
        ),
    ],
)
def test_impossible_requests_say_why(changes, why):
    request = {"parents": PARENTS, "cases": CASES, "expected": EXPECTED, **changes}

    with pytest.raises(ValueError, match=why):
        tree_scan(request.pop("parents"), request.pop("cases"), request.pop("expected"), **request)


counts = st.lists(st.integers(0, 12), min_size=4, max_size=4).filter(any)


@given(counts, st.permutations(list(PARENTS)), st.sampled_from(list(CutKind)))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_mappings_changes_nothing(values, order, kind):
    cases = dict(zip(LOTS, values, strict=True))
    shuffled = {node: PARENTS[node] for node in order}

    straight = tree_scan(PARENTS, cases, EXPECTED, cuts=kind, replicates=60)
    mixed = tree_scan(
        shuffled,
        dict(reversed(cases.items())),
        dict(reversed(EXPECTED.items())),
        cuts=kind,
        replicates=60,
    )

    assert straight == mixed


@given(counts, st.sampled_from([0.001, 0.25, 8.0, 1e6]))
@settings(max_examples=20, deadline=None)
def test_only_the_proportions_of_the_expected_counts_matter(values, factor):
    cases = dict(zip(LOTS, values, strict=True))
    scaled = {lot: value * factor for lot, value in EXPECTED.items()}

    straight = by_node(tree_scan(PARENTS, cases, EXPECTED, method="union-bound"))
    other = by_node(tree_scan(PARENTS, cases, scaled, method="union-bound"))

    for node, cut in straight.items():
        assert other[node].log_likelihood_ratio == pytest.approx(cut.log_likelihood_ratio, abs=1e-9)
        assert other[node].p_value == pytest.approx(cut.p_value, rel=1e-6)


def test_the_same_seed_gives_the_same_result_and_another_seed_nearly_the_same():
    first, again, other = (
        tree_scan(PARENTS, CASES, EXPECTED, seed=seed, replicates=2000) for seed in (3, 3, 4)
    )

    assert first == again
    assert first != other
    assert other.cuts[0].p_value == pytest.approx(first.cuts[0].p_value, rel=0.2)


def test_replicates_stay_the_same_when_more_are_added():
    few = tree_scan(PARENTS, CASES, EXPECTED, method="monte-carlo", replicates=99)
    many = tree_scan(PARENTS, CASES, EXPECTED, method="monte-carlo", replicates=999)

    for less, more in zip(few.cuts, many.cuts, strict=True):
        assert less.p_value * 100 <= more.p_value * 1000


@pytest.mark.parametrize("model", list(Model))
def test_a_null_p_value_is_not_too_small_too_often(model):
    rng = np.random.default_rng(11)
    parents = {"all": None} | dict.fromkeys(range(8), "all")
    least = []
    for _ in range(60):
        cases = dict(enumerate(rng.poisson(4, 8).tolist()))
        other = dict.fromkeys(range(8), 4)
        scan = tree_scan(parents, cases, other, model=model, replicates=100)
        least.append(scan.cuts[0].p_value)

    assert np.mean(np.array(least) <= 0.1) <= 0.22
    assert min(least) > 1e-5
