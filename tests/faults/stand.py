"""A test stand: a database of its own, the product's processes started as the README starts them, and kills."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

ROOT = Path(__file__).resolve().parents[2]
FACTOR = 1 if os.environ.get("FAULTS_FULL") == "1" else 20
"""By how much runs are shortened; `make faults` runs them at full length."""
PG_BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def spare_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Return the first true answer of `condition`; fail with `what` when none comes in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := condition():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


class Cluster:
    """A PostgreSQL of the test's own on a spare port, run as an unprivileged user."""

    def __init__(self, **environment: str) -> None:
        self.port = spare_port()
        self._environment = environment
        self.folder = Path(tempfile.mkdtemp(prefix="aefi-pg-"))
        self._as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        else:
            self._as_user = []
        self._run("initdb", "-D", str(self.folder / "data"), "-A", "trust", "-U", "postgres")
        with (self.folder / "data" / "postgresql.conf").open("a") as conf:
            conf.write(f"port = {self.port}\nunix_socket_directories = '{self.folder}'\n")
            conf.write("listen_addresses = '127.0.0.1'\nmax_connections = 200\n")
        self.start()

    def start(self) -> None:
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", "180", "-l", log, "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", mode, "stop")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, name: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, template: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")

    def _run(self, command: str, *arguments: str) -> None:
        own = ["env", *(f"{name}={value}" for name, value in self._environment.items())]
        subprocess.run(
            [*self._as_user, *own, str(PG_BIN / command), *arguments],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            timeout=200,
        )


@dataclass
class Stand:
    """One installation: where its rows are, how to start and kill its processes."""

    folder: Path
    url: str
    port: int = field(default_factory=spare_port)
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    seed: dict[str, Any] = field(default_factory=dict)
    logs: Path | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in {"REDIS_URL", "APPRISE_URLS"}}
        own = {"AEFI_VAR_DIR": str(self.folder), "DATABASE_URL": self.url}
        own["DJANGO_SETTINGS_MODULE"] = "dashboards.project.settings"
        return {**kept, **own, **more}

    def start(self, *command: str, **environment: str) -> "subprocess.Popen[bytes]":
        """Start `aefi …` and return the process."""
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *command],
            cwd=ROOT,
            env=self.environment(**environment),
            stdout=((self.logs or self.folder) / f"{command[0]}.log").open("ab"),
            stderr=subprocess.STDOUT,
        )
        self.processes.append(process)
        return process

    def start_web(self) -> "subprocess.Popen[bytes]":
        process = self.start("web", "--port", str(self.port))
        until(self.is_ready, seconds=30, what="the web process serves")
        return process

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.address}/health/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def act(self, name: str, *arguments: object) -> Any:
        """Run a part of `actors.py` in the product's environment and return what it prints."""
        command = [sys.executable, "-m", "tests.faults.actors", name, *map(str, arguments)]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(), capture_output=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        return json.loads(done.stdout or "null")

    def begin(self, name: str, *arguments: object) -> "subprocess.Popen[bytes]":
        """Start a part of `actors.py` beside the test."""
        command = [sys.executable, "-m", "tests.faults.actors", name, *map(str, arguments)]
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment())
        self.processes.append(process)
        return process

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query, read past the product."""
        if self.url.startswith("sqlite"):
            reader = sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=10)
            try:
                return reader.execute(sql).fetchall()
            finally:
                reader.close()
        with psycopg.connect(self.url) as connection:
            return connection.execute(sql).fetchall()

    def count(self, sql: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {sql}")[0][0])

    def headers(self, who: str, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer secret-{who}", **more}

    def stop(self) -> None:
        """Kill whatever still runs."""
        for process in self.processes:
            if process.poll() is None:
                kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL, and wait for the end."""
    process.send_signal(signal.SIGKILL)
    process.wait(10)


class Oracle:
    """The reporter's own log, outside the system: written through to the disk before anything is sent."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, word: object) -> None:
        with self._path.open("a", encoding="utf-8") as log:
            log.write(f"{word}\n")
            log.flush()
            os.fsync(log.fileno())

    def words(self) -> list[str]:
        return self._path.read_text(encoding="utf-8").split()


@contextmanager
def running(stand: Stand, *command: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Keep a process up for the length of a block."""
    process = stand.start(*command, **environment)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(10)
