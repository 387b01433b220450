"""`aefi demo`: a hall that lives: a server on its own clock, and people simulated through its API."""

import asyncio
import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboards.management.simulator.day import Outcome, PlayedDay
from dashboards.management.simulator.floor import Floor
from dashboards.management.simulator.plan import DAY, Day

READY_WITHIN = 60.0


class Command(BaseCommand):
    help = "Run a demonstration server on its own fast clock and simulate a day in its hall."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--speed", type=float, default=20.0, help="seconds of the hall per second"
        )
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--recipients", type=int, default=1200)
        parser.add_argument("--hours", type=float, default=4.0)
        parser.add_argument("--reactions", type=int, default=30)
        parser.add_argument("--calls", type=int, default=6)
        parser.add_argument(
            "--curve", help="CSV (or .gz) of daily doses whose shape the day follows"
        )
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--once", action="store_true", help="end after one day, with its result"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if "DATABASE_URL" in os.environ:
            raise CommandError("The demonstration keeps its own SQLite file; unset DATABASE_URL.")
        folder = Path(settings.VAR_DIR) / "demo"
        shutil.rmtree(folder, ignore_errors=True)
        server = start_server(folder, options["port"], options["speed"])
        try:
            outcome = asyncio.run(play(folder, options))
        except KeyboardInterrupt:
            return
        finally:
            server.terminate()
            server.wait(10)
        if not outcome.is_complete:
            raise CommandError("The day did not end as it must; see the simulator's log.")


def start_server(folder: Path, port: int, speed: float) -> "subprocess.Popen[bytes]":
    """Start `aefi run` on the demonstration's own folder and clock."""
    demo = {
        "AEFI_DEMO": "1",
        "AEFI_DEMO_SPEED": str(speed),
        "AEFI_DEMO_STARTED": str(time.time()),  # noqa: TID251 - where the fast clock begins
        "AEFI_VAR_DIR": str(folder),
    }
    manage = str(settings.BASE_DIR / "manage.py")
    command = [sys.executable, manage, "run", "--port", str(port)]
    return subprocess.Popen(command, env={**os.environ, **demo})  # noqa: S603 - our own command


async def play(folder: Path, options: dict[str, Any]) -> Outcome:
    """Wait for the server, then play days until interrupted, or just one."""
    address = f"http://127.0.0.1:{options['port']}"
    await wait_until_ready(address)
    logins = json.loads((folder / "demo-logins.json").read_text())
    site = await first_site(address, logins["observer"])
    seed = options["seed"]
    while True:
        floor = Floor(address, site, logins, folder / f"simulator-{seed}.jsonl")
        await floor.read_clock()
        outcome = await PlayedDay(floor, day_from(options, seed)).play()
        await floor.close()
        print(summary(outcome))
        if options["once"]:
            return outcome
        seed += 1


async def wait_until_ready(address: str) -> None:
    async with httpx.AsyncClient() as http:
        for _try in range(int(READY_WITHIN / 0.25)):
            try:
                if (await http.get(f"{address}/health/ready")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.25)
    raise CommandError(f"The server did not become ready within {READY_WITHIN:.0f} s.")


async def first_site(address: str, token: str) -> str:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
        sites = (await http.get(f"{address}/api/v1/sites/")).json()
    return str(sites[0]["uuid"])


def day_from(options: dict[str, Any], seed: int) -> Day:
    """Return the day that the options ask for."""
    return Day(
        recipients=options["recipients"],
        hours=options["hours"],
        reactions=options["reactions"],
        calls=options["calls"],
        seed=seed,
        curve=read_curve(Path(options["curve"])) if options["curve"] else DAY,
    )


def read_curve(path: Path) -> list[float]:
    """Return a campaign's shape from a CSV of daily doses: the column `daily`, or the last number.

    The days before and after the campaign proper, under a hundredth of its peak, are left away.
    """
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = list(csv.DictReader(text.decode("utf-8").splitlines()))
    column = "daily" if rows and "daily" in rows[0] else list(rows[0])[-1]
    by_day: dict[str, float] = {}
    for row in rows:
        day = row.get("date", str(len(by_day)))
        by_day[day] = by_day.get(day, 0.0) + float(row[column] or 0)
    doses = [by_day[day] for day in sorted(by_day)]
    busy = [number for number, count in enumerate(doses) if count >= max(doses) / 100]
    return doses[busy[0] : busy[-1] + 1]


def summary(outcome: Outcome) -> str:
    """Return one line on the day, from the simulator's own knowledge."""
    kinds: dict[str, int] = {}
    for kind in outcome.observations.values():
        kinds[kind or "open"] = kinds.get(kind or "open", 0) + 1
    states: dict[str, int] = {}
    for state in outcome.calls.values():
        states[state] = states.get(state, 0) + 1
    verdict = "complete" if outcome.is_complete else "NOT COMPLETE"
    refused = len(outcome.refused)
    return f"day {verdict}: observations {kinds}, reactions {outcome.reactions}, calls {states}, refused {refused}"
