"""Rows 16 to 18, faults A and B: Redis gone, PostgreSQL gone or behind, a lock, a full disk."""

import os
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager, suppress

import psycopg
import pytest

from tests.faults.outside import Reporter, Screens, p99, paced
from tests.faults.stand import FACTOR, Oracle, kill, running, spare_port, until
from tests.faults.test_pagers import latencies

pytestmark = pytest.mark.servers

REDIS = shutil.which("redis-server")
AWAY = 300 if FACTOR == 1 else 30
CALLING = 60 if FACTOR == 1 else 12
LOCKED = 6.0
TOLD_WITHIN = 8.0


@contextmanager
def redis_at(port):
    """A Redis of the test's own that keeps nothing."""
    command = [REDIS, "--port", str(port), "--save", "", "--bind", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            kill(process)


def test_row_16_a_redis_that_is_gone_is_not_missed_on_the_way_of_a_page(
    postgres_stand, oracle, proof
):
    if REDIS is None:
        pytest.skip("needs Redis: apt-get install redis-server")
    stand, port = postgres_stand, spare_port()
    with redis_at(port) as redis:
        web = stand.start("web", "--port", str(stand.port), REDIS_URL=f"redis://127.0.0.1:{port}/0")
        until(stand.is_ready, seconds=30, what="the web process serves")
        pager = running(stand, "pager", REDIS_URL=f"redis://127.0.0.1:{port}/0")
        with pager, Screens(stand, 5) as screens:
            reporter = Reporter(stand, oracle)
            latencies(reporter, screens, 10)
            before = latencies(reporter, screens, 60)
            kill(redis)
            with redis_at(port):
                subprocess.run(["redis-cli", "-p", str(port), "FLUSHALL"], check=False,
                               stdout=subprocess.DEVNULL)  # fmt: skip
            ended, after = time.monotonic() + AWAY, []
            while time.monotonic() < ended:
                after += latencies(reporter, screens, 10)
        lost, doubled = reporter.lost_and_doubled()
        assert web.poll() is None

    ratio = p99(after) / p99(before)
    told = f"p99 {p99(before):.0f} ms before, {p99(after):.0f} ms without Redis for {AWAY} s"
    proof(f"{told}; {lost} of {len(oracle.words())} lost", is_met=ratio <= 1.2, factor=300 / AWAY)
    assert (lost, doubled) == (0, 0)


def in_the_middle(seconds, act) -> threading.Thread:
    """Do something after so many seconds, beside the test."""
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


def test_row_17_a_database_that_restarts_at_once_loses_no_answered_call(
    postgres_stand, cluster, oracle, proof
):
    stand, back_at = postgres_stand, []

    def restart():
        cluster.stop("immediate")
        time.sleep(1)
        cluster.start()
        back_at.append(time.time())

    stand.start_web()
    with running(stand, "pager"), Screens(stand) as screens:
        reporter = Reporter(stand, oracle)
        reporter.call()
        falling = in_the_middle(CALLING / 3, restart)
        paced(reporter.call, rate=10, seconds=CALLING)
        falling.join()
        for key in reporter.unanswered():
            reporter.call(key, tries=100)
        last = reporter.call()
        until(lambda: screens.one.when("alert.raised", last), seconds=30, what="the screen is back")
        first_answer = min(at for at in reporter.answered.values() if at > back_at[0])
        lost, doubled = reporter.lost_and_doubled()

    recovery = first_answer - back_at[0]
    told = f"{len(oracle.words())} calls in {CALLING} s, {lost} lost, {doubled} twice; back {recovery:.1f} s after"
    told += f" the database; slowest word to a caller {reporter.slowest:.1f} s"
    proof(told, is_met=recovery <= 5 and reporter.slowest <= TOLD_WITHIN, factor=60 / CALLING)
    assert (lost, doubled) == (0, 0)
    assert screens.one.gaps == 0


def test_row_18_calls_that_a_failover_forgot_are_said_again_and_are_one_each(
    postgres_stand, cluster, oracle, proof
):
    stand, data = postgres_stand, cluster.folder / "data"
    stand.start_web()
    reporter = Reporter(stand, oracle)
    paced(reporter.call, rate=5, seconds=2)
    cluster.stop("fast")
    shutil.copytree(data, cluster.folder / "older", copy_function=shutil.copy2)
    subprocess.run(["chown", "-R", "--reference", data, cluster.folder / "older"], check=True)
    cluster.start()
    until(stand.is_ready, seconds=40, what="the web process is back")
    with Screens(stand) as screens:
        paced(reporter.call, rate=10, seconds=2)
        cluster.stop("immediate")
        shutil.rmtree(data)
        (cluster.folder / "older").rename(data)
        cluster.start()
        until(stand.is_ready, seconds=40, what="the web process is back")
        forgotten, _ = reporter.lost_and_doubled()
        for key in oracle.words():
            reporter.call(key, tries=100)
        last = reporter.call()
        until(lambda: screens.one.when("alert.raised", last), seconds=30, what="the screen is back")
        lost, doubled = reporter.lost_and_doubled()
        reloads = screens.one.reloads

    proof(f"{forgotten} calls forgotten, {lost} lost in the end, {doubled} twice", factor=1)
    assert forgotten > 0
    assert (lost, doubled) == (0, 0)
    assert reloads > 0, "a screen that was ahead of the restored stream was told to load the board"


def test_fault_a_a_database_behind_a_lock_is_told_to_the_caller_and_nothing_is_lost(
    postgres_stand, oracle, proof
):
    stand = postgres_stand
    stand.start_web()
    with running(stand, "pager"), Screens(stand) as screens:
        reporter = Reporter(stand, oracle)
        reporter.call()
        with psycopg.connect(stand.url) as blocker:
            blocker.execute("LOCK TABLE alerts_alert IN ACCESS EXCLUSIVE MODE")
            freed = in_the_middle(LOCKED, blocker.commit)
            key = reporter.call()
            told_after, status = reporter.slowest, reporter.refused[0][1]
            reporter.call(key, tries=100)
            freed.join()
        until(lambda: screens.one.when("alert.paged", key), seconds=30, what="the call is paged")
        lost, doubled = reporter.lost_and_doubled()

    proof(f"the caller was told after {told_after:.1f} s (HTTP {status}); {lost} lost", factor=1)
    assert status == 503
    assert told_after <= 15
    assert (lost, doubled) == (0, 0)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("needs the right to mount a small disk: run it as root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path) -> None:
    """Write until the disk holds no more."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def test_fault_b_a_full_disk_is_told_to_the_caller_and_what_was_answered_stays(
    sqlite_stand, small_disk, tmp_path, proof
):
    stand, oracle = sqlite_stand, Oracle(tmp_path / "elsewhere.log")
    shutil.copytree(stand.folder, small_disk, dirs_exist_ok=True)
    stand.folder, stand.url = small_disk, f"sqlite:///{small_disk / 'aefi.sqlite3'}"
    stand.start_web()
    reporter = Reporter(stand, oracle)
    with running(stand, "pager"), Screens(stand) as screens:
        reporter.call()
        filler = small_disk / "filler"
        fill(filler)
        until(lambda: reporter.call() and reporter.refused, seconds=60, what="the disk is full")
        status, full_for = reporter.refused[0][1], time.time()
        for _ in range(10):
            reporter.call()
        filler.unlink()
        freed = time.time()
        for key in reporter.unanswered():
            reporter.call(key, tries=100)
        last = reporter.call()
        until(lambda: screens.one.when("alert.paged", last), seconds=30, what="it goes on")
        lost, doubled = reporter.lost_and_doubled()
        whole = stand.rows("PRAGMA integrity_check")

    went_on = reporter.answered[last] - freed
    told = f"the caller was told (HTTP {status}); {lost} of {len(oracle.words())} lost"
    proof(f"{told}; full for {freed - full_for:.1f} s, went on {went_on:.1f} s after", factor=1)
    assert status == 503
    assert (lost, doubled) == (0, 0)
    assert whole == [("ok",)]
