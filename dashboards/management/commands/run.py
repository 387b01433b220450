"""`aefi run`: everything on one machine: database, demonstration site, processes kept alive."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from dashboards.management.demo_site import has_own_site

START_COMMANDS = ["migrate", "load_demo"]
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
STEADY_AFTER = 10.0
"""Seconds a process must have lived to be restarted at once when it dies."""
LOOK_EVERY = 0.1
STOP_PATIENCE = 5.0
TETHER = [sys.executable, "-m", "alerts.gateways.tether"]
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
CELERY = [sys.executable, "-m", "celery", "--quiet", "-A", "dashboards.project"]


@dataclass
class Child:
    """One process of the house, started again when it dies."""

    name: str
    command: list[str]
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    pause: float = field(default=FIRST_PAUSE)

    def look(self, now: float) -> None:
        """Start the process if it is its time; note its death and when to start it again."""
        if self.process is None:
            if now >= self.start_at:
                self._start(now)
        elif self.process.poll() is not None:
            print(f"{self.name:>6} | ended with {self.process.returncode}; starting it again")
            lived = now - self.started_at
            self.pause = FIRST_PAUSE if lived > STEADY_AFTER else min(LONGEST_PAUSE, self.pause * 2)
            self.process, self.start_at = None, now + self.pause

    def _start(self, now: float) -> None:
        self.started_at = now
        self.process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
            [*TETHER, *self.command],
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            process_group=0,  # Ctrl-C reaches the supervisor alone, which stops the others in order
        )
        threading.Thread(target=self._echo, args=(self.process,), daemon=True).start()

    def _echo(self, process: subprocess.Popen[str]) -> None:
        """Print what the process says, each line with its name."""
        for line in process.stdout or ():
            print(f"{self.name:>6} | {line.rstrip()}", flush=True)

    def end(self) -> None:
        """Ask the process to stop."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        """Wait for the end; kill what does not end in time."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()


class Command(BaseCommand):
    help = (
        "Run everything on this machine: database, demonstration site, web, pager, background jobs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *_args: Any, **options: Any) -> None:
        supervisor = Supervisor()
        prepare(f"http://localhost:{options['port']}", START_COMMANDS)
        supervisor.keep(children_for(options["host"], options["port"]))


class Supervisor:
    """Keeps processes alive until Ctrl-C or SIGTERM, which it minds from its making on."""

    def __init__(self) -> None:
        self.is_stopping = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def keep(self, children: list[Child], *, also: Callable[[], None] | None = None) -> None:
        """Start the processes, and again as they die; `also` is called at each look."""
        while not self.is_stopping:
            for child in children:
                child.look(time.monotonic())
            if also is not None:
                also()
            time.sleep(LOOK_EVERY)
        stop_all(children)

    def _stop(self, _number: int, _frame: object) -> None:
        self.is_stopping = True


def prepare(address: str, commands: list[str]) -> None:
    """Bring the database up to date; load the demonstration unless a site of one's own is there."""
    for name in commands:
        if name == "load_demo" and has_own_site():
            continue  # published passwords have no place beside a site in use
        extra = {"address": address} if name == "load_demo" else {"verbosity": 0}
        call_command(name, **extra)


def children_for(host: str, port: int, *web_options: str) -> list[Child]:
    """Return the processes, web first; those that may wait start once the others serve."""
    web = [*MANAGE, "web", "--host", host, "--port", str(port), *web_options]
    lone = ["--concurrency", "1", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    later = time.monotonic() + 2
    return [
        Child("web", web),
        Child("pager", [*MANAGE, "pager"]),
        Child("worker", [*CELERY, "worker", "--loglevel", "WARNING", *lone], start_at=later),
        Child("beat", [*CELERY, "beat", "--loglevel", "WARNING", "--pidfile="], start_at=later),
    ]


def stop_all(children: list[Child]) -> None:
    """Stop every process, the last started first."""
    for child in reversed(children):
        child.end()
    until = time.monotonic() + STOP_PATIENCE
    for child in children:
        child.wait(until)
