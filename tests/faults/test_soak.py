"""Row 32: a working day with a fault each minute; afterwards every watch ended once and no call is lost."""

import os
import random
import time
from collections import Counter
from itertools import cycle
from uuid import uuid4

import httpx
import pytest

from tests.faults.outside import Reporter, Screens, p99, wire_to
from tests.faults.stand import FACTOR, Oracle, kill, running, until
from tests.faults.test_kills import ARMED, effects, is_gapless

pytestmark = pytest.mark.servers

WHOLE = 8 * 60
MINUTES = float(os.environ.get("FAULTS_SOAK_MINUTES") or (WHOLE if FACTOR == 1 else 1))
"""How long the day lasts: whole by `make faults`, a minute in CI."""
SHARE = MINUTES / WHOLE
WATCHES = max(200, round(40_000 * SHARE))
CALLS = max(15, round(300 * SHARE))
BETWEEN_FAULTS = min(60.0, MINUTES * 60 / 4)
UNQUIET = 15.0
"""Seconds after a fault that its bar of speed leaves out."""


class Hall:
    """The processes of a site and what can happen to them."""

    def __init__(self, stand, wire) -> None:
        self.stand, self._wire = stand, wire
        self.web, self.pager = None, stand.start("pager")
        self.struck: list[float] = []
        self.kinds: Counter[str] = Counter()

    def strike(self, kind: str) -> None:
        """Do one fault and mend it as a supervisor would."""
        self.struck.append(time.time())
        self.kinds[kind] += 1
        getattr(self, f"_{kind}")()
        self.struck.append(time.time())

    def is_quiet(self, at: float) -> bool:
        return not any(-2 < at - struck < UNQUIET for struck in self.struck)

    def _web_killed(self) -> None:
        kill(self.web)
        self.web = self.stand.start_web()

    def _pager_killed(self) -> None:
        kill(self.pager)
        self.pager = self.stand.start("pager")

    def _everything_killed(self) -> None:
        kill(self.pager)
        kill(self.web)
        self.web, self.pager = self.stand.start_web(), self.stand.start("pager")

    def _network_cut(self) -> None:
        self._wire.cut()
        time.sleep(3)
        self._wire.mend()

    def _network_silent(self) -> None:
        self._wire.go_silent()
        time.sleep(6)
        self._wire.mend()


FAULTS = ("web_killed", "pager_killed", "everything_killed", "network_cut", "network_silent")


def insist(reporter, verb: str, key: str) -> None:
    """Send one answer until the server took it."""
    command = str(uuid4())
    headers = reporter.stand.headers("physician0", **{"Idempotency-Key": command})
    path = f"{reporter.stand.address}/api/v1/alerts/{key}/{verb}/"

    def is_taken() -> bool:
        try:
            return reporter.client.post(path, json={}, headers=headers).status_code == 200
        except httpx.TransportError:
            return False

    until(is_taken, seconds=60, what=f"{verb} is taken")


def incidents(hall, reporter, screens, chance) -> list[float]:
    """Let the day pass; return how long the calls of quiet minutes took to every screen, in ms."""
    began, took, faults = time.time(), [], cycle(chance.sample(FAULTS, len(FAULTS)))
    next_fault = began + chance.uniform(0, BETWEEN_FAULTS)
    for number in range(CALLS):
        while time.time() < began + (number + 1) * MINUTES * 60 / (CALLS + 1):
            if time.time() >= next_fault:
                hall.strike(next(faults))
                next_fault += BETWEEN_FAULTS
            time.sleep(0.05)
        called = time.time()
        key = reporter.call(tries=200)
        until(lambda k=key: screens.last("alert.raised", k), seconds=60, what="every screen has it")
        if hall.is_quiet(called):
            took.append((screens.last("alert.raised", key) - called) * 1000)
        for verb in ("acknowledge", "arrive", "resolve"):
            insist(reporter, verb, key)
    return took


def test_row_32_a_day_with_a_fault_each_minute_loses_nothing(stand, oracle, tmp_path, proof):
    watched, chance = Oracle(tmp_path / "watches.log"), random.Random(32)
    stand.act("watches", WATCHES, 20, MINUTES * 60, watched._path)
    with wire_to(stand.port) as wire:
        hall = Hall(stand, wire)
        hall.web = stand.start_web()
        with Screens(stand, 5, port=wire.port) as screens:
            reporter = Reporter(stand, oracle)
            took = incidents(hall, reporter, screens, chance)
            until(lambda: stand.count(ARMED) == 0, seconds=90, what="every watch ended")
    kill(hall.pager)

    found, noted = effects(stand), Counter(watched.words())
    lost, doubled = reporter.lost_and_doubled()
    ends_lost, ends_twice = sum((noted - found).values()), sum((found - noted).values())
    faults = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in hall.kinds.items())
    told = f"{MINUTES:g} min, {WATCHES} watches, {CALLS} calls, {faults}"
    slowest = (
        f"p99 {p99(took):.0f} ms of {len(took)} calls in quiet minutes" if took else "none quiet"
    )
    proof(f"{told}: {lost} calls lost, {ends_lost} ends lost, {ends_twice} twice; {slowest}",
          is_met=bool(took) and p99(took) <= 100, seed=32, factor=max(1, 1 / SHARE))  # fmt: skip
    assert (lost, doubled) == (0, 0)
    assert found == noted
    assert is_gapless(stand)
    assert stand.count("alerts_alert WHERE state = 'resolved'") == CALLS
    with running(stand, "verify_log") as verifying:
        assert verifying.wait(60) == 0
