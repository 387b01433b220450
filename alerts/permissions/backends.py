"""Logging in by PIN on an enrolled device; failures count towards the lock-out like passwords."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import check_password
from django.http import HttpRequest

from alerts.models import User


class PinBackend(ModelBackend):
    """A person's PIN, good only where the caller has checked that the device is enrolled."""

    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, username: str = "", pin: str = "", **_unused: object
    ) -> User | None:
        person = User.objects.filter(username=username, is_active=True).exclude(pin_hash="").first()
        if person is None or not pin or not check_password(pin, person.pin_hash):
            return None
        return person
