"""Rows 25, 28, 29 and 30: a pager that stands still, a poisoned row, nobody there, a dead endpoint."""

import random
import signal
import time
from collections import Counter

import pytest

from tests.faults.outside import Reporter, Screens, p99
from tests.faults.stand import FACTOR, running, until
from tests.faults.test_kills import ARMED, FIRED_ONCE, effects, latest_ms

pytestmark = pytest.mark.servers

STOPPED = 60 if FACTOR == 1 else 8
STOPS = 5 if FACTOR == 1 else 3
HUNG = 60 if FACTOR == 1 else 8


def holds_a_transaction(stand) -> bool:
    """Say whether a session of the database sits in a transaction without doing anything."""
    idle = "state = 'idle in transaction' AND state_change < clock_timestamp() - interval '60 ms'"
    return stand.count(f"pg_stat_activity WHERE datname = current_database() AND {idle}") > 0


def stop_inside_a_transaction(stand, pager, chance) -> bool:
    """Stop a pager at a moment at which it holds rows, as a pause of its machine may."""
    for _try in range(60):
        time.sleep(chance.uniform(0.01, 0.1))
        pager.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        if holds_a_transaction(stand):
            return True
        pager.send_signal(signal.SIGCONT)
    pager.send_signal(signal.SIGSTOP)
    return False


def test_row_25_a_pager_that_stands_still_holds_nobody_up_and_repeats_nothing(
    postgres_stand, oracle, proof
):
    stand, chance = postgres_stand, random.Random(25)
    over = STOPS * (STOPPED + 4)
    stopped, other = stand.start("pager"), stand.start("pager")
    until(lambda: stand.count("alerts_heartbeat") == 2, seconds=30, what="two pagers")
    stand.act("watches", over * 60, 8, over, oracle._path)
    until(lambda: stand.count(FIRED_ONCE) > 0, seconds=30, what="the first has fired")
    inside = 0
    for _ in range(STOPS):
        inside += stop_inside_a_transaction(stand, stopped, chance)
        time.sleep(STOPPED)
        stopped.send_signal(signal.SIGCONT)
        stopped, other = other, stopped
        time.sleep(1)
    until(lambda: stand.count(ARMED) == 0, seconds=over + 30, what="every timer fired")

    found, noted, late = effects(stand), Counter(oracle.words()), latest_ms(stand)
    told = f"{STOPS} stops of {STOPPED} s, {inside} of them inside a transaction"
    proof(f"{told}: latest {late:.0f} ms", seed=25, factor=60 / STOPPED)
    assert found == noted
    assert late < 6000


def test_row_28_what_is_poisoned_is_set_aside_and_shown_and_harms_nobody(
    stand, oracle, endpoint, proof
):
    stand.act("poison")
    stand.start_web()
    pager = running(stand, "pager", APPRISE_URLS=endpoint.address)
    with pager, Screens(stand) as screens:
        until(lambda: stand.count("alerts_heartbeat") > 0, seconds=40, what="the pager works")
        began, reporter = time.time(), Reporter(stand, oracle)
        key = reporter.call()
        until(lambda: endpoint.count(key) >= 4, seconds=40, what="the healthy pages leave")
        others = time.time() - began
        shown = [
            until(
                lambda c=code: screens.one.when("technical.raised", code=c),
                seconds=30,
                what=f"{code} is shown",
            ) - began
            for code in ("timer_quarantined", "pages_late")
        ]  # fmt: skip
        stepped = until(
            lambda: (
                screens.one.when("alert.paged", key, step=2)
                or screens.one.when("alert.exhausted", key)
            ),
            seconds=70,
            what="the call goes on",
        )

    told = f"others out after {others:.1f} s, shown after {max(shown):.1f} s"
    proof(f"{told}, call went on", is_met=max(shown) <= 5, factor=1)
    assert stepped
    assert stand.count("alerts_timer WHERE state = 'quarantined'") == 3


def test_row_29_nobody_on_duty_and_everyone_declining_end_exhausted_and_never_silent(
    stand, oracle, endpoint, proof
):
    stand.start_web()
    pager = running(stand, "pager", APPRISE_URLS=endpoint.address)
    with pager, Screens(stand) as screens:
        reporter, screen = Reporter(stand, oracle), screens.one
        refused = reporter.call()
        until(lambda: screen.when("alert.paged", refused), seconds=30, what="everyone is paged")
        began = time.time()
        for number in range(5):
            reporter.answer("decline", refused, f"physician{number}")
        declined = until(
            lambda: screen.when("alert.exhausted", refused), seconds=65, what="exhausted"
        )
        stand.act("send_home")
        alone = reporter.call()
        raised = reporter.answered[alone]
        nobody = until(lambda: screen.when("alert.exhausted", alone), seconds=30, what="exhausted")
        rounds = until(lambda: again(screen, alone), seconds=30, what="the board is paged again")
        left = endpoint.count(refused)

    told = f"everyone declined: exhausted after {declined - began:.1f} s, {left} pages outside"
    told += f"; nobody on duty: {max(0.0, nobody - raised):.2f} s, again after {rounds:.1f} s"
    proof(told, is_met=nobody - raised <= 1 and declined - began <= 60, factor=1)
    assert left >= 5
    assert rounds <= 11


def again(screen, key) -> float | None:
    """Return the seconds between the first two rounds of a call on a screen."""
    rounds = [at for at, e in list(screen.events)
              if e["subject"] == key and e["event_type"] == "alert.paged"]  # fmt: skip
    return rounds[1] - rounds[0] if len(rounds) > 1 else None


def latencies(reporter, screens, count) -> list[float]:
    """Return the milliseconds from a call to its frame on the last screen, call by call."""
    found = []
    for _ in range(count):
        began = time.time()
        key = reporter.call()
        at = until(lambda k=key: screens.last("alert.raised", k), seconds=30, what="the frame")
        found.append((at - began) * 1000)
        reporter.answer("resolve", key)
        time.sleep(0.05)
    return found


def test_row_30_an_endpoint_that_hangs_delays_no_screen_and_is_cut_off(
    stand, oracle, endpoint, proof
):
    stand.start_web()
    pager = running(stand, "pager", APPRISE_URLS=endpoint.address)
    with pager, Screens(stand, 5) as screens:
        reporter = Reporter(stand, oracle)
        latencies(reporter, screens, 5)
        before = latencies(reporter, screens, 40)
        endpoint.flows.clear()
        stuck = reporter.call()
        ended, hung = time.monotonic() + HUNG, []
        while time.monotonic() < ended:
            hung += latencies(reporter, screens, 10)
        endpoint.flows.set()
        until(lambda: endpoint.count(stuck) >= 5, seconds=30, what="what waited goes out")
        cut = attempts(stand)

    told = f"p99 {p99(before):.0f} ms before, {p99(hung):.0f} ms while it hung {HUNG} s"
    proof(
        f"{told}; {cut} attempts cut at 2 s",
        is_met=p99(hung) <= 1.5 * p99(before) + 10,
        factor=60 / HUNG,
    )
    assert cut > 0
    assert p99(hung) < 5000


def attempts(stand) -> int:
    """Return how many attempts were cut, as the pager's log has it."""
    return (stand.folder / "pager.log").read_text("utf-8").count("No answer within 2 s")
