"""Rebuild calls, their pages and their timers from nothing but the events. Pure: no Django, no clock.

The fold follows the same rules as the services, from the facts they told. What no event tells is
not guessed: a fact that an older event lacks is `UNTOLD` and is not compared.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alerts.rules import escalation

Row = dict[str, Any]


class Untold:
    """The value of a field that the events do not tell."""

    def __repr__(self) -> str:
        return "untold"


UNTOLD = Untold()


@dataclass(frozen=True)
class Told:
    """One event as the fold reads it; actor and device by their numbers."""

    type: str
    subject: str
    at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    actor: int | None = None
    device: int | None = None
    source: str = "live"

    @property
    def is_late(self) -> bool:
        """Whether it was entered offline or from paper."""
        return self.source != "live"

    def instant(self, name: str) -> Any:
        """Return an instant among the facts; `UNTOLD` where an older event lacks it."""
        value = self.payload.get(name, UNTOLD)
        return datetime.fromisoformat(value) if isinstance(value, str) else value


class Clockwork:
    """The timers by kind and subject, each generation a row."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], list[Row]] = {}

    def arm(self, kind: str, subject: str, due_at: Any) -> None:
        """Arm the next generation; an armed one becomes stale."""
        self.cancel(kind, subject)
        rows = self.rows.setdefault((kind, subject), [])
        rows.append({"due_at": due_at, "state": "armed", "fired_at": None})

    def cancel(self, kind: str, subject: str) -> None:
        """Make the armed generation stale, if there is one."""
        if armed := self.armed(kind, subject):
            armed["state"] = "cancelled"

    def fire(self, kind: str, subject: str, at: datetime) -> bool:
        """Let the armed generation have fired at that instant; false when none was due."""
        armed = self.armed(kind, subject)
        if armed is None or (armed["due_at"] is not UNTOLD and armed["due_at"] > at):
            return False
        armed.update(state="fired", fired_at=at)
        return True

    def armed(self, kind: str, subject: str) -> Row | None:
        """Return the armed generation."""
        rows = self.rows.get((kind, subject), [])
        return rows[-1] if rows and rows[-1]["state"] == "armed" else None

    def by_key(self) -> dict[str, Row]:
        """Return every generation under its kind, subject and number."""
        return {
            f"{kind} {subject} {number}": row
            for (kind, subject), rows in self.rows.items()
            for number, row in enumerate(rows, 1)
        }


STEP, REPAGE, ARRIVAL = "alert.step", "alert.repage", "alert.arrival"
FRESH = -1
"""The step of a call whose paging has just begun."""
BY_A_PERSON = {"alert.declined", "alert.escalated"}
"""After these, at the same instant, it was no timer that paged on."""
ENDS = {"alert.resolved", "alert.cancelled", "alert.reviewed"}


