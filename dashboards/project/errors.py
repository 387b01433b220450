"""Problem JSON where no view of the API is reached: no such address, a strange host, a fault."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults

from alerts.permissions.problems import CONTENT_TYPE

MACHINES = ("/api/", "/fhir/", "/health/")
"""What begins so is read by programs."""


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that nothing has."""
    if not request.path.startswith(MACHINES):
        return defaults.page_not_found(request, exception)
    return _problem(HTTPStatus.NOT_FOUND, "not_found", _("There is nothing at this address."))


def fault(request: HttpRequest) -> HttpResponse:
    """Answer when the product itself failed; the log says why."""
    if not request.path.startswith(MACHINES):
        return defaults.server_error(request)
    title = _("The server failed; send it again with the same Idempotency-Key.")
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "fault", title)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is no request: a strange host, too many fields."""
    if not request.path.startswith(MACHINES):
        return defaults.bad_request(request, exception)
    return _problem(HTTPStatus.BAD_REQUEST, "bad_request", _("This request cannot be read."))


def _problem(status: HTTPStatus, code: str, title: str) -> JsonResponse:
    body = {"type": f"about:blank#{code}", "title": title, "status": status}
    body |= {"detail": title, "errors": []}
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)
