"""A city on one machine: sites full of watched people, screens at each, changes all the time, calls between.

`python bench/city.py --database postgres --minutes 10`

Every change and every call is waited for on all screens of its site; one that does not come within the
patience of the screens ends the run as a failure. Memory is sampled each ten seconds.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from house import ROOT, House, cpu_seconds, house, load, seat_code
from load import Line, Order, Times, carry_out, p50, p99
from sockets import Crowd, Door, may_open
from table import Figure, show

SITES, SEATED, SCREENS = 60, 300, 10
RATE = 20.0
CALL_EVERY = 5.0
BAR_MS = 250.0
GROWTH_BAR = 10.0
"""Percent that the memory of a process may be above what it was after the first fifth of the run."""
SAMPLE_EVERY = 10.0
LINES = 16
BUNDLE = 100


@dataclass
class CitySite:
    """One site: its key, its screens, and who sits where."""

    uuid: str
    crowd: Crowd
    seated: list[dict[str, Any]] = field(default_factory=list)


def make_sites(home: House, count: int) -> list[str]:
    """Return the keys of new sites with a session and a team."""
    command = [sys.executable, str(ROOT / "bench" / "city_sites.py"), str(count)]
    env = home.stand.environment()
    made = subprocess.run(command, env=env, capture_output=True, check=True, timeout=600)
    return list(json.loads(made.stdout))


def visit(seat: str) -> dict[str, Any]:
    """Return a visit whose 30 minutes are over, so that the person may leave at any moment."""
    given_at = (datetime.now(UTC) - timedelta(minutes=40)).isoformat()
    dose = {"vaccine": "FLU", "lot": "FLU202601", "given_at": given_at}
    return {"recipient": {"name": "小明", "born_on": "2019-05-04"}, "doses": [dose], "seat": seat}


def fill(home: House, site: CitySite) -> None:
    """Seat so many people as the hall is to hold."""
    visits = [visit(seat_code(number)) for number in range(SEATED)]
    for first in range(0, SEATED, BUNDLE):
        body = {"visits": visits[first : first + BUNDLE]}
        made = home.post("vaccinator", f"sites/{site.uuid}/observations/", body)
        site.seated += made["observations"]


def door_of(home: House, uuid: str) -> Door:
    board = home.get("observer", f"sites/{uuid}/board/")
    here = {"id": uuid, "epoch": board["epoch"], "last_seq": board["head"]}
    hello = json.dumps({"type": "hello", "streams": [here]})
    path, port = f"/ws/sites/{uuid}/", home.stand.port
    return Door("127.0.0.1", port, path, home.bearer("physician"), hello)


@dataclass
class Run:
    """The city while it is measured."""

    home: House
    sites: list[CitySite]
    chance: random.Random
    changes: Times = field(default_factory=Times)
    calls: Times = field(default_factory=Times)

    async def changing(self, until: float) -> None:
        """Let people leave and others sit down at an even rate, whatever the answers take."""
        lines = [Line("127.0.0.1", self.home.stand.port) for _ in range(LINES)]
        began, number = time.perf_counter(), 0
        async with asyncio.TaskGroup() as tasks:
            while time.perf_counter() < until:
                await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
                tasks.create_task(self._change(lines[number % LINES]))
                number += 2
        for line in lines:
            line.close()

    async def _change(self, line: Line) -> None:
        """One leaves, and another takes the seat: two changes."""
        site = self.chance.choice(self.sites)
        tile = site.seated.pop(self.chance.randrange(len(site.seated)))
        key = tile["uuid"]
        path, who = f"/api/v1/observations/{key}/release/", self.home.bearer("observer")
        leave = Order(path, {}, who, '"observation.ended"', key)
        await carry_out(leave, site.crowd, line, self.changes)
        key = str(uuid4())
        body = {**visit(tile["seat"]), "uuid": key}
        path, who = f"/api/v1/sites/{site.uuid}/observations/", self.home.bearer("vaccinator")
        sit = Order(path, body, who, '"observation.started"', key)
        site.seated.append(await carry_out(sit, site.crowd, line, self.changes))

    async def calling(self, until: float) -> None:
        """Raise a call somewhere each few seconds; the physician resolves it."""
        line = Line("127.0.0.1", self.home.stand.port)
        while time.perf_counter() < until:
            next_at = time.perf_counter() + CALL_EVERY
            site, key = self.chance.choice(self.sites), str(uuid4())
            path, who = f"/api/v1/sites/{site.uuid}/alerts/", self.home.bearer("observer")
            order = Order(path, {"uuid": key, "seat": "A8"}, who, '"alert.raised"', key)
            await carry_out(order, site.crowd, line, self.calls)
            path, who = f"/api/v1/alerts/{key}/resolve/", self.home.bearer("physician")
            status, text = await line.post(path, {}, who)
            assert status < 400, text
            await asyncio.sleep(max(0.0, next_at - time.perf_counter()))
        line.close()


async def memory(pids: dict[str, int], until: float) -> dict[str, list[float]]:
    """Return the resident memory of each process, MiB, sampled evenly."""
    found: dict[str, list[float]] = {name: [] for name in pids}
    while time.perf_counter() < until:
        for name, pid in pids.items():
            found[name].append(resident(pid))
        await asyncio.sleep(SAMPLE_EVERY)
    return found


def resident(pid: int) -> float:
    """Return a process's resident memory in MiB (Linux: the second word of statm, in pages)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20


