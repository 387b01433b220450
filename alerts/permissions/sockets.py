"""Who opens a socket, and whether the browser page behind it is ours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.request import validate_host

from alerts.models import AccessToken, Device, Site, User
from alerts.outbox import Origin
from alerts.permissions.authentication import DEVICE_COOKIE, device_named, token_named

BEARER = "bearer"
UNKNOWN_CALLER = 4401
OTHER_SITE = 4404


@dataclass(frozen=True)
class Caller:
    """The person, machine or device at the other end of a connection."""

    user: User | None
    device: Device | None
    token: AccessToken | None = None

    @property
    def origin(self) -> Origin:
        """As every event records it; a locked device counts for whose hands it is in."""
        holder = self.device.holder if self.device else None
        return Origin(actor=self.user or holder, device=self.device)

    @property
    def may_write(self) -> bool:
        """Say whether the caller may change anything; a token only within its scope."""
        return self.token is None or "write" in self.token.scopes

    def may_see(self, site_uuid: UUID) -> bool:
        """Say whether the site is one of the person's, the token's, or that of the device."""
        if self.device is not None and self.device.site.uuid == site_uuid:
            return True
        if self.user is None or (self.token and "read" not in self.token.scopes):
            return False
        sites = Site.objects.visible_to(self.user)
        if self.token is not None and self.token.sites.exists():
            sites = sites.filter(pk__in=self.token.sites.values("pk"))
        return sites.filter(uuid=site_uuid).exists()


def caller_of_connection(scope: Mapping[str, Any]) -> Caller | None:
    """Return who opened the connection: by token, by session, by the device's cookie."""
    headers = headers_of(scope)
    if secret := _bearer(headers, scope.get("subprotocols", ())):
        token = token_named(secret)
        return Caller(user=token.user, device=None, token=token) if token else None
    cookies = _cookies(headers.get("cookie", ""))
    device = device_named(cookies.get(DEVICE_COOKIE, ""))
    user = _session_user(cookies.get(settings.SESSION_COOKIE_NAME, ""))
    return Caller(user=user, device=device) if user or device else None


def refusal_code(caller: Caller | None, site_uuid: UUID) -> int | None:
    """Return the close code for a caller who may not watch the site."""
    if caller is None:
        return UNKNOWN_CALLER
    return None if caller.may_see(site_uuid) else OTHER_SITE


def is_own_page(scope: Mapping[str, Any]) -> bool:
    """Say whether the connection comes from a page of ours, or from no page at all."""
    origin = headers_of(scope).get("origin")
    if origin is None:
        return True
    host = urlsplit(origin).hostname or ""
    named = f"[{host}]" if ":" in host else host
    return validate_host(named, settings.ALLOWED_HOSTS)


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of an ASGI connection by lower-case name."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _bearer(headers: Mapping[str, str], subprotocols: Iterable[str]) -> str:
    """Return the token: from `Authorization`, or from the subprotocols `bearer, <token>`."""
    scheme, _space, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() == BEARER:
        return secret.strip()
    offered = list(subprotocols)
    return offered[1] if len(offered) == 2 and offered[0] == BEARER else ""


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def _session_user(session_key: str) -> User | None:
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None
