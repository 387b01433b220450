"""Time the pair measures and the shrinker on 102,483 real pairs against vigipy and scipy.

Run: python bench/bench_measures.py [FOLDER], FOLDER holding the shared data (beside the checkout if
not given). Prints seconds, the ratio to the peer of the same run and the largest difference; where
the peer is wrong it shows by how much. Takes about a minute, nearly all of it vigipy's full table.
"""

import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, special, stats
from vigipy import convert, gps
from vigipy import prr as vigipy_prr
from vigipy import ror as vigipy_ror
from vigipy.GPS.GPS import truncated_likelihood

from aefi.screening.disproportionality import fisher_right_tail, information_component, prr, ror
from aefi.screening.gamma_poisson import Cells, Likelihood
from aefi.screening.results import GPSPrior
from aefi.screening.shrinkage import fit_gps, posterior

CHECKOUT = Path(__file__).resolve().parents[1]
PAIRS = "data/disproportionality/phvid_pairs.csv.gz"


def timed(work: Callable[[], Any], repeats: int = 3) -> tuple[float, Any]:
    """Return the best wall time of a few runs and what the last one returned."""
    best = np.inf
    for _ in range(repeats):
        begin = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - begin)
    return best, result


def report(what: str, ours: float, peer: float, difference: str) -> None:
    """Print one line of the table."""
    print(f"{what:34} {ours:9.4f} s   peer {peer:9.4f} s   x{peer / ours:8.1f}   {difference}")


def largest(ours: np.ndarray, peer: np.ndarray) -> str:
    """Return the largest relative difference in words."""
    return f"largest relative difference {np.max(np.abs(ours / peer - 1)):.1e}"


def read_pairs() -> pd.DataFrame:
    """Return the pairs with the columns vigipy expects."""
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("AEFI_SHARED")
    path = Path(given or CHECKOUT.parent / "shared") / PAIRS
    if not path.exists():
        sys.exit(f"no {path}: give the folder that holds {PAIRS}")
    return pd.read_csv(path).set_axis(["name", "AE", "count"], axis=1)


