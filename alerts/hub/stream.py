"""One followed stream: where it is, what was said last, and who watches it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from uuid import UUID

from alerts.gateways.frames import Bundle, encode
from alerts.hub.reading import Frame, Head, Position
from alerts.hub.socket import Socket

REMEMBERED = 1000
"""Frames kept so that a screen that comes back costs the database nothing."""


class FollowedStream:
    """The live end of a site's stream inside this process."""

    def __init__(self, site_uuid: UUID, head: Head) -> None:
        self.site_uuid = site_uuid
        self.stream_id = head.stream_id
        self.site_id = head.site_id
        self.position = head.position
        self.sockets: set[Socket] = set()
        self.waiting = 0
        self._recent: deque[Frame] = deque(maxlen=REMEMBERED)
        self._moved = asyncio.Event()

    @property
    def is_watched(self) -> bool:
        """Whether anybody would notice an event."""
        return bool(self.sockets) or self.waiting > 0

    def advance(self, position: Position, frames: Sequence[Frame]) -> None:
        """Hand new events to every socket; in another epoch, the news that all must reload."""
        is_other_life = position.epoch != self.position.epoch or not frames
        self.position = position
        if is_other_life:
            self._recent.clear()
            self.broadcast([snapshot_needed(position)])
        else:
            self._recent.extend(frames)
            self._shut_out({frame.retired for frame in frames if frame.retired})
            self.broadcast([frame.text for frame in frames])
        self._moved.set()
        self._moved = asyncio.Event()

    def broadcast(self, texts: Sequence[str]) -> None:
        """Offer the same texts to every socket."""
        bundle = Bundle(texts)
        for socket in self.sockets:
            socket.offer(bundle)

    def _shut_out(self, devices: set[str]) -> None:
        for socket in self.sockets:
            if socket.device in devices:
                socket.shut_out()

    def remembered(self, after: int, until: int) -> list[Frame] | None:
        """Return the frames in `(after, until]`; None when memory does not reach that far."""
        if after >= until:
            return []
        if not self._recent or self._recent[0].seq > after + 1:
            return None
        return [frame for frame in self._recent if after < frame.seq <= until]

    async def wait_beyond(self, seq: int, seconds: float) -> None:
        """Return when the stream passes `seq`, at the latest after `seconds`."""
        self.waiting += 1
        try:
            async with asyncio.timeout(seconds):
                while self.position.seq <= seq:
                    await self._moved.wait()
        except TimeoutError:
            return
        finally:
            self.waiting -= 1


def snapshot_needed(position: Position) -> str:
    """Return the frame that tells a screen to load the board anew, and follow from there."""
    return encode({"type": "snapshot_needed", **position.as_facts()})
