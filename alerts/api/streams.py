"""`/streams/{site}/events`: read on from a number, and wait for more without holding a thread."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.db import Error
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alerts.hub import hub
from alerts.hub.centre import REPLAY_LIMIT
from alerts.hub.reading import facts_after, head_of
from alerts.permissions.scope import site_for
from alerts.permissions.sockets import caller_of_connection, refusal_code

LONGEST_WAIT = 25.0
"""Seconds a caller may wait; shorter than the patience of usual proxies."""
LARGEST_LIMIT = 1000
EVENTS_PATH = re.compile(r"^/api/v1/streams/(?P<site>[0-9a-f-]{36})/events/?$")
App = Callable[[Any, Any, Any], Awaitable[None]]


class EventsView(APIView):
    """The events of one site, in order."""

    @extend_schema(
        operation_id="stream_events",
        parameters=[
            OpenApiParameter("after", int, description="The last number the caller has."),
            OpenApiParameter("epoch", str, description="The epoch that number belongs to."),
            OpenApiParameter("link", str, description="The link of the event with that number."),
            OpenApiParameter("wait", float, description="Seconds to wait for news, at most 25."),
            OpenApiParameter("limit", int, description="At most 1000."),
        ],
        responses={200: dict[str, Any]},
    )
    def get(self, request: Request, site: UUID) -> Response:
        """Return what came after a number; the server waits for news before it gets here."""
        place = site_for(request, site, roles=())
        asked = request.query_params
        after = whole(asked.get("after"), default=0)
        head = head_of(place.uuid)
        epoch, seq, link = head.position
        limit = min(LARGEST_LIMIT, whole(asked.get("limit"), default=LARGEST_LIMIT))
        events = facts_after(head.stream_id, place.uuid, after, limit)
        there = events[0]["follows"] if events else link
        is_other_life = (
            asked.get("epoch", str(epoch)) != str(epoch)
            or after > seq
            or asked.get("link", "") not in ("", there)
        )
        needs_snapshot = is_other_life or seq - after > REPLAY_LIMIT
        facts = {**head.position.as_facts(), "events": [] if is_other_life else events}
        return Response({**facts, "snapshot_needed": needs_snapshot})


def whole(text: str | None, *, default: int) -> int:
    """Return a number of the query, or the default where it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else default


def seconds(text: str) -> float:
    """Return how long to wait, within what is allowed; what is no number is no wait."""
    try:
        return min(LONGEST_WAIT, max(0.0, float(text)))
    except ValueError:
        return 0.0


def with_patience(app: App) -> App:
    """Wrap the pages so that a request for events waits on the event loop, not in a thread."""

    async def patient(scope: Any, receive: Any, send: Any) -> None:
        match = EVENTS_PATH.match(scope["path"])
        if match and scope["method"] == "GET":
            await wait_for_news(scope, UUID(match["site"]))
        await app(scope, receive, send)

    return patient


async def wait_for_news(scope: Mapping[str, Any], site_uuid: UUID) -> None:
    """Wait until the site's stream passes the caller's number; strangers do not wait at all."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    wait = seconds(query.get("wait", ["0"])[-1])
    if wait <= 0 or not hub.is_running:
        return
    try:
        if await hub.desk.ask(_may_wait, scope, site_uuid):
            stream = await hub.follow(site_uuid)
            hub.knock()
            await stream.wait_beyond(whole(query.get("after", [""])[-1], default=0), wait)
    except Error:
        return  # the view meets the same database and says so


def _may_wait(scope: Mapping[str, Any], site_uuid: UUID) -> bool:
    return refusal_code(caller_of_connection(scope), site_uuid) is None
