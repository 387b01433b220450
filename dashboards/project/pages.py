"""Django's pages and API in a bounded set of threads, one hop from the event loop and back.

Django's own ASGI handler starts a thread with a new database connection per request and changes
between loop and thread for every middleware; that was most of the time of a short request. Here a
request runs from end to end in one thread that keeps its connection.
"""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, NamedTuple

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpResponseBase
from django.urls import set_script_prefix

URGENT = re.compile(
    r"^/api/v1/(sites/[^/]+/(alerts|reactions)/|alerts/|pages/|observations/[^/]+/reactions/)"
)
"""Calls for help, the answers to them and reactions."""
URGENT_THREADS = 4
"""Threads that nothing but `URGENT` requests may use: no report ever holds up a call."""
OTHER_THREADS = 8


class Answer(NamedTuple):
    """A response as the server takes it."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class PagesHandler(ASGIHandler):
    """Serves each request in one thread of the lane it belongs to."""

    def __init__(self) -> None:
        super().__init__()
        self._urgent = ThreadPoolExecutor(URGENT_THREADS, thread_name_prefix="urgent")
        self._others = ThreadPoolExecutor(OTHER_THREADS, thread_name_prefix="pages")

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's
        """Load the middleware for threads, whatever the server asks for."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Read the request here, answer it in a thread, send the answer from here."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._lane(scope), self._answer, scope, body)
        start = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})

    def _lane(self, scope: Any) -> ThreadPoolExecutor:
        is_urgent = scope["method"] == "POST" and URGENT.match(scope["path"])
        return self._urgent if is_urgent else self._others

    def _answer(self, scope: Any, body: IO[bytes]) -> Answer:
        """Run the request from end to end, in this thread."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = refusal if request is None else self.get_response(request)
        try:
            return Answer(response.status_code, headers_of(response), b"".join(response))
        finally:
            response.close()
            body.close()


def headers_of(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    """Return the headers and cookies of a response as bytes."""
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    cookies = response.cookies.values()
    morsels = [cookie.output(header="").strip().encode("ascii") for cookie in cookies]
    return [*headers, *((b"Set-Cookie", morsel) for morsel in morsels)]
