"""Run the rows, keep every run, and write the table.

python -m bench.calibration --seed 1 [--row "one age"] [--runs 100] [--kept var/calibration] [--write]
Every run is kept at once: after an interruption the same command goes on where it stopped. With
--kept-only nothing is run, and what is kept so far is told.
"""

import argparse
import json
from pathlib import Path

from bench.calibration import report
from bench.calibration.rows import ROWS, Row

STRIDE = 1_000_000
"""Seeds of runs are `seed` times this, plus the number of the row's run."""


def kept_lines(path: Path) -> list[str]:
    """Return the runs of a file; a last line cut off by an interruption is left out."""
    lines = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
    return [line for line in lines if line.endswith("\n")]


def work_through(row: Row, seed: int, runs: int, folder: Path) -> list[dict[str, float]]:
    """Return the runs of a row that are kept, and others up to `runs` in all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{row.key.replace(' ', '-')}-{seed}.jsonl"
    lines = kept_lines(path)
    done = [json.loads(line) for line in lines]
    if len(done) >= runs:
        return done
    path.write_text("".join(lines), "utf-8")
    with path.open("a", encoding="utf-8") as file:
        for number in range(len(done), runs):
            done.append(row.trial(seed * STRIDE + number))
            file.write(json.dumps(done[-1]) + "\n")
            file.flush()
    return done


def main() -> None:
    """Work through the rows that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.calibration", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, help="of every row; as promised if not given")
    parser.add_argument("--row", action="append", choices=[row.key for row in ROWS])
    parser.add_argument("--kept", type=Path, default=Path("var/calibration"))
    parser.add_argument("--write", action="store_true", help="write docs/calibration.md")
    parser.add_argument("--kept-only", action="store_true")
    asked = parser.parse_args()
    for row in (row for row in ROWS if not asked.row or row.key in asked.row):
        most = 0 if asked.kept_only else asked.runs or row.runs
        done = work_through(row, asked.seed, most, asked.kept)
        if len(done) < 2:
            continue
        result = report.Result.of(row, asked.seed, done)
        print(report.line(row, result), end="", flush=True)
        if asked.write:
            report.keep(result)


if __name__ == "__main__":
    main()
