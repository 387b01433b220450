"""A full hall at the change of a class: check-ins and releases at 20 a second, 300 screens watching.

`python bench/check_ins.py --database sqlite --seconds 30`

The rate is kept whatever the answers take: a slow answer does not slow the next request down.
"""

import argparse
import asyncio
import time
from uuid import uuid4

from house import House, cpu_seconds, floor, house, load, seat_code
from load import Line, Order, Times, carry_out, p50, p99
from sockets import Crowd, Door, may_open
from table import Figure, show

SEATED = 300
SCREENS = 300
RATE = 20.0
LINES = 16
BAR_MS = 200.0
FREE_SEATS = 20
"""Seats of the demonstration hall beyond the 300: a seat is used again this many check-ins later."""
WARM_UP = 20
"""Requests before the measured ones."""


class Floor:
    """Requests to the bare server."""

    def __init__(self, address: str) -> None:
        host, port = address.split(":")
        self.door = Door(host, int(port))

    def orders(self, count: int) -> list[Order]:
        keys = [str(uuid4()) for _ in range(count)]
        return [Order("/", {"seat": "A8", "uuid": key}, {}, '"event"', key) for key in keys]


class Hall:
    """Releases of people whose time is over, each followed by the check-in of somebody waiting."""

    def __init__(self, home: House, changes: int) -> None:
        self._home = home
        self._seated = home.give(SEATED, minutes_ago=40)
        self._waiting = home.give(changes, minutes_ago=2, seated=False)
        self.door = Door(
            "127.0.0.1",
            home.stand.port,
            f"/ws/sites/{home.site}/",
            home.bearer("physician"),
            home.hello(),
        )

    def orders(self, count: int) -> list[Order]:
        """Return releases and check-ins in turn."""
        return [order for n in range(count // 2) for order in (self._release(n), self._check_in(n))]

    def _release(self, number: int) -> Order:
        key = self._seated[number]["uuid"]
        path = f"/api/v1/observations/{key}/release/"
        return Order(path, {}, self._home.bearer("observer"), '"observation.ended"', key)

    def _check_in(self, number: int) -> Order:
        tile = self._waiting[number]
        body = {"ticket": str(tile["ticket"]), "seat": free_seat(number)}
        path = f"/api/v1/sites/{self._home.site}/check-ins/"
        marker = '"observation.seated"'
        return Order(path, body, self._home.bearer("observer"), marker, tile["uuid"])


def free_seat(number: int) -> str:
    """Return a seat beyond the 300, or one that was released 20 changes ago."""
    return seat_code(SEATED + number if number < FREE_SEATS else number - FREE_SEATS)


async def keep_pace(side: Floor | Hall, orders: list[Order], *, screens: int) -> tuple[Times, int]:
    """Send the orders at the rate; return their times and how many screens were lost."""
    crowd = Crowd(side.door, screens)
    await crowd.open()
    times = Times()
    await at_rate(side.door, orders[:WARM_UP], crowd, Times())
    await at_rate(side.door, orders[WARM_UP:], crowd, times)
    await crowd.close()
    return times, crowd.lost


async def at_rate(door: Door, orders: list[Order], crowd: Crowd, times: Times) -> None:
    lines = [Line(door.host, door.port) for _ in range(LINES)]
    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number, order in enumerate(orders):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            tasks.create_task(carry_out(order, crowd, lines[number % LINES], times))
    for line in lines:
        line.close()


def main() -> None:
    """Measure the floor and the product at the same rate."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--screens", type=int, default=SCREENS)
    options = parser.parse_args()
    count = min(int(options.seconds * RATE) + WARM_UP, SEATED * 2)
    screens = options.screens if may_open(options.screens) else 1
    before = load()
    with house(options.database) as home:
        hall = Hall(home, count // 2)
        with floor(home.stand.url, home.stand.folder) as (address, _pid):
            bare = Floor(address)
            under, _lost = asyncio.run(keep_pace(bare, bare.orders(count), screens=screens))
            used = cpu_seconds(home.web.pid)
            orders = hall.orders(count)
            times, lost = asyncio.run(keep_pace(hall, orders, screens=screens))
            cpu_ms = (cpu_seconds(home.web.pid) - used) * 1000 / count
    lines = [
        Figure("answer, p50", p50(times.answers), floor=p50(under.answers)),
        Figure("answer, p99", p99(times.answers), bar=BAR_MS, floor=p99(under.answers)),
        Figure(f"last of {screens} screens, p50", p50(times.frames), floor=p50(under.frames)),
        Figure(f"last of {screens}, p99", p99(times.frames), bar=BAR_MS, floor=p99(under.frames)),
        Figure("server CPU per request, beats and opening included", cpu_ms),
        Figure("sockets lost", lost, "", 0),
    ]
    title = f"Check-ins and releases at {RATE:g} a second, {SEATED} seated, {options.database}"
    show(title, lines, load_before=before, load=load)


if __name__ == "__main__":
    main()
