"""What keeps the processes awake: the knock of the database, and a loop that nothing ends.

SQLite counts foreign commits in `PRAGMA data_version`; PostgreSQL notifies `aefi_wake`. Whoever
listens also looks for himself once a second, so a knock that is lost costs at most that.
"""

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

Step = Callable[[], float]
POLL_EVERY = 0.02
"""Seconds between two looks at SQLite's counter."""
LONGEST_PAUSE = 1.0
"""Seconds after which something broken is tried again, at the latest."""
FIRST_PAUSE = 0.05

log = structlog.get_logger(__name__)


class CommitWatch(threading.Thread):
    """Calls each of `knocks` from its own thread after each commit of another connection."""

    def __init__(self, *knocks: Callable[[], None]) -> None:
        super().__init__(name="commit-watch", daemon=True)
        self._knocks = knocks
        self._stopping = threading.Event()
        self._settings: dict[str, Any] = dict(connection.settings_dict)
        self._watch = self._postgres if connection.vendor == "postgresql" else self._sqlite

    def run(self) -> None:
        """Watch until stopped; a lost database is looked for again within a second."""
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                self._watch()
                pause = FIRST_PAUSE
            except (sqlite3.Error, psycopg.Error, OSError) as error:
                log.warning("commit_watch_lost", error=str(error))
                self._stopping.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping.set()
        if self.is_alive():
            self.join(timeout=2)

    def _knock(self) -> None:
        for knock in self._knocks:
            knock()

    def _sqlite(self) -> None:
        reader = sqlite3.connect(self._settings["NAME"], isolation_level=None)
        try:
            seen = None
            while not self._stopping.wait(POLL_EVERY):
                version = reader.execute("PRAGMA data_version").fetchone()[0]
                if version != seen:
                    seen = version
                    self._knock()
        finally:
            reader.close()

    def _postgres(self) -> None:
        with psycopg.connect(self._address(), autocommit=True) as listener:
            listener.execute("LISTEN aefi_wake")
            self._knock()  # what was committed while nobody listened
            while not self._stopping.is_set():
                for _notice in listener.notifies(timeout=0.5, stop_after=1):
                    self._knock()

    def _address(self) -> str:
        parts = {"dbname": "NAME", "user": "USER", "password": "PASSWORD"}
        parts |= {"host": "HOST", "port": "PORT"}
        known = {name: self._settings[key] for name, key in parts.items() if self._settings[key]}
        return make_conninfo(**known, connect_timeout=2)


class Loop:
    """Repeats `step` until stopped: sooner when knocked, again soon after a failure.

    A step returns the real seconds until it wants to run again; the loop waits at most one.
    """

    def __init__(self, name: str, step: Step) -> None:
        self.name = name
        self._step = step
        self._knocked = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def knock(self) -> None:
        """Run the next step now; from any thread."""
        self._knocked.set()

    def stop(self) -> None:
        """Let the running step be the last, and wait for a loop that has its own thread."""
        self._stopping.set()
        self._knocked.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def start(self) -> None:
        """Run in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name=self.name, daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Run here until `stop`."""
        failed = 0
        while not self._stopping.is_set():
            wait = self._attempt()
            failed = failed + 1 if wait is None else 0
            pause = wait if wait is not None else FIRST_PAUSE * 2 ** min(failed, 5)
            self._knocked.wait(min(pause, LONGEST_PAUSE))
            self._knocked.clear()
        connections.close_all()

    def _attempt(self) -> float | None:
        try:
            return self._step()
        except Exception:
            log.exception("step_failed", loop=self.name)
            connections.close_all()
            return None
