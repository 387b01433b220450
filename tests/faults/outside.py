"""What stands outside the product and decides: screens, an endpoint for pages, a reporter, a wire that fails."""

import asyncio
import json
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import httpx
import websockets

from tests.faults.stand import Oracle, Stand, until

RETRY = 0.1


def p50(values: list[float]) -> float:
    return statistics.median(values)


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98] if values[1:] else values[0]


class Endpoint:
    """A web hook that Apprise posts pages to; it may hang or refuse. Notes what came, and when."""

    def __init__(self) -> None:
        self.got: list[tuple[float, str]] = []
        self.status = 200
        self.delay = 0.0
        self.flows = threading.Event()
        self.flows.set()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.flows.wait(90)
                time.sleep(endpoint.delay)
                if endpoint.status == HTTPStatus.OK:
                    endpoint.got.append((time.time(), json.dumps(body, ensure_ascii=False)))
                self.send_response(endpoint.status)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Keep the output clean."""

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    return  # the sender was cut off

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self._server.server_port}/"

    def first(self, words: str) -> float | None:
        """Return when a page with these words first came."""
        return next((at for at, text in list(self.got) if words in text), None)

    def count(self, words: str) -> int:
        return sum(words in text for _at, text in list(self.got))

    def close(self) -> None:
        self.flows.set()
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Screen:
    """One watching screen: every frame with the instant it came, and a client's way to resume."""

    epoch: str = ""
    last_seq: int | None = None
    events: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    beats: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    welcomed: list[float] = field(default_factory=list)
    reloads: int = 0
    gaps: int = 0
    codes: list[int] = field(default_factory=list)

    def hello(self, site: str) -> str:
        here = {"id": site, "epoch": self.epoch, "last_seq": self.last_seq}
        return json.dumps({"type": "hello", "streams": [here]})

    def take(self, frame: dict[str, Any]) -> None:
        at = time.time()
        if frame["type"] == "welcome":
            self.welcomed.append(at)
            if not self.epoch:
                self.epoch, self.last_seq = frame["epoch"], frame["head"]
        elif frame["type"] == "event":
            self.gaps += self.last_seq is not None and frame["seq"] != self.last_seq + 1
            self.last_seq = frame["seq"]
            self.events.append((at, frame))
        elif frame["type"] == "snapshot_needed":
            self.reloads += 1
            self.epoch, self.last_seq = frame["epoch"], frame["head"]
        elif frame["type"] == "beat":
            self.beats.append((at, frame))

    def when(self, type_: str, subject: str = "", **facts: object) -> float | None:
        """Return when the first such event came."""
        for at, event in list(self.events):
            is_it = event["event_type"] == type_ and subject in {"", event["subject"]}
            if is_it and all(event["payload"].get(name) == fact for name, fact in facts.items()):
                return at
        return None


class Screens:
    """Screens on a loop of their own, connected again by themselves whenever the server was away."""

    def __init__(self, stand: Stand, count: int = 1, *, port: int = 0, who: str = "observer"):
        self.all = [Screen() for _ in range(count)]
        self._address = f"ws://127.0.0.1:{port or stand.port}/ws/sites/{stand.seed['site']}/"
        self._headers = stand.headers(who)
        self._site = stand.seed["site"]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Screens":
        self._thread.start()
        until(lambda: all(s.welcomed for s in self.all), seconds=30, what="every screen is greeted")
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(lambda: [t.cancel() for t in asyncio.all_tasks(self._loop)])
        self._thread.join(10)

    @property
    def one(self) -> Screen:
        return self.all[0]

    def last(self, type_: str, subject: str = "", **facts: object) -> float | None:
        """Return when the last screen had such an event; None while one has not."""
        times = [screen.when(type_, subject, **facts) for screen in self.all]
        known = [at for at in times if at is not None]
        return max(known) if len(known) == len(times) else None

    def _run(self) -> None:
        async def everyone() -> None:
            await asyncio.gather(*(self._watch(screen) for screen in self.all))

        try:
            self._loop.run_until_complete(everyone())
        except asyncio.CancelledError:
            return
        finally:
            self._loop.close()

    async def _watch(self, screen: Screen) -> None:
        while True:
            try:
                async with websockets.connect(
                    self._address, additional_headers=self._headers, open_timeout=3
                ) as line:
                    await line.send(screen.hello(self._site))
                    async for text in line:
                        screen.take(json.loads(text))
                    screen.codes.append(line.close_code or 0)
            except (OSError, TimeoutError, websockets.WebSocketException):
                pass
            await asyncio.sleep(RETRY)


