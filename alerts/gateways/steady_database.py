"""PostgreSQL's clock without its steps, the same in every process of the house.

Each process counts by itself between two readings, so a step is held back by all at once; what they hold is
kept in a row, for processes that start later, until nothing is running and the new time is taken over.
"""

import threading
from collections.abc import Callable
from typing import NamedTuple

from django.db import Error, connection

from alerts.gateways.steady import STEP_LIMIT, since_boot

READ_EVERY = 1.0
"""Seconds after which the database's clock is read again."""
PROMPT = 0.2
"""Seconds that an answer may take; a later one says nothing of now."""
READ = """
SELECT EXTRACT(EPOCH FROM clock_timestamp())::float8, COALESCE(h.seconds, 0), COALESCE(h.version, 0)
FROM (SELECT 1) AS one LEFT JOIN alerts_clockhold h ON h.id = 1
"""
WRITE = """
INSERT INTO alerts_clockhold (id, seconds, version) VALUES (1, %(seconds)s, %(version)s + 1)
ON CONFLICT (id) DO UPDATE SET seconds = EXCLUDED.seconds, version = EXCLUDED.version
WHERE alerts_clockhold.version = %(version)s
"""


class Reading(NamedTuple):
    """The database's clock in seconds since 1970, and what all processes hold back of it."""

    at: float
    held: float
    version: int


def read_database() -> Reading:
    """Ask the database."""
    with connection.cursor() as cursor:
        cursor.execute(READ)
        return Reading(*cursor.fetchone())


def write_hold(seconds: float, version: int) -> None:
    """Keep what is held back, unless another process wrote since `version`."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE, {"seconds": seconds, "version": version})


class SteadyDatabaseClock:
    """Counts from its last reading; a reading that is a step away from the count is held back."""

    def __init__(self, read: Callable[[], Reading] = read_database) -> None:
        self._ask = read
        self._lock = threading.Lock()
        self._last = read()
        self._base = self._last.at + self._last.held
        self._measured = self._read_at = since_boot()
        self._unshared = 0.0

    @property
    def is_held(self) -> bool:
        """Whether the database's clock was set and this clock did not follow."""
        return abs(self._last.held) > STEP_LIMIT or self._unshared != 0.0

    def now(self) -> float:
        """Return seconds since 1970."""
        with self._lock:
            if since_boot() - self._read_at > READ_EVERY:
                self._read()
            return self._counted()

    def share(self) -> None:
        """Tell the others of a step that this process holds back."""
        if self._unshared:
            write_hold(self._last.held - self._unshared, self._last.version)

    def follow(self) -> None:
        """Take the database's time over, in every process at its next reading."""
        write_hold(0.0, self._last.version)

    def _counted(self) -> float:
        return self._base + since_boot() - self._measured

    def _read(self) -> None:
        """Follow slewing and what the others agreed on; keep counting over a step.

        It keeps counting as well while the database is away, slow, or was asked just before this
        process stood still.
        """
        self._read_at = since_boot()
        try:
            reading = self._ask()
        except Error:
            return
        if since_boot() - self._read_at > PROMPT:
            return
        counted, told = self._counted(), reading.at + reading.held
        is_news = reading.version != self._last.version
        step = told - counted
        self._unshared = step if abs(step) > STEP_LIMIT and not is_news else 0.0
        self._base = counted if self._unshared else told
        self._measured, self._last = since_boot(), reading
