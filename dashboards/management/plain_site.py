"""What is served without TLS: the page that helps a device trust the server, and nothing else."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http.request import split_domain_port, validate_host

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

TRUST_PATH = "/trust/"
OPEN_PATHS = (TRUST_PATH, "/static/dashboards/")
READING = {"GET", "HEAD"}
SECRET_HEADERS = {b"cookie", b"authorization", b"x-forwarded-proto"}
"""Never taken from a line that anybody on the hotspot can read or write."""


class PlainSite:
    """Hands the trust page's paths to the product and sends every other request to https."""

    def __init__(self, pages: Application, *, secure_port: int, fallback: str) -> None:
        self.pages = pages
        self.secure_port = secure_port
        self.fallback = fallback

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["method"] not in READING:
            await answer(send, 405, {b"allow": b"GET, HEAD"})
        elif scope["path"].startswith(OPEN_PATHS):
            headers = [(k, v) for k, v in scope["headers"] if k.lower() not in SECRET_HEADERS]
            await self.pages({**scope, "scheme": "http", "headers": headers}, receive, send)
        else:
            await answer(send, 307, {b"location": self.target(scope).encode()})

    def target(self, scope: dict[str, Any]) -> str:
        """Return where a request belongs: the trust page for the bare address, else https."""
        if scope["path"] == "/":
            return TRUST_PATH
        query = scope["query_string"].decode("latin-1")
        path = quote(scope["path"]) + (f"?{query}" if query else "")
        return f"https://{self.host(scope)}:{self.secure_port}{path}"

    def host(self, scope: dict[str, Any]) -> str:
        """Return the name the device asked for, if it is one of ours."""
        asked = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        name, _port = split_domain_port(asked)
        return name if name and validate_host(name, settings.ALLOWED_HOSTS) else self.fallback


async def answer(send: Any, status: int, headers: dict[bytes, bytes]) -> None:
    """Answer without a body; never kept by a cache, since addresses change."""
    lines = {**headers, b"cache-control": b"no-store", b"content-length": b"0"}
    await send({"type": "http.response.start", "status": status, "headers": list(lines.items())})
    await send({"type": "http.response.body", "body": b""})
