"""The one clock that judges deadlines.

The database's on PostgreSQL, the host's on SQLite, a faster one in the demonstration.
"""

import time
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection

from alerts.gateways.steady import SteadyClock, is_possible
from alerts.gateways.steady_database import SteadyDatabaseClock

READING_AGE = 5.0
"""Seconds after which the distance to PostgreSQL's clock is measured again."""


class _DatabaseOffset:
    """Distance between this process's monotonic clock and the database's `clock_timestamp()`."""

    def __init__(self) -> None:
        self.base: datetime | None = None
        self.measured = 0.0

    def now(self) -> datetime:
        elapsed = time.monotonic() - self.measured
        if self.base is None or elapsed > READING_AGE:
            self.base = self._ask()
            self.measured = time.monotonic()
            elapsed = 0.0
        return self.base + timedelta(seconds=elapsed)

    def _ask(self) -> datetime:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            answer: datetime = cursor.fetchone()[0]
        return answer.astimezone(UTC)


_database = _DatabaseOffset()
_steady: list[SteadyClock | SteadyDatabaseClock] = []
"""The clock of a live process; none in tests and commands, which take the host's or database's."""


def hold_steady() -> None:
    """From now on hold back the steps of the clock that judges: the host's, or the database's."""
    if settings.IS_DEMO or _steady or not is_possible():
        return
    if connection.vendor == "postgresql":
        _steady.append(SteadyDatabaseClock())
    else:
        _steady.append(SteadyClock(settings.VAR_DIR / "clock"))


def is_held() -> bool:
    """Say whether the clock that judges was set and this one did not follow."""
    return any(clock.is_held for clock in _steady)


def share_hold() -> None:
    """Tell other processes of a step that is held back."""
    for clock in _steady:
        clock.share()


def follow_host() -> None:
    """Take the new time over; only while nothing is running that counts on this one."""
    for clock in _steady:
        clock.follow()


def rate() -> float:
    """Return how many seconds of this clock pass in a real one: 1, more in the demonstration."""
    return settings.DEMO_SPEED if settings.IS_DEMO else 1.0


def now() -> datetime:
    """Return the present instant as an aware UTC datetime."""
    if settings.IS_DEMO:
        return demo_time(time.time())  # noqa: TID251
    if not _steady and connection.vendor == "postgresql":
        return _database.now()
    real = _steady[0].now() if _steady else time.time()  # noqa: TID251
    return datetime.fromtimestamp(real, UTC)


def demo_time(real: float) -> datetime:
    """Return the demonstration's instant for the real Unix time `real`."""
    started = settings.DEMO_STARTED
    return datetime.fromtimestamp(started + (real - started) * settings.DEMO_SPEED, UTC)
