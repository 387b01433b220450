"""Which devices were heard from; written in bulk, outside the path of events."""

from datetime import datetime, timedelta

from django.db import transaction

from alerts.gateways import clock
from alerts.models import Device
from alerts.rules.reachability import UNSEEN_LIMIT


class Presence:
    """Gathers the devices heard from since the last writing, with the last number they saw."""

    def __init__(self) -> None:
        self._heard: dict[int, int] = {}

    def heard(self, device_id: int, seq: int = 0) -> None:
        """Note a sign of life of a device and the last event it says it has."""
        self._heard[device_id] = max(seq, self._heard.get(device_id, 0))

    def take(self) -> dict[int, int]:
        """Return who was heard from since the last call."""
        heard, self._heard = self._heard, {}
        return heard


def write_seen(heard: dict[int, int]) -> None:
    """Write one bundle of signs of life: one statement per number seen, one transaction."""
    groups: dict[int, list[int]] = {}
    for device_id, seq in heard.items():
        groups.setdefault(seq, []).append(device_id)
    seen_at = seen_until(clock.now())
    with transaction.atomic():
        for seq, ids in groups.items():
            changes = {"last_seen_at": seen_at, **({"last_seq": seq} if seq else {})}
            Device.objects.filter(pk__in=ids).update(**changes)


def seen_until(now: datetime) -> datetime:
    """Return the instant to store, such that ten seconds of silence are ten real ones.

    The demonstration's clock runs faster than devices can speak; its lead is added here.
    """
    lead: timedelta = UNSEEN_LIMIT * (clock.rate() - 1)
    return now + lead
