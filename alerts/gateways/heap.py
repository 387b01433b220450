"""The memory of a process that must not stop: what start-up made is kept out of the collector's way."""

import gc


def freeze() -> None:
    """Leave all objects that exist now out of later collections.

    A full collection of what start-up loads stopped the web process for 100 to 140 ms, at moments of
    its own choosing; docs/adr/0046-a-frozen-heap.md has the measurement.
    """
    gc.collect()
    gc.freeze()
