"""Who is calling: a machine by token, a person by session, an enrolled device by cookie."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from alerts.models import AccessToken, Device, Source, User
from alerts.outbox import Origin
from alerts.rules.instants import aware_utc
from alerts.rules.secrets import digest

DEVICE_COOKIE = "aefi_device"


def token_named(secret: str) -> AccessToken | None:
    """Return the live token with this secret."""
    tokens = AccessToken.objects.select_related("user").filter(
        revoked_at=None, user__is_active=True
    )
    return tokens.filter(digest=digest(secret)).first()


def device_named(secret: str) -> Device | None:
    """Return the enrolled, not retired device with this secret."""
    if not secret:
        return None
    devices = Device.objects.in_use().select_related("holder", "site")
    return devices.filter(secret_digest=digest(secret)).first()


@dataclass(frozen=True)
class Browser:
    """The browser behind a request: the device it is enrolled as, if any."""

    device: Device | None


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer …` of a machine."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token_named(secret.strip())
        if token is None:
            raise AuthenticationFailed(_("This token is unknown or was revoked; make a new one."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BrowserAuthentication(SessionAuthentication):
    """The person logged in and the enrolled device; either is enough to call for help."""

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, Browser] | None:
        device = device_named(request.COOKIES.get(DEVICE_COOKIE, ""))
        user = self._person(request, device)
        if user is None and device is None:
            return None
        return user or AnonymousUser(), Browser(device)

    def _person(self, request: Request, device: Device | None) -> User | None:
        """Return who is logged in; with a stale CSRF token an enrolled device may still call."""
        user = getattr(request._request, "user", None)
        if not isinstance(user, User) or not user.is_active:
            return None
        try:
            self.enforce_csrf(request)
        except PermissionDenied:
            if device is None or request.headers.get("Sec-Fetch-Site") not in {None, "same-origin"}:
                raise
            return device.holder
        return user


class BrowserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "alerts.permissions.authentication.BrowserAuthentication"
    name = "browser"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "alerts.permissions.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


def device_of(request: Request) -> Device | None:
    """Return the enrolled device behind the request."""
    return request.auth.device if isinstance(request.auth, Browser) else None


def person_of(request: Request) -> User | None:
    """Return the person behind the request: logged in, or whose hands the locked device is in."""
    if isinstance(request.user, User):
        return request.user
    device = device_of(request)
    return device.holder if device else None


def origin_of(request: Request) -> Origin:
    """Return who, which device, which clock and which way, as every event records it."""
    source = request.headers.get("X-Source", Source.LIVE)
    return Origin(
        actor=person_of(request),
        device=device_of(request),
        source=source if source in Source.values else Source.LIVE,
        device_at=aware_utc(request.headers.get("X-Device-Time", "")),
    )
