"""The verbs of the API: under one `Idempotency-Key` a POST takes effect once and only once."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.gateways import clock
from alerts.models import AccessToken
from alerts.permissions.authentication import device_of
from alerts.services import commands

KEY_HEADER = "Idempotency-Key"
Method = TypeVar("Method", bound=Callable[..., Response])


def command(method: Method) -> Method:
    """Make a view method a command: once per key, with the same answer to a repeat."""

    @wraps(method)
    def answer(self: object, request: Request, *args: object, **kwargs: object) -> Response:
        try:
            return answer_once(request, lambda: method(self, request, *args, **kwargs))
        except commands.KeyUsedDifferently as error:
            message = _("This key was used for another request; make a new one for each action.")
            raise ValidationError({KEY_HEADER: [message]}) from error

    return cast("Method", answer)


def answer_once(request: Request, act: Callable[[], Response]) -> Response:
    """Run `act` under the request's key, or return what it answered before.

    Without a key the request simply runs.

    :raises KeyUsedDifferently: when the key came before with another request.
    """
    key = "".join(filter(str.isprintable, request.headers.get(KEY_HEADER, "")))[:64]
    if not key:
        return act()

    def run() -> commands.Answer:
        response = act()
        return commands.Answer(response.status_code, response.data)

    print_ = commands.fingerprint(str(request.method), request.path, request.data)
    answer = commands.once(
        caller=caller_of(request), key=key, print_=print_, act=run, now=clock.now()
    )
    return _response(answer)


def _response(answer: commands.Answer) -> Response:
    headers = {"Idempotent-Replay": "true"} if answer.is_replay else None
    return Response(answer.body, status=answer.status or status.HTTP_200_OK, headers=headers)


def caller_of(request: Request) -> str:
    """Return whose keys these are: a token's, a device's or a person's."""
    if isinstance(request.auth, AccessToken):
        return f"token:{request.auth.pk}"
    device = device_of(request)
    return f"device:{device.pk}" if device else f"user:{request.user.pk}"


def text_of(data: dict[str, Any], name: str, limit: int = 400) -> str:
    """Return a free text of the request, cut to what is kept."""
    return str(data.get(name) or "")[:limit]
