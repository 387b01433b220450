"""Rebuild the watches and their timers from nothing but the events. Pure: no Django, no clock."""

from collections.abc import Callable

from alerts.rules.replay import UNTOLD, Clockwork, Row, Told
from observation.rules import watch

DUE, NOT_SEATED, RECHECK = "observation.due", "observation.not_seated", "observation.recheck"
BEFORE_DUE = "ended_before_due"


class WatchBook:
    """The observations of one site, event after event."""

    def __init__(self, clockwork: Clockwork) -> None:
        self.observations: dict[str, Row] = {}
        self._clockwork = clockwork
        self._ways: dict[str, Callable[[Row, Told], None]] = {
            "observation.seated": self._seated,
            "observation.moved": self._seated,
            "observation.extended": self._extended,
            "observation.flagged": self._flagged,
            "observation.watch_started": self._looked,
            "observation.rechecked": self._looked,
            "observation.watch_ended": self._unwatched,
            "observation.ended": self._ended,
            "observation.settled": self._settled,
            "observation.due": self._fired(DUE),
            "observation.not_seated": self._fired(NOT_SEATED),
            "observation.recheck_due": self._fired(RECHECK),
        }

    def take(self, told: Told) -> None:
        """Take in one event; those about anything else change nothing."""
        if told.type == "observation.started":
            self.observations[told.subject] = started(told)
            self._arm_new(told)
        elif told.type in self._ways and told.subject in self.observations:
            self._ways[told.type](self.observations[told.subject], told)

    def _arm_new(self, told: Told) -> None:
        base = told.instant("started_at" if told.is_late else "opened_at")
        wanted = {DUE: told.instant("due_at"), NOT_SEATED: watch.not_seated_at(base)}
        for kind, at in wanted.items():
            if not (told.is_late and at <= told.at):
                self._clockwork.arm(kind, told.subject, at)

    def _seated(self, row: Row, told: Told) -> None:
        row.update(seat=told.payload["seat"], bay=told.payload["bay"])
        row.update(is_seat_confirmed=told.payload["is_confirmed"])
        row["seated_at"] = told.instant("seated_at")
        self._clockwork.cancel(NOT_SEATED, told.subject)

    def _extended(self, row: Row, told: Told) -> None:
        due_at = told.instant("due_at")
        is_moved = due_at != row["due_at"]
        row["due_at"] = due_at
        if told.payload["reason"] == "further_dose":
            row["started_at"] = told.instant("started_at")
        if told.is_late and due_at <= told.at:
            self._clockwork.cancel(DUE, told.subject)
        elif is_moved:
            self._clockwork.arm(DUE, told.subject, due_at)

    def _flagged(self, row: Row, told: Told) -> None:
        row["flags"] = told.payload["flags"]

    def _looked(self, row: Row, told: Told) -> None:
        row["watched_closely_since"] = told.instant("since")
        row["recheck_at"] = told.instant("recheck_at")
        self._clockwork.arm(RECHECK, told.subject, row["recheck_at"])

    def _unwatched(self, row: Row, told: Told) -> None:
        row.update(watched_closely_since=None, recheck_at=None)
        self._clockwork.cancel(RECHECK, told.subject)

    def _ended(self, row: Row, told: Told) -> None:
        at, kind = told.instant("ended_at"), told.payload["kind"]
        if kind == "complete" and at < row["due_at"]:
            row["flags"] = sorted({*row["flags"], BEFORE_DUE})
        row.update(ended_at=at, end_kind=kind, ended_by=told.actor)
        row.update(watched_closely_since=None, recheck_at=None)
        row["is_warning_given"] = told.payload.get("warned", UNTOLD)
        for timer in (DUE, NOT_SEATED, RECHECK):
            self._clockwork.cancel(timer, told.subject)

    def _settled(self, row: Row, told: Told) -> None:
        row["settled_at"] = told.at

    def _fired(self, kind: str) -> Callable[[Row, Told], None]:
        def fired(_row: Row, told: Told) -> None:
            self._clockwork.fire(kind, told.subject, told.at)

        return fired


def started(told: Told) -> Row:
    """Return the row of a watch as it begins."""
    same = ("ticket", "party", "station", "seat", "bay", "flags")
    return {
        **{name: told.payload[name] for name in same},
        "session": told.payload.get("session", UNTOLD),
        "is_seat_confirmed": False,
        "seated_at": None,
        "opened_at": told.instant("opened_at"),
        "started_at": told.instant("started_at"),
        "due_at": told.instant("due_at"),
        "watched_closely_since": None,
        "recheck_at": None,
        "ended_at": None,
        "end_kind": "",
        "ended_by": None,
        "is_warning_given": None,
        "settled_at": None,
    }
