"""What the hub reads: the heads of streams, the events after a number, the pulse of the pager."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from alerts.gateways import clock
from alerts.gateways.frames import encode
from alerts.models import Event, Stream
from alerts.services import heartbeats

RETIRED = "device.retired"
"""The event after which its device watches nothing more."""
READ_LIMIT = 1000
"""Events taken in one query; a longer gap is answered with `snapshot_needed`."""


class Frame(NamedTuple):
    """One event as every screen gets it, encoded once."""

    seq: int
    text: str
    retired: str = ""
    """The device that this event shuts out, if it does."""


class Position(NamedTuple):
    """How far a stream has come, in which of its lives."""

    epoch: UUID
    seq: int


@dataclass(frozen=True)
class Head:
    """A stream as it stood when somebody asked for it."""

    stream_id: int
    site_id: int
    position: Position


def head_of(site_uuid: UUID) -> Head:
    """Return the head of a site's stream.

    :raises Stream.DoesNotExist: when there is no such site.
    """
    row = Stream.objects.values_list("pk", "site_id", "epoch", "seq").get(site__uuid=site_uuid)
    return Head(row[0], row[1], Position(row[2], row[3]))


def moved(known: Mapping[int, tuple[UUID, Position]]) -> dict[int, tuple[Position, list[Frame]]]:
    """Return, for each stream that moved on from its known position, where it is and what is new.

    A stream in another life (restored from a backup) comes back without events.
    """
    news: dict[int, tuple[Position, list[Frame]]] = {}
    heads = Stream.objects.filter(pk__in=list(known)).values_list("pk", "epoch", "seq")
    for pk, epoch, seq in heads:
        site_uuid, position = known[pk]
        if epoch != position.epoch or seq < position.seq:
            news[pk] = (Position(epoch, seq), [])
        elif seq > position.seq:
            frames = frames_after(pk, site_uuid, position.seq)
            if frames:
                news[pk] = (Position(epoch, frames[-1].seq), frames)
    return news


def frames_after(stream_id: int, site_uuid: UUID, seq: int, limit: int = READ_LIMIT) -> list[Frame]:
    """Return up to `limit` events after `seq`, encoded, in order."""
    facts = facts_after(stream_id, site_uuid, seq, limit)
    return [Frame(fact["seq"], encode(fact), _retired(fact)) for fact in facts]


def _retired(fact: Mapping[str, Any]) -> str:
    return str(fact["subject"]) if fact["event_type"] == RETIRED else ""


def facts_after(stream_id: int, site_uuid: UUID, seq: int, limit: int) -> list[dict[str, Any]]:
    """Return up to `limit` events after `seq`, in order, as screens get them."""
    rows = Event.objects.filter(stream_id=stream_id).after(seq)
    columns = rows.values_list("seq", "type", "subject", "payload", "server_at")
    return [
        {
            "type": "event",
            "stream": str(site_uuid),
            "seq": number,
            "event_type": type_,
            "subject": subject,
            "payload": payload,
            "server_at": server_at.isoformat(),
        }
        for number, type_, subject, payload, server_at in columns[:limit]
    ]


def pulse() -> dict[str, Any]:
    """Return what every beat says besides the head: the server's time and how the pager is."""
    now = clock.now()
    pager = heartbeats.pager_pulse(now=now)
    return {
        "server_time": now.isoformat(),
        "timer_lag_ms": pager.lag_ms if pager else None,
        "pager_age_ms": pager.age_ms if pager else None,
        "rate": clock.rate(),
    }
