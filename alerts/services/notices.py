"""Say once that something began and once that it ended: the stream itself remembers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from alerts.models import Event, Stream
from alerts.outbox import Fact, append_event

CODES = (
    "alert_unattended",
    "clock_stepped",
    "disk_low",
    "page_given_up",
    "pager_silent",
    "pages_late",
    "timer_quarantined",
    "timers_late",
    "trial_page_lost",
)


@dataclass(frozen=True)
class Notice:
    """Two event types about one subject of a site: it began, it ended."""

    site_id: int
    subject: str
    began: str
    ended: str
    facts: dict[str, Any] = field(default_factory=dict, compare=False)


def technical(site_id: int, code: str) -> Notice:
    """Return the notice of a technical fault."""
    return Notice(site_id, code, "technical.raised", "technical.cleared", {"code": code})


def lasting_faults(site_id: int) -> list[str]:
    """Return the codes of the technical faults that were raised at a site and not cleared."""
    told = Event.objects.filter(stream__site_id=site_id, subject__in=CODES).order_by("seq")
    last = dict(told.values_list("subject", "type"))
    return [code for code, type_ in last.items() if type_ == "technical.raised"]


@transaction.atomic
def tell(notice: Notice, *, is_on: bool, now: datetime, at_least: timedelta = timedelta()) -> bool:
    """Append the event if the stream says otherwise so far; return what it says now.

    The stream's lock makes it once among all processes. What began is not ended before it lasted
    `at_least`, so that a process which noticed later does not contradict one that noticed at once.
    """
    stream = Stream.objects.select_for_update().get(site_id=notice.site_id)
    about = Event.objects.filter(stream=stream, subject=notice.subject)
    last = about.filter(type__in=(notice.began, notice.ended)).order_by("-seq").first()
    was_on = last is not None and last.type == notice.began
    if was_on == is_on or (last and was_on and now - last.server_at < at_least):
        return was_on
    type_ = notice.began if is_on else notice.ended
    append_event(notice.site_id, Fact(type_, notice.subject, notice.facts), now=now)
    return is_on
