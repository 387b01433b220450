"""Background jobs of `alerts`: nothing clinical, nothing that may not wait."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from alerts.gateways import clock
from alerts.services import housekeeping


@shared_task
def roll_up_old_rows(**_unknown: object) -> dict[str, int]:
    """Roll up old heartbeats, answered commands and repeated receipts; safe to repeat."""
    keeping = housekeeping.Keeping(
        heartbeats_for=timedelta(days=settings.KEEP_HEARTBEATS_DAYS),
        commands_for=timedelta(days=settings.KEEP_COMMANDS_DAYS),
        receipts_for=timedelta(days=settings.KEEP_RECEIPTS_DAYS),
    )
    return housekeeping.roll_up(keeping, now=clock.now())
