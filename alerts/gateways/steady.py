"""The host's clock without its steps, the same in every process of this host.

Deadlines are instants of the wall clock. When that is set while the product runs, a call in progress would
wait an hour or hurry by one; so a step is held back, told, and taken over once nothing is running.
"""

import os
import threading
import time
from pathlib import Path

STEP_LIMIT = 0.5
"""Seconds within which the wall clock is followed as it is slewed; more is a step."""
READ_EVERY = 1.0
WRITE_AFTER = 0.05
"""Seconds of slewing after which the other processes are told."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SteadyClock:
    """Counts from the boot of the machine; `path` keeps the distance to the wall clock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._boot = BOOT_ID.read_text("ascii").strip()
        self._lock = threading.Lock()
        self._read_at = 0.0
        self._told = self._distance = self._kept() or self._wall_distance()
        self._tell(self._distance)

    @property
    def is_held(self) -> bool:
        """Whether the wall clock was set and this clock did not follow."""
        return abs(self._wall_distance() - self._distance) > STEP_LIMIT

    def now(self) -> float:
        """Return seconds since 1970."""
        with self._lock:
            self._hear_others()
            wall = self._wall_distance()
            if abs(wall - self._distance) <= STEP_LIMIT:
                self._distance = wall
                if abs(wall - self._told) > WRITE_AFTER:
                    self._tell(wall)
            return since_boot() + self._distance

    def share(self) -> None:
        """The file tells the others already."""

    def follow(self) -> None:
        """Take the wall clock's time over, in every process within a second."""
        with self._lock:
            self._distance = self._wall_distance()
            self._tell(self._distance)

    def _wall_distance(self) -> float:
        return time.time() - since_boot()  # noqa: TID251

    def _hear_others(self) -> None:
        if since_boot() - self._read_at < READ_EVERY:
            return
        self._read_at = since_boot()
        kept = self._kept()
        if kept is not None and abs(kept - self._distance) > STEP_LIMIT:
            self._distance = self._told = kept

    def _kept(self) -> float | None:
        """Return the distance that was kept since this boot."""
        try:
            boot, distance = self._path.read_text("ascii").split()
            return float(distance) if boot == self._boot else None
        except (OSError, ValueError):
            return None

    def _tell(self, distance: float) -> None:
        self._told = distance
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            beside.write_text(f"{self._boot} {distance!r}", "ascii")
            beside.replace(self._path)
        except OSError:
            return  # a full disk: each process follows by itself


def since_boot() -> float:
    """Return seconds since the machine started, its sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def is_possible() -> bool:
    """Say whether this host counts from its boot."""
    return hasattr(time, "CLOCK_BOOTTIME") and BOOT_ID.exists()
