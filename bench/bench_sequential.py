"""Time the exact critical values against a plain recursion, and measure vigipy's approximation.

Run: python bench/bench_sequential.py. The floor is the recursion of Kulldorff et al. (2011)
written down directly: dense states, Poisson probabilities by scipy.stats, 45 bisections. Prints
seconds, the ratio of the same run and the difference in the critical value.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special, stats
from vigipy.Sequential.Sequential import _kulldorff_poisson_critical_value

from aefi.screening.sequential import (
    binomial_critical_value,
    conditional_critical_value,
    group_critical_value,
    poisson_critical_value,
    poisson_performance,
)

PUBLISHED = {1: 2.85393700326128, 10: 3.46795158033368, 100: 3.95232090599911}
"""R package Sequential 4.5.1, TableCV.PoissonM, alpha = 0.05, M = 1."""


def timed(work: Callable[[], Any], repeats: int = 5) -> tuple[float, Any]:
    """Return the best wall time of a few runs and what the last one returned."""
    best = np.inf
    for _ in range(repeats):
        begin = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - begin)
    return best, result


def plain_alpha(value: float, limit: float) -> float:
    """Return the chance of a false signal, step by step over all states."""
    times, count = [], 0
    while not times or times[-1] < limit:
        count += 1
        times.append(min(-count * special.lambertw(-np.exp(-1 - value / count)).real, limit))
    states, before = np.ones(1), 0.0
    for i, now in enumerate(times):
        steps = stats.poisson.pmf(np.arange(i + 1), now - before)
        states, before = np.convolve(states, steps)[: i + 1], now
    return 1 - float(states.sum())


def plain_critical_value(limit: float, alpha: float) -> float:
    """Return the critical value by bisection of the plain recursion."""
    low, high = 0.0, 10.0
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (middle, high) if plain_alpha(middle, limit) > alpha else (low, middle)
    return high


def compare_poisson() -> None:
    """Compare with the plain recursion, the published value and vigipy's formula."""
    for limit, published in PUBLISHED.items():
        ours, critical = timed(lambda limit=limit: poisson_critical_value(limit, alpha=0.05))
        spent, plain = timed(lambda limit=limit: plain_critical_value(limit, 0.05), 1)
        print(
            f"Poisson T = {limit:<4} {ours:8.4f} s   plain {spent:8.4f} s   x{spent / ours:7.1f}   "
            f"difference {critical.value - plain:+.1e}, "
            f"to the table {critical.value - published:+.1e}"
        )
        guess = _kulldorff_poisson_critical_value(0.05, limit)
        actual = poisson_performance(limit, guess, 1.0).power
        excess = guess / critical.value - 1
        print(f"    vigipy says {guess:.4f}, {excess:+.0%}: its actual alpha is {actual:.4f}")


def time_others() -> None:
    """Print times of the tests that have no peer here."""
    work = {
        "Poisson T = 1000": lambda: poisson_critical_value(1000, alpha=0.05),
        "Poisson T = 100, alpha = 1e-6": lambda: poisson_critical_value(100, alpha=1e-6),
        "performance T = 100, RR = 2": lambda: poisson_performance(100, 3.952321, 2.0),
        "52 group looks to T = 26": lambda: group_critical_value(np.arange(1, 53) / 2, alpha=0.05),
        "binomial, 200 events, z = 1": lambda: binomial_critical_value(
            200, controls_per_case=1, alpha=0.05
        ),
        "conditional, 100 events, history 50": lambda: conditional_critical_value(
            100, history_events=50, alpha=0.05
        ),
    }
    for name, run in work.items():
        spent, result = timed(run, 3)
        print(f"{name:38} {spent:8.4f} s   {result}")


if __name__ == "__main__":
    compare_poisson()
    time_others()
