"""When something happened: a device's time on the server's clock, and what was entered late."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.models import Site, Source
from alerts.outbox import Origin
from observation.rules import watch


def is_late(origin: Origin) -> bool:
    """Say whether the entry was made offline or from paper, and reached us afterwards."""
    return origin.source != Source.LIVE


def offset_of(origin: Origin, *, now: datetime) -> timedelta | None:
    """Return what must be added to the times of this entry; None when nobody knows.

    An enrolled device was measured; a time on paper was read off a clock on the wall; a live
    request that shows its clock is measured by its arrival; a machine that shows none is believed.
    """
    if origin.source == Source.PAPER:
        return timedelta(0)
    if origin.device is not None:
        offset_ms = origin.device.clock_offset_ms
        return None if offset_ms is None else timedelta(milliseconds=offset_ms)
    if is_late(origin):
        return None
    return now - origin.device_at if origin.device_at else timedelta(0)


def on_server_clock(at: datetime | None, origin: Origin, *, now: datetime) -> datetime | None:
    """Return an instant that the caller wrote, corrected; None when it is missing or cannot be."""
    return watch.corrected(at, offset=offset_of(origin, now=now), received_at=now)


def happened_at(origin: Origin, *, now: datetime) -> datetime:
    """Return when the act took place: now, or the device's corrected time if entered late."""
    if not is_late(origin):
        return now
    return on_server_clock(origin.device_at, origin, now=now) or now


def zone_of(site: Site) -> ZoneInfo:
    """Return the site's zone; Shanghai's when the written one does not exist."""
    try:
        return ZoneInfo(site.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("Asia/Shanghai")
