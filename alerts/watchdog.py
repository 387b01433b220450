"""The watchdog: looks each second whether the promises hold, and tells each change once."""

import os
import shutil
import socket
import time
from datetime import datetime, timedelta

from django.conf import settings

from alerts.gateways import clock
from alerts.live import Loop
from alerts.models import Device, Duty
from alerts.rules.reachability import UNSEEN_LIMIT
from alerts.services import heartbeats, invariants, notices, trials
from alerts.services.notices import Notice, tell

LOOK_EVERY = 1.0
AT_LEAST = timedelta(seconds=3)
"""How long a fault is shown at least."""
STEP_LIMIT = 0.5
"""Seconds by which the clock may leave the monotonic one between two looks."""
STEP_SHOWN_FOR = 30.0
LEAST_FREE = 500 * 2**20
"""Bytes free on the disk below which the site is warned."""


class StepDetector:
    """Notices when the clock that judges deadlines is set, forwards or back."""

    def __init__(self) -> None:
        self._last: tuple[float, datetime] | None = None
        self._stepped_at: float | None = None

    def is_stepped(self, monotonic: float, now: datetime) -> bool:
        """Say whether the clock stepped within the last half minute."""
        if self._last is not None:
            went = (now - self._last[1]).total_seconds() / clock.rate()
            if abs(went - (monotonic - self._last[0])) > STEP_LIMIT:
                self._stepped_at = monotonic
        self._last = (monotonic, now)
        stepped_at = self._stepped_at
        return stepped_at is not None and monotonic - stepped_at < STEP_SHOWN_FOR


class Watchdog:
    """Runs in every web process and as one of its own; the streams make it one voice."""

    def __init__(self) -> None:
        self._name = f"{heartbeats.WATCHDOG} {socket.gethostname()}:{os.getpid()}"
        self._loop = Loop("watchdog", self.step)
        self._steps = StepDetector()
        self._told: dict[Notice, bool] = {}

    def start(self) -> None:
        self._loop.start()

    def stop(self) -> None:
        self._loop.stop()

    def step(self) -> float:
        """Look once; return the seconds until the next look."""
        now = clock.now()
        is_stepped = self._steps.is_stepped(time.monotonic(), now)  # beside it, before a slow look
        self._watch_faults(now, is_stepped=is_stepped)
        self._watch_devices(now)
        trials.write_due(now=now)
        heartbeats.record(self._name, lag_ms=0, now=now)
        clock.share_hold()
        if clock.is_held() and not invariants.is_anything_running(now):
            clock.follow_host()
        return LOOK_EVERY

    def _watch_faults(self, now: datetime, *, is_stepped: bool) -> None:
        found = invariants.broken(now=now)
        everywhere = invariants.open_sites()
        if is_stepped or clock.is_held():
            found["clock_stepped"] = everywhere
        if shutil.disk_usage(settings.VAR_DIR).free < LEAST_FREE:
            found["disk_low"] = everywhere
        present = {notices.technical(site, code) for code, sites in found.items() for site in sites}
        known = {notice for notice in self._told if notice.began == "technical.raised"}
        for notice in (
            present | known | {notices.technical(s, c) for s in everywhere for c in notices.CODES}
        ):
            self._say(notice, is_on=notice in present, now=now, at_least=AT_LEAST)

    def _watch_devices(self, now: datetime) -> None:
        """Tell of devices in the hands of people on duty that fell silent, and of their return."""
        on_duty = Duty.objects.current(now).values("user_id")
        held = Device.objects.in_use().filter(holder__in=on_duty, last_seen_at__isnull=False)
        for device in held.select_related("holder"):
            is_lost = (device.last_seen_at or now) < now - UNSEEN_LIMIT
            self._say(lost_device(device), is_on=is_lost, now=now)

    def _say(
        self, notice: Notice, *, is_on: bool, now: datetime, at_least: timedelta = timedelta()
    ) -> None:
        """Ask the stream only when this process does not know it to say so already."""
        if self._told.get(notice) != is_on:
            wait = at_least * clock.rate()
            self._told[notice] = tell(notice, is_on=is_on, now=now, at_least=wait)


def lost_device(device: Device) -> Notice:
    """Return the notice that a device fell silent."""
    holder = str(device.holder.uuid) if device.holder else None
    facts = {"holder": holder, "name": device.name}
    return Notice(device.site_id, str(device.uuid), "device.lost", "device.heard", facts)
