"""The run sheet of an emergency: lines are added, a correction replaces one, none changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from aefi.models import EmergencyEntry, EntryKind
from alerts.models import Alert
from alerts.outbox import Fact, Origin, append_event
from observation.services import clocks, tiles


@dataclass(frozen=True)
class Line:
    """A line as it was written."""

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)
    uuid: UUID | None = None
    at: datetime | None = None
    replaces: UUID | None = None


@transaction.atomic
def enter(*, alert: Alert, line: Line, origin: Origin, now: datetime) -> EmergencyEntry:
    """Add a line; the same one sent twice is one line, and a late one keeps its own time."""
    if line.uuid and (known := alert.emergency_entries.filter(uuid=line.uuid).first()):
        return known
    entry = _entry(alert, line, origin, now=now)
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError:  # the same line won a race
        return EmergencyEntry.objects.get(uuid=entry.uuid)
    facts = {
        "alert": str(alert.uuid),
        "entry": str(entry.uuid),
        "kind": entry.kind,
        "at": tiles.instant(entry.at),
        "replaces": str(entry.replaces.uuid) if entry.replaces else None,
    }
    fact = Fact("run_sheet.entered", str(alert.uuid), facts)
    append_event(alert.site_id, fact, now=now, origin=origin)
    return entry


def _entry(alert: Alert, line: Line, origin: Origin, *, now: datetime) -> EmergencyEntry:
    """Build the line; what cannot be understood is kept beside it as written."""
    data = dict(line.data)
    kind = line.kind if line.kind in EntryKind.values else EntryKind.NOTE
    if kind != line.kind:
        data["kind_as_written"] = line.kind
    at = clocks.on_server_clock(line.at, origin, now=now)
    if line.at is not None and at is None:
        data["at_as_written"] = tiles.instant(line.at)
    replaced = alert.emergency_entries.filter(uuid=line.replaces).first() if line.replaces else None
    if line.replaces and replaced is None:
        data["replaces_as_written"] = str(line.replaces)
    is_taken = line.uuid and EmergencyEntry.objects.filter(uuid=line.uuid).exists()
    return EmergencyEntry(
        uuid=uuid4() if line.uuid is None or is_taken else line.uuid,
        alert=alert,
        kind=kind,
        at=at or clocks.happened_at(origin, now=now),
        entered_at=now,
        data=data,
        by=origin.actor,
        device=origin.device,
        source=origin.source,
        replaces=replaced,
    )


def entries_of(alert: Alert) -> list[EmergencyEntry]:
    """Return the lines in the order of what was done, with those that replace them."""
    rows = alert.emergency_entries.select_related("by", "device", "replaces")
    return list(rows.prefetch_related("replaced_by").order_by("at", "pk"))
