"""From the POST of a reaction with a danger sign to the call on the last screen, beside its floor.

`python bench/page_latency.py --database sqlite --sockets 1,100,1000`

Everything is written durably before it is sent. CPU is what the web process uses from one POST to the
next, less what it uses for beats while nothing happens.
"""

import argparse
import asyncio
import time
from dataclasses import dataclass, field
from uuid import uuid4

from house import House, cpu_seconds, floor, house, load
from load import Line, Order, Times, carry_out, p50, p99
from sockets import Crowd, Door, may_open
from table import Figure, show

BARS_MS = {1: 50.0, 100: 100.0, 1000: 250.0}
P50_BAR_MS = 10.0
ROWS = {1: "1", 100: "2", 1000: "3"}
WHOLE = 1000
"""Calls in a run of full length."""
CPU_BAR_MS = 40.0
RATIO_BAR = 2.0
PACE = 0.2
"""Seconds from one POST to the next: each is measured alone."""
ROUND = 10
"""Calls that run side by side before they are resolved, so that no page is repeated meanwhile."""
WARM_UP = 5
IDLE_SECONDS = 4.0
"""Two beats."""
PEOPLE = 40


@dataclass
class Found:
    """What one server did with one number of screens."""

    times: Times = field(default_factory=Times)
    cpu_ms: float = 0.0
    lost: int = 0


class FloorCalls:
    """Orders for the bare server."""

    def __init__(self, address: str, pid: int) -> None:
        host, port = address.split(":")
        self.pid = pid
        self._door = Door(host, int(port))

    def door(self) -> Door:
        return self._door

    def order(self, _number: int) -> Order:
        key = str(uuid4())
        return Order("/", {"uuid": key, "signs": {"breathing": "yes"}}, {}, '"event"', key)

    async def settle(self, line: Line, answers: list[dict[str, object]]) -> None:
        """Nothing was raised here."""


class ProductCalls:
    """Orders for the product: reactions of seated people, or calls for a seat, resolved afterwards."""

    def __init__(self, home: House, *, direct: bool) -> None:
        self.pid = home.web.pid
        self._home = home
        self._direct = direct
        self._people = [tile["uuid"] for tile in home.give(PEOPLE)]

    def door(self) -> Door:
        stand, home = self._home.stand, self._home
        path, who = f"/ws/sites/{home.site}/", home.bearer("physician")
        return Door("127.0.0.1", stand.port, path, who, home.hello())

    def order(self, number: int) -> Order:
        headers = self._home.bearer("observer")
        if self._direct:
            key = str(uuid4())
            path, body = f"sites/{self._home.site}/alerts/", {"uuid": key, "seat": "A8"}
        else:
            key = self._people[number % PEOPLE]
            path, body = f"observations/{key}/reactions/", {"signs": {"breathing": "yes"}}
        return Order(f"/api/v1/{path}", body, headers, '"alert.raised"', key)

    async def settle(self, line: Line, answers: list[dict[str, object]]) -> None:
        """Resolve the calls, so that paging rounds do not pile up."""
        for answer in answers:
            alert = answer if self._direct else answer["alert"]
            key = alert["uuid"] if isinstance(alert, dict) else alert
            path = f"/api/v1/alerts/{key}/resolve/"
            status, text = await line.post(path, {}, self._home.bearer("physician"))
            assert status < 400, text


async def measure(side: FloorCalls | ProductCalls, *, sockets: int, posts: int) -> Found:
    """Post one call after the other at an even pace, in short rounds."""
    door = side.door()
    crowd, line, found = Crowd(door, sockets), Line(door.host, door.port), Found()
    await crowd.open()
    await one_round(side, crowd, line, WARM_UP, Times())
    line.close()
    idle = await idle_share(side.pid)
    while len(found.times.frames) < posts:
        found.cpu_ms += 1000 * await one_round(side, crowd, line, ROUND, found.times, idle)
    found.cpu_ms /= len(found.times.frames)
    found.lost = crowd.lost
    line.close()
    await crowd.close()
    return found


