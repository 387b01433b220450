"""The WebSocket of a site: greet, replay what was missed, then every event; take what was seen."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar
from uuid import UUID

from channels.exceptions import DenyConnection
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error

from alerts.gateways import clock
from alerts.gateways.frames import READY_FRAMES, Bundle, encode
from alerts.hub import hub
from alerts.hub.centre import REPLAY_LIMIT
from alerts.hub.reading import Frame, Position
from alerts.hub.socket import Socket
from alerts.hub.stream import FollowedStream, snapshot_needed
from alerts.models import Page, ReceiptKind
from alerts.permissions.sockets import (
    BEARER,
    Caller,
    caller_of_connection,
    is_own_page,
    refusal_code,
)
from alerts.services import calls

FROM_SCREENS = {ReceiptKind.RECEIVED, ReceiptKind.DISPLAYED, ReceiptKind.SOUNDED}
TRY_AGAIN_LATER = 1013
Handler = Callable[["SiteConsumer", dict[str, Any]], Coroutine[Any, Any, None]]


class Malformed(Exception):
    """A frame that means nothing to us; the message says why."""


class SiteConsumer(AsyncWebsocketConsumer):
    """One screen watching one site."""

    handlers: ClassVar[dict[str, Handler]] = {}
    site_uuid: UUID
    socket: Socket | None = None
    stream: FollowedStream | None = None
    caller: Caller | None = None

    async def connect(self) -> None:
        """Accept, so that a browser gets to see the close code, and close on who may not watch."""
        if not is_own_page(self.scope):
            raise DenyConnection
        self.site_uuid = self.scope["url_route"]["kwargs"]["site"]
        ready_frames: Any = (self.scope.get("extensions") or {}).get(READY_FRAMES)
        self.takes_ready_frames = ready_frames is not None
        self.wire_send: Any = self.base_send
        write = ready_frames["write"] if ready_frames else None
        self.socket = Socket(self._send_bundle, self._close_with, write=write)
        offered = self.scope.get("subprotocols", [])
        await self.accept(subprotocol=BEARER if BEARER in offered else None)
        try:
            code = await self._identify(self.socket)
        except Error:
            code = TRY_AGAIN_LATER
        if code is not None:
            await self.close(code)

    async def _identify(self, socket: Socket) -> int | None:
        """Learn who is at the other end; return the close code for who may not watch."""
        self.caller, code = await hub.desk.ask(identify, self.scope, self.site_uuid)
        device = self.caller.device if self.caller else None
        socket.device = str(device.uuid) if device else ""
        return code

    async def __call__(self, *asgi: Any) -> None:
        """Serve the connection; whatever way it ends, nothing of it stays in the hub."""
        try:
            await super().__call__(*asgi)
        finally:
            if self.stream is not None:
                self.stream.sockets.discard(self.socket)
            if self.socket is not None:
                await self.socket.stop()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Handle one frame; one that is malformed is answered with an error and ignored."""
        try:
            frame = parsed(text_data)
            self._was_heard(frame)
            await self.handlers[frame["type"]](self, frame)
        except Malformed as error:
            await self.send(encode({"type": "error", "message": str(error)}))
        except Error:
            message = "The server cannot store this now; send it again."
            await self.send(encode({"type": "error", "message": message}))

    async def hello(self, frame: dict[str, Any]) -> None:
        """Greet, replay what the screen missed, and let the live events follow without a gap."""
        epoch, last_seq, link = asked_position(frame, self.site_uuid)
        if self.stream is not None or self.socket is None:
            raise Malformed("This socket was greeted already; open a new one to resume.")
        stream = self.stream = await hub.attach(self.site_uuid, self.socket)
        # What comes after this position gathers in the socket; the greeting tells all up to it.
        position = stream.position
        # From here on the stream tells of a retirement; one before it is told by nobody.
        if self.socket.device and (code := await self._identify(self.socket)) is not None:
            await self.close(code)
            return
        await self.socket.say(encode(await hub.welcome(position)))
        after = last_seq if epoch == str(position.epoch) else None
        missed = await missed_frames(stream, position, after=after, link=link)
        told = [snapshot_needed(position)] if missed is None else [one.text for one in missed]
        await self.socket.say(*told)
        self.socket.start()

    async def seen(self, frame: dict[str, Any]) -> None:
        """Nothing more to do: that the device spoke is noted for every frame."""

    async def receipt(self, frame: dict[str, Any]) -> None:
        """Keep what became of a page on this screen."""
        page, kind = page_and_kind(frame)
        if self.caller is None:
            raise Malformed("Nobody is known here yet.")
        if not self.caller.may_write:
            raise Malformed("This token may not write.")
        is_known = await hub.desk.ask(keep_receipt, self.caller, self.site_uuid, page, kind)
        if not is_known:
            raise Malformed("There is no such page at this site.")

    def _was_heard(self, frame: dict[str, Any]) -> None:
        if self.caller and self.caller.device:
            hub.presence.heard(self.caller.device.pk, number(frame.get("seq")) or 0)

    async def _send_bundle(self, bundle: Bundle) -> None:
        """Send texts; in their wire form where the server takes it, which is made once for all."""
        if self.takes_ready_frames:
            await self.wire_send({"type": "websocket.send", "frames": bundle.wire})
            return
        for text in bundle.texts:
            await self.send(text)

    async def _close_with(self, code: int) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await self.close(code)


