"""Time Farrington's threshold for many series against R's surveillance package.

Run: python bench/bench_aberration.py (the comparison needs `apt-get install r-cran-surveillance`).
"""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from aefi.screening.aberration import farrington_flexible

WEEKS = 312
FIRST = 299
PEER_SERIES = 20
MANY_SERIES = 5000

PEER = """
suppressMessages(library(surveillance))
counts <- as.matrix(read.csv("counts.csv", header = FALSE))
series <- sts(observed = counts, frequency = 52, start = c(2015, 1))
control <- list(range = 300:312, b = 5, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26,
  trend = TRUE, pThresholdTrend = 1, reweight = TRUE, weightsThreshold = 2.58, alpha = 0.01,
  thresholdMethod = "nbPlugin", glmWarnings = FALSE)
start <- proc.time()[["elapsed"]]
result <- suppressWarnings(farringtonFlexible(series, control = control))
cat(proc.time()[["elapsed"]] - start)
write.table(upperbound(result), "bounds.csv", sep = ",", row.names = FALSE, col.names = FALSE)
"""


def make_series(many: int) -> np.ndarray:
    """Return seasonal, overdispersed weekly counts with a slight trend."""
    rng = np.random.default_rng(1)
    week = np.arange(WEEKS)
    season = np.exp(0.4 * np.sin(week * 2 * np.pi / 52) + 0.001 * week)
    means = rng.uniform(3, 100, many)[:, np.newaxis] * season
    return rng.negative_binomial(5, 5 / (5 + means))


def own_seconds(counts: np.ndarray, first: int) -> tuple[float, np.ndarray]:
    """Return the time and the upper bounds of the tested weeks."""
    start = time.perf_counter()
    bounds = farrington_flexible(counts, first=first).threshold[:, first:]
    return time.perf_counter() - start, bounds


def peer_seconds(counts: np.ndarray) -> tuple[float, np.ndarray] | None:
    """Return the same from R, or None where it is not installed."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(Path(folder, "counts.csv"), counts.T, delimiter=",", fmt="%d")
        Path(folder, "peer.R").write_text(PEER)
        run = subprocess.run(
            [rscript, "peer.R"], cwd=folder, capture_output=True, text=True, check=False
        )
        if run.returncode != 0:
            print(f"R failed: {run.stderr.strip().splitlines()[-1:]}")
            return None
        return float(run.stdout), np.genfromtxt(Path(folder, "bounds.csv"), delimiter=",").T


def main() -> None:
    """Print the ratio to the peer, the largest difference, and the time per series."""
    counts = make_series(PEER_SERIES)
    ours, bounds = own_seconds(counts, FIRST)
    tested = PEER_SERIES * (WEEKS - FIRST)
    print(f"{tested} weeks of {PEER_SERIES} series: {ours:.3f} s")
    peer = peer_seconds(counts)
    if peer is None:
        print("SKIPPED: no comparison without R; apt-get install r-cran-surveillance")
    else:
        seconds, theirs = peer
        difference = np.nanmax(np.abs(bounds - theirs))
        print(f"surveillance: {seconds:.3f} s, {seconds / ours:.0f} times as long")
        print(f"largest difference of an upper bound: {difference:g} cases")
    ours, _ = own_seconds(make_series(MANY_SERIES), WEEKS - 1)
    print(f"{MANY_SERIES} series, one week: {ours:.3f} s, {ours / MANY_SERIES * 1e6:.0f} us each")
    if peer is not None:
        ratio = (peer[0] / tested) / (ours / MANY_SERIES)
        print(f"surveillance takes {ratio:.0f} times as long per series and week")


if __name__ == "__main__":
    main()
