"""What a run found, one line for each test and mode; as a plugin (`-p tests.faults.results`) it writes them.

Without `FAULTS_RESULTS` nothing is written: a run that nobody asked to be kept leaves no trace.
"""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.rows import EMBEDDED, SERVER, rows_of
from tests.faults.stand import FACTOR

MODES = {"sqlite": EMBEDDED, "postgres": SERVER, "postgresql": SERVER}
MET, MISSED, FAILED, SKIPPED = "met", "missed", "failed", "skipped"


@dataclass(frozen=True)
class Result:
    """One test's word on one row in one mode."""

    row: str
    mode: str
    test: str
    outcome: str
    figure: str
    seed: int | None
    seconds: float
    factor: float
    run_on: str


class Proof:
    """How a fault test says what it measured, before it asserts what nobody may miss."""

    def __init__(self, record: Any) -> None:
        self._record = record

    def __call__(
        self, figure: str, *, is_met: bool = True, seed: int | None = None, factor: float = FACTOR
    ) -> None:
        """Note the figure; a bar of speed that is missed is reported, a promise is asserted."""
        told = {"figure": figure, "is_met": is_met, "seed": seed, "factor": factor}
        self._record("proof", told)


def keep(*results: Result) -> None:
    """Append results to the file that the environment names."""
    if path := os.environ.get("FAULTS_RESULTS"):
        with Path(path).open("a", encoding="utf-8") as file:
            for result in results:
                file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")


def kept(path: Path) -> list[Result]:
    """Return what was kept, the last word of each test on each row and mode."""
    if not path.exists():
        return []
    lines = [Result(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]
    return list({(one.row, one.mode, one.test): one for one in lines}.values())


def today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


def mode_of(item: pytest.Item) -> str:
    """Return the database a test ran on: its stand's, or else the settings'."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    fixtures = getattr(item, "fixturenames", ())
    kind = (
        parameters.get("stand")
        or parameters.get("stepped")
        or ("postgres" if "postgres_stand" in fixtures else "")
    )
    from django.db import connection

    return MODES[kind or ("sqlite" if "sqlite_stand" in fixtures else connection.vendor)]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Keep the word of every test that is a proof of a row."""
    made = yield
    report = made.get_result()
    is_last_word = report.when == "call" or report.outcome != "passed"
    if not is_last_word or report.when == "teardown":
        return
    told: dict[str, Any] = dict(report.user_properties).get("proof", {})
    passed = MET if told.get("is_met", True) else MISSED
    outcome = {"passed": passed, "failed": FAILED, "skipped": SKIPPED}[report.outcome]
    if hasattr(report, "wasxfail"):
        outcome = FAILED  # a fault that is known is still one
    is_ours = item.nodeid.startswith("tests/faults/")
    for row in rows_of(item.nodeid):
        keep(
            Result(
                row=row.key,
                mode=mode_of(item),
                test=item.nodeid,
                outcome=outcome,
                figure=str(told.get("figure", "")),
                seed=told.get("seed"),
                seconds=round(report.duration, 1),
                factor=told.get("factor", FACTOR if is_ours else 1),
                run_on=today(),
            )
        )
