"""Row 24: the host's clock is set under the running product; nothing is early, nothing waits an hour."""

import time
from pathlib import Path

import pytest

from tests.faults.outside import Reporter, Screens
from tests.faults.stand import running, until

pytestmark = pytest.mark.servers

LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)


@pytest.fixture
def clock(tmp_path):
    """A clock that the test sets: `set_by(seconds)`; monotonic time goes on as it is."""
    if LIBRARY is None:
        pytest.skip("needs libfaketime: apt-get install faketime")
    file = tmp_path / "clock"
    file.write_text("+0", "ascii")

    def set_by(seconds: int) -> None:
        beside = file.with_suffix(".new")
        beside.write_text(f"{seconds:+d}", "ascii")
        beside.replace(file)  # nobody reads half a file

    set_by.environment = {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    return set_by


@pytest.mark.parametrize("step", [5, -5, 3600, -3600])
def test_row_24_a_clock_that_is_set_neither_hurries_nor_holds_a_call(
    sqlite_stand, oracle, clock, proof, step
):
    stand = sqlite_stand
    stand.start("web", "--port", str(stand.port), **clock.environment)
    until(stand.is_ready, seconds=30, what="the web process serves")
    with running(stand, "pager", **clock.environment), Screens(stand) as screens:
        screen, reporter = screens.one, Reporter(stand, oracle)
        until(lambda: stand.count("alerts_heartbeat") > 0, seconds=40, what="the pager works")
        time.sleep(2)
        called = time.time()
        key = reporter.call()
        until(lambda: screen.when("alert.paged", key), seconds=30, what="it is paged")
        time.sleep(3)
        clock(step)
        stepped = time.time()
        told = until(
            lambda: screen.when("technical.raised", code="clock_stepped"),
            seconds=30,
            what="the watchdog tells the step",
        )
        again = until(lambda: rounds(screen, key), seconds=60, what="the call is paged again")

    early = 10 - (again - called)
    words = f"set by {step:+d} s: told after {told - stepped:.1f} s, paged again after "
    proof(f"{words}{again - called:.1f} s (due 10)",
          is_met=told - stepped <= 2 and abs(early) <= 1, factor=1)  # fmt: skip
    assert again - called <= 60, "a call does not wait for a clock"
    assert early <= 0.05, "nothing is early"


def rounds(screen, key) -> float | None:
    """Return when a call was paged for the second time."""
    at = [at for at, e in list(screen.events)
          if e["subject"] == key and e["event_type"] == "alert.paged"]  # fmt: skip
    return at[1] if len(at) > 1 else None
