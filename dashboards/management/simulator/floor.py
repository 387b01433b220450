"""The simulated hall: a thin client of the HTTP API, with a log of its own of all it did."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

TRIES = 8


class Refused(Exception):
    """The API said no; the answer is the message."""


class Floor:
    """One site seen through its API: each role acts with its own token."""

    def __init__(self, address: str, site: str, tokens: dict[str, str], log: Path) -> None:
        self.site = site
        self.tokens = tokens
        patience = httpx.Timeout(30, pool=None)
        self.http = httpx.AsyncClient(base_url=f"{address}/api/v1/", timeout=patience)
        self.log = log.open("w", encoding="utf-8")
        self._zero = datetime.now(UTC)  # noqa: TID251 - the simulator's own wall clock
        self._base = self._zero
        self.rate = 1.0

    async def read_clock(self) -> None:
        """Learn the server's time and how fast its clock runs."""
        board = await self.get("observer", f"sites/{self.site}/board/")
        self._zero = datetime.now(UTC)  # noqa: TID251
        self._base = datetime.fromisoformat(board["server_time"])
        self.rate = float(board["rate"])

    def now(self) -> datetime:
        """Return the server's present instant."""
        passed = (datetime.now(UTC) - self._zero).total_seconds()  # noqa: TID251
        return self._base + timedelta(seconds=passed * self.rate)

    async def until(self, instant: datetime) -> None:
        """Sleep until the server's clock shows `instant`."""
        left = (instant - self.now()).total_seconds() / self.rate
        if left > 0:
            await asyncio.sleep(left)

    async def get(self, role: str, path: str) -> Any:
        return await self._send(role, "GET", path, None, None)

    async def post(self, role: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a command under a key of its own; lost answers are asked for again with that key."""
        answer = await self._send(role, "POST", path, body or {}, str(uuid.uuid4()))
        self.note("did", role=role, path=path)
        return answer

    async def _send(self, role: str, method: str, path: str, body: Any, key: str | None) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[role]}", "Accept-Language": "zh-hans"}
        if key:
            headers["Idempotency-Key"] = key
        for attempt in range(TRIES):
            try:
                answer = await self.http.request(method, path, json=body, headers=headers)
            except httpx.TransportError as error:
                self.note("retry", path=path, error=repr(error))
            else:
                if answer.status_code < 400:
                    return answer.json()
                if answer.status_code < 500:
                    self.note("refused", path=path, status=answer.status_code, body=answer.text)
                    raise Refused(f"{path}: {answer.text}")
                self.note("retry", path=path, status=answer.status_code)
            await asyncio.sleep(min(5.0, 0.2 * 2**attempt))
        raise Refused(f"{path}: no answer after {TRIES} tries")

    def note(self, what: str, **facts: Any) -> None:
        """Write one line of the simulator's own log."""
        row = {"at": self.now().isoformat(), "what": what, **facts}
        self.log.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.log.flush()

    async def close(self) -> None:
        await self.http.aclose()
        self.log.close()
