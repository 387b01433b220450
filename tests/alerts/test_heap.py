"""What start-up made is left alone by the collector; what comes later is not."""

import gc
import weakref

from alerts.gateways import heap


class Node:
    """Something that can refer to itself."""


def looped() -> Node:
    node = Node()
    node.itself = node
    return node


def test_only_what_comes_after_the_freeze_is_collected():
    before = looped()
    heap.freeze()
    try:
        after = looped()
        seen = weakref.ref(before), weakref.ref(after)
        del before, after
        gc.collect()

        assert seen[0]() is not None
        assert seen[1]() is None
    finally:
        gc.unfreeze()
