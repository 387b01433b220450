"""What must hold every second while people rely on us, and at which sites it does not."""

from datetime import datetime, timedelta

from alerts.gateways import clock
from alerts.models import (
    Alert,
    Page,
    PageChannel,
    Priority,
    Responder,
    Session,
    Timer,
    TimerState,
)
from alerts.rules import states
from alerts.services import heartbeats, trials
from alerts.services.delivery import MOST_ATTEMPTS
from alerts.services.paging import HELPING, PAGING_TIMERS

LATE_AFTER = timedelta(seconds=2)
"""A timer or a page this late is a fault. Source: docs/sources.md#invariants."""
SILENT_AFTER_MS = 5000.0
"""A pager without a sign of life for this long is a fault. Source: docs/sources.md#invariants."""
SHOWN_FOR = timedelta(minutes=10)
"""How long something given up stays a fault on the screens."""


def open_sites() -> set[int]:
    """Return the sites that work now: with a session open or a call running."""
    working = set(Session.objects.filter(closed_at=None).values_list("site_id", flat=True))
    return working | set(Alert.objects.running().values_list("site_id", flat=True))


def broken(*, now: datetime) -> dict[str, set[int]]:
    """Return, for each fault the database shows, the sites it concerns; none when all is well."""
    everywhere = open_sites()
    whole_house = {
        "pager_silent": is_pager_silent(now),
        "timers_late": has_late_timers(now),
        "timer_quarantined": has_quarantined_timers(now),
        "trial_page_lost": trials.is_lost(now=now),
    }
    found = {code: everywhere for code, is_broken in whole_house.items() if is_broken}
    found["pages_late"] = sites_with_late_pages(now)
    found["page_given_up"] = sites_with_lost_pages(now)
    found["alert_unattended"] = sites_with_unattended_alerts()
    return {code: sites for code, sites in found.items() if sites}


def is_anything_running(now: datetime) -> bool:
    """Say whether a call is open or a timer falls due within two hours: then no clock may jump."""
    due_soon = Timer.objects.due(now + timedelta(hours=2))
    return Alert.objects.running().exists() or due_soon.exists()


def is_pager_silent(now: datetime) -> bool:
    """Say whether no pager gave a sign of life lately."""
    pulse = heartbeats.pager_pulse(now=now)
    return pulse is None or pulse.age_ms > SILENT_AFTER_MS


def has_late_timers(now: datetime) -> bool:
    """Say whether an armed timer is more than two real seconds past due."""
    return Timer.objects.due(now - LATE_AFTER * clock.rate()).exists()


def has_quarantined_timers(now: datetime) -> bool:
    """Say whether a timer was set aside lately because its handler fails."""
    quarantined = Timer.objects.filter(state=TimerState.QUARANTINED)
    return quarantined.filter(due_at__gte=now - SHOWN_FOR).exists()


def sites_with_late_pages(now: datetime) -> set[int]:
    """Return where a page waits unsent for more than two real seconds."""
    late = Page.objects.unsent().filter(created_at__lt=now - LATE_AFTER * clock.rate())
    return set(late.values_list("alert__site_id", flat=True))


def sites_with_lost_pages(now: datetime) -> set[int]:
    """Return where a page was given up lately after every try failed."""
    lost = Page.objects.filter(channel=PageChannel.OUTSIDE, sent_at=None)
    lost = lost.filter(attempts__gte=MOST_ATTEMPTS, given_up_at__gte=now - SHOWN_FOR)
    return set(lost.values_list("alert__site_id", flat=True))


def sites_with_unattended_alerts() -> set[int]:
    """Return where a running call has neither a helper nor an armed timer that pages on."""
    running = Alert.objects.running().exclude(priority=Priority.LOW)
    rows = list(running.values_list("pk", "uuid", "state", "site_id"))
    armed = Timer.objects.armed().filter(kind__in=PAGING_TIMERS)
    paged = set(armed.values_list("subject", flat=True))
    helping = Responder.objects.filter(state__in=HELPING, alert__in=running)
    helped = set(helping.values_list("alert_id", flat=True))
    return {
        site_id
        for pk, key, state, site_id in rows
        if (str(key) not in paged if state in states.UNANSWERED else pk not in helped)
    }
