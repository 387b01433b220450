"""The web process: pages and API by Django, sockets by Channels, the hub from start to stop."""

import asyncio
import os
from typing import Any

import django
from channels.routing import URLRouter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboards.project.settings")
django.setup(set_prefix=False)

# Models may be imported only now.
from django.urls import get_resolver  # noqa: E402

from alerts.api.streams import with_patience  # noqa: E402
from alerts.gateways import clock, heap  # noqa: E402
from alerts.hub import hub  # noqa: E402
from alerts.routing import websocket_urlpatterns  # noqa: E402
from alerts.watchdog import Watchdog  # noqa: E402
from dashboards.project.pages import PagesHandler  # noqa: E402

pages = with_patience(PagesHandler())
sockets: Any = URLRouter(websocket_urlpatterns)  # type: ignore[arg-type]


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Hand each connection to who serves its kind."""
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["type"] == "websocket":
        await sockets(scope, receive, send)
    else:
        await pages(scope, receive, send)


def warm_up() -> None:
    """Load every address before the first request asks for it, then freeze what is there."""
    _ = get_resolver().url_patterns
    heap.freeze()


async def live(receive: Any, send: Any) -> None:
    """Run the hub and the watchdog from the server's start to its end."""
    await receive()
    warm_up()
    await asyncio.to_thread(clock.hold_steady)
    await hub.start()
    watchdog = Watchdog()
    watchdog.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    watchdog.stop()
    await hub.stop()
    await send({"type": "lifespan.shutdown.complete"})