@dataclass
class Reporter:
    """Calls for help, each noted before it is sent and said again under its key until answered."""

    stand: Stand
    oracle: Oracle
    answered: dict[str, float] = field(default_factory=dict)
    refused: list[tuple[float, int]] = field(default_factory=list)
    slowest: float = 0.0

    def __post_init__(self) -> None:
        self.client = httpx.Client(timeout=10)

    def call(self, key: str = "", *, tries: int = 1) -> str:
        """Report one call; its own key is the place, so that the endpoint's words name it."""
        if not key:
            key = str(uuid4())
            self.oracle.note(key)
        site = self.stand.seed["site"]
        path = f"{self.stand.address}/api/v1/sites/{site}/alerts/"
        headers = self.stand.headers("observer", **{"Idempotency-Key": key})
        for number in range(tries):
            began = time.monotonic()
            try:
                answer = self.client.post(path, json={"uuid": key, "place": key}, headers=headers)
                status = answer.status_code
            except httpx.TransportError:
                status = 0
            self.slowest = max(self.slowest, time.monotonic() - began)
            if status == 201:
                self.answered[key] = time.time()
                return key
            self.refused.append((time.time(), status))
            if number < tries - 1:
                time.sleep(RETRY)
        return key

    def answer(self, verb: str, key: str, who: str = "physician0") -> httpx.Response:
        path = f"{self.stand.address}/api/v1/alerts/{key}/{verb}/"
        headers = self.stand.headers(who, **{"Idempotency-Key": str(uuid4())})
        return self.client.post(path, json={}, headers=headers)

    def unanswered(self) -> list[str]:
        return [key for key in self.oracle.words() if key not in self.answered]

    def lost_and_doubled(self) -> tuple[int, int]:
        """Compare the log with the rows: noted calls that are missing, calls that are there twice."""
        rows = [str(key) for (key,) in self.stand.rows("SELECT uuid FROM alerts_alert")]
        kept = [key.replace("-", "") for key in rows]
        noted = {key.replace("-", "") for key in self.oracle.words()}
        return len(noted - set(kept)), len(kept) - len(set(kept))


def paced(each: Callable[[], object], *, rate: float, seconds: float) -> int:
    """Do something at an even pace; return how often."""
    began, done = time.monotonic(), 0
    while (now := time.monotonic()) < began + seconds:
        each()
        done += 1
        time.sleep(max(0.0, began + done / rate - now))
    return done


class Wire:
    """A TCP proxy in front of the web process that can be cut, or go silent with both ends open."""

    def __init__(self, to_port: int) -> None:
        self._to = to_port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        self._ends: list[socket.socket] = []
        self._flows = threading.Event()
        self._flows.set()
        self._is_cut = False
        self._is_over = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        self._is_cut = True
        for end in self._ends:
            _drop(end)
        self._ends.clear()

    def go_silent(self) -> None:
        """Carry nothing more, and tell neither end."""
        self._flows.clear()

    def mend(self) -> None:
        self._is_cut = False
        self._flows.set()

    def close(self) -> None:
        self._is_over = True
        self._flows.set()
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while not self._is_over:
            try:
                near, _ = self._listener.accept()
                if self._is_cut:
                    _drop(near)
                    continue
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                continue
            self._ends += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self._flows.wait()
                sink.sendall(data)
        except OSError:
            pass
        _drop(sink)


def _drop(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """Keep a wire up for the length of a block."""
    wire = Wire(port)
    try:
        yield wire
    finally:
        wire.close()
