"""Workbooks of many national cards, written by a worker a bundle of cases at a time.

An export is a row. A worker claims it and says after each bundle how far it is; one that dies is
followed by another, and one that wakes too late finds its claim gone. The file lies in a folder that
no address leads to and is removed after a day.
"""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from aefi.exchange import card, stored
from aefi.exchange.case import CaseFacts
from aefi.gateways import knock_for_export
from aefi.models import CaseExport, RunState
from aefi.models.exports import KEPT_FOR
from aefi.models.screening import MOST_ATTEMPTS
from aefi.services import case_imports, case_lists
from aefi.services.case_lists import Wanted
from aefi.services.cases import Act
from alerts.models import User
from alerts.outbox import Origin
from alerts.services.refusals import Refusal

log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]


class TakenOver(Exception):
    """Another worker has taken up this export."""


def exports_of(person: User) -> QuerySet[CaseExport]:
    """Return what the person asked for, the newest first; nobody fetches another's file."""
    return CaseExport.objects.filter(by=person).order_by("-pk")


@transaction.atomic
def request_export(person: User, wanted: Wanted, act: Act) -> CaseExport:
    """Ask for a workbook; the same one that is not finished is that one already.

    :raises Refusal: without a reason for names, or for more cases than leave at once.
    """
    case_lists.keys_of(case_imports.sites_of(person), wanted, now=act.now)
    asked = {
        "asked": dict(wanted.asked),
        "is_identified": wanted.is_identified,
        "reason": wanted.reason,
    }
    waiting = exports_of(person).filter(state__in=[RunState.QUEUED, RunState.RUNNING])
    export = waiting.filter(**asked).first() or CaseExport.objects.create(**asked, **act.row)
    knock_for_export(export)
    return export


def write_waiting(*, clock: Clock) -> int:
    """Write every export that waits; return how many were."""
    waiting = CaseExport.objects.waiting(clock()).values_list("uuid", flat=True)
    return sum(write_export(export_uuid=uuid, clock=clock) for uuid in list(waiting))


def write_export(*, export_uuid: UUID, clock: Clock) -> bool:
    """Write one export unless somebody else does; safe to repeat and to overlap."""
    export = CaseExport.objects.select_related("by").get(uuid=export_uuid)
    if not export.claim(now=clock()):
        return False
    part = folder() / f"{export.uuid}-{export.attempts}.part"
    try:
        _write(export, part, clock)
    except TakenOver:
        log.info("case_export_taken_over", export=str(export.uuid))
    except Exception as error:
        log.exception("case_export_failed", export=str(export.uuid))
        _fail(export, error, clock())
    part.unlink(missing_ok=True)
    return True


def _write(export: CaseExport, part: Path, clock: Clock) -> None:
    if export.attempts > MOST_ATTEMPTS:
        raise RuntimeError(f"given up after {MOST_ATTEMPTS} attempts")
    with open(part, "wb", opener=_private) as stream:
        card.write_workbook(_facts(export, clock), stream)
    part.replace(path_of(export))
    now = clock()
    finished = {"state": RunState.DONE, "has_file": True, "finished_at": now, "seen_at": now}
    if not export.is_mine().update(**finished):
        raise TakenOver


def _facts(export: CaseExport, clock: Clock) -> Iterator[CaseFacts]:
    """Yield the cases, and after each bundle keep how far it is and who took them away."""
    if export.by is None:
        raise RuntimeError("nobody asked for this export")
    wanted = Wanted(export.asked, export.is_identified, export.reason)
    keys = case_lists.keys_of(case_imports.sites_of(export.by), wanted, now=clock())
    _tell(export, 0, len(keys), clock())
    done = 0
    for rows in case_lists.bundles(keys):
        yield from (stored.from_json(case_lists.facts_as_told(row, wanted)) for row in rows)
        done += len(rows)
        now = clock()
        with transaction.atomic():
            case_lists.note_taken(rows, "cards", wanted, Act(Origin(actor=export.by), now))
            _tell(export, done, len(keys), now)


def _tell(export: CaseExport, done: int, total: int, now: datetime) -> None:
    if not export.is_mine().update(done=done, total=total, seen_at=now):
        raise TakenOver


def _fail(export: CaseExport, error: Exception, now: datetime) -> None:
    words = str(error) if isinstance(error, Refusal) else f"{type(error).__name__}: {error}"
    export.is_mine().update(state=RunState.FAILED, error=words[:400], finished_at=now)


def drop_old(*, clock: Clock) -> int:
    """Remove the files that were kept long enough; the rows stay."""
    old = list(CaseExport.objects.outlived(clock()))
    for export in old:
        path_of(export).unlink(missing_ok=True)
        CaseExport.objects.filter(pk=export.pk).update(has_file=False)
    _drop_leftovers(before=(clock() - KEPT_FOR).timestamp())
    return len(old)


def _drop_leftovers(*, before: float) -> None:
    """Remove what a worker that was killed left lying."""
    for file in folder().iterdir():
        if file.stat().st_mtime < before:
            file.unlink(missing_ok=True)


def folder() -> Path:
    """Return where the files lie, for the product's own account alone."""
    path = Path(settings.VAR_DIR) / "case-exports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(export: CaseExport) -> Path:
    return folder() / f"{export.uuid}.xlsx"


def content_of(export: CaseExport) -> bytes | None:
    """Return the workbook; nothing when it is not written yet or no longer kept."""
    try:
        return path_of(export).read_bytes() if export.has_file else None
    except FileNotFoundError:
        return None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
