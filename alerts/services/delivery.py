"""Pages and notes that leave the site: claim with a lease, mark when handed off, try again, give up."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min, QuerySet

from alerts.gateways import clock
from alerts.models import Note, Page, PageChannel, ReceiptKind, TrialPage
from alerts.outbox import SYSTEM
from alerts.rules import escalation, states
from alerts.rules.wording import PageFacts, page_body, page_title
from alerts.services import trials
from alerts.services.calls import record_receipt

LEASE = timedelta(seconds=5)
"""How long a claimed page belongs to who claimed it. Source: docs/sources.md#page-lease."""
MOST_ATTEMPTS = 8
"""Tries after which a page is given up and shown. Source: docs/sources.md#page-attempts."""
FALLBACK_AFTER = 2
"""Failed tries on a person's own addresses after which the site's are used as well."""
ANSWERED = "answered"
Item = Page | Note | TrialPage


def outside() -> QuerySet[Page]:
    """Return the unsent pages that leave the site."""
    return Page.objects.unsent().filter(channel=PageChannel.OUTSIDE)


def due_pages(*, now: datetime, limit: int = 50) -> list[Page]:
    """Return the pages to try now, the most urgent calls first."""
    rows = Page.objects.due(now).filter(channel=PageChannel.OUTSIDE)
    rows = rows.select_related("responder", "alert__site", "alert__seat", "alert__bay")
    due = list(rows.select_related("alert__area")[:limit])
    return sorted(due, key=lambda page: PRIORITY_ORDER.get(page.alert.priority, 0))


PRIORITY_ORDER = {"high": 0, "medium": 1, "low": 2}


def due_note(*, now: datetime) -> Note | None:
    """Return the note to try when no page waits."""
    return Note.objects.due(now).select_related("responder").first()


def due_trial(*, now: datetime) -> TrialPage | None:
    """Return the trial page to try; it waits for no call, and no call waits for it."""
    return TrialPage.objects.due(now).first()


def next_attempt_at(*, with_notes: bool = True) -> datetime | None:
    """Return when the next page is to be tried, or the next note where that is sooner."""
    waiting: list[QuerySet[Any]] = [outside(), *([Note.objects.unsent()] if with_notes else [])]
    ats = [rows.aggregate(at=Min("next_attempt_at"))["at"] for rows in waiting]
    return min((at for at in ats if at is not None), default=None)


def _waiting(item: Item) -> QuerySet[Any]:
    return outside() if isinstance(item, Page) else type(item).objects.unsent()


def claim(page: Item, *, owner: str, now: datetime) -> bool:
    """Take the next attempt for `owner`; false when another dispatcher took it first.

    Claiming and rescheduling are one move: `next_attempt_at` goes forward, so a dispatcher that
    dies while sending is followed by another without further code.
    """
    unclaimed = _waiting(page).filter(pk=page.pk, next_attempt_at=page.next_attempt_at)
    lease_until = now + LEASE * clock.rate()
    taken = unclaimed.update(
        attempts=F("attempts") + 1,
        next_attempt_at=lease_until,
        lease_owner=owner,
        lease_until=lease_until,
    )
    page.attempts += taken
    return taken == 1


@transaction.atomic
def mark_sent(page: Item, *, owner: str, text: str, now: datetime) -> bool:
    """Note that the page was handed off; false when the lease went to somebody else meanwhile."""
    mine = type(page).objects.filter(pk=page.pk, lease_owner=owner, sent_at=None)
    if not mine.update(sent_at=now, text=text[:400], error=""):
        return False
    if isinstance(page, Page):
        record_receipt(page=page, kind=ReceiptKind.HANDED_OFF, origin=SYSTEM, now=now)
    return True


def mark_failed(page: Item, *, owner: str, error: str, now: datetime) -> None:
    """Note why the attempt failed, and when the next one is; after the last one, give up."""
    mine = _waiting(page).filter(pk=page.pk, lease_owner=owner)
    if page.attempts >= MOST_ATTEMPTS:
        mine.update(given_up_at=now, error=error[:400])
    else:
        wait = escalation.retry_wait(page.attempts) * clock.rate()
        mine.update(next_attempt_at=now + wait, error=error[:400])


def give_up_answered(*, now: datetime) -> int:
    """Stop trying the pages of alerts that somebody answered or that ended."""
    stale = outside().exclude(alert__state__in=states.UNANSWERED)
    if not stale.exists():
        return 0  # a write would queue behind every other writer
    return stale.update(given_up_at=now, error=ANSWERED)


def addresses_of(page: Item) -> tuple[str, ...]:
    """Return the person's own addresses, or the site's; after two failures both."""
    if isinstance(page, TrialPage):
        return tuple(settings.TRIAL_URLS)
    own = [str(address) for address in (page.responder.contact_urls if page.responder else [])]
    if own and page.attempts <= FALLBACK_AFTER:
        return tuple(own)
    return tuple(dict.fromkeys([*own, *settings.APPRISE_URLS]))


def words_of(page: Item) -> tuple[str, str]:
    """Return title and text of a page or note, without any name."""
    if isinstance(page, Note):
        return page.title, page.text
    if isinstance(page, TrialPage):
        return trials.TITLE, page.text
    alert = page.alert
    facts = PageFacts(
        site=alert.site.name,
        place=alert.place,
        priority=alert.priority,
        round=page.round,
        is_drill=alert.is_drill,
    )
    return page_title(facts), page_body(facts)
