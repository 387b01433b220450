"""Threads that talk to the database for the event loop, each on a connection it keeps open."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import ParamSpec, TypeVar

from django.db import Error, connections

P = ParamSpec("P")
T = TypeVar("T")


class Desk:
    """A few threads for database work. On SQLite their idle connections keep the WAL alive."""

    def __init__(self, name: str, *, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"desk-{name}")

    async def ask(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `function` answers; it runs in one of the threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: _kept(function, *args, **kwargs))

    async def close(self) -> None:
        """Close every thread's connection and end the threads."""
        loop = asyncio.get_running_loop()
        together = Barrier(self._threads)
        closing = [loop.run_in_executor(self._pool, _close, together) for _ in range(self._threads)]
        await asyncio.gather(*closing)
        self._pool.shutdown(wait=False)


def _kept(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function`; after a database error the thread starts over with a fresh connection."""
    try:
        return function(*args, **kwargs)
    except Error:
        connections.close_all()
        raise


def _close(together: Barrier) -> None:
    together.wait(timeout=5)  # each thread takes one of these jobs, none takes two
    connections.close_all()