SiteConsumer.handlers = {
    "hello": SiteConsumer.hello,
    "seen": SiteConsumer.seen,
    "receipt": SiteConsumer.receipt,
}


async def missed_frames(
    stream: FollowedStream, position: Position, *, after: int | None, link: str
) -> list[Frame] | None:
    """Return what a screen missed between its last event and `position`; None: load anew.

    The link of its last event tells a number that a fail-over lost and gave out again.
    """
    if after is None or not 0 <= position.seq - after <= REPLAY_LIMIT:
        return None
    missed = await hub.missed(stream, after, position.seq)
    there = missed[0].follows if missed else position.link
    return missed if link in ("", there) else None


def identify(scope: Mapping[str, Any], site_uuid: UUID) -> tuple[Caller | None, int | None]:
    """Return who opened the socket and, for who may not watch, the close code."""
    caller = caller_of_connection(scope)
    return caller, refusal_code(caller, site_uuid)


def keep_receipt(caller: Caller, site_uuid: UUID, page_uuid: UUID, kind: str) -> bool:
    """Keep a receipt; false when the page is not one of this site."""
    pages = Page.objects.select_related("alert", "responder")
    page = pages.filter(uuid=page_uuid, alert__site__uuid=site_uuid).first()
    if page is None:
        return False
    calls.record_receipt(page=page, kind=kind, origin=caller.origin, now=clock.now())
    return True


def parsed(text: str | None) -> dict[str, Any]:
    """Return the frame as a dict of a known type.

    :raises Malformed: when it is no such thing.
    """
    try:
        frame = json.loads(text or "")
    except (ValueError, RecursionError) as error:
        raise Malformed("Frames are JSON objects in text.") from error
    if not isinstance(frame, dict) or str(frame.get("type")) not in SiteConsumer.handlers:
        raise Malformed(f"A frame has a type: {', '.join(SiteConsumer.handlers)}.")
    return frame


def asked_position(frame: dict[str, Any], site_uuid: UUID) -> tuple[str, int | None, str]:
    """Return the epoch, the last number and its link that a screen says it has of this stream."""
    streams = frame.get("streams", [])
    if not isinstance(streams, list) or not all(isinstance(s, dict) for s in streams):
        raise Malformed("`streams` is a list of {id, epoch, last_seq, link}.")
    ours: dict[str, Any] = next((s for s in streams if s.get("id") == str(site_uuid)), {})
    return str(ours.get("epoch", "")), number(ours.get("last_seq")), str(ours.get("link") or "")


def page_and_kind(frame: dict[str, Any]) -> tuple[UUID, str]:
    """Return the page a receipt is about and what it proves."""
    kind = str(frame.get("kind"))
    if kind not in FROM_SCREENS:
        raise Malformed("`kind` is received, displayed or sounded.")
    try:
        return UUID(str(frame.get("page"))), kind
    except ValueError as error:
        raise Malformed("`page` is the key of a page.") from error


def number(value: object) -> int | None:
    """Return a JSON value if it is a sequence number."""
    is_one = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62
    return value if is_one and isinstance(value, int) else None
