"""`aefi pager`: fires timers and sends the pages that leave the site."""

import contextlib
import os
import signal
import socket
from contextlib import AbstractContextManager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from alerts.dispatcher import Dispatcher
from alerts.gateways import clock, heap
from alerts.gateways.instance import only_one
from alerts.live import CommitWatch, Loop
from alerts.runner import Runner
from alerts.services import heartbeats

STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


class Command(BaseCommand):
    help = "Fire timers and send pages; a second one shares the work (PostgreSQL) or stands by."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        # Blocked in every thread, so that only the main one takes them, at a place of its choosing.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        with turn() as is_mine:
            if is_mine:
                work()


def turn() -> AbstractContextManager[bool]:
    """Wait for this process's turn: at once on PostgreSQL, after the other one's end on SQLite."""
    if connection.vendor == "postgresql":
        return contextlib.nullcontext(enter_result=True)
    return only_one(settings.VAR_DIR / "pager.lock", wait=told_to_stop)


def told_to_stop(seconds: float) -> bool:
    """Wait; say whether somebody asked this process to end."""
    return signal.sigtimedwait(STOP_SIGNALS, seconds) is not None


def work() -> None:
    """Run the timers and the sending until told to stop."""
    clock.hold_steady()
    process = f"{heartbeats.PAGER} {socket.gethostname()}:{os.getpid()}"
    dispatcher = Dispatcher(process)
    timers, pages = Loop("timers", Runner(process).step), Loop("pages", dispatcher.step)
    dispatcher.on_free = pages.knock
    watch = CommitWatch(timers.knock, pages.knock)
    parts: tuple[CommitWatch | Loop, ...] = (watch, timers, pages)
    heap.freeze()
    for part in parts:
        part.start()
    signal.sigwait(STOP_SIGNALS)
    for part in parts:
        part.stop()
    dispatcher.close()