def in_same_order(result: pd.DataFrame, table: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column of vigipy's result in the order of our table."""
    keyed = result.set_index(["Product", "Adverse Event"])[column]
    return keyed.loc[list(zip(table.name, table.AE, strict=True))].to_numpy(float)


def compare_ratios(table: pd.DataFrame, container: Any, cells: tuple[np.ndarray, ...]) -> None:
    """Compare PRR and ROR with vigipy, where no cell is zero: there it pads and we do not."""
    whole = np.min(cells, axis=0) > 0
    for name, measure, peer in (("PRR", prr, vigipy_prr), ("ROR", ror, vigipy_ror)):
        ours, mine = timed(lambda measure=measure: measure(*cells))
        spent, theirs = timed(lambda peer=peer: peer(container, min_events=1), repeats=1)
        values = in_same_order(theirs.all_signals, table, name)
        report(f"{name} vs vigipy", ours, spent, largest(mine.value[whole], values[whole]))
        padded = np.isinf(mine.value)
        print(
            f"    {padded.sum()} pairs with c = 0: ours inf, vigipy {values[padded][:3]} (padded)"
        )


def compare_fisher(cells: tuple[np.ndarray, ...]) -> None:
    """Compare Fisher's right tail with scipy, and show where scipy loses its digits."""
    a, b, c, d = (cell[:20_000] for cell in cells)
    ours, mine = timed(lambda: fisher_right_tail(a, b, c, d))
    spent, theirs = timed(lambda: stats.hypergeom.sf(a - 1, a + b + c + d, a + b, a + c), 1)
    told = theirs > 1e-290
    report("Fisher right tail, 20,000 pairs", ours, spent, largest(mine[told], theirs[told]))
    quarter = 2_500_000
    exact = 0.5 + np.exp(-3 / (16 * quarter)) / np.sqrt(2 * np.pi * quarter)
    ten = stats.hypergeom.sf(quarter - 1, 4 * quarter, 2 * quarter, 2 * quarter)
    print(
        f"    table of {quarter:,} in each cell: error ours "
        f"{fisher_right_tail(*[quarter] * 4) / exact - 1:.1e}, scipy {ten / exact - 1:.1e}"
    )


def compare_information_component(cells: tuple[np.ndarray, ...]) -> None:
    """Compare IC025 with the quantile of scipy.stats."""
    a, b, c, _ = cells
    expected = (a + b) * (a + c) / sum(cells)
    ours, mine = timed(lambda: information_component(a, expected))
    spent, theirs = timed(lambda: np.log2(stats.gamma.ppf(0.025, a + 0.5) / (expected + 0.5)), 1)
    report("IC025 vs scipy.stats.gamma", ours, spent, f"{np.abs(mine.low - theirs).max():.1e} bits")


def nll(prior: GPSPrior, cells: Cells, *, truncated: bool) -> float:
    """Return the negative log-likelihood of a prior, each component truncated or none."""
    theta = np.log([prior.alpha1, prior.beta1, prior.alpha2, prior.beta2, 1.0])
    theta[4] = special.logit(prior.weight)
    return Likelihood(cells, zero_truncated=truncated)(theta)[0]


def compare_shrinkage(table: pd.DataFrame, container: Any, n: np.ndarray, mean: np.ndarray) -> None:
    """Compare the fit with vigipy's, by likelihood at its values and at ours."""
    spent, theirs = timed(lambda: gps(container, min_events=1), repeats=1)
    values = theirs.params["prior_param"]
    peer = GPSPrior(*(float(value) for value in values), nll=np.nan)
    ours, prior = timed(lambda: fit_gps(n, mean, zero_truncated=True))
    report("GPS fit (vigipy: fit + posterior)", ours, spent, "")
    cells = Cells(n, mean, np.ones(n.size))
    print(f"    ours   {prior}")
    print(f"    vigipy {peer}")
    print(f"    -ln L, components truncated: ours {prior.nll:.3f}", end="")
    print(f", vigipy's values {nll(peer, cells, truncated=True):.3f}")

    def own(values: np.ndarray) -> float:
        return truncated_likelihood(values, n, mean, 0)

    better = optimize.minimize(
        own, values, method="L-BFGS-B", bounds=[(1e-3, 50)] * 4 + [(1e-4, 1 - 1e-4)]
    )
    print("    vigipy truncates the mixture, not its components, another likelihood:", end=" ")
    print(f"{own(values):.3f} at its values, {better.fun:.3f} after a gradient search from there")
    compare_posteriors(table, theirs, peer, n, mean)


def compare_full_table(container: Any) -> None:
    """Compare the fits of the full table with its empty cells: here both likelihoods are one."""
    spent, theirs = timed(lambda: gps(container, min_events=1, truncate=False), repeats=1)
    peer = GPSPrior(*(float(value) for value in theirs.params["prior_param"]), nll=np.nan)
    n = container.contingency.to_numpy(float)
    mean = np.outer(n.sum(axis=1), n.sum(axis=0)) / n.sum()
    ours, prior = timed(lambda: fit_gps(n, mean, zero_truncated=False))
    report(f"GPS fit, all {n.size:,} cells", ours, spent, "")
    cells = Cells(n.ravel(), mean.ravel(), np.ones(n.size))
    print(f"    ours   {prior}")
    print(f"    vigipy {peer}")
    print(
        f"    -ln L: ours {prior.nll:.3f}, vigipy's values {nll(peer, cells, truncated=False):.3f}"
    )
    top = np.argmax(posterior(prior, n, mean).eb05)
    lowest = [posterior(which, n, mean).eb05.flat[top] for which in (prior, peer)]
    print(f"    EB05 of the top pair: ours {lowest[0]:.3f}, at vigipy's values {lowest[1]:.3f}")


def compare_posteriors(
    table: pd.DataFrame, theirs: Any, peer: GPSPrior, n: np.ndarray, mean: np.ndarray
) -> None:
    """Compare the posterior at vigipy's own prior: the same formula, other quantile search."""
    ours, mine = timed(lambda: posterior(peer, n, mean))
    print(f"{'EBGM, EB05, EB95 of all pairs':34} {ours:9.4f} s")
    for field, column in (("ebgm", "EBGM"), ("eb05", "LowerBound"), ("eb95", "UpperBound")):
        values = in_same_order(theirs.all_signals, table, column)
        print(f"    {field} at vigipy's prior: {largest(getattr(mine, field), values)}")


def main() -> None:
    """Run all comparisons."""
    warnings.simplefilter("ignore")
    table = read_pairs()
    n = table["count"].to_numpy(float)
    rows = table.groupby("name")["count"].transform("sum").to_numpy(float)
    columns = table.groupby("AE")["count"].transform("sum").to_numpy(float)
    cells = (n, rows - n, columns - n, n.sum() - rows - columns + n)
    container = convert(table)
    compare_ratios(table, container, cells)
    compare_fisher(cells)
    compare_information_component(cells)
    compare_shrinkage(table, container, n, rows * columns / n.sum())
    compare_full_table(container)


if __name__ == "__main__":
    main()
