"""Fifty thousand live timers, sixty due each second, then five thousand due at the same instant.

`python bench/timers.py --database sqlite --seconds 60`

Lateness is taken outside the product: from the instant at which somebody may leave to the frame on a
screen that says so, with claim, effect, commit and fan-out in between. The floor sleeps until the same
kind of instants and commits one bare row at each.
"""

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from floor import Rows
from house import House, cpu_seconds, house, load
from load import p50, p99
from sockets import Crowd, Door
from table import Figure, show

LIVE = 50_000
RATE = 60
AT_ONCE = 5_000
LATE_BAR_MS, LATEST_BAR_MS, BURST_BAR_MS = 100.0, 1000.0, 3000.0
LEAD = 8
"""Seconds between arming and the first that is due, for the rows to be written."""
BURST_LEAD = 20
WHOLE = 600
"""Seconds of a run of full length."""
FAR = 86_400
"""Seconds until the timers that only have to be alive."""
FLOOR_SECONDS = 10
PATIENCE = 60


@dataclass
class Dues(Crowd):
    """One screen that notes when it hears that somebody may leave."""

    door: Door
    heard_at: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(self.door, 1)

    def heard(self, frame: bytes) -> None:
        if b'"observation.due"' in frame:
            now = time.time()
            self.heard_at.setdefault(json.loads(frame)["subject"], now)


def arm(home: House, count: int, *, first: float, over: float) -> set[str]:
    """Start so many watches whose ends fall due evenly from `first` seconds from now on."""
    log = home.stand.folder / f"armed-{uuid4().hex}.log"
    home.stand.act("watches", count, first, over, log)
    return set(log.read_text().split())


async def wait_for(home: House, keys: set[str], seconds: float) -> dict[str, float]:
    """Return when each of the watches was heard to be due."""
    path, who = f"/ws/sites/{home.site}/", home.bearer("physician")
    dues = Dues(Door("127.0.0.1", home.stand.port, path, who, home.hello()))
    await dues.open()
    until = time.monotonic() + seconds + PATIENCE
    while not keys <= dues.heard_at.keys() and time.monotonic() < until:
        await asyncio.sleep(0.2)
    await dues.close()
    return {key: at for key, at in dues.heard_at.items() if key in keys}


def due_instants(home: House, keys: set[str]) -> dict[str, float]:
    """Return when each of the watches was to be due, read past the product."""
    rows = home.stand.rows(
        "SELECT subject, due_at FROM alerts_timer WHERE kind = 'observation.due'"
    )
    return {key: instant(at) for key, at in rows if key in keys}


def instant(value: str | datetime) -> float:
    """Return seconds since 1970; SQLite keeps UTC as text."""
    return datetime.fromisoformat(
        f"{value}+00:00" if isinstance(value, str) else str(value)
    ).timestamp()


def bare_lateness(url: str, folder: Path) -> list[float]:
    """Return how many milliseconds late a bare loop commits a row at each instant."""
    own = f"sqlite:///{folder / 'floor.sqlite3'}" if "sqlite" in url else f"{url[:-4]}floor"
    rows, late = Rows(own), []
    rows.insert_here(0, "due")
    start = time.time()
    for number in range(RATE * FLOOR_SECONDS):
        due_at = start + number / RATE
        time.sleep(max(0.0, due_at - time.time()))
        rows.insert_here(number, "due")
        late.append((time.time() - due_at) * 1000)
    return late


def lateness(heard: dict[str, float], due: dict[str, float]) -> list[float]:
    return [(heard[key] - due[key]) * 1000 for key in heard]


def steady(home: House, seconds: int) -> list[Figure]:
    """Measure timers that fall due one after the other."""
    keys = arm(home, RATE * seconds, first=LEAD, over=seconds)
    used, began = cpu_seconds(home.pager.pid), time.perf_counter()
    heard = asyncio.run(wait_for(home, keys, LEAD + seconds))
    share = (cpu_seconds(home.pager.pid) - used) / (time.perf_counter() - began)
    late = lateness(heard, due_instants(home, keys))
    under = bare_lateness(home.stand.url, home.stand.folder)
    return [
        Figure(f"late at {RATE} a second, p50", p50(late), floor=p50(under)),
        Figure("late, p99", p99(late), bar=LATE_BAR_MS, floor=p99(under), row="9"),
        Figure("late, the latest", max(late), bar=LATEST_BAR_MS, floor=max(under), row="9"),
        Figure("early", sum(one < 0 for one in late), "", 0, row="9"),
        Figure("never fired", len(keys) - len(heard), "", 0, row="9"),
        Figure("pager CPU, share of a core", share * 100, "%"),
    ]


def burst(home: House) -> list[Figure]:
    """Measure timers that are due at the same instant."""
    keys = arm(home, AT_ONCE, first=BURST_LEAD, over=0)
    heard = asyncio.run(wait_for(home, keys, BURST_LEAD))
    late = lateness(heard, due_instants(home, keys))
    return [
        Figure(f"{AT_ONCE} at once, the last on the screen", max(late), bar=BURST_BAR_MS, row="10"),
        Figure(f"{AT_ONCE} at once, early", sum(one < 0 for one in late), "", 0, row="10"),
        Figure(f"{AT_ONCE} at once, never fired", len(keys) - len(heard), "", 0, row="10"),
    ]


def main() -> None:
    """Measure one database."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--live", type=int, default=LIVE)
    options = parser.parse_args()
    before, began = load(), time.monotonic()
    with house(options.database) as home:
        arm(home, options.live - RATE * options.seconds, first=FAR, over=FAR)
        lines = [*steady(home, options.seconds), *burst(home)]
    title = f"{options.live} live timers, {options.database}"
    factor, lasted = max(1, WHOLE / options.seconds), time.monotonic() - began
    show(title, lines, load_before=before, load=load, factor=factor, seconds=lasted)


if __name__ == "__main__":
    main()
