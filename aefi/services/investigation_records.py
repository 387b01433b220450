"""The sheets of an investigation: written as far as they are known, corrected by a new sheet, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from aefi.exchange import stored
from aefi.models import Case, CaseState, InvestigationRecord, RecordKind
from aefi.rules.investigation_form import (
    INVESTIGATION_2010,
    MOST_TIMES,
    NEEDED,
    SHEETS,
    SHEETS_VERSION,
    questions,
)
from aefi.services import cases
from aefi.services.cases import Act, NotNow, Outdated
from alerts.services.refusals import Refusal

LONGEST = 4000
MOST_PANEL_ALONE = 2
"""At every interview two of the panel at least. Source: docs/sources.md#investigation-form."""


class WrongSheet(Refusal):
    """The sheet cannot be kept as it was written."""

    code = "wrong_sheet"


@dataclass(frozen=True)
class Written:
    """A sheet as somebody wrote it; `replaces` names the one that it corrects."""

    kind: str
    data: Mapping[str, Any]
    replaces: UUID | None = None


def current(case: Case, kind: str = "") -> QuerySet[InvestigationRecord]:
    """Return the sheets of a case that were not replaced, the oldest first."""
    rows = case.investigation_records.filter(replaced_by=None).select_related("by")
    return rows.filter(kind=kind).order_by("pk") if kind else rows.order_by("pk")


def form_of(case: Case) -> InvestigationRecord | None:
    """Return the investigation form as it stands; there is one."""
    return current(case, RecordKind.FORM).last()


def items_of(kind: str) -> dict[str, Any]:
    """Return what a sheet asks, by key.

    :raises WrongSheet: for a kind that nobody knows.
    """
    if kind == RecordKind.FORM:
        return dict(questions(MOST_TIMES))
    if kind not in SHEETS:
        raise WrongSheet(_("There is no such sheet."), field="kind")
    return {item.key: item for item in SHEETS[kind]}


@transaction.atomic
def write(uuid: UUID, written: Written, act: Act) -> InvestigationRecord:
    """Keep a sheet, half-filled or whole; of the form there is one, on top of the one that was seen.

    :raises WrongSheet: for a question nobody knows, or when nothing is written.
    :raises Outdated: when somebody corrected the same sheet meanwhile.
    """
    data = _checked(written)
    case = cases.locked(uuid)
    if case.state == CaseState.CLOSED:
        raise NotNow(_("This case is closed. Reopen it first, with a reason."))
    before = _replaced(case, written)
    is_form = written.kind == RecordKind.FORM
    row = InvestigationRecord.objects.create(
        case=case,
        kind=written.kind,
        version=INVESTIGATION_2010 if is_form else SHEETS_VERSION,
        data=data,
        replaces=before,
        **act.row,
    )
    cases.tell(case, "case.investigation_written", act, kind=written.kind, record=str(row.uuid))
    return row


def _replaced(case: Case, written: Written) -> InvestigationRecord | None:
    """Return the sheet that is corrected.

    :raises Outdated: when it is not the one that stands, or the form has one that was not seen.
    """
    standing = {row.uuid: row for row in current(case, written.kind)}
    is_unseen = written.kind == RecordKind.FORM and standing and written.replaces is None
    if is_unseen or (written.replaces is not None and written.replaces not in standing):
        raise Outdated(_("Somebody wrote this sheet meanwhile. Read it, then save again."))
    return standing[written.replaces] if written.replaces else None


def _checked(written: Written) -> dict[str, str]:
    """Return the answers that were given, as text."""
    known = items_of(written.kind)
    found = {}
    for name, value in written.data.items():
        if name not in known or not isinstance(value, str | int | float) or isinstance(value, bool):
            words = _("{name}: there is no such question or answer in these rules.")
            raise WrongSheet(words.format(name=str(name)[:80]), field=str(name)[:80])
        text = str(value).replace("\0", "").strip()
        codes = known[name].codes
        if text and codes and codes.find(text) is None:
            words = _("{name}: there is no such question or answer in these rules.")
            raise WrongSheet(words.format(name=name), field=name)
        if text:
            found[name] = text[:LONGEST]
    if not found:
        raise WrongSheet(_("Nothing is written yet. Fill in what you know."))
    return found


def missing_of(row: InvestigationRecord) -> list[Any]:
    """Return the key items that a sheet still lacks."""
    known = items_of(row.kind)
    wanted = (
        NEEDED if row.kind == RecordKind.FORM else {k for k, one in known.items() if one.is_key}
    )
    return [known[key] for key in known if key in wanted and not row.data.get(key)]


def filled_in(case: Case) -> dict[str, str]:
    """Return what the case itself already answers of the form."""
    facts = stored.from_json(case.facts)
    found: dict[str, str] = {}
    for number, dose in enumerate(facts.suspects[:MOST_TIMES], 1):
        if dose.diluent_lot:
            found[f"diluent.{number}.lot"] = dose.diluent_lot
        if dose.diluent_expires_on:
            found[f"diluent.{number}.expires_on"] = dose.diluent_expires_on.isoformat()
        found[f"giving.{number}.unit"] = case.site.name
    return found
