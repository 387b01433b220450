"""What the hub reads: the heads of streams, the events after a number, the pulse of the pager."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from alerts.gateways import clock
from alerts.gateways.frames import encode
from alerts.models import Event, Stream
from alerts.models.stream import LINK
from alerts.services import heartbeats, trials

RETIRED = "device.retired"
"""The event after which its device watches nothing more."""
READ_LIMIT = 1000
"""Events taken in one query; a longer gap is answered with `snapshot_needed`."""


class Frame(NamedTuple):
    """One event as every screen gets it, encoded once."""

    seq: int
    text: str
    link: str = ""
    follows: str = ""
    """The link of the event before it."""
    retired: str = ""
    """The device that this event shuts out, if it does."""


class Position(NamedTuple):
    """How far a stream has come, in which of its lives."""

    epoch: UUID
    seq: int
    link: str = ""
    """The link of event `seq`: the same number after a fail-over that lost commits has another."""

    def as_facts(self) -> dict[str, Any]:
        """Return it as greetings and boards tell it."""
        return {"epoch": str(self.epoch), "head": self.seq, "link": self.link}


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
    rows = Stream.objects.values_list("pk", "site_id", "epoch", "seq", "head_hash")
    pk, site_id, epoch, seq, head_hash = rows.get(site__uuid=site_uuid)
    return Head(pk, site_id, Position(epoch, seq, head_hash[:LINK]))


def moved(known: Mapping[int, tuple[UUID, Position]]) -> dict[int, tuple[Position, list[Frame]]]:
    """Return, for each stream that moved on from its known position, where it is and what is new.

    A stream in another life (restored from a backup, or on a server that lost commits) comes back
    without events.
    """
    news: dict[int, tuple[Position, list[Frame]]] = {}
    rows = Stream.objects.filter(pk__in=list(known))
    for pk, epoch, seq, head_hash in rows.values_list("pk", "epoch", "seq", "head_hash"):
        site_uuid, position = known[pk]
        head = Position(epoch, seq, head_hash[:LINK])
        if head == position:
            continue
        frames = frames_after(pk, site_uuid, position.seq) if head.seq > position.seq else []
        if head.epoch != position.epoch or not continues(position, frames):
            news[pk] = (head, [])
        else:
            news[pk] = (Position(head.epoch, frames[-1].seq, frames[-1].link), frames)
    return news


def continues(position: Position, frames: list[Frame]) -> bool:
    """Tell whether `frames` are what came after `position` in the same life of the stream."""
    return bool(frames) and position.link in ("", frames[0].follows)


def frames_after(stream_id: int, site_uuid: UUID, seq: int, limit: int = READ_LIMIT) -> list[Frame]:
    """Return up to `limit` events after `seq`, encoded, in order."""
    facts = facts_after(stream_id, site_uuid, seq, limit)
    return [
        Frame(fact["seq"], encode(fact), fact["link"], fact["follows"], _retired(fact))
        for fact in facts
    ]


def _retired(fact: Mapping[str, Any]) -> str:
    return str(fact["subject"]) if fact["event_type"] == RETIRED else ""


def facts_after(stream_id: int, site_uuid: UUID, seq: int, limit: int) -> list[dict[str, Any]]:
    """Return up to `limit` events after `seq`, in order, as screens get them."""
    rows = Event.objects.filter(stream_id=stream_id).after(seq)
    columns = rows.values_list(
        "seq", "type", "subject", "payload", "server_at", "hash", "prev_hash"
    )
    return [
        {
            "type": "event",
            "stream": str(site_uuid),
            "seq": number,
            "event_type": type_,
            "subject": subject,
            "payload": payload,
            "server_at": server_at.isoformat(),
            "link": hash_[:LINK],
            "follows": previous[:LINK],
        }
        for number, type_, subject, payload, server_at, hash_, previous in columns[:limit]
    ]


def pulse() -> dict[str, Any]:
    """Return what every beat says besides the head: the server's time and how the pager is."""
    now = clock.now()
    pager = heartbeats.pager_pulse(now=now)
    return {
        "server_time": now.isoformat(),
        "timer_lag_ms": pager.lag_ms if pager else None,
        "pager_age_ms": pager.age_ms if pager else None,
        "trial_age_ms": trials.age_ms(now=now),
        "rate": clock.rate(),
    }
