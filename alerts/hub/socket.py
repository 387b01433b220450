"""One watching screen: a bounded buffer and the task that empties it into the network."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable

from alerts.gateways.frames import Bundle

Send = Callable[[Bundle], Awaitable[None]]
Close = Callable[[int], Awaitable[None]]
Write = Callable[[bytes], bool]
"""Writes at once what the network takes; false when it has to wait."""

BUFFER_LIMIT = 500
"""Frames that may wait for one socket; one that reads slower is closed and resumes."""
TOO_SLOW = 4408
SHUT_OUT = 4401
"""The code of a caller nobody knows: what a retired device has become."""
CLOSING_PATIENCE = 2.0


class Socket:
    """Takes frames without waiting for the network; falls away when its screen does not read."""

    def __init__(
        self, send: Send, close: Close, *, write: Write | None = None, limit: int = BUFFER_LIMIT
    ) -> None:
        self.device = ""
        self._write_now = write
        self._send = send
        self._close = close
        self._limit = limit
        self._waiting: deque[Bundle] = deque()
        self._frames = 0
        self._filled = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def is_slow(self) -> bool:
        """Whether the socket was over its bound, or shut out, and is being closed."""
        return self._ending is not None

    def offer(self, bundle: Bundle) -> None:
        """Queue frames; over the bound nothing more is queued and the socket is closed."""
        if self._ending is not None:
            return
        if self._goes_now(bundle):
            return
        self._waiting.append(bundle)
        self._frames += len(bundle)
        self._filled.set()
        if self._frames > self._limit:
            self._ending = asyncio.get_running_loop().create_task(self._end(TOO_SLOW))

    def _goes_now(self, bundle: Bundle) -> bool:
        """Write without waking the writer: most of what an event costs with many screens.

        Never past frames that still wait, and not before the greeting is out.
        """
        if self._write_now is None or self._writer is None or self._frames:
            return False
        return self._write_now(bundle.wire)

    def shut_out(self) -> None:
        """Close on a device that was retired; it gets nothing that is still waiting."""
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._end(SHUT_OUT))

    def start(self) -> None:
        """Begin to write what was offered; until now it gathered."""
        if self._writer is None and self._ending is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def say(self, *texts: str) -> None:
        """Send frames at once, waiting for the network: the welcome and what was missed."""
        await self._send(Bundle(texts))

    async def stop(self) -> None:
        """End the writer; the socket is gone."""
        tasks = [task for task in (self._writer, self._ending) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            try:
                while self._waiting:
                    bundle = self._waiting.popleft()
                    await self._send(bundle)
                    self._frames -= len(bundle)
            except OSError:  # the peer is gone; the server ends the consumer itself
                return

    async def _end(self, code: int) -> None:
        """Close with a reason; a peer that does not even take that is dropped by its keep-alive."""
        self._waiting.clear()
        if self._writer is not None:
            self._writer.cancel()
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(CLOSING_PATIENCE):
                await self._close(code)
