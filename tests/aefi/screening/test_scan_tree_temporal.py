"""Tree-temporal scan: a worked window, the enumerated null, and the example data."""

import csv
import math
from itertools import product

import pytest

from aefi.screening.scan import tree_temporal_scan
from tests.shared import shared

PARENTS = {"all": None, "fever": "all", "syncope": "all"}
TIMES = {"fever": [1, 1, 1], "syncope": [2, 4]}


def ratio_by_hand(c, n, cases):
    rest = (cases - c) * math.log((cases - c) / (cases - n)) if c < cases else 0.0
    return c * math.log(c / n) + rest if c > n else 0.0


def best_by_hand(fever, syncope, days=4, longest=2):
    best = 0.0
    for times in (fever, syncope, fever + syncope):
        for start, length in product(range(1, days + 1), range(1, longest + 1)):
            end = start + length - 1
            c = sum(start <= time <= end for time in times)
            if end <= days and c >= 2:
                best = max(best, ratio_by_hand(c, len(times) * length / days, len(times)))
    return best


def test_the_best_window_of_each_node_by_hand():
    cuts = {cut.node[0]: cut for cut in tree_temporal_scan(PARENTS, TIMES, period=(1, 4)).cuts}

    fever, everything = cuts["fever"], cuts["all"]
    assert fever.node == ("fever", 1.0, 1.0)
    assert (fever.observed, fever.expected, fever.relative_risk) == (3.0, 0.75, math.inf)
    assert fever.log_likelihood_ratio == pytest.approx(3 * math.log(4))
    assert everything.node == ("all", 1.0, 1.0)
    assert everything.relative_risk == pytest.approx((3 / 1) / (2 / 3))


def test_the_p_value_agrees_with_the_enumerated_null():
    best = tree_temporal_scan(PARENTS, TIMES, period=(1, 4), replicates=3000).cuts[0]

    draws = list(product(range(1, 5), repeat=5))
    reached = [best_by_hand(d[:3], d[3:]) >= best.log_likelihood_ratio - 1e-9 for d in draws]
    exact = sum(reached) / len(draws)
    assert best.p_value == pytest.approx(exact, abs=5 * math.sqrt(exact / 3000))


def test_nodes_of_steady_cases_have_no_window():
    scan = tree_temporal_scan(PARENTS, {"fever": [1, 2, 3, 4]}, period=(1, 4), replicates=19)

    assert all(cut.p_value == 1.0 for cut in scan.cuts)


def test_a_very_surprising_window_gets_a_size_from_gumbel():
    times = {"fever": [2] * 30 + list(range(1, 29)), "syncope": list(range(1, 29))}

    scan = tree_temporal_scan(PARENTS, times, period=(1, 28), p_value="gumbel", replicates=199)

    assert scan.cuts[0].node[0] == "fever"
    assert 0.0 < scan.cuts[0].p_value < 1e-8
    assert scan.critical_value < scan.cuts[0].log_likelihood_ratio


@pytest.mark.parametrize(
    ("times", "why"), [({"rash": [1]}, "rash"), ({"fever": [9]}, "outside the period")]
)
def test_impossible_requests_say_why(times, why):
    with pytest.raises(ValueError, match=why):
        tree_temporal_scan(PARENTS, times, period=(1, 4))


def test_the_order_of_nodes_and_times_changes_nothing():
    straight = tree_temporal_scan(PARENTS, TIMES, period=(1, 4), replicates=49)
    mixed = tree_temporal_scan(
        dict(reversed(PARENTS.items())),
        {"syncope": [4, 2], "fever": [1, 1, 1]},
        period=(1, 4),
        replicates=49,
    )

    assert straight == mixed


def rows(name):
    with shared(f"data/scan/TreeScan_example_{name}").open() as lines:
        return [[field.strip() for field in row] for row in csv.reader(lines) if any(row)]


@pytest.mark.shared
def test_days_four_and_five_stand_out_for_leaf_9_of_the_example():
    parents = {node: parent or None for node, parent in rows("tree.tre")}
    times = {}
    for node, count, day in rows("TreeTemporal.cas"):
        times.setdefault(node, []).extend([int(day)] * int(count))

    best = tree_temporal_scan(parents, times, period=(1, 28), replicates=199).cuts[0]

    assert best.node[0] in {"Leaf9", "Node3", "Node6", "Root"}
    assert best.node[1] <= 4.0 <= best.node[2]
    assert best.p_value == 1 / 200
