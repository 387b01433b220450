"""`aefi watchdog`: watches the promises from a process of its own, beside those of the web."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from alerts.gateways import clock
from alerts.watchdog import Watchdog

STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


class Command(BaseCommand):
    help = "Watch the pager, the timers, the disk and the clock; also when no web process runs."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        clock.hold_steady()
        watchdog = Watchdog()
        watchdog.start()
        signal.sigwait(STOP_SIGNALS)
        watchdog.stop()
