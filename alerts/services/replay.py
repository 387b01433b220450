"""Compare what the tables say of calls, pages and timers with what the events say."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from alerts.models import Alert, Event, Page, Site, Timer
from alerts.rules.replay import UNTOLD, Row, Told

ALERT_FIELDS = [
    "place_text",
    "subject",
    "person_kind",
    "summary",
    "priority",
    "policy_name",
    "policy_snapshot",
    "state",
    "step",
    "round",
    "version",
    "is_drill",
    "source",
    "called_at",
    "raised_at",
    "paging_since",
    "acknowledged_at",
    "arrived_at",
    "ended_at",
    "outcome",
]
PAGE_FIELDS = ["key", "channel", "step", "round", "created_at", "sent_at"]
NO_ROW = "no row"
BUNDLE = 500
"""Subjects asked for at a time, so that their index is used."""


@dataclass(frozen=True)
class Difference:
    """One field of one row of which table and events say different things."""

    table: str
    key: str
    field: str
    live: Any
    replayed: Any


@dataclass
class Comparison:
    """What was compared, what differs, and how many values older events do not tell."""

    rows: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    untold: int = 0

    def add(self, table: str, live: dict[str, Row], replayed: dict[str, Row]) -> None:
        """Compare the rows of one table field by field, those that only one side has too."""
        self.rows[table] = self.rows.get(table, 0) + len(live)
        for key in sorted(live.keys() | replayed.keys()):
            if key not in live or key not in replayed:
                sides = ("row" if key in live else NO_ROW, "row" if key in replayed else NO_ROW)
                self.differences.append(Difference(table, key, "", *sides))
                continue
            self._add_row(table, key, live[key], replayed[key])

    def _add_row(self, table: str, key: str, live: Row, replayed: Row) -> None:
        for name, value in live.items():
            told = replayed[name]
            if told is UNTOLD:
                self.untold += 1
            elif told != value:
                self.differences.append(Difference(table, key, name, value, told))


def told_at(site: Site) -> Iterator[Told]:
    """Yield the site's events from the first, as the fold reads them."""
    for event in Event.objects.filter(stream__site=site).order_by("seq").iterator():
        yield Told(
            type=event.type,
            subject=event.subject,
            at=event.server_at,
            payload=event.payload,
            actor=event.actor_id,
            device=event.device_id,
            source=event.source,
        )


def text_of(value: object | None) -> str | None:
    """Return a key or a code as events write it."""
    return str(value) if value is not None else None


def live_alerts(site: Site) -> dict[str, Row]:
    """Return the calls of the site as the table has them."""
    rows = Alert.objects.filter(site=site).select_related("session", "area", "bay", "seat")
    return {
        str(alert.uuid): {
            **{name: getattr(alert, name) for name in ALERT_FIELDS},
            "subject": text_of(alert.subject),
            "session": text_of(alert.session and alert.session.uuid),
            "area": text_of(alert.area and alert.area.uuid),
            "bay": text_of(alert.bay),
            "seat": text_of(alert.seat),
            "raised_by": alert.raised_by_id,
            "device": alert.device_id,
        }
        for alert in rows.iterator()
    }


def live_pages(site: Site) -> dict[str, Row]:
    """Return the pages of the site as the table has them, without the dispatcher's own notes."""
    rows = Page.objects.filter(alert__site=site).select_related("alert", "responder")
    return {
        str(page.uuid): {
            **{name: getattr(page, name) for name in PAGE_FIELDS},
            "alert": str(page.alert.uuid),
            "responder": text_of(page.responder and page.responder.uuid),
        }
        for page in rows.iterator()
    }


def live_timers(kinds: Iterable[str], subjects: Iterable[str]) -> dict[str, Row]:
    """Return the timers of these kinds about these subjects, each generation."""
    wanted, ordered = list(kinds), sorted(subjects)
    bundles = (ordered[first : first + BUNDLE] for first in range(0, len(ordered), BUNDLE))
    return {
        f"{row.kind} {row.subject} {row.generation}": {
            "due_at": row.due_at,
            "state": str(row.state),
            "fired_at": row.fired_at,
        }
        for bundle in bundles
        for row in Timer.objects.filter(kind__in=wanted, subject__in=bundle)
    }
