"""Rows 24 and 31: the host's clock is set under the running product; a socket grows a day old."""

import shutil
import tempfile
import time
from pathlib import Path

import pytest

from tests.faults.conftest import NO_POSTGRES, fresh, prepared
from tests.faults.outside import Reporter, Screens
from tests.faults.stand import FACTOR, PG_BIN, Cluster, running, until

pytestmark = pytest.mark.servers

LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)


@pytest.fixture(scope="module")
def time_file():
    """The file that says by how much the clock is set; readable for PostgreSQL's own user."""
    if LIBRARY is None:
        pytest.skip("needs libfaketime: apt-get install faketime")
    folder = Path(tempfile.mkdtemp(prefix="aefi-clock-"))
    folder.chmod(0o755)
    (folder / "clock").write_text("+0", "ascii")
    yield folder / "clock"
    shutil.rmtree(folder)


@pytest.fixture
def clock(time_file):
    """A clock that the test sets: `set_by(seconds)`; monotonic time goes on as it is."""

    def set_by(seconds: int) -> None:
        beside = time_file.with_suffix(".new")
        beside.write_text(f"{seconds:+d}", "ascii")
        beside.replace(time_file)  # nobody reads half a file

    set_by(0)
    set_by.environment = environment_of(time_file)
    return set_by


def environment_of(time_file: Path) -> dict[str, str]:
    """Return what makes a process take its wall clock from the file."""
    return {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(time_file),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@pytest.fixture(scope="module")
def stepped_cluster(time_file):
    """A PostgreSQL whose clock is set with the others'."""
    if PG_BIN is None:
        pytest.skip(NO_POSTGRES)
    cluster = Cluster(**environment_of(time_file))
    yield cluster
    cluster.remove()


@pytest.fixture(scope="module")
def stepped_template(stepped_cluster, tmp_path_factory):
    stepped_cluster.create("template_aefi", "template1")
    folder = tmp_path_factory.mktemp("template")
    return prepared(folder, stepped_cluster.url("template_aefi"))


@pytest.fixture(params=["sqlite", "postgres"])
def stepped(request, tmp_path, clock):
    """A fresh installation whose database takes the same clock."""
    source = "stepped" if request.param == "postgres" else ""
    yield from fresh(request, tmp_path, request.param, source)


STEPS = (5, -5, 3600, -3600) if FACTOR == 1 else (3600, -3600)
"""Seconds by which the clock is set; CI leaves the small ones to `make faults`."""


@pytest.mark.parametrize("step", STEPS)
def test_row_24_a_clock_that_is_set_neither_hurries_nor_holds_a_call(
    stepped, oracle, clock, proof, step
):
    stand = stepped
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


DAY_AND_HOUR = 25 * 3600


def test_row_31_a_socket_a_day_and_an_hour_old_still_receives(stand, oracle, clock, proof):
    whole = {name: value for name, value in clock.environment.items() if "MONOTONIC" not in name}
    stand.start("web", "--port", str(stand.port), **whole)
    until(stand.is_ready, seconds=30, what="the web process serves")
    with Screens(stand) as screens:
        screen, reporter = screens.one, Reporter(stand, oracle)
        before = reporter.call()
        until(lambda: screen.when("alert.raised", before), seconds=30, what="the call is seen")
        beats = len(screen.beats)
        clock(DAY_AND_HOUR)
        until(lambda: len(screen.beats) > beats + 1, seconds=30, what="it beats a day later")
        called = time.time()
        after = reporter.call(tries=20)
        seen = until(lambda: screen.when("alert.raised", after), seconds=30, what="it is seen")

    proof(f"25 h older in every clock of the server: seen after {(seen - called) * 1000:.0f} ms on "
          f"the socket it had ({len(screen.welcomed)} greeting)", factor=1)  # fmt: skip
    assert len(screen.welcomed) == 1
    assert screen.gaps == 0
    assert reporter.lost_and_doubled() == (0, 0)
