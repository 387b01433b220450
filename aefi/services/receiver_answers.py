"""What receivers answer to E2B(R3) reports, kept with the cases that they name; it stops no clock."""

from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet

from aefi.exchange.e2b_read import ACKNOWLEDGEMENT, MessageAnswer, acknowledgement_from
from aefi.models import Case, ReceiverAnswer
from aefi.services import cases
from aefi.services.cases import Act
from alerts.models import Site

LONGEST_REASON, MOST_REASONS = 400, 50
BEGINNING = 4096


@dataclass(frozen=True)
class Taken:
    """The answers of one file: those of the register's cases, and the names it does not know."""

    kept: tuple[ReceiverAnswer, ...]
    unknown: tuple[str, ...]


def is_one(content: bytes) -> bool:
    """Say by its beginning whether a file is an acknowledgement."""
    return ACKNOWLEDGEMENT.encode() in content[:BEGINNING]


@transaction.atomic
def take_in(sites: QuerySet[Site], content: bytes, act: Act) -> Taken:
    """Keep each answer with its case; the same file again changes nothing.

    :raises aefi.exchange.case.Refused: for what is no acknowledgement, with line and reason.
    """
    whole = acknowledgement_from(content)
    digest = sha256(content).hexdigest()
    kept, unknown = [], []
    for answer in sorted(whole.answers, key=lambda one: one.case_id):
        case = _case_of(answer, sites)
        if case is None:
            unknown.append(answer.case_id[:200])
        else:
            kept.append(_kept(case, answer, (whole.batch_id, digest), act))
    return Taken(tuple(kept), tuple(unknown))


def _case_of(answer: MessageAnswer, sites: QuerySet[Site]) -> Case | None:
    """Return the case that a message was about; its number is the last part of ICH's identifier."""
    number = answer.case_id.split("-", 2)[-1].replace("\0", "")
    return Case.objects.filter(site__in=sites, number=number).first() if number else None


def _kept(case: Case, answer: MessageAnswer, source: tuple[str, str], act: Act) -> ReceiverAnswer:
    batch, digest = source
    cases.lock(case.site_id)
    reasons = [reason[:LONGEST_REASON] for reason in answer.reasons[:MOST_REASONS]]
    said = {"code": answer.code[:2], "batch": batch[:200], "reasons": reasons, **act.row}
    row, is_new = ReceiverAnswer.objects.get_or_create(case=case, sha256=digest, defaults=said)
    if is_new:
        cases.tell(case, "case.answered", act, code=row.code, batch=row.batch)
    return row
