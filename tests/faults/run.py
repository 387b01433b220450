"""`make faults`: run the suite row by row, keep each row's word, write the report.

A row that was run whole in all its modes is not run again (`--again` does). `--short` is the form of CI.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.report import RESULTS, ROOT, verdict, write
from tests.faults.results import kept
from tests.faults.rows import BENCH, ROWS, Row
from tests.faults.stand import PG_BIN, Cluster

WHOLE = {
    "bench/page_latency.py": ["--alerts", "1000"],
    "bench/timers.py": ["--seconds", "600"],
}


def is_done(row: Row) -> bool:
    """Say whether every mode of a row was run whole already."""
    results = kept(RESULTS)
    mine = [one for one in results if one.row == row.key]
    is_whole = bool(mine) and all(one.factor == 1 for one in mine)
    return is_whole and all(verdict(row, mode, results) != "not run" for mode in row.modes)


def commands(rows: list[Row], *, is_short: bool) -> list[list[str]]:
    """Return what to run, each once: a call of pytest for each file of a row, a bench for each database."""
    found: dict[tuple[str, ...], None] = {}
    for row in rows:
        tests = [proof for proof in row.proofs if not proof.startswith(BENCH)]
        for file in sorted({test.partition("::")[0] for test in tests}):
            names = [test.partition("::")[2] for test in tests if test.startswith(f"{file}::")]
            chosen = ["-k", " or ".join(names)] if all(names) else []
            found[("-m", "pytest", "-p", "tests.faults.results", "-q", file, *chosen)] = None
        for bench in set(row.proofs) - set(tests):
            for kind in ("sqlite", "postgres"):
                found[(bench, "--database", kind, *([] if is_short else WHOLE[bench]))] = None
    return [list(command) for command in found]


def is_on_one_database(command: list[str]) -> bool:
    """Say whether these tests take the database of the settings, and not stands of their own."""
    return any(
        part.startswith("tests/") and not part.startswith("tests/faults/") for part in command
    )


@contextmanager
def databases() -> Iterator[list[dict[str, str]]]:
    """Give what makes a run take each database: nothing for SQLite, a PostgreSQL of its own."""
    if PG_BIN is None:
        yield [{}]
        return
    cluster = Cluster()
    try:
        yield [{}, {"DATABASE_URL": cluster.url("postgres")}]
    finally:
        cluster.remove()


def run(command: list[str], environment: dict[str, str]) -> bool:
    """Run one command; say whether it passed."""
    sys.stdout.write(f"→ {' '.join(command)}\n")
    sys.stdout.flush()
    return subprocess.call([sys.executable, *command], cwd=ROOT, env=environment) == 0


def main() -> None:
    """Run what is left, then write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="", help="only these, as in 12,13")
    parser.add_argument("--again", action="store_true", help="also rows that were run whole")
    parser.add_argument("--short", action="store_true", help="shortened by the documented factor")
    options = parser.parse_args()
    wanted = set(filter(None, options.rows.split(",")))
    rows = [row for row in ROWS if not wanted or row.key in wanted]
    left = [row for row in rows if options.again or not is_done(row)]
    kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    environment = kept | {"FAULTS_RESULTS": str(RESULTS)}
    environment |= {} if options.short else {"FAULTS_FULL": "1"}
    failed = 0
    with databases() as both:
        for command in commands(left, is_short=options.short):
            for own in both if is_on_one_database(command) else [{}]:
                failed += not run(command, environment | own)
                write()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
