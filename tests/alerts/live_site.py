"""A running hub, sockets on it, and events to send through it: for the tests of the live parts."""

import json
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from alerts.models import Site, Stream
from alerts.outbox import Fact, append_event
from dashboards.project.asgi import application


def now() -> datetime:
    """The real time: the live parts read the clock themselves."""
    return datetime.now(UTC)


def say(site: Site, type_: str = "bay.swept", **facts: Any) -> int:
    """Commit an event of the site and return its number."""
    from django.db import transaction

    with transaction.atomic():
        append_event(site.pk, Fact(type_, str(site.uuid), facts), now=now())
        return Stream.objects.get(site=site).seq


asay = sync_to_async(say)


async def anext_of(socket: WebsocketCommunicator, *types: str, timeout: float = 3) -> dict:
    """Return the next frame of one of these types, skipping others (beats)."""
    while True:
        frame = json.loads(await socket.receive_from(timeout))
        if frame["type"] in types:
            return frame


async def open_socket(site_uuid: object, *, headers=(), subprotocols=()) -> WebsocketCommunicator:
    """Open a socket to the site and return it with the answer to the handshake as `.accepted`."""
    path = f"/ws/sites/{site_uuid}/"
    socket = WebsocketCommunicator(application, path, list(headers), list(subprotocols))
    socket.accepted, socket.subprotocol = await socket.connect(timeout=3)
    return socket


async def hello(
    socket: WebsocketCommunicator, site: Site, *, epoch="", last_seq=None, link=""
) -> dict:
    """Greet, and return the welcome."""
    streams = [{"id": str(site.uuid), "epoch": str(epoch), "last_seq": last_seq, "link": link}]
    await socket.send_json_to({"type": "hello", "streams": streams})
    return await anext_of(socket, "welcome")


async def closed_with(socket: WebsocketCommunicator) -> int:
    """Return the code with which the server closes the socket."""
    output = await socket.receive_output(3)
    assert output["type"] == "websocket.close", output
    return output["code"]


def bearer(header: str) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", header.encode())]


def cookie(**cookies: str) -> list[tuple[bytes, bytes]]:
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return [(b"cookie", text.encode())]


def epoch_of(site: Site) -> str:
    return str(Stream.objects.get(site=site).epoch)
