"""Verify the log: no event was changed, taken out or cut off since it was written."""

from collections.abc import Iterator

from alerts.models import Event, Site, Stream
from alerts.outbox import hash_of

START = "0" * 64
"""The hash before the first event."""


def verify_log(site: Site) -> list[int]:
    """Return the numbers of the site's events that are missing, changed or out of place."""
    stream = Stream.objects.filter(site=site).first()
    return list(_broken(stream)) if stream else []


def _broken(stream: Stream) -> Iterator[int]:
    expected, previous = 1, START
    for event in Event.objects.filter(stream=stream).order_by("seq").iterator():
        yield from range(expected, event.seq)
        is_next = event.seq == expected
        if event.hash != hash_of(event) or (is_next and event.prev_hash != previous):
            yield event.seq
        expected, previous = event.seq + 1, event.hash
    yield from range(expected, stream.seq + 1)
    if stream.head_hash != previous and expected > stream.seq:
        yield stream.seq
