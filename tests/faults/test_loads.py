"""Rows 5 to 8: sustained calls, a burst, an answer on every screen, the lateness of an escalation."""

import os
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.faults.outside import Reporter, Screens, p50, p99, paced
from tests.faults.stand import FACTOR, running, until

pytestmark = pytest.mark.servers

WATCHING = 100 if FACTOR == 1 else 20
LASTING = max(30, 600 // FACTOR)
RATE, LANES = 20, 4
ANSWERS = 100 if FACTOR == 1 else 20
BURST = 200
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


def resident_mb(process) -> float:
    """Return the memory a process holds."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text("ascii").split()[1])
    return pages * PAGE_SIZE / 2**20


def side_by_side(work, lanes=LANES) -> None:
    threads = [threading.Thread(target=work) for _ in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_row_05_calls_that_never_stop_are_all_seen_in_time(stand, oracle, proof):
    web = stand.start_web()
    sent: dict[str, float] = {}

    def lane() -> None:
        reporter = Reporter(stand, oracle)

        def one() -> None:
            began = time.time()
            key = reporter.call()
            sent[key] = began
            reporter.answer("resolve", key)

        paced(one, rate=RATE / LANES, seconds=LASTING)

    with running(stand, "pager"), Screens(stand, WATCHING) as screens:
        for _ in range(10):
            Reporter(stand, oracle).call()
        before = resident_mb(web)
        side_by_side(lane)
        time.sleep(2)
        grown = 100 * (resident_mb(web) - before) / before
        seen = {key: screens.last("alert.raised", key) for key in sent}
    lost, doubled = Reporter(stand, oracle).lost_and_doubled()
    unseen = [key for key, at in seen.items() if at is None]
    late = [(at - sent[key]) * 1000 for key, at in seen.items() if at]

    told = f"{len(sent) / LASTING:.1f} calls/s for {LASTING} s, {WATCHING} screens: {lost} lost"
    proof(f"{told}, {len(unseen)} unseen, p99 {p99(late):.0f} ms, memory {grown:+.1f} %",
          is_met=p99(late) <= 200 and grown < 5, factor=600 / LASTING)  # fmt: skip
    assert (lost, doubled, unseen) == (0, 0, [])


def test_row_06_a_burst_reaches_every_screen_in_order(stand, oracle, proof):
    stand.start_web()
    with running(stand, "pager"), Screens(stand, 5) as screens:
        Reporter(stand, oracle).call()
        began = time.time()

        def lane() -> None:
            reporter = Reporter(stand, oracle)
            for _ in range(BURST // 8):
                reporter.call()

        side_by_side(lane, lanes=8)
        posted = time.time() - began
        keys = oracle.words()
        until(lambda: all(screens.last("alert.paged", key) for key in keys[-8:]), seconds=60,
              what="the last ones are paged")  # fmt: skip
        took = max(screens.last("alert.raised", key) or 0 for key in keys[1:]) - began
    in_order = all(
        screen.gaps == 0
        and all(
            (screen.when("alert.raised", k) or 0) <= (screen.when("alert.paged", k) or 0)
            for k in keys
        )
        for screen in screens.all
    )

    told = f"{BURST} posted in {posted:.1f} s, all on the screens after {took:.1f} s"
    proof(f"{told}, in order: {in_order}", is_met=took <= 3, factor=1)
    assert in_order


def test_row_07_an_answer_silences_every_screen(stand, oracle, proof):
    stand.start_web()
    times = []
    with running(stand, "pager"), Screens(stand, WATCHING) as screens:
        reporter = Reporter(stand, oracle)
        for number in range(ANSWERS + 3):
            key = reporter.call()
            until(lambda k=key: screens.last("alert.paged", k), seconds=30, what="it is paged")
            began = time.time()
            assert reporter.answer("acknowledge", key).status_code == 200
            at = until(
                lambda k=key: screens.last("alert.acknowledged", k), seconds=30, what="silence"
            )
            times += [(at - began) * 1000] if number >= 3 else []
            reporter.answer("resolve", key)

    proof(f"{ANSWERS} answers, the last of {WATCHING} screens: p50 {p50(times):.0f} ms, "
          f"p99 {p99(times):.0f} ms", is_met=p99(times) <= 150,
          factor=max(100 / WATCHING, 100 / ANSWERS))  # fmt: skip
    assert p99(times) < 10_000


def test_row_08_an_escalation_is_on_the_screen_when_it_is_due(stand, oracle, proof):
    stand.start_web()
    calls = 60 if FACTOR == 1 else 20
    with running(stand, "pager"), Screens(stand) as screens:
        reporter, screen = Reporter(stand, oracle), screens.one
        until(lambda: stand.count("alerts_heartbeat") > 0, seconds=40, what="the pager works")
        for _ in range(calls):
            reporter.call()
            time.sleep(0.21)
        keys = oracle.words()
        until(lambda: all(next_page(screen, key) for key in keys), seconds=60, what="all went on")
        late = [next_page(screen, key) for key in keys]
    late_ms = [one * 1000 for one in late if one]

    proof(f"{calls} steps: late p50 {p50(late_ms):.0f} ms, p99 {p99(late_ms):.0f} ms, max "
          f"{max(late_ms):.0f} ms", is_met=p99(late_ms) <= 100 and max(late_ms) <= 500,
          factor=60 / calls)  # fmt: skip
    assert min(late_ms) > -50
    assert max(late_ms) < 10_000


def next_page(screen, key) -> float | None:
    """Return how late the second step of a call was on a screen, in seconds."""
    mine = [(at, event) for at, event in list(screen.events) if event["subject"] == key]
    due = next((e["payload"]["next_step_at"] for _at, e in mine
                if e["event_type"] == "alert.paged" and e["payload"]["step"] == 0), None)  # fmt: skip
    later = ("alert.exhausted", "alert.paged")
    went_on = [at for at, e in mine if e["event_type"] in later and e["payload"].get("step") != 0]
    if due is None or not went_on:
        return None
    return went_on[0] - datetime.fromisoformat(due).timestamp()
