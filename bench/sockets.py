"""Many screens in one process, each as thin as a WebSocket can be: what is measured is the server.

A library's client costs more per frame than the server does; this one looks for a few bytes in what
comes, answers pings and does nothing else.
"""

import asyncio
import base64
import os
import resource
import time
from dataclasses import dataclass, field

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
PATIENCE = 30.0
AT_ONCE = 20
"""Screens that are opened side by side."""
SPARE_FILES = 100


@dataclass(frozen=True)
class Door:
    """Where screens connect, as whom, and what they say first."""

    host: str
    port: int
    path: str = "/"
    headers: dict[str, str] = field(default_factory=dict)
    hello: str = ""

    def request(self) -> bytes:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {self.path} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Crowd:
    """All screens; knows when the last of them has a frame that holds certain bytes."""

    def __init__(self, door: Door, size: int) -> None:
        self.size = size
        self.lost = 0
        self.frames = 0
        self._door = door
        self._screens: list[Screen] = []
        self._waiting: dict[bytes, Waiting] = {}

    async def open(self) -> None:
        """Connect every screen and wait until the server has greeted it."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def enter() -> None:
            async with gate, asyncio.timeout(PATIENCE):
                loop = asyncio.get_running_loop()
                _transport, screen = await loop.create_connection(
                    lambda: Screen(self, self._door), self._door.host, self._door.port
                )
                self._screens.append(screen)
                await screen.greeted

        await asyncio.gather(*(enter() for _ in range(self.size)))

    async def close(self) -> None:
        for screen in self._screens:
            screen.close()
        await asyncio.sleep(0.2)

    def expect(self, marker: str, key: str) -> "asyncio.Future[float]":
        """Return what becomes the instant at which the last screen has the frame with both."""
        waiting = Waiting(marker.encode(), self.size, asyncio.get_running_loop().create_future())
        self._waiting[key.encode()] = waiting
        return waiting.last

    def heard(self, frame: bytes) -> None:
        """Count a frame for whoever waits for it; it is searched, not parsed."""
        self.frames += 1
        for key, waiting in list(self._waiting.items()):
            if key in frame and waiting.marker in frame:
                waiting.left -= 1
                if waiting.left == 0:
                    waiting.last.set_result(time.perf_counter())
                    del self._waiting[key]


@dataclass
class Waiting:
    """A frame that every screen is to get."""

    marker: bytes
    left: int
    last: "asyncio.Future[float]"


class Screen(asyncio.Protocol):
    """One connection."""

    def __init__(self, crowd: Crowd, door: Door) -> None:
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._crowd = crowd
        self._door = door
        self._rest = b""
        self._is_open = False
        self._is_closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._door.request())

    def data_received(self, data: bytes) -> None:
        self._rest = self._rest + data if self._rest else data
        if not self._is_open and not self._shake_hands():
            return
        while (found := next_frame(self._rest)) is not None:
            opcode, payload, self._rest = found
            self._take(opcode, payload)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._is_closing:
            self._crowd.lost += 1
        if not self.greeted.done():
            self.greeted.set_exception(ConnectionError("the server closed the socket"))

    def close(self) -> None:
        self._is_closing = True
        self._transport.close()

    def _shake_hands(self) -> bool:
        head, end, rest = self._rest.partition(b"\r\n\r\n")
        if not end:
            return False
        assert b" 101 " in head[:16], head
        self._is_open, self._rest = True, rest
        if self._door.hello:
            self._transport.write(masked(TEXT, self._door.hello.encode()))
        else:
            self.greeted.set_result(None)
        return True

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self._transport.write(masked(PONG, payload))
        elif opcode == TEXT and not self.greeted.done():
            if b'"welcome"' in payload:
                self.greeted.set_result(None)
        elif opcode == TEXT:
            self._crowd.heard(payload)


def next_frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Split a server's frame off: its kind, what it carries, the rest; None while it is incomplete."""
    if len(data) < 2:
        return None
    start, size = 2, data[1]
    if size >= 126:
        start = 4 if size == 126 else 10
        size = int.from_bytes(data[2:start])
    end = start + size
    if len(data) < max(start, end):
        return None
    return data[0] & 15, data[start:end], data[end:]


def masked(opcode: int, payload: bytes) -> bytes:
    """Return a client's frame; its mask is zero, which leaves the payload as it is."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2)
    return bytes([0x80 | opcode]) + length + bytes(4) + payload


def may_open(sockets: int) -> bool:
    """Raise the limit of open files as far as allowed; say whether so many sockets fit under it.

    Servers started afterwards inherit the limit.
    """
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = min(hard, 65536) if hard != resource.RLIM_INFINITY else 65536
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return sockets + SPARE_FILES <= limit
