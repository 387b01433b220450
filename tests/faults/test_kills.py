"""Rows 11 to 13: what was due is done, once, whichever process was killed and whenever."""

import json
import random
import time
from collections import Counter

import pytest

from tests.faults.stand import FACTOR, kill, running, until

pytestmark = pytest.mark.servers

FIRED_ONCE = "alerts_event WHERE type = 'observation.due'"
ARMED = "alerts_timer WHERE state = 'armed' AND kind = 'observation.due'"
UNSENT = "alerts_page WHERE channel = 'outside' AND sent_at IS NULL AND given_up_at IS NULL"
KILLS = max(5, 100 // FACTOR)


def effects(stand) -> Counter:
    """How often the end of each watch was told."""
    subjects = stand.rows("SELECT subject FROM alerts_event WHERE type = 'observation.due'")
    return Counter(subject for (subject,) in subjects)


def is_gapless(stand) -> bool:
    seqs = [seq for (seq,) in stand.rows("SELECT seq FROM alerts_event ORDER BY seq")]
    return seqs == list(range(1, len(seqs) + 1))


def latest_ms(stand) -> float:
    """By how much the latest timer fired after its instant."""
    span = (
        "(julianday(fired_at) - julianday(due_at)) * 86400000"
        if stand.url.startswith("sqlite")
        else "EXTRACT(EPOCH FROM fired_at - due_at) * 1000"
    )
    return float(stand.rows(f"SELECT max({span}) FROM alerts_timer WHERE state = 'fired'")[0][0])


def test_row_11_two_thousand_overdue_timers_fire_once_each_after_a_start(stand, oracle, proof):
    count = 2000
    stand.act("watches", count, -600, 300, oracle._path)
    with running(stand, "pager"):
        until(lambda: stand.count(FIRED_ONCE) > 0, seconds=40, what="the pager started")
        began = time.monotonic()
        until(lambda: stand.count(ARMED) == 0, seconds=60, what="every overdue timer fired")
        took = time.monotonic() - began
    proof(f"{count} fired in {took:.2f} s", is_met=took <= 3, factor=1)

    assert effects(stand) == Counter(oracle.words())
    assert len(oracle.words()) == count
    assert is_gapless(stand)


def test_row_12_a_pager_killed_at_random_loses_and_repeats_nothing(stand, oracle, proof):
    count, chance = 5000 // FACTOR * 2, random.Random(12)
    seconds = KILLS * 2.5
    stand.act("watches", count, 3, seconds, oracle._path)
    restarts = []
    pager = stand.start("pager")
    for _ in range(KILLS):
        time.sleep(chance.uniform(1.5, 2.5))
        kill(pager)
        pager, began = stand.start("pager"), time.monotonic()
        beats = stand.count("alerts_heartbeat")
        until(lambda b=beats: stand.count("alerts_heartbeat") > b, seconds=40, what="a new pager")
        restarts.append(time.monotonic() - began)
    until(lambda: stand.count(ARMED) == 0, seconds=seconds + 30, what="every timer fired")

    found, noted, late = effects(stand), Counter(oracle.words()), latest_ms(stand)
    lost, twice = len(noted - found), len(found - noted)
    told = f"{KILLS} kills, {count} timers: {lost} lost, {twice} twice, latest {late:.0f} ms"
    proof(f"{told}, slowest restart {max(restarts) * 1000:.0f} ms", seed=12)
    assert found == noted
    assert late <= (max(restarts) + 10) * 1000
    assert is_gapless(stand)


def wire(stand) -> Counter:
    """How often each page left the site."""
    log = stand.folder / "outbox.log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return Counter(json.loads(line)["key"] for line in lines)


def first_round_keys(stand, oracle) -> set[str]:
    people = stand.seed["people"].values()
    return {f"{alert}:0:1:{person}:outside" for alert in oracle.words() for person in people}


def test_row_13_a_dispatcher_killed_at_random_loses_no_page(stand, oracle, proof):
    alerts, chance = max(20, 1000 // FACTOR), random.Random(13)
    reporter = stand.begin("call", alerts, oracle._path)
    pager = stand.start("pager")
    for _ in range(KILLS):
        time.sleep(chance.uniform(1.2, 2.2))
        kill(pager)
        pager = stand.start("pager")
    assert reporter.wait(120) == 0
    keys = first_round_keys(stand, oracle)
    until(lambda: keys <= set(wire(stand)), seconds=60, what="every page of the first round left")
    kill(pager)  # the second round goes on meanwhile, and two counts would be of two instants

    sent = wire(stand)
    repeats = sum(sent[key] - 1 for key in keys)
    proof(f"{KILLS} kills, {len(keys)} pages: 0 lost, {repeats} repeated on the wire", seed=13)
    assert len(keys) == alerts * 5 >= 100
    assert repeats <= KILLS
    proved = stand.count("alerts_receipt WHERE kind = 'handed_off'")
    assert proved == stand.count("alerts_page WHERE channel = 'outside' AND sent_at IS NOT NULL")
    assert is_gapless(stand)


@pytest.mark.parametrize(("point", "repeats"), [("page_claimed", 0), ("page_sent", 1)])
def test_row_13_a_page_survives_a_death_between_claim_send_and_mark(
    stand, oracle, proof, point, repeats
):
    stand.act("call", 1, oracle._path)
    doomed = stand.start("pager", PAGER_CRASH_AT=point)
    assert doomed.wait(30) == -9
    keys = first_round_keys(stand, oracle)
    with running(stand, "pager"):
        until(lambda: keys <= set(wire(stand)), seconds=30, what="every page left")
        until(
            lambda: stand.count("alerts_page WHERE channel = 'outside' AND step = 0 AND round = 1 "
                                "AND sent_at IS NULL") == 0,
            seconds=30,
            what="every page was marked",
        )  # fmt: skip

    proof(f"killed at {point}: 0 lost, {repeats} repeated", factor=1)
    assert sum(wire(stand)[key] - 1 for key in keys) == repeats


def test_row_11_a_death_after_the_commit_of_a_bundle_repeats_nothing(stand, oracle, proof):
    stand.act("watches", 100, -60, 30, oracle._path)
    doomed = stand.start("pager", PAGER_CRASH_AT="timers_fired")
    assert doomed.wait(30) == -9
    assert 0 < stand.count(FIRED_ONCE) < 100
    with running(stand, "pager"):
        until(lambda: stand.count(ARMED) == 0, seconds=40, what="the rest fired")

    proof("killed after the commit of a bundle: 0 lost, 0 twice", factor=1)
    assert effects(stand) == Counter(oracle.words())