def growth(samples: list[float]) -> float:
    """Return by how many percent the end lies above the state after the first fifth."""
    early, late = samples[len(samples) // 5], samples[-1]
    return (late / early - 1) * 100


async def measure(run: Run, seconds: float) -> dict[str, list[float]]:
    """Open the screens, let the city live, close them; return the memory samples."""
    for site in run.sites:
        await site.crowd.open()
    until = time.perf_counter() + seconds
    pids = {"web": run.home.web.pid, "pager": run.home.pager.pid}
    async with asyncio.TaskGroup() as tasks:
        samples = tasks.create_task(memory(pids, until))
        tasks.create_task(run.changing(until))
        tasks.create_task(run.calling(until))
    for site in run.sites:
        await site.crowd.close()
    return samples.result()


def figures(run: Run, samples: dict[str, list[float]], cpu: float) -> list[Figure]:
    """Return the lines of the table."""
    lost = sum(site.crowd.lost for site in run.sites)
    calls, changes = run.calls, run.changes
    return [
        Figure("a call on the last screen of its site, p50", p50(calls.frames)),
        Figure("a call on the last screen of its site, p99", p99(calls.frames), bar=BAR_MS),
        Figure("calls raised and seen", len(calls.frames), ""),
        Figure("calls or changes refused or lost", calls.refused + changes.refused, "", 0),
        Figure("changes", len(changes.frames), ""),
        Figure("a change on the last screen, p50", p50(changes.frames)),
        Figure("a change on the last screen, p99", p99(changes.frames)),
        Figure("sockets lost", lost, "", 0),
        Figure("web process, share of a core", cpu * 100, "%"),
        *(
            Figure(f"memory of {name}: {rows[-1]:.0f} MiB, growth", growth(rows), "%", GROWTH_BAR)
            for name, rows in samples.items()
        ),
    ]


def main() -> None:
    """Fill the city and let it live."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--sites", type=int, default=SITES)
    parser.add_argument("--screens", type=int, default=SCREENS, help="at each site")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    assert may_open(options.sites * options.screens), "raise the limit of open files"
    before = load()
    with house(options.database) as home:
        keys = make_sites(home, options.sites)
        sites = [CitySite(key, Crowd(door_of(home, key), options.screens)) for key in keys]
        for site in sites:
            fill(home, site)
        run = Run(home, sites, random.Random(options.seed))
        used, began = cpu_seconds(home.web.pid), time.monotonic()
        samples = asyncio.run(measure(run, options.minutes * 60))
        cpu = (cpu_seconds(home.web.pid) - used) / (time.monotonic() - began)
    title = (
        f"A city of {options.sites} sites, {options.sites * SEATED:,} watched, {options.database}"
    )
    show(title, figures(run, samples, cpu), load_before=before, load=load)


if __name__ == "__main__":
    main()
