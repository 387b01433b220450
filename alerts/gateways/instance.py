"""One at a time: a lock on a file that the kernel lets go when its holder dies."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

RETRY_EVERY = 0.2


@contextmanager
def only_one(path: Path, *, wait: Callable[[float], bool]) -> Iterator[bool]:
    """Hold the lock on `path`, waiting as a standby; False when `wait` says to give up."""
    with path.open("a") as lock:
        while not (is_mine := _taken(lock.fileno())) and not wait(RETRY_EVERY):
            pass
        yield is_mine


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
