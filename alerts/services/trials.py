"""The trial page: each minute one goes the way of every page that leaves, and its age is told."""

from datetime import datetime, timedelta

from django.db.models import Max

from alerts.gateways import clock
from alerts.models import TrialPage

EVERY = timedelta(seconds=60)
"""Real time between two trial pages. Source: docs/sources.md#trial-page."""
LOST_AFTER = timedelta(seconds=15)
"""A trial page unsent for this long in real time is a fault. Source: docs/sources.md#trial-page."""
KEPT_FOR = 10 * EVERY
TITLE = "AEFI Watch: trial page"
TEXT = "This is no call. It shows that pages leave the site."


def write_due(*, now: datetime) -> None:
    """Write this minute's trial page unless another watchdog did, and forget the old ones."""
    minute = int(now.timestamp() / (EVERY.total_seconds() * clock.rate()))
    if TrialPage.objects.filter(key=f"trial:{minute}").exists():
        return
    trial = TrialPage(key=f"trial:{minute}", text=TEXT, created_at=now, next_attempt_at=now)
    TrialPage.objects.bulk_create([trial], ignore_conflicts=True)
    TrialPage.objects.filter(created_at__lt=now - KEPT_FOR * clock.rate()).delete()


def is_lost(*, now: datetime) -> bool:
    """Say whether the newest trial page that had time to leave did not."""
    had_time = TrialPage.objects.filter(created_at__lt=now - LOST_AFTER * clock.rate())
    newest = had_time.order_by("-created_at").first()
    return newest is not None and newest.sent_at is None


def age_ms(*, now: datetime) -> float | None:
    """Return how long ago, in real milliseconds, a trial page left last; None before the first."""
    last: datetime | None = TrialPage.objects.aggregate(at=Max("sent_at"))["at"]
    if last is None:
        return None
    age = max(0.0, (now - last).total_seconds()) / clock.rate()
    return round(age * 1000, 1)
