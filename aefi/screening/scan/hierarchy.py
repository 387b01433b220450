"""A tree of nodes, laid out so that every branch is one stretch of a row of cells, and its cuts.

The layout does not depend on the order in which the mappings were filled: siblings stand in natural
order ("5-11" before "12-17", "Leaf9" before "Leaf10") unless `order` says otherwise.
"""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np

from aefi.screening.scan.replication import Floats

Node = Hashable
Key = tuple[int, float, tuple[tuple[int, int, str], ...], str]


class CutKind(StrEnum):
    """Which unions of siblings are tested besides every branch by itself.

    pairs: any two children of a node. ordinal: any run of two or more neighbouring children.
    """

    SIMPLE = "simple"
    PAIRS = "pairs"
    ORDINAL = "ordinal"


@dataclass(frozen=True)
class Tree:
    """Nodes in preorder; the branch of node i is the stretch [i, ends[i])."""

    nodes: tuple[Node, ...]
    parents: tuple[int, ...]
    ends: tuple[int, ...]
    children: tuple[tuple[int, ...], ...]

    @property
    def position(self) -> dict[Node, int]:
        """Return where each node stands."""
        return {node: index for index, node in enumerate(self.nodes)}

    def own(self, values: Mapping[Node, float], what: str) -> Floats:
        """Lay the values out by node; a node without one has none.

        :raises ValueError: when a value belongs to no node, or is negative or not finite.
        """
        position = self.position
        laid = np.zeros(len(self.nodes))
        for node, value in values.items():
            if node not in position:
                raise ValueError(f"{what}: node {node!r} is not in the tree")
            if not 0.0 <= float(value) < float("inf"):
                raise ValueError(f"{what}: {value!r} at node {node!r} is not a count")
            laid[position[node]] = float(value)
        return laid

    def branches(self, own: Floats) -> Floats:
        """Return the sum over each node's branch, added child by child (no cancellation)."""
        sums = own.tolist()
        for index in range(len(sums) - 1, 0, -1):
            parent = self.parents[index]
            if parent >= 0:
                sums[parent] += sums[index]
        return np.array(sums)


@dataclass(frozen=True)
class Branches:
    """A cut: one branch, or several sibling branches together."""

    members: tuple[int, ...]

    def label(self, tree: Tree) -> Node:
        """Return the node, or the tuple of the nodes of a combined cut."""
        names = tuple(tree.nodes[member] for member in self.members)
        return names[0] if len(names) == 1 else names

    def spans(self, tree: Tree) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the cells as at most two stretches; the second may be empty."""
        stretches: list[tuple[int, int]] = []
        for start, end in ((member, tree.ends[member]) for member in self.members):
            if stretches and stretches[-1][1] == start:
                stretches[-1] = (stretches[-1][0], end)
            else:
                stretches.append((start, end))
        return stretches[0], stretches[1] if len(stretches) > 1 else (0, 0)


def build_tree(parents: Mapping[Node, Node | None], order: Sequence[Node] | None = None) -> Tree:
    """Return the tree of `parents`; a parent that is not itself a key is a root.

    :raises ValueError: when the nodes run in a circle, or there are none.
    """
    known = set(parents) | {parent for parent in parents.values() if parent is not None}
    rank = {node: place for place, node in enumerate(order or ())}
    ordered = sorted(known, key=lambda node: (rank.get(node, len(rank)), natural_key(node)))
    children: dict[Node | None, list[Node]] = {}
    for node in ordered:
        children.setdefault(parents.get(node), []).append(node)
    nodes, ends = _preorder(children)
    if len(nodes) != len(known) or not nodes:
        lost = sorted(known - set(nodes), key=natural_key)
        raise ValueError(f"not a tree: no root above {lost[:5]!r}" if lost else "no nodes")
    position = {node: index for index, node in enumerate(nodes)}
    above = (parents.get(node) for node in nodes)
    return Tree(
        nodes=tuple(nodes),
        parents=tuple(-1 if parent is None else position[parent] for parent in above),
        ends=tuple(ends),
        children=tuple(tuple(position[c] for c in children.get(node, ())) for node in nodes),
    )


def list_cuts(tree: Tree, kind: CutKind) -> Iterator[Branches]:
    """Yield every cut of the kind: each branch by itself, then the unions of siblings."""
    for index in range(len(tree.nodes)):
        yield Branches((index,))
    for siblings in tree.children:
        if kind is CutKind.PAIRS:
            yield from (Branches(pair) for pair in combinations(siblings, 2))
        elif kind is CutKind.ORDINAL:
            yield from (Branches(run) for run in _runs(siblings))


def natural_key(node: Node) -> Key:
    """Return a sort key: numbers by value, then text with its digits by value, then the rest."""
    if isinstance(node, (int, float, np.integer, np.floating)):
        return 0, float(node), (), ""
    text = str(node)
    parts = tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in re.split(r"(\d+)", text)
        if part
    )
    return 1, 0.0, parts, f"{text}\0{type(node).__name__}"


def _preorder(children: Mapping[Node | None, list[Node]]) -> tuple[list[Node], list[int]]:
    nodes: list[Node] = []
    ends: list[int] = []
    todo: list[tuple[Node, int]] = [(root, -1) for root in reversed(children.get(None, []))]
    while todo:
        node, index = todo.pop()
        if index >= 0:
            ends[index] = len(nodes)
            continue
        todo.append((node, len(nodes)))
        nodes.append(node)
        ends.append(0)
        todo.extend((child, -1) for child in reversed(children.get(node, [])))
    return nodes, ends


def _runs(siblings: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for start in range(len(siblings) - 1):
        for end in range(start + 2, len(siblings) + 1):
            yield tuple(siblings[start:end])