async def one_round(
    side: FloorCalls | ProductCalls,
    crowd: Crowd,
    line: Line,
    posts: int,
    times: Times,
    idle: float = 0.0,
) -> float:
    """Return the CPU seconds that the calls of a round took; resolving them is not counted."""
    answers = []
    before, began = cpu_seconds(side.pid), time.perf_counter()
    for number in range(posts):
        next_at = time.perf_counter() + PACE
        order = side.order(len(times.frames) + number)
        answers.append(await carry_out(order, crowd, line, times))
        await asyncio.sleep(max(0.0, next_at - time.perf_counter()))
    used, lasted = cpu_seconds(side.pid) - before, time.perf_counter() - began
    await side.settle(line, answers)
    return used - idle * lasted


async def idle_share(pid: int) -> float:
    """Return the share of a core that the server uses while nothing happens."""
    await asyncio.sleep(1)
    before, began = cpu_seconds(pid), time.perf_counter()
    await asyncio.sleep(IDLE_SECONDS)
    return (cpu_seconds(pid) - before) / (time.perf_counter() - began)


def figures(sockets: int, bare: Found, found: Found) -> list[Figure]:
    """Return the lines for one number of sockets."""
    bar = BARS_MS.get(sockets, BARS_MS[1000])
    times, under = found.times, bare.times
    ratio50 = p50(times.frames) / p50(under.frames)
    ratio99 = p99(times.frames) / p99(under.frames)
    row = ROWS.get(sockets, "")
    half = p50(times.frames), P50_BAR_MS if sockets == 1 else None, p50(under.frames)
    return [
        Figure(f"last of {sockets}, p50", half[0], bar=half[1], floor=half[2], row=row),
        Figure(
            f"last of {sockets}, p99", p99(times.frames), bar=bar, floor=p99(under.frames), row=row
        ),
        Figure(f"ratio to floor at {sockets}, p50", ratio50, "x", RATIO_BAR),
        Figure(f"ratio to floor at {sockets}, p99", ratio99, "x", RATIO_BAR),
        Figure("answer to the POST, p50", p50(times.answers), floor=p50(under.answers)),
        Figure(
            "server CPU per call",
            found.cpu_ms,
            bar=CPU_BAR_MS if sockets == 1000 else None,
            floor=bare.cpu_ms,
            row="4" if sockets == 1000 else "",
        ),
        Figure("sockets lost", found.lost + bare.lost, "", 0),
    ]


async def compare(
    bare: FloorCalls, product: ProductCalls, sockets: int, posts: int
) -> list[Figure]:
    """Measure the floor before and after the product, so that a change of load meets both."""
    first = await measure(bare, sockets=sockets, posts=posts // 2)
    found = await measure(product, sockets=sockets, posts=posts)
    second = await measure(bare, sockets=sockets, posts=posts // 2)
    both = Found(
        first.times + second.times, (first.cpu_ms + second.cpu_ms) / 2, first.lost + second.lost
    )
    return figures(sockets, both, found)


def main() -> None:
    """Measure one database at each number of sockets."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--sockets", default="1,100,1000")
    parser.add_argument("--alerts", type=int, default=100)
    parser.add_argument("--direct", action="store_true", help="call for a seat, no reaction")
    options = parser.parse_args()
    counts = [n for n in map(int, options.sockets.split(",")) if may_open(n)]
    before, lines, began = load(), [], time.monotonic()
    with house(options.database) as home:
        product = ProductCalls(home, direct=options.direct)
        with floor(home.stand.url, home.stand.folder) as (address, pid):
            for sockets in counts:
                bare = FloorCalls(address, pid)
                lines += asyncio.run(compare(bare, product, sockets, options.alerts))
    show(
        f"A call on the last screen, {options.database}",
        lines,
        load_before=before,
        load=load,
        factor=max(1, WHOLE / options.alerts),
        seconds=time.monotonic() - began,
    )


if __name__ == "__main__":
    main()
