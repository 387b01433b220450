"""Replay a site's events from nothing and compare with the tables: watches, calls, pages, timers."""

from alerts.models import Site, Stream
from alerts.rules.replay import ARRIVAL, REPAGE, STEP, CallBook, Clockwork, Row
from alerts.services.replay import (
    Comparison,
    live_alerts,
    live_pages,
    live_timers,
    text_of,
    told_at,
)
from observation.models import Observation
from observation.rules.replay import DUE, NOT_SEATED, RECHECK, WatchBook

OBSERVATION_FIELDS = [
    "ticket",
    "station",
    "is_seat_confirmed",
    "seated_at",
    "opened_at",
    "started_at",
    "due_at",
    "watched_closely_since",
    "recheck_at",
    "flags",
    "ended_at",
    "end_kind",
    "is_warning_given",
    "settled_at",
]
TIMER_KINDS = (DUE, NOT_SEATED, RECHECK, STEP, REPAGE, ARRIVAL)
NOT_COVERED = {
    "observation": "recipient, period_reasons, end_reason, end_agreed_by, settled_note",
    "page": "text, attempts, next_attempt_at, lease_owner, lease_until, given_up_at, error",
    "timer": "attempts, error; the kinds alert.answerer, alert.unproved and aefi.groups",
}
"""What the events do not tell, by table; docs/operations.md says why."""


class HallMovedOn(Exception):
    """Something happened while the tables were read; they cannot be compared with the events."""


def replay(site: Site) -> Comparison:
    """Compare the site's tables with its events.

    :raises HallMovedOn: when an event was written meanwhile.
    """
    head = _head(site)
    clockwork = Clockwork()
    watches, calls = WatchBook(clockwork), CallBook(clockwork)
    for told in told_at(site):
        watches.take(told)
        calls.take(told)
    live = {"observation": live_observations(site), "alert": live_alerts(site)}
    pages = live_pages(site)
    timers = live_timers(TIMER_KINDS, live["observation"].keys() | live["alert"].keys())
    if _head(site) != head:
        raise HallMovedOn
    found = Comparison()
    found.add("observation", live["observation"], watches.observations)
    found.add("alert", live["alert"], calls.alerts)
    found.add("page", pages, calls.pages)
    found.add("timer", timers, clockwork.by_key())
    return found


def _head(site: Site) -> int:
    return Stream.objects.filter(site=site).values_list("seq", flat=True).first() or 0


def live_observations(site: Site) -> dict[str, Row]:
    """Return the observations of the site as the table has them, without names and free words."""
    rows = Observation.objects.filter(site=site).select_related("session", "party", "seat", "bay")
    return {
        str(row.uuid): {
            **{name: getattr(row, name) for name in OBSERVATION_FIELDS},
            "session": str(row.session.uuid),
            "party": text_of(row.party and row.party.uuid),
            "seat": text_of(row.seat),
            "bay": text_of(row.bay),
            "ended_by": row.ended_by_id,
        }
        for row in rows.iterator()
    }
