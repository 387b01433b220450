"""Append an event to a site's stream, and knock after the commit for whoever waits for it.

The event is the outbox row: what a screen must learn stands in the same transaction as what
happened. A knock may be lost; hub and pager look for themselves at least once a second.
"""

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from alerts.models import Device, Event, Source, Stream, User

Listener = Callable[[int], None]
_listeners: list[Listener] = []
Follower = Callable[[Event], None]
_followers: defaultdict[str, list[Follower]] = defaultdict(list)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Origin:
    """Who did something, on which device, when by the device's clock, and how it came to us."""

    actor: User | None = None
    device: Device | None = None
    source: str = Source.LIVE
    device_at: datetime | None = None


SYSTEM = Origin()


@dataclass(frozen=True)
class Fact:
    """What an event says: its type, the key of what it is about, and the facts (no identities)."""

    type: str
    subject: str
    payload: dict[str, Any] = field(default_factory=dict)


class _Entry(NamedTuple):
    fact: Fact
    origin: Origin
    now: datetime


_gathered: ContextVar[dict[int, list[_Entry]] | None] = ContextVar("gathered", default=None)


def append_event(
    site_id: int, fact: Fact, *, now: datetime, origin: Origin = SYSTEM
) -> Event | None:
    """Append `fact` to the site's stream in the caller's transaction; knock after the commit.

    The stream's row is locked until the commit, so sequence numbers follow the order of commits.
    Returns the event, except inside `together`, where it is yet to come.
    """
    return next(iter(append_events(site_id, [fact], now=now, origin=origin)), None)


def append_events(
    site_id: int, facts: Sequence[Fact], *, now: datetime, origin: Origin = SYSTEM
) -> list[Event]:
    """Append several facts of one instant in one go: one lock, one insert, one knock."""
    entries = [_Entry(fact, origin, now) for fact in facts]
    gathered = _gathered.get()
    if gathered is None:
        return _append(site_id, entries)
    gathered.setdefault(site_id, []).extend(entries)
    return []


@contextmanager
def together() -> Iterator[None]:
    """Append what the block tells at its end, in one go and with the stream locked last."""
    if _gathered.get() is not None:
        yield
        return
    gathered: dict[int, list[_Entry]] = {}
    outer = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(outer)
    for site_id in sorted(gathered):  # one order, so that two such blocks cannot deadlock
        _append(site_id, gathered[site_id])


def _append(site_id: int, entries: Sequence[_Entry]) -> list[Event]:
    stream = _locked_stream(site_id)
    events = [_next_event(stream, entry) for entry in entries]
    Event.objects.bulk_create(events)
    Stream.objects.filter(pk=stream.pk).update(seq=stream.seq, head_hash=stream.head_hash)
    _notify(site_id)
    transaction.on_commit(lambda: wake(site_id))
    for event in events:
        _follow(event)
    return events


def _next_event(stream: Stream, entry: _Entry) -> Event:
    """Return the event that follows in the stream, and move the stream's counter to it."""
    fact, origin, now = entry
    event = Event(
        stream=stream,
        seq=stream.seq + 1,
        type=fact.type,
        subject=fact.subject,
        payload=_plain(fact.payload),
        actor=origin.actor,
        device=origin.device,
        source=origin.source,
        server_at=now,
        device_at=origin.device_at,
        prev_hash=stream.head_hash,
    )
    event.hash = hash_of(event)
    stream.seq, stream.head_hash = event.seq, event.hash
    return event


def _locked_stream(site_id: int) -> Stream:
    """Return the site's counter, locked; a site made by hand gets its counter here."""
    streams = Stream.objects.select_for_update().filter(site_id=site_id)
    stream = streams.first()
    if stream is None:
        Stream.objects.get_or_create(site_id=site_id)
        stream = streams.get()
    return stream


def _plain(payload: dict[str, Any]) -> Any:
    """Return the payload as it will be read back: keys, dates and words as JSON keeps them."""
    return json.loads(json.dumps(payload, cls=DjangoJSONEncoder, allow_nan=False))


def hash_of(event: Event) -> str:
    """Return the chain hash of `event`: SHA-256 over its facts and the hash before it."""
    facts = [
        event.prev_hash,
        event.seq,
        event.type,
        event.subject,
        _same_numbers(event.payload),
        event.actor_id,
        event.device_id,
        event.source,
        event.server_at.astimezone(UTC).isoformat(),
        event.device_at.astimezone(UTC).isoformat() if event.device_at else None,
    ]
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


EXACT, LARGEST = 2**53, int(sys.float_info.max)
"""Up to the first, whole numbers and floats are the same; past the last there are no floats."""


def _same_numbers(value: Any) -> Any:
    """Return JSON with each number in the one form that both databases' readings lead to.

    PostgreSQL keeps numbers as decimals: it gives 1e22 back in digits and -0.0 as 0.
    """
    if isinstance(value, dict):
        return {name: _same_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_same_numbers(inner) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return int(value)
    if isinstance(value, int) and EXACT < abs(value) <= LARGEST:
        return float(value)
    return value


def on_event(type_: str, follower: Follower) -> None:
    """Have `follower` act on each event of a type, in its transaction and under the stream's lock.

    For a higher app that must look at what happened: it arms a timer of its own and returns.
    """
    _followers[type_].append(follower)


def _follow(event: Event) -> None:
    """Run the followers in savepoints: one that breaks must not take a call for help with it."""
    for follower in _followers.get(event.type, ()):
        try:
            with transaction.atomic():
                follower(event)
        except Exception:
            log.exception("follower_failed", type=event.type, seq=event.seq)


def on_wake(listener: Listener) -> None:
    """Call `listener` with a site's id after each commit of this process to its stream."""
    _listeners.append(listener)


def wake(site_id: int) -> None:
    """Tell this process's listeners that a site's stream moved."""
    for listener in _listeners:
        listener(site_id)


def _notify(site_id: int) -> None:
    """Have PostgreSQL knock on the other processes when, and only if, this transaction commits."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('aefi_wake', %s)", [str(site_id)])