class CallBook:
    """Calls and pages of one site, event after event."""

    def __init__(self, clockwork: Clockwork) -> None:
        self.alerts: dict[str, Row] = {}
        self.pages: dict[str, Row] = {}
        self._clockwork = clockwork
        self._last: dict[str, tuple[str, datetime]] = {}
        self._ways: dict[str, Callable[[Row, Told], None]] = {
            "alert.paged": self._paged,
            "alert.unproved": self._unproved,
            "alert.reopened": self._reopened,
            "alert.raised_to_high": self._raised_to_high,
            "alert.acknowledged": self._acknowledged,
            "alert.arrived": self._arrived,
            "alert.moved": self._moved,
            "alert.described": _described,
            "alert.exhausted": lambda _row, _told: None,
            **dict.fromkeys(("alert.joined", "alert.declined", "alert.escalated"), _change),
            **dict.fromkeys(ENDS, self._ended),
        }

    def take(self, told: Told) -> None:
        """Take in one event; those about anything else change nothing."""
        if told.type == "alert.raised":
            self.alerts[told.subject] = raised(told)
        elif told.type == "page.receipt":
            self._receipt(told)
        elif told.type in self._ways and told.subject in self.alerts:
            self._ways[told.type](self.alerts[told.subject], told)
            self._last[told.subject] = (told.type, told.at)

    def _is_by_person(self, told: Told) -> bool:
        """Say whether a person's word, at this same instant, is why the call goes on."""
        type_, at = self._last.get(told.subject, ("", told.at))
        return type_ in BY_A_PERSON and at == told.at

    def _paged(self, row: Row, told: Told) -> None:
        step, before = told.payload["step"], row["step"]
        if before != FRESH and not self._is_by_person(told):
            self._fire_what_paged(told, is_next_step=step != before)
        row.update(step=step, round=told.payload["round"], state=told.payload["state"])
        row["version"] += 1
        self._arm(row, told, is_next_step=step != before)
        for page in told.payload["pages"]:
            self.pages[page["page"]] = page_row(told, page)

    def _unproved(self, row: Row, told: Told) -> None:
        _change(row, told)
        for page in told.payload["pages"]:
            self.pages[page["page"]] = page_row(told, page)

    def _fire_what_paged(self, told: Told, *, is_next_step: bool) -> None:
        fire = self._clockwork.fire
        if not (is_next_step and fire(STEP, told.subject, told.at)):
            fire(REPAGE, told.subject, told.at)

    def _arm(self, row: Row, told: Told, *, is_next_step: bool) -> None:
        key, step = told.subject, told.payload["step"]
        if step == escalation.EXHAUSTED_STEP:
            self._clockwork.cancel(STEP, key)
            self._clockwork.arm(REPAGE, key, told.at + escalation.EXHAUSTED_REPEAT)
            return
        if is_next_step:
            self._clockwork.arm(STEP, key, max(told.instant("next_step_at"), told.at))
        repeat = repeat_of(row, step)
        self._clockwork.arm(REPAGE, key, told.at + repeat if repeat else UNTOLD)

    def _begin(self, row: Row, told: Told) -> None:
        self._cancel(ARRIVAL, told.subject)
        row.update(step=FRESH, paging_since=told.at)

    def _reopened(self, row: Row, told: Told) -> None:
        if told.payload.get("reason") == "nobody_on_scene":
            self._clockwork.fire(ARRIVAL, told.subject, told.at)
        self._begin(row, told)
        row["state"] = "open"

    def _raised_to_high(self, row: Row, told: Told) -> None:
        if not self._is_by_person(told):
            self._fire_what_paged(told, is_next_step=True)
        self._begin(row, told)
        steps = told.payload.get("steps", UNTOLD)
        row.update(priority="high", policy_name="high", policy_snapshot=steps)

    def _acknowledged(self, row: Row, told: Told) -> None:
        _change(row, told)
        self._cancel(STEP, REPAGE, told.subject)
        row["acknowledged_at"] = row["acknowledged_at"] or told.at
        self._clockwork.arm(ARRIVAL, told.subject, told.at + escalation.ARRIVAL_LIMIT)

    def _arrived(self, row: Row, told: Told) -> None:
        _change(row, told)
        self._cancel(STEP, REPAGE, ARRIVAL, told.subject)
        row["acknowledged_at"] = row["acknowledged_at"] or told.at
        row["arrived_at"] = row["arrived_at"] or told.at

    def _ended(self, row: Row, told: Told) -> None:
        _change(row, told)
        self._cancel(STEP, REPAGE, ARRIVAL, told.subject)
        row["ended_at"] = row["ended_at"] or told.at
        row["outcome"] = told.payload.get("words") or row["outcome"]

    def _moved(self, row: Row, told: Told) -> None:
        _change(row, told)
        for name in ("seat", "bay", "area", "place_text"):
            row[name] = told.payload.get(name, UNTOLD)

    def _cancel(self, *words: str) -> None:
        *kinds, subject = words
        for kind in kinds:
            self._clockwork.cancel(kind, subject)

    def _receipt(self, told: Told) -> None:
        page = self.pages.get(told.payload["page"])
        if page and told.payload["kind"] == "handed_off":
            page["sent_at"] = told.at


def _change(row: Row, told: Told) -> None:
    """Take over what every answer to a call changes."""
    row["version"] += 1
    row["state"] = told.payload["state"]


def _described(row: Row, told: Told) -> None:
    _change(row, told)
    row["summary"] = told.payload["summary"]


def raised(told: Told) -> Row:
    """Return the row of a call as it begins."""
    same = ("session", "area", "bay", "seat", "place_text", "person_kind", "summary", "priority")
    return {
        **{name: told.payload.get(name, UNTOLD) for name in (*same, "is_drill")},
        "subject": told.payload["observation"],
        "policy_name": told.payload["policy"],
        "policy_snapshot": told.payload.get("steps", UNTOLD),
        "state": "open",
        "step": FRESH,
        "round": 0,
        "version": 1,
        "source": told.source,
        "raised_by": told.actor,
        "device": told.device,
        "called_at": told.instant("called_at"),
        "raised_at": told.at,
        "paging_since": told.at,
        "acknowledged_at": None,
        "arrived_at": None,
        "ended_at": None,
        "outcome": "",
    }


def page_row(told: Told, page: Mapping[str, Any]) -> Row:
    """Return the row of a page; what goes to a screen is sent by the event itself."""
    step, round_ = told.payload["step"], told.payload["round"]
    who, channel = page["responder"], page["channel"]
    key = escalation.page_key(
        told.subject, step=step, round_=round_, responder=who or "board", channel=channel
    )
    return {
        "alert": told.subject,
        "key": key,
        "responder": who,
        "channel": channel,
        "step": step,
        "round": round_,
        "created_at": told.at,
        "sent_at": None if channel == "outside" else told.at,
    }


def repeat_of(row: Row, step: int) -> timedelta | None:
    """Return how often a step pages again; None where an older event does not tell the steps."""
    steps = row["policy_snapshot"]
    if steps is UNTOLD:
        return None
    return timedelta(seconds=escalation.step_from(steps[step]).repeat_every)
