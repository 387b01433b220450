"""Prometheus Alertmanager on the same path, POST → web hook, and what each loses under `kill -9`.

`python bench/alertmanager.py --kills 20`

Alertmanager (Debian: `apt-get install prometheus-alertmanager`, or `--binary PATH`) keeps alerts in
memory and expects Prometheus to repeat them; here, as in a hall, nobody repeats a call that was answered.
A reporter notes each call before it is sent; lost is what was answered and never reached the web hook.
Both sides post from one process to one endpoint that takes 20 ms; every process of a side is killed.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
from house import database, load
from load import p50, p99
from table import Figure, show

from tests.faults.outside import Endpoint
from tests.faults.stand import Stand, kill, spare_port, until

SEED = 21
RATE = 20
QUIET = 100
"""Calls one after the other, without a kill."""
PATIENCE = 30.0
OK, AWAY = 200, 503
CONFIG = """route:
  receiver: hook
  group_by: [key]
  group_wait: 0s
  group_interval: 1s
receivers:
  - name: hook
    webhook_configs: [{{url: "{url}"}}]
"""


@dataclass
class Alertmanager:
    """The peer: one process, configured to notify each alert at once."""

    binary: str
    folder: Path
    endpoint: Endpoint
    name: str = "Alertmanager"
    port: int = field(default_factory=spare_port)

    def start(self) -> None:
        config = self.folder / "alertmanager.yml"
        config.write_text(CONFIG.format(url=self.endpoint.address.replace("json:", "http:")))
        command = [self.binary, f"--config.file={config}", f"--storage.path={self.folder}"]
        command += [f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="]
        log = (self.folder / "log").open("ab")
        self.processes = [subprocess.Popen(command, stdout=log, stderr=log)]
        until(lambda: answers(f"{self.address}/-/ready"), seconds=20, what="Alertmanager serves")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(self, client: httpx.Client, key: str) -> bool:
        alert = {"labels": {"alertname": "call", "key": key}}
        return client.post(f"{self.address}/api/v2/alerts", json=[alert]).status_code == 200

    def settle(self, client: httpx.Client, key: str) -> None:
        """Nothing: an alert that is not repeated ends by itself."""


@dataclass
class Product:
    """This product: the web process and one pager."""

    stand: Stand
    endpoint: Endpoint
    name: str = "AEFI Watch"

    def start(self) -> None:
        self.processes = [
            self.stand.start_web(),
            self.stand.start("pager", APPRISE_URLS=self.endpoint.address),
        ]

    def post(self, client: httpx.Client, key: str) -> bool:
        path = f"{self.stand.address}/api/v1/sites/{self.stand.seed['site']}/alerts/"
        body = {"uuid": key, "place": key}
        return client.post(path, json=body, headers=self._as("observer")).status_code == 201

    def settle(self, client: httpx.Client, key: str) -> None:
        """Answer the call, as the person who got the page would."""
        path = f"{self.stand.address}/api/v1/alerts/{key}/resolve/"
        client.post(path, json={}, headers=self._as("physician0"))

    def _as(self, who: str) -> dict[str, str]:
        return self.stand.headers(who, **{"Idempotency-Key": str(uuid4())})


Side = Alertmanager | Product


def answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def posted(side: Side, client: httpx.Client, key: str) -> bool:
    """Post a call; say whether it was answered as taken."""
    try:
        return side.post(client, key)
    except httpx.TransportError:
        return False


def quiet(side: Side, client: httpx.Client) -> list[float]:
    """Return the milliseconds from POST to web hook, call by call."""
    found = []
    for _ in range(QUIET):
        key, began = str(uuid4()), time.time()
        assert posted(side, client, key)
        at = until(lambda k=key: side.endpoint.first(k), seconds=PATIENCE, what="the web hook")
        found.append((at - began) * 1000)
        side.settle(client, key)
    return found


def under_kills(
    side: Side, client: httpx.Client, kills: int, *, is_away: bool = False
) -> tuple[int, int]:
    """Return how many calls were answered while the side was killed again and again, and lost.

    `is_away` says that the gateway refuses everything around each kill, until the side is back.
    """
    chance, taken = random.Random(SEED), []
    for _ in range(kills):
        side.endpoint.status = AWAY if is_away else OK
        killer = threading.Timer(chance.uniform(0.3, 1.0), end, [side])
        killer.start()
        while killer.is_alive():
            key = str(uuid4())
            taken += [key] if posted(side, client, key) else []
            time.sleep(1 / RATE)
        side.start()
        side.endpoint.status = OK
        for key in [key for key in taken if side.endpoint.first(key)]:
            side.settle(client, key)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and any(not side.endpoint.first(key) for key in taken):
        time.sleep(0.1)
    return len(taken), sum(not side.endpoint.first(key) for key in taken)


def end(side: Side) -> None:
    """SIGKILL every process of a side, whatever it is doing."""
    for process in side.processes:
        kill(process)


def measured(side: Side, kills: int) -> list[Figure]:
    """Return the figures of one side."""
    side.start()
    try:
        with httpx.Client(timeout=10) as client:
            quiet(side, client)
            times = quiet(side, client)
            up = under_kills(side, client, kills)
            away = under_kills(side, client, kills, is_away=True)
    finally:
        end(side)
    bar = 0 if isinstance(side, Product) else None
    return [
        Figure(f"{side.name}: POST to web hook, p50", p50(times)),
        Figure(f"{side.name}: p99", p99(times)),
        Figure(f"{side.name}: answered under {kills} kills", up[0], ""),
        Figure(f"{side.name}: lost of them", up[1], "", bar),
        Figure(f"{side.name}: answered, gateway away around each kill", away[0], ""),
        Figure(f"{side.name}: lost of them", away[1], "", bar),
    ]


def slow_endpoint() -> Endpoint:
    """Return an endpoint that takes a moment, as a gateway to telephones does."""
    endpoint = Endpoint()
    endpoint.delay = 0.02
    return endpoint


def main() -> None:
    """Measure both, the peer where its program is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--binary", default=shutil.which("prometheus-alertmanager") or "")
    options = parser.parse_args()
    before, lines = load(), []
    with tempfile.TemporaryDirectory(prefix="aefi-bench-") as name:
        folder = Path(name)
        if options.binary:
            lines += measured(Alertmanager(options.binary, folder, slow_endpoint()), options.kills)
        else:
            sys.stdout.write("SKIPPED: apt-get install prometheus-alertmanager\n")
        with database(options.database, folder) as url:
            stand = Stand(folder, url)
            assert stand.start("migrate", "--verbosity", "0").wait(180) == 0
            stand.seed = stand.act("seed")
            stand.act("lone_physician")
            lines += measured(Product(stand, slow_endpoint()), options.kills)
    title = f"Beside Alertmanager, {options.database}"
    show(title, lines, load_before=before, load=load)


if __name__ == "__main__":
    main()
