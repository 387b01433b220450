"""How well the calls of the last day were carried: read from the rows, whatever process runs.

Every reading takes the newest rows by key and is bounded, so that looking costs a busy hall little.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from django.db.models import Min, QuerySet

from alerts.gateways import clock
from alerts.models import (
    Alert,
    Page,
    PageChannel,
    Receipt,
    ReceiptKind,
    Site,
    Source,
    Timer,
    TimerState,
)
from alerts.rules import states
from alerts.rules.figures import Spread, spread_of
from alerts.services import delivery, heartbeats, trials

PERIOD = timedelta(hours=24)
MOST_ROWS = 5000
"""Rows of one kind that a reading looks at, the newest first."""
UNCONFIRMED_AFTER = timedelta(seconds=10)
"""A page that no screen confirmed for this long counts as failed."""


@dataclass(frozen=True)
class ChannelFigures:
    """What became of the pages of one channel."""

    channel: str
    pages: int
    latency: Spread | None
    failures: int
    given_up: int


@dataclass(frozen=True)
class CallFigures:
    """How the calls of one site were answered; drills and late entries are left out."""

    site: Site
    calls: int
    running: int
    unanswered: int
    to_answer: Spread | None
    to_arrival: Spread | None


@dataclass(frozen=True)
class HouseFigures:
    """What concerns every site alike: the clockwork and the processes."""

    timer_lateness: Spread | None
    oldest_timer_seconds: float
    oldest_page_seconds: float
    quarantined: int
    trial_age_seconds: float
    pager: heartbeats.Pulse | None
    watchdog: heartbeats.Pulse | None


def channels(sites: QuerySet[Site], *, now: datetime) -> list[ChannelFigures]:
    """Return the figures of each channel over the pages to these sites in the last day."""
    rows = Page.objects.filter(alert__site__in=sites).order_by("-pk")[:MOST_ROWS]
    fresh = [page for page in rows if page.created_at >= now - PERIOD]
    shown = _shown_at([page.pk for page in fresh])
    return [
        _channel(name, [page for page in fresh if page.channel == name], shown, now=now)
        for name in PageChannel.values
    ]


def _shown_at(pages: list[int]) -> dict[int, datetime]:
    """Return when each page was first seen on a screen."""
    seen = [ReceiptKind.DISPLAYED, ReceiptKind.ACKNOWLEDGED]
    receipts = Receipt.objects.filter(page__in=pages, kind__in=seen).order_by()
    return dict(receipts.values_list("page").annotate(first=Min("at")))


def _channel(
    name: str, pages: list[Page], shown: dict[int, datetime], *, now: datetime
) -> ChannelFigures:
    """Sum up one channel: outside, the hand-off counts; on a screen, that it was shown."""
    is_outside = name == PageChannel.OUTSIDE
    done = [(page, page.sent_at if is_outside else shown.get(page.pk)) for page in pages]
    took = [_seconds(at - page.created_at) for page, at in done if at]
    overdue = now - UNCONFIRMED_AFTER * clock.rate()
    if is_outside:
        failures = sum(page.attempts - (page.sent_at is not None) for page in pages)
    else:
        failures = sum(at is None and page.created_at < overdue for page, at in done)
    lost = sum(p.given_up_at is not None and p.error != delivery.ANSWERED for p in pages)
    return ChannelFigures(name, len(pages), spread_of(took), failures, lost)


def calls(sites: QuerySet[Site], *, now: datetime) -> list[CallFigures]:
    """Return the figures of each site over its calls of the last day."""
    rows = Alert.objects.filter(site__in=sites, is_drill=False, source=Source.LIVE)
    fresh = [a for a in rows.order_by("-pk")[:MOST_ROWS] if a.raised_at >= now - PERIOD]
    by_site = groupby(sorted(fresh, key=attrgetter("site_id")), key=attrgetter("site_id"))
    found = {site_id: list(group) for site_id, group in by_site}
    return [_calls(site, found.get(site.pk, [])) for site in sites.order_by("pk")]


def _calls(site: Site, alerts: list[Alert]) -> CallFigures:
    return CallFigures(
        site=site,
        calls=len(alerts),
        running=sum(alert.state not in states.ENDED for alert in alerts),
        unanswered=sum(alert.acknowledged_at is None for alert in alerts),
        to_answer=_spread((a.acknowledged_at, a.raised_at) for a in alerts),
        to_arrival=_spread((a.arrived_at, a.raised_at) for a in alerts),
    )


def _spread(pairs: Iterable[tuple[datetime | None, datetime]]) -> Spread | None:
    return spread_of(_seconds(end - start) for end, start in pairs if end)


def house(*, now: datetime) -> HouseFigures:
    """Return the figures of the clockwork over the timers that fired in the last day."""
    fired = Timer.objects.filter(state=TimerState.FIRED).order_by("-pk")[:MOST_ROWS]
    rows = fired.values_list("fired_at", "due_at")
    late = ((at, due) for at, due in rows if at and at >= now - PERIOD)
    next_page = delivery.next_attempt_at()
    next_timer = Timer.objects.due(now).values_list("due_at", flat=True).first()
    return HouseFigures(
        timer_lateness=_spread(late),
        oldest_timer_seconds=_age(next_timer, now),
        oldest_page_seconds=_age(next_page, now),
        quarantined=Timer.objects.filter(state=TimerState.QUARANTINED).count(),
        trial_age_seconds=(trials.age_ms(now=now) or 0) / 1000,
        pager=heartbeats.pager_pulse(now=now),
        watchdog=heartbeats.pulse_of(heartbeats.WATCHDOG, now=now),
    )


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, _seconds(now - since)) if since else 0.0


def _seconds(duration: timedelta) -> float:
    """Return real seconds, also where the demonstration's clock runs faster."""
    return duration.total_seconds() / clock.rate()
