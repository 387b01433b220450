"""The hub itself: it learns of commits, reads what is new once and tells every socket."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

import structlog
from django.db import Error

from alerts import outbox
from alerts.gateways.frames import encode
from alerts.hub.desk import Desk
from alerts.hub.presence import Presence, write_seen
from alerts.hub.reading import Frame, Position, frames_after, head_of, moved, pulse
from alerts.hub.socket import Socket
from alerts.hub.stream import FollowedStream
from alerts.live import CommitWatch
from alerts.rules.reachability import BEAT_EVERY

LOOK_EVERY = 1.0
"""Seconds after which the hub looks for news although nobody knocked."""
REPLAY_LIMIT = 1000
"""A screen further behind than this loads the board anew instead."""
READ_RETRY = 0.2

log = structlog.get_logger(__name__)


class Hub:
    """One per web process; everything but `knock` runs on the event loop."""

    def __init__(self) -> None:
        self.presence = Presence()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: dict[UUID, FollowedStream] = {}

    @property
    def is_running(self) -> bool:
        return self._loop is not None

    @property
    def sockets(self) -> int:
        """How many sockets this process holds."""
        return sum(len(stream.sockets) for stream in list(self._streams.values()))

    async def start(self) -> None:
        """Start to follow commits and to beat."""
        self._loop = asyncio.get_running_loop()
        self._knocked = asyncio.Event()
        self._tail_desk = Desk("tail", threads=1)
        self.desk = Desk("ask", threads=4)
        self._following = asyncio.Lock()
        self._watch = CommitWatch(self.knock)
        self._watch.start()
        self._tasks = [
            self._loop.create_task(self._forever(self._look)),
            self._loop.create_task(self._forever(self._beat)),
        ]

    async def stop(self) -> None:
        """Stop following; sockets are closed by the server itself."""
        self._loop = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._watch.stop)
        await self._tail_desk.close()
        await self.desk.close()
        self._streams.clear()

    def knock(self) -> None:
        """Say, from any thread, that something was committed."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop closed between the two lines
                loop.call_soon_threadsafe(self._knocked.set)

    async def follow(self, site_uuid: UUID) -> FollowedStream:
        """Return the live end of a site's stream, reading its head if nobody followed it yet."""
        async with self._following:
            stream = self._streams.get(site_uuid)
            if stream is None:
                head = await self.desk.ask(head_of, site_uuid)
                stream = self._streams[site_uuid] = FollowedStream(site_uuid, head)
            return stream

    async def attach(self, site_uuid: UUID, socket: Socket) -> FollowedStream:
        """Make `socket` gather every event from the stream's present position on."""
        stream = await self.follow(site_uuid)
        stream.sockets.add(socket)
        self.knock()  # nobody may have read on while nobody watched
        return stream

    async def missed(self, stream: FollowedStream, after: int, until: int) -> list[Frame]:
        """Return the events in `(after, until]`, from memory where it reaches."""
        known = stream.remembered(after, until)
        if known is not None:
            return known
        count = until - after
        return await self.desk.ask(frames_after, stream.stream_id, stream.site_uuid, after, count)

    async def welcome(self, position: Position) -> dict[str, Any]:
        """Return the facts a socket that follows from `position` on is greeted with."""
        now = await self.desk.ask(pulse)
        return {**now, "type": "welcome", **position.as_facts()}

    async def _forever(self, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Repeat `step`; a database that is away is asked again shortly."""
        while self.is_running:
            try:
                await step()
            except Error as error:
                log.warning("hub_lost_database", error=str(error))
                await asyncio.sleep(READ_RETRY)

    async def _look(self) -> None:
        """Wait for a knock, read what is new in all watched streams, hand it out."""
        # Not `wait_for`: in Python 3.11 it loses a cancellation that meets the knock.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY):
                await self._knocked.wait()
        self._knocked.clear()
        streams = {s.stream_id: s for s in self._streams.values() if s.is_watched}
        if not streams:
            return
        known = {pk: (s.site_uuid, s.position) for pk, s in streams.items()}
        news = await self._tail_desk.ask(moved, known)
        for pk, (position, frames) in news.items():
            streams[pk].advance(position, frames)
            if position.seq > known[pk][1].seq + REPLAY_LIMIT - 1:
                self._knocked.set()  # a full bundle: there may be more

    async def _beat(self) -> None:
        """Tell every socket that the server lives, write who was heard from, forget the idle."""
        await asyncio.sleep(BEAT_EVERY.total_seconds())
        facts = await self.desk.ask(pulse)
        for stream in self._streams.values():
            beat = {**facts, "type": "beat", "head": stream.position.seq}
            stream.broadcast([encode(beat)])
        if heard := self.presence.take():
            await self.desk.ask(write_seen, heard)
        self._forget_idle()

    def _forget_idle(self) -> None:
        """Let go of streams nobody watches; a stale head must not greet the next socket."""
        for site_uuid in [u for u, s in self._streams.items() if not s.is_watched]:
            del self._streams[site_uuid]


hub = Hub()


def _committed_here(_site_id: int) -> None:
    hub.knock()


outbox.on_wake(_committed_here)
