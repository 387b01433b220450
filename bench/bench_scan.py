"""Time the scans: all p-values of a 2,000-node tree, and the union bound against brute force.

Run: python bench/bench_scan.py
"""

import time
from collections.abc import Callable

import numpy as np

from aefi.screening.results import TreeScan
from aefi.screening.scan import space_time_permutation_scan, temporal_scan, tree_scan

BAR_SECONDS = 0.3
NODES = 2000
CASES = 2000


def make_tree(*, seed: int, raised: int) -> tuple[dict, dict, dict]:
    """Return (parents, cases, expected) with some leaves at three times their rate."""
    rng = np.random.default_rng(seed)
    parents = {0: None} | {node: (node - 1) // 6 for node in range(1, NODES)}
    leaves = [node for node in parents if node * 6 + 1 >= NODES]
    expected = rng.gamma(0.5, size=len(leaves)) + 1e-3
    rates = expected * np.where(np.arange(len(leaves)) < raised, 3.0, 1.0)
    cases = rng.multinomial(CASES, rates / rates.sum())
    return (
        parents,
        dict(zip(leaves, cases.tolist(), strict=True)),
        dict(zip(leaves, expected.tolist(), strict=True)),
    )


def timed(call: Callable[[], object]) -> tuple[float, object]:
    """Return the best of three times and the result."""
    best, result = float("inf"), None
    for _ in range(3):
        start = time.perf_counter()
        result = call()
        best = min(best, time.perf_counter() - start)
    return best, result


def p_values(scan: TreeScan) -> dict[object, float]:
    """Return the p-value of every cut."""
    return {cut.node: cut.p_value for cut in scan.cuts}


def bench_tree(raised: int) -> None:
    """Print times and the largest difference between the methods where brute force can see."""
    parents, cases, expected = make_tree(seed=1, raised=raised)
    print(f"tree of {NODES} nodes, {CASES} cases, {raised} leaves at three times their rate")
    scans = {}
    for method, replicates in [
        ("importance-sampling", 999),
        ("union-bound", 0),
        ("monte-carlo", 999),
        ("monte-carlo", 9999),
    ]:
        seconds, scans[method] = timed(
            lambda method=method, replicates=replicates: tree_scan(
                parents, cases, expected, method=method, replicates=replicates
            )
        )
        mark = f"  (bar {BAR_SECONDS} s)" if method == "importance-sampling" else ""
        print(f"  {method:20s} R={replicates:<5d} {seconds:7.3f} s{mark}")
    brute, sampled = p_values(scans["monte-carlo"]), p_values(scans["importance-sampling"])
    bound = p_values(scans["union-bound"])
    seen = [node for node, p in brute.items() if p > 0.01]
    print(f"  largest |sampled - brute force|, p > 0.01: {worst(sampled, brute, seen):.4f}")
    small = [node for node, p in bound.items() if 0.0 < p < 0.01]
    ratios = [bound[node] / sampled[node] for node in small]
    if ratios:
        smallest = min(sampled.values())
        print(f"  bound / sampled, p < 0.01: at most {max(ratios):.3f}; smallest p {smallest:.2g}")


def worst(one: dict[object, float], other: dict[object, float], nodes: list[object]) -> float:
    """Return the largest absolute difference."""
    return max((abs(one[node] - other[node]) for node in nodes), default=0.0)


def bench_time() -> None:
    """Print times of the scans over time."""
    rng = np.random.default_rng(0)
    days = rng.integers(0, 365, 1000)
    seconds, _ = timed(lambda: temporal_scan(days, period=(0, 364)))
    print(f"temporal scan, 1,000 cases, 365 days, R=999: {seconds:.3f} s")
    zones, times = rng.integers(0, 50, 500).tolist(), rng.integers(0, 60, 500)
    seconds, _ = timed(lambda: space_time_permutation_scan(zones, times, period=(0, 59)))
    print(f"space-time permutation, 500 cases, 50 zones, 60 days, R=999: {seconds:.3f} s")


if __name__ == "__main__":
    bench_tree(raised=0)
    bench_tree(raised=30)
    bench_time()
