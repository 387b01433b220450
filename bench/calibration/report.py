"""The table in docs/calibration.md, from the results beside it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from bench.calibration.rows import ROWS, Row

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "calibration.jsonl"
REPORT = ROOT / "docs" / "calibration.md"
CONFIDENCE = 0.95
HEAD = """# How often the list is wrong, and how often it finds what is there

Written by `python -m bench.calibration --seed N --write` from `docs/calibration.jsonl`; rows and campaigns are
`bench/calibration/rows.py`, the campaigns are made up by `aefi/screening/simulate.py`. Every run draws a new campaign,
screens it with `aefi.screening.screen.run` and reads the whole list, families and scans together. Intervals hold 95 %:
exact (Clopper–Pearson) for shares of runs, by the standard error of the mean where it says ±. "met" is said of the
figure, not of its interval. A row with fewer runs than are promised says so.

"""
COLUMNS = "| row | campaign | measured | bar | seed | runs | figure | 95 % interval | verdict | of the same runs |\n"
RULE = "|---|---|---|---|---|---|---|---|---|---|\n"
FOOT_PATH = Path(__file__).with_name("remarks.md")


@dataclass(frozen=True)
class Result:
    """What the runs of a row with one seed came to. `also` are means of the further figures."""

    row: str
    seed: int
    runs: int
    figure: float
    low: float
    high: float
    is_share: bool
    also: dict[str, float]

    @classmethod
    def of(cls, row: Row, seed: int, runs: list[dict[str, float]]) -> "Result":
        """Return the figure of some runs with its interval."""
        values = np.array([one["value"] for one in runs])
        is_share = bool(np.isin(values, (0.0, 1.0)).all()) and row.key != "discoveries"
        low, high = (clopper_pearson if is_share else around_mean)(values)
        also = {name: float(np.mean([one[name] for one in runs])) for name in row.also}
        return cls(row.key, seed, len(runs), float(values.mean()), low, high, is_share, also)


def clopper_pearson(values: np.ndarray) -> tuple[float, float]:
    """Return the exact interval of a share."""
    hits, runs = int(values.sum()), values.size
    found = stats.binomtest(hits, runs).proportion_ci(CONFIDENCE, method="exact")
    return float(found.low), float(found.high)


def around_mean(values: np.ndarray) -> tuple[float, float]:
    """Return the interval of a mean by its standard error."""
    wide = stats.norm.isf((1 - CONFIDENCE) / 2) * values.std(ddof=1) / np.sqrt(values.size)
    return float(values.mean() - wide), float(values.mean() + wide)


def verdict(row: Row, result: Result | None) -> str:
    """Return how a row stands; a run that was cut short says so."""
    if result is None:
        return "not run"
    word = "met" if row.is_met(result.figure) else "missed"
    return word if result.runs >= row.runs else f"{word}, shortened"


def line(row: Row, result: Result | None) -> str:
    """Return one row of the table."""
    start = [row.key, row.what, row.measure, row.told_bar]
    if result is None:
        return "| " + " | ".join([*start, "", f"0 of {row.runs:,}", "", "", "not run", ""]) + " |\n"
    runs = f"{result.runs:,}" + ("" if result.runs >= row.runs else f" of {row.runs:,}")
    sign = "" if result.is_share else "± "
    cells = [
        str(result.seed),
        runs,
        f"{result.figure:.3f}",
        f"{sign}{result.low:.3f}–{result.high:.3f}",
        verdict(row, result),
        "; ".join(f"{name} {value:.2f}" for name, value in result.also.items()),
    ]
    return "| " + " | ".join([*start, *cells]) + " |\n"


def kept(path: Path = RESULTS) -> list[Result]:
    """Return the results of a file; the last of a row and seed counts."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    found = [Result(**json.loads(one)) for one in lines]
    return list({(one.row, one.seed): one for one in found}.values())


def text(results: list[Result]) -> str:
    """Return the whole page: every row at least once, each seed that was run."""
    lines = []
    for row in ROWS:
        mine = sorted((one for one in results if one.row == row.key), key=lambda one: one.seed)
        lines += [line(row, one) for one in mine] or [line(row, None)]
    return HEAD + COLUMNS + RULE + "".join(lines) + FOOT_PATH.read_text("utf-8")


def keep(result: Result) -> None:
    """Put a result beside the others and write the page anew."""
    others = [one for one in kept() if (one.row, one.seed) != (result.row, result.seed)]
    rows = [row.key for row in ROWS]
    results = sorted([*others, result], key=lambda one: (rows.index(one.row), one.seed))
    RESULTS.write_text("".join(json.dumps(asdict(one)) + "\n" for one in results), "utf-8")
    REPORT.write_text(text(results), "utf-8")
