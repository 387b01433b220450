"""The timer runner: fires what is due, sleeps until the next instant, shows that it lives.

The row is the timer. This process holds nothing that a `kill -9` could lose: whatever was due
while it was away is due when it comes back.
"""

import time
from datetime import datetime

from alerts.gateways import clock, failpoints
from alerts.services import heartbeats, timers

BEAT_EVERY = 1.0
"""Real seconds between two heartbeats."""
LONGEST_SLEEP = 1.0
LOCKED_WAIT = 0.01
"""Pause when what is due is in another runner's hands."""
BUNDLE_TIME = 0.05
"""Seconds that one transaction of timers should take, so that a call never waits long behind it."""
SMALLEST_BUNDLE, LARGEST_BUNDLE = 10, 400


class Runner:
    """One pass of it is `step`; two may run side by side, each timer is taken by one of them."""

    def __init__(self, process: str) -> None:
        self.process = process
        self._bundle = SMALLEST_BUNDLE
        self._beaten_at = 0.0
        self._latest_ms = 0.0

    def step(self) -> float:
        """Fire everything due, beat, and return the real seconds until there is something to do."""
        started = clock.now()
        self._fire_all()
        if time.monotonic() - self._beaten_at >= BEAT_EVERY:
            self._beat(started)
        return self._until_next()

    def _fire_all(self) -> None:
        """Fire bundle after bundle until nothing is due."""
        while (due_at := timers.next_due_at()) is not None:
            now = clock.now()
            if due_at > now:
                return
            self._latest_ms = max(self._latest_ms, lateness_ms(due_at, now))
            if not self._fire_bundle(now):
                return
            if time.monotonic() - self._beaten_at >= BEAT_EVERY:
                self._beat(now)

    def _fire_bundle(self, now: datetime) -> int:
        began = time.monotonic()
        taken = timers.fire_due(now=now, limit=self._bundle)
        failpoints.crash_at("timers_fired")
        self._bundle = next_bundle(self._bundle, time.monotonic() - began)
        return taken

    def _beat(self, at: datetime) -> None:
        """Show that a pass that began at `at` is complete, and how late its latest timer was."""
        heartbeats.record(self.process, lag_ms=self._latest_ms, now=at)
        self._latest_ms = 0.0
        self._beaten_at = time.monotonic()

    def _until_next(self) -> float:
        until_beat = max(0.0, BEAT_EVERY - (time.monotonic() - self._beaten_at))
        due_at = timers.next_due_at()
        if due_at is None:
            return min(until_beat, LONGEST_SLEEP)
        until_due = -lateness_ms(due_at, clock.now()) / 1000
        return min(until_beat, max(until_due, LOCKED_WAIT if until_due <= 0 else 0.0))


def next_bundle(size: int, took: float) -> int:
    """Return how many timers to take next after a bundle of `size` that took so many seconds."""
    if took > BUNDLE_TIME:
        return max(SMALLEST_BUNDLE, size // 2)
    return min(LARGEST_BUNDLE, size * 2) if took < BUNDLE_TIME / 2 else size


def lateness_ms(due_at: datetime, now: datetime) -> float:
    """Return how many real milliseconds `now` is past `due_at`."""
    return (now - due_at).total_seconds() * 1000 / clock.rate()
