"""Who may open a socket: every address of one against everybody who could try."""

import pytest
from asgiref.sync import sync_to_async

from alerts.routing import websocket_urlpatterns
from tests.alerts.live_site import closed_with, hello, open_socket
from tests.routes import CALLERS, Scene
from tests.routes.row import NOBODY, STRANGER, WATCHERS

SOCKETS = {"site-socket": WATCHERS}
CLOSED = {NOBODY: 4401, STRANGER: 4404}


def test_every_socket_has_a_row():
    assert {entry.name for entry in websocket_urlpatterns} == set(SOCKETS)


@pytest.mark.django_db(transaction=True)
async def test_a_socket_opens_to_whom_its_row_names_and_nobody_else(running_hub):
    scene = await sync_to_async(Scene)()
    refused = {kind: CLOSED[kind] for kind in CALLERS if kind not in SOCKETS["site-socket"]}

    closed = {kind: await shut_out(scene, kind) for kind in CALLERS}

    assert {kind: code for kind, code in closed.items() if code} == refused


async def shut_out(scene: Scene, kind: str) -> int | None:
    """Return the code with which this kind of caller is shut out, None where it is greeted."""
    caller = await sync_to_async(scene.caller)(kind)
    socket = await open_socket(scene.world.site.uuid, headers=caller.handshake)
    if kind not in SOCKETS["site-socket"]:
        return await closed_with(socket)
    welcome = await hello(socket, scene.world.site)
    await socket.disconnect()
    return None if welcome["type"] == "welcome" else 0
