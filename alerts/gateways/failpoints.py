"""Places where a test may have a process killed, to show that the next one carries on."""

import os
import signal

from django.conf import settings


def crash_at(point: str) -> None:
    """Die as by `kill -9` when `PAGER_CRASH_AT` names this point."""
    if point == settings.PAGER_CRASH_AT:
        os.kill(os.getpid(), signal.SIGKILL)
