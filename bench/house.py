"""A house of its own for a benchmark: database, demonstration site, web process and pager on spare ports.

Nothing of it outlives the run, also when the run is ended by a signal.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.faults.stand import Cluster, Stand, spare_port, until  # noqa: E402

BAY_SEATS = 40
BAYS = "ABCDEFGH"


@dataclass
class House:
    """One running installation and how to speak to it."""

    stand: Stand
    web: "subprocess.Popen[bytes]"
    pager: "subprocess.Popen[bytes]"

    @cached_property
    def tokens(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.stand.folder / "demo-logins.json").read_text())
        return found

    @cached_property
    def site(self) -> str:
        return str(self.get("observer", "sites/")[0]["uuid"])

    def bearer(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def get(self, who: str, path: str) -> Any:
        return self._ask("GET", who, path)

    def post(self, who: str, path: str, body: object = None) -> Any:
        return self._ask("POST", who, path, body or {})

    def _ask(self, method: str, who: str, path: str, body: object = None) -> Any:
        address = f"{self.stand.address}/api/v1/{path}"
        answer = httpx.request(method, address, json=body, headers=self.bearer(who), timeout=120)
        assert answer.status_code < 400, answer.text
        return answer.json()

    def hello(self) -> str:
        """Return the first frame of a screen that has just loaded the board."""
        board = self.get("observer", f"sites/{self.site}/board/")
        here = {"id": self.site, "epoch": board["epoch"], "last_seq": board["head"]}
        return json.dumps({"type": "hello", "streams": [here]})

    def give(self, people: int, *, minutes_ago: float = 1, seated: bool = True) -> list[Any]:
        """Record one dose for each of so many people, seated from A1 on; return their tiles."""
        given_at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        visits = [_visit(n, given_at, seat_code(n) if seated else "") for n in range(people)]
        tiles = []
        for first in range(0, people, 100):
            body = {"visits": visits[first : first + 100]}
            tiles += self.post("vaccinator", f"sites/{self.site}/observations/", body)[
                "observations"
            ]
        return tiles


def seat_code(number: int) -> str:
    """Return the code of the n-th seat of the demonstration hall."""
    return f"{BAYS[number // BAY_SEATS]}{number % BAY_SEATS + 1}"


def _visit(number: int, given_at: datetime, seat: str) -> dict[str, Any]:
    dose = {"vaccine": "FLU", "lot": "FLU202601", "given_at": given_at.isoformat()}
    person = {"name": f"小明{number}", "born_on": "2019-05-04"}
    return {"recipient": person, "doses": [dose], **({"seat": seat} if seat else {})}


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty database, on a PostgreSQL of its own where that is asked for."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'aefi.sqlite3'}"
        return
    cluster = Cluster()
    try:
        cluster.create("aefi", "template1")
        cluster.create("floor", "template1")
        yield cluster.url("aefi")
    finally:
        cluster.remove()


@contextmanager
def house(kind: str = "sqlite") -> Iterator[House]:
    """Start everything, and stop and remove it at the end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="aefi-bench-"))
    try:
        with database(kind, folder) as url:
            stand = Stand(folder, url)
            try:
                yield _started(stand)
            finally:
                stand.stop()
    finally:
        shutil.rmtree(folder)


def _started(stand: Stand) -> House:
    for command in (["migrate", "--verbosity", "0"], ["load_demo"]):
        assert stand.start(*command).wait(180) == 0, (
            stand.folder / f"{command[0]}.log"
        ).read_text()
    return House(stand, stand.start_web(), stand.start("pager"))


@contextmanager
def floor(url: str, folder: Path) -> Iterator[tuple[str, int]]:
    """Start the bare server on a database beside the product's; give its address and process."""
    own = url.replace("aefi.sqlite3", "floor.sqlite3") if "sqlite" in url else f"{url[:-4]}floor"
    port = spare_port()
    command = [sys.executable, str(ROOT / "bench" / "floor.py"), "--database", own]
    process = subprocess.Popen([*command, "--port", str(port)], cwd=folder)
    try:
        until(lambda: _answers(port), seconds=20, what="the floor serves")
        yield f"127.0.0.1:{port}", process.pid
    finally:
        process.kill()
        process.wait(10)


def _answers(port: int) -> bool:
    try:
        return httpx.post(f"http://127.0.0.1:{port}/", content="{}").status_code == 201
    except httpx.TransportError:
        return False


def cpu_seconds(pid: int) -> float:
    """Return the CPU time a process has used, to the nanosecond (Linux: its process clock)."""
    return time.clock_gettime((~pid << 3) | 2)


def load() -> str:
    return f"{os.getloadavg()[0]:.1f}"
