"""The floor under every figure: the same server, driver and commit setting, and nothing of the product.

POST → insert and commit one row → a frame to every socket; GET → a page with 300 plain tiles. Run it
with `python bench/floor.py --database sqlite:///… --port 8100`.
"""

import argparse
import asyncio
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import uvicorn

TABLE = "CREATE TABLE IF NOT EXISTS floor_event (seq INTEGER, body TEXT)"
TILE = '<button class="tile">A{}<br><b>12:34</b></button>'
STYLE = "<style>.tile { width: 5rem; height: 3rem; border: 2px solid #070; margin: 2px }</style>"
PAGE = f"<!doctype html><title>Floor</title>{STYLE}{''.join(map(TILE.format, range(300)))}"


class Rows:
    """One thread, each insert committed as the product commits, beside an idle connection."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._thread = ThreadPoolExecutor(1)
        self._keeper: Any = None
        self._connection: Any = None

    async def insert(self, seq: int, body: str) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self.insert_here, seq, body)

    def insert_here(self, seq: int, body: str) -> None:
        if self._connection is None:
            self._keeper, self._connection = self._open(), self._open()
        mark = "?" if self._url.startswith("sqlite") else "%s"
        values = (seq, body)
        self._connection.execute(f"INSERT INTO floor_event VALUES ({mark}, {mark})", values)

    def _open(self) -> Any:
        if self._url.startswith("sqlite"):
            path = self._url.removeprefix("sqlite:///")
            connection = sqlite3.connect(path, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        else:
            connection = psycopg.connect(self._url, autocommit=True)
        connection.execute(TABLE)
        return connection


class Floor:
    """The application: two addresses, one list of sockets."""

    def __init__(self, url: str) -> None:
        self.rows = Rows(url)
        self.sockets: set[Any] = set()
        self.seq = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for done in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{done}.complete"})
        elif scope["type"] == "websocket":
            await self._watch(receive, send)
        elif scope["method"] == "GET":
            await answer(send, 200, b"text/html; charset=utf-8", PAGE.encode())
        else:
            await self._post(receive, send)

    async def _watch(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.sockets.add(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self.sockets.discard(send)

    async def _post(self, receive: Any, send: Any) -> None:
        body = (await receive())["body"].decode()
        self.seq += 1
        await self.rows.insert(self.seq, body)
        text = json.dumps({"type": "event", "seq": self.seq, "payload": body})
        for socket in list(self.sockets):
            await socket({"type": "websocket.send", "text": text})
        await answer(send, 201, b"application/json", b"{}")


async def answer(send: Any, status: int, kind: bytes, body: bytes) -> None:
    """Send one HTTP answer."""
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    uvicorn.run(
        Floor(options.database),
        port=options.port,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        backlog=4096,
    )


if __name__ == "__main__":
    main()
