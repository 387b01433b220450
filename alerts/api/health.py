"""`/health/`: is the process alive, is the database ready, does the pager work."""

import time

from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from alerts.gateways import clock
from alerts.models import Heartbeat
from alerts.services import heartbeats
from alerts.services.schema import unapplied

ENGINE_PATIENCE = 3.0
"""Seconds within which the pager must complete a pass."""
LOOK_EVERY = 0.1
SERVICE_UNAVAILABLE = 503


@never_cache
@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """Say that this process answers; touches nothing else."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Say whether the database answers and has every migration."""
    try:
        missing = unapplied()
    except Error as error:
        return failing(f"The database does not answer: {type(error).__name__}.")
    if missing:
        return failing(f"Migrations are missing: {', '.join(missing)}.")
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def engine(_request: HttpRequest) -> JsonResponse:
    """Wait for a whole pass of the pager that begins after this request."""
    asked_at, began = clock.now(), time.monotonic()
    while time.monotonic() - began < ENGINE_PATIENCE:
        beats = Heartbeat.objects.filter(process__startswith=heartbeats.PAGER)
        beat = beats.filter(at__gte=asked_at).order_by("-at").first()
        if beat is not None:
            return JsonResponse({"status": "ok", "pager": beat.process, "lag_ms": beat.lag_ms})
        time.sleep(LOOK_EVERY)
    return failing(f"No pager completed a pass within {ENGINE_PATIENCE:g} s.")


def failing(detail: str) -> JsonResponse:
    """Return what a load balancer takes as "do not use me", with the reason for a person."""
    return JsonResponse({"status": "failing", "detail": detail}, status=SERVICE_UNAVAILABLE)
