"""A light poster: requests on kept connections, the times to their answers and to the last screen."""

import asyncio
import json
import statistics
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sockets import PATIENCE, Crowd


@dataclass(frozen=True)
class Order:
    """One request, and the bytes of the frame by which every screen learns of it."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]
    marker: str
    key: str


@dataclass
class Times:
    """Milliseconds to each answer and to each last frame."""

    answers: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    refused: int = 0

    def __add__(self, other: "Times") -> "Times":
        return Times(
            self.answers + other.answers, self.frames + other.frames, self.refused + other.refused
        )


def p50(values: list[float]) -> float:
    return statistics.median(values)


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


class Line:
    """One kept HTTP connection, as plain as HTTP/1.1 allows."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._lock = asyncio.Lock()
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: object, headers: dict[str, str]) -> tuple[int, bytes]:
        """Return the status and the body of the answer."""
        async with self._lock, asyncio.timeout(PATIENCE):
            if self._ends is None:
                self._ends = await asyncio.open_connection(self._host, self._port)
            reader, writer = self._ends
            writer.write(self._request(path, json.dumps(body).encode(), headers))
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            if b"connection: close" in head.lower():
                self._ends = None
            return int(head[9:12]), await reader.readexactly(size)

    def close(self) -> None:
        """Let go of the connection, before a pause in which the server would; `post` opens it anew."""
        if self._ends is not None:
            self._ends[1].close()
            self._ends = None

    def _request(self, path: str, content: bytes, headers: dict[str, str]) -> bytes:
        named = {
            "Host": f"{self._host}:{self._port}",
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            "Idempotency-Key": str(uuid4()),
            **headers,
        }
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + content


async def carry_out(order: Order, crowd: Crowd, line: Line, times: Times) -> Any:
    """Send one request; note when it was answered and when the last screen knew."""
    last = crowd.expect(order.marker, order.key)
    began = time.perf_counter()
    status, answer = await line.post(order.path, order.body, order.headers)
    times.answers.append((time.perf_counter() - began) * 1000)
    if status >= 400:
        times.refused += 1
        raise AssertionError(f"{order.path}: {status} {answer.decode()[:500]}")
    async with asyncio.timeout(PATIENCE):
        times.frames.append((await last - began) * 1000)
    return json.loads(answer)
