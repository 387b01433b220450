"""Who calls the API in a test: a person, an enrolled device, a machine; JSON in, JSON out."""

import json
from typing import Any

from django.test import Client

from alerts.models import Device, User
from alerts.permissions.authentication import DEVICE_COOKIE
from alerts.rules.secrets import digest


class Caller:
    """One browser or machine. `answer` is the last response, `problem` its body when it refused."""

    def __init__(
        self,
        person: User | None = None,
        *,
        device: Device | None = None,
        token: str = "",
        checks_csrf: bool = False,
    ) -> None:
        self.http = Client(enforce_csrf_checks=checks_csrf, raise_request_exception=False)
        self.headers = {"Authorization": token} if token else {}
        if person is not None:
            self.http.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        if device is not None:
            self.carry(device)

    def carry(self, device: Device, secret: str = "") -> None:
        """Put the device's cookie into this browser."""
        secret = secret or f"secret-{device.pk}"
        Device.objects.filter(pk=device.pk).update(secret_digest=digest(secret))
        self.http.cookies[DEVICE_COOKIE] = secret

    def ask(self, method: str, address: str, body: Any = None) -> Any:
        """Send a request to any address of the product and return the response."""
        if method == "get":
            return self.http.get(address, headers=self.headers)
        raw, content_type = json.dumps(body or {}), "application/json"
        send = getattr(self.http, method)
        return send(address, raw, content_type=content_type, headers=self.headers)

    @property
    def handshake(self) -> list[tuple[bytes, bytes]]:
        """The headers with which this browser or machine opens a socket."""
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in self.http.cookies.items())
        headers = {**self.headers, "Cookie": cookies}
        return [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    def post(self, path: str, body: Any = None, *, key: str = "", **headers: str) -> Any:
        """Send `body` as JSON (bytes go as they are) and return the response."""
        raw = body if isinstance(body, bytes) else json.dumps(body or {})
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= self.headers | ({"Idempotency-Key": key} if key else {})
        content_type = named.pop("Content-Type", "application/json")
        return self.http.post(f"/api/v1/{path}", raw, content_type=content_type, headers=named)

    def get(self, path: str) -> Any:
        return self.http.get(f"/api/v1/{path}", headers=self.headers)
