"""The layout of a tree and its cuts."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aefi.screening.scan.hierarchy import Branches, CutKind, build_tree, list_cuts, natural_key

PARENTS = {"top": None, "b": "top", "a": "top", "a1": "a", "a10": "a", "a2": "a", "b1": "b"}


def labels(kind):
    tree = build_tree(PARENTS)
    return [cut.label(tree) for cut in list_cuts(tree, kind)]


def test_nodes_stand_in_preorder_and_siblings_in_natural_order():
    tree = build_tree(PARENTS)

    assert tree.nodes == ("top", "a", "a1", "a2", "a10", "b", "b1")
    assert tree.ends == (7, 5, 3, 4, 5, 7, 7)
    assert tree.parents == (-1, 0, 1, 1, 1, 0, 5)


def test_a_parent_that_is_not_listed_is_a_root():
    tree = build_tree({"a": "top", "b": "top"})

    assert tree.nodes == ("top", "a", "b")


def test_several_roots_are_a_forest():
    tree = build_tree({"b": None, "a": None, "b1": "b"})

    assert tree.nodes == ("a", "b", "b1")
    assert tree.parents == (-1, -1, 1)


def test_the_caller_may_say_how_siblings_stand():
    assert build_tree(PARENTS, ["a10", "a1"]).nodes[2:5] == ("a10", "a1", "a2")


@pytest.mark.parametrize(
    "parents",
    [
        {"a": "a"},
        {"a": "b", "b": "c", "c": "a"},
        {"top": None, "a": "b", "b": "a"},
    ],
)
def test_a_circle_is_no_tree(parents):
    with pytest.raises(ValueError, match="no root above"):
        build_tree(parents)


def test_a_deep_tree_does_not_exhaust_the_stack():
    deep = {0: None} | {node: node - 1 for node in range(1, 5000)}

    tree = build_tree(deep)

    assert tree.ends == (5000,) * 5000


def test_simple_cuts_are_the_branches():
    assert labels(CutKind.SIMPLE) == ["top", "a", "a1", "a2", "a10", "b", "b1"]


def test_pairs_are_any_two_siblings():
    assert set(labels(CutKind.PAIRS)) - set(labels(CutKind.SIMPLE)) == {
        ("a", "b"),
        ("a1", "a2"),
        ("a1", "a10"),
        ("a2", "a10"),
    }


def test_ordinal_cuts_are_runs_of_neighbours():
    assert set(labels(CutKind.ORDINAL)) - set(labels(CutKind.SIMPLE)) == {
        ("a", "b"),
        ("a1", "a2"),
        ("a2", "a10"),
        ("a1", "a2", "a10"),
    }


def test_a_run_of_siblings_is_one_stretch_of_cells_and_a_pair_at_most_two():
    tree = build_tree(PARENTS)

    assert Branches((2, 3, 4)).spans(tree) == ((2, 5), (0, 0))
    assert Branches((2, 4)).spans(tree) == ((2, 3), (4, 5))
    assert Branches((1, 5)).spans(tree) == ((1, 7), (0, 0))


def test_branches_add_up_what_the_nodes_hold():
    tree = build_tree(PARENTS)
    own = tree.own({"a": 1, "a10": 2, "b1": 4}, "cases")

    assert tree.branches(own).tolist() == [7, 3, 0, 0, 2, 4, 4]


def test_large_branches_do_not_swallow_small_ones():
    tree = build_tree(PARENTS)

    sums = tree.branches(tree.own({"a1": 1e-20, "b1": 1e20}, "expected"))

    assert sums[tree.position["a"]] == 1e-20


@pytest.mark.parametrize(
    ("before", "after"),
    [(2, 10), ("lot 2", "lot 10"), ("5-11", "12-17"), (3, "1"), ("a", "b"), ("A9b2", "A9b11")],
)
def test_natural_order(before, after):
    assert natural_key(before) < natural_key(after)


@given(st.lists(st.one_of(st.integers(), st.text(max_size=4), st.none()), unique_by=repr))
def test_any_nodes_can_be_ordered_and_always_in_the_same_way(nodes):
    shuffled = random.Random(0).sample(nodes, len(nodes))

    straight = sorted(nodes, key=natural_key)
    assert [repr(node) for node in sorted(shuffled, key=natural_key)] == [repr(n) for n in straight]
