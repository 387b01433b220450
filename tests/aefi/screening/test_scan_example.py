"""The small example tree of TreeScan, read where the data folder lies beside the checkout."""

import csv
import math

import pytest
from scipy import stats

from aefi.screening.scan import tree_scan
from tests.shared import shared

pytestmark = pytest.mark.shared


def rows(name):
    with shared(f"data/scan/TreeScan_example_{name}").open() as lines:
        return [[field.strip() for field in row] for row in csv.reader(lines) if any(row)]


def example_tree():
    return {node: parent or None for node, parent in rows("tree.tre")}


def poisson_example():
    table = rows("Poisson.cas")
    cases = {node: int(count) for node, count, _ in table}
    return cases, {node: float(population) for node, _, population in table}


def test_leaf_9_stands_out_among_the_poisson_leaves():
    cases, population = poisson_example()

    best, second, *_ = tree_scan(example_tree(), cases, population).cuts

    n = 55 * 200 / 4100
    outside = 41 * math.log(41 / (55 - n))
    assert best.node == "Leaf9"
    assert best.log_likelihood_ratio == pytest.approx(14 * math.log(14 / n) + outside)
    assert best.relative_risk == pytest.approx((14 / n) / (41 / (55 - n)))
    assert 0.5e-5 > best.p_value > stats.binom.sf(13, 55, n / 55)
    assert (second.node, second.observed) == ("Node3", 33.0)


def test_the_methods_agree_on_every_poisson_cut():
    cases, population = poisson_example()

    sampled, bound, ranked = (
        tree_scan(example_tree(), cases, population, method=method, replicates=2000).cuts
        for method in ("importance-sampling", "union-bound", "monte-carlo")
    )

    for one, above, rank in zip(sampled, bound, ranked, strict=True):
        assert one.node == above.node == rank.node
        assert one.p_value <= above.p_value
        noise = math.hypot(one.p_standard_error, rank.p_standard_error)
        assert one.p_value == pytest.approx(rank.p_value, abs=5 * noise + 1e-3)


def test_runs_of_neighbours_explain_the_bernoulli_example_better_than_single_leaves():
    cases = {node: int(count) for node, count in rows("Bernoulli.cas")}
    controls = {node: int(count) for node, count in rows("Bernoulli.ctl")}

    simple = tree_scan(example_tree(), cases, controls=controls).cuts[0]
    ordinal = tree_scan(example_tree(), cases, controls=controls, cuts="ordinal").cuts[0]

    assert simple.node == "Node3"
    assert ordinal.node == ("Leaf8", "Leaf9", "Leaf10")
    assert (ordinal.observed, ordinal.expected) == (30.0, pytest.approx(38 * 55 / 96))
    assert ordinal.p_value < simple.p_value
