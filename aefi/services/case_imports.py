"""Cases from other systems' files: each report opens one case, and coming again changes nothing.

Every report has a transaction of its own, so that a long file holds up nobody's call for help.
What was interrupted goes on where it stopped when the file is sent again.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from aefi.exchange.intake import Delivery, Format, Report, SentFile, Trouble, deliveries
from aefi.models import Case, CaseImport, ImportedReport
from aefi.services import cases
from aefi.services.cases import Act
from alerts.models import Role, Site, Stream, User
from alerts.outbox import Fact, append_event


def sites_of(person: User) -> QuerySet[Site]:
    """Return the sites into whose register the person takes files in."""
    return Site.objects.with_role(person, [Role.OFFICER])


def imports_at(sites: QuerySet[Site]) -> QuerySet[CaseImport]:
    """Return what came in, the newest first."""
    return CaseImport.objects.filter(site__in=sites).select_related("site", "by").order_by("-pk")


def take_in(site: Site, files: Iterable[SentFile], act: Act) -> list[CaseImport]:
    """Open the cases that the files tell of, and say for each delivery what became of it."""
    return [_taken(site, delivery, act) for delivery in deliveries(files)]


def _taken(site: Site, delivery: Delivery, act: Act) -> CaseImport:
    done = CaseImport.objects.filter(site=site, sha256=delivery.sha256, finished_at__isnull=False)
    before = done.filter(refused=[]).first()
    if before is not None:
        return before
    record = CaseImport.objects.create(
        site=site,
        format=delivery.format,
        file_name=_plain(delivery.name)[:400],
        sha256=delivery.sha256,
        refused=[_told(one) for one in delivery.refused],
        **act.row,
    )
    for report in delivery.reports:
        if open_imported(record, report, act) is None:
            record.known += 1
        else:
            record.opened += 1
    return _finished(record, act)


@transaction.atomic
def open_imported(record: CaseImport, report: Report, act: Act) -> Case | None:
    """Open the case of a report; nothing when the register knows it."""
    Stream.objects.select_for_update().filter(site=record.site).first()
    if _is_known(record, report):
        return None
    case = cases.open_imported(record.site, report.facts, act)
    ImportedReport.objects.create(
        case=case,
        source=record,
        site=record.site,
        format=record.format,
        reference=report.reference,
    )
    return case


def _is_known(record: CaseImport, report: Report) -> bool:
    """Say whether the report came before, or is one of the site's own cases coming back."""
    came = ImportedReport.objects.filter(site=record.site, format=record.format)
    if came.filter(reference=report.reference).exists():
        return True
    own = Case.objects.filter(site=record.site, number=report.facts.case_number)
    return record.format != Format.VAERS and own.exists()


@transaction.atomic
def _finished(record: CaseImport, act: Act) -> CaseImport:
    record.finished_at = act.now
    record.save()
    counts = {
        "format": record.format,
        "opened": record.opened,
        "known": record.known,
        "refused": len(record.refused),
    }
    fact = Fact("cases.imported", str(record.uuid), counts)
    append_event(record.site_id, fact, now=act.now, origin=act.origin)
    return record


def _told(trouble: Trouble) -> dict[str, str]:
    return {"where": _plain(trouble.where)[:200], "reason": _plain(trouble.reason)[:400]}


def _plain(text: str) -> str:
    """Return what any database and any screen takes."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
