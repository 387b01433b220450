"""Errors as RFC 9457 problem JSON: what is wrong, in which field, and what to do."""

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from alerts.services.refusals import Refusal

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Translate what an edge raised; anything unknown stays a server error for the log."""
    if isinstance(error, Refusal):
        return _refusal(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound(_("Not found, or not at one of your sites."))
    if isinstance(error, DjangoPermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, OperationalError):
        log.error("not_stored", error=str(error))
        error = NotStored(_("The server could not store this. Shout for help, then try again."))
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    response.data = _problem(error)
    response.content_type = CONTENT_TYPE
    return response


class NotStored(exceptions.APIException):
    """The database did not take it: locked, full or away. Nothing was kept; it may be said again."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "not_stored"


def locked_out(request: HttpRequest, response: object, _credentials: object = None) -> HttpResponse:
    """Answer who failed to log in too often: the API by a problem, a page by itself, both 429."""
    if isinstance(response, HttpResponse) and not request.path.startswith("/api/"):
        response.status_code = status.HTTP_429_TOO_MANY_REQUESTS
        return response
    title = _("Too many wrong tries. Wait a quarter of an hour, or tap your badge.")
    body = {
        "type": "about:blank#locked_out",
        "title": title,
        "status": status.HTTP_429_TOO_MANY_REQUESTS,
        "detail": title,
        "errors": [],
    }
    return JsonResponse(body, status=body["status"], content_type=CONTENT_TYPE)


def _problem(error: exceptions.APIException) -> dict[str, Any]:
    details = list(_fields(error.detail)) if isinstance(error, exceptions.ValidationError) else []
    title = _("Please correct the marked fields.") if details else str(error.detail)
    first = f"{details[0]['field']}: {details[0]['message']}" if details else title
    return {
        "type": f"about:blank#{error.default_code}",
        "title": title,
        "status": error.status_code,
        "detail": first,
        "errors": details,
    }


def _fields(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Walk DRF's nested errors and yield one row per field path."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _fields(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list) and any(isinstance(i, (Mapping, list)) for i in detail):
        for index, inner in enumerate(detail):
            yield from _fields(inner, f"{path}[{index}]")
    else:
        for message in detail if isinstance(detail, list) else [detail]:
            code = getattr(message, "code", "invalid")
            yield {"field": path, "message": str(message), "code": str(code)}


def _refusal(error: Refusal) -> Response:
    row = {"field": error.field, "message": str(error), "code": error.code}
    body = {
        "type": f"about:blank#{error.code}",
        "title": str(error),
        "status": status.HTTP_409_CONFLICT,
        "detail": str(error),
        "errors": [row] if error.field else [],
        **({"facts": error.facts} if error.facts else {}),
    }
    return Response(body, status=status.HTTP_409_CONFLICT, content_type=CONTENT_TYPE)
