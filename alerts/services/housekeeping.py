"""Roll up rows that only say "still here", "already answered" or the same thing again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from alerts.models import Command, Heartbeat, Receipt

BUNDLE = 1000
"""Rows deleted in one statement, so that a call never waits long behind the housekeeping."""


@dataclass(frozen=True)
class Keeping:
    """For how long each kind of row is kept."""

    heartbeats_for: timedelta
    commands_for: timedelta
    receipts_for: timedelta


def roll_up(keeping: Keeping, *, now: datetime) -> dict[str, int]:
    """Delete what is older than it is kept for; return how many rows of each kind went.

    Of the receipts of a page the first of each kind stays: that it was displayed, and when, is kept
    for good, on how many screens again is not.
    """
    heartbeats = Heartbeat.objects.filter(at__lt=now - keeping.heartbeats_for)
    commands = Command.objects.filter(received_at__lt=now - keeping.commands_for)
    return {
        "heartbeats": _delete(heartbeats),
        "commands": _delete(commands),
        "receipts": _delete(_repeated_receipts(now - keeping.receipts_for)),
    }


def _repeated_receipts(before: datetime) -> QuerySet[Receipt]:
    """Return old receipts that say what an earlier one of the same page said."""
    same = Receipt.objects.filter(page=OuterRef("page"), kind=OuterRef("kind"))
    earlier = same.filter(Q(at__lt=OuterRef("at")) | Q(at=OuterRef("at"), pk__lt=OuterRef("pk")))
    return Receipt.objects.filter(Exists(earlier), at__lt=before)


def _delete(rows: QuerySet[Heartbeat] | QuerySet[Command] | QuerySet[Receipt]) -> int:
    gone = 0
    while keys := list(rows.values_list("pk", flat=True)[:BUNDLE]):
        gone += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return gone
