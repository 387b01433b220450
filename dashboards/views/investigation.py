"""The investigation of a case: form, interviews, vials, cold chain, panel, documents, the family's letter."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from aefi.models import Case, CaseDocument, RecordKind
from aefi.rules.clock_rules import Fact
from aefi.rules.investigation_form import SHEETS
from aefi.services import (
    case_levels,
    cases,
    conclusions,
    documents,
    investigation_records,
    investigations,
    worklist,
)
from aefi.services.cases import Act
from aefi.services.investigation_records import Written
from alerts.gateways import clock
from alerts.models import User
from alerts.outbox import Origin
from alerts.services.refusals import Refusal
from dashboards.case_forms import STAGES
from dashboards.case_words import moment_words
from dashboards.investigation_forms import (
    DocumentForm,
    SheetForm,
    WithdrawForm,
    form_form,
    sheet_form,
    words_of,
)
from dashboards.selectors import Viewer
from dashboards.two_hour_forms import ApproveForm, LetterForm
from dashboards.views.cases import desk_page, for_writers

KNOWN = [(Fact.DISCOVERED, _("Known to the site")), (Fact.REPORT_RECEIVED, _("Report received"))]
STAGE_WORDS = {str(fact): words for fact, words in [*STAGES, *KNOWN]}
REFUSED = _("Please correct the marked fields.")


@require_http_methods(["GET", "HEAD", "POST"])
@for_writers
def investigation(request: HttpRequest, viewer: Viewer, person: User, *, key: UUID) -> HttpResponse:
    """Show what the investigation gathered; officers write, a site reads."""
    case = _case(person, key)
    act = Act(Origin(actor=person, device=viewer.device), clock.now())
    may_write = bool(case_levels.levels_of(person, case.site))
    error = ""
    if request.method == "POST":
        if not may_write:
            return render(request, "dashboards/not_allowed.html", {"viewer": viewer}, status=403)
        error = _carried_out(case, request, act)
        if not error:
            return redirect("investigation", key=key)
    else:
        cases.note_view(case, "investigation", act)
    context = _shown(case, request.POST if error else None, worklist.sites_of(person))
    context |= {"error": error, "may_write": may_write}
    return desk_page(request, viewer, "investigation", _("Investigation"), context)


def _case(person: User, key: UUID) -> Case:
    rows = Case.objects.select_related("site").filter(uuid=key)
    case = rows.filter(site__in=worklist.sites_of(person)).first()
    if case is None:
        raise Http404
    return case


def _carried_out(case: Case, request: HttpRequest, act: Act) -> str:
    """Do what a form asks for; return in words why not."""
    name = request.POST.get("act", "")
    form = _posted(case, name, request)
    if form is None or not form.is_valid():
        words = [str(one) for many in form.errors.values() for one in many] if form else []
        return " ".join(words) or str(REFUSED)
    try:
        _do(case, name, form, act)
    except Refusal as refusal:
        return str(refusal)
    return ""


def _posted(case: Case, name: str, request: HttpRequest) -> Any:
    """Return the form of an act as it was filled in."""
    if name == RecordKind.FORM:
        return form_form(_times(case), request.POST)
    if name in SHEETS:
        return sheet_form(name, request.POST)
    if name == "document":
        return DocumentForm(request.POST, request.FILES)
    known: dict[str, Any] = {"withdraw": WithdrawForm, "letter": LetterForm, "approve": ApproveForm}
    return known[name](request.POST) if name in known else None


def _do(case: Case, name: str, form: Any, act: Act) -> None:
    said = form.cleaned_data
    match form:
        case SheetForm():
            written = Written(name, form.data_written, said["replaces"])
            investigation_records.write(case.uuid, written, act)
        case DocumentForm():
            documents.attach(case.uuid, said["file"].name or "file", form.content(), act)
        case WithdrawForm():
            if case.documents.filter(uuid=said["document"]).exists():
                documents.withdraw(said["document"], reason=said["reason"], act=act)
        case LetterForm():
            conclusions.write(case.uuid, said["text"], act)
        case _:
            conclusions.approve(case.uuid, said["letter"], act)


def _times(case: Case) -> int:
    return len([one for one in case.facts["vaccines"] if one["is_suspect"]])


def _shown(case: Case, typed: Any, sites: Any) -> dict[str, Any]:
    standing = investigation_records.form_of(case)
    prefilled = standing.data if standing else investigation_records.filled_in(case)
    initial = {**prefilled, "replaces": standing.uuid if standing else None}
    is_typed = typed is not None and typed.get("act") == RecordKind.FORM
    letter = conclusions.letters_of(case).first()
    return {
        "row": case,
        "stages": [_stage(name, at) for name, at in case.milestones.items()],
        "beside": investigations.beside(case, sites),
        "form": form_form(_times(case), *([typed] if is_typed else []), initial=initial),
        "standing": standing,
        "missing": _missing(standing) if standing else [],
        "sheets": [_sheet(case, kind, typed) for kind in SHEETS],
        "documents": documents.documents_of(case),
        "document_form": DocumentForm(),
        "letter": letter,
        "is_outdated": letter is not None and conclusions.is_outdated(letter),
        "letter_text": letter.text if letter else conclusions.draft(case),
    }


def _stage(name: str, at: str) -> tuple[object, str]:
    return STAGE_WORDS.get(name, name), moment_words(datetime.fromisoformat(at))


def _missing(record: Any) -> list[str]:
    return [words_of(item) for item in investigation_records.missing_of(record)]


def _sheet(case: Case, kind: str, typed: Any) -> dict[str, Any]:
    is_typed = typed is not None and typed.get("act") == kind
    items = investigation_records.items_of(kind)
    rows = [
        {
            "row": row,
            "said": [(words_of(items[key]), row.data[key]) for key in items if key in row.data],
            "missing": _missing(row),
            "form": sheet_form(
                kind, initial={**row.data, "replaces": row.uuid}, auto_id=f"{row.pk}-%s"
            ),
        }
        for row in investigation_records.current(case, kind)
    ]
    fresh = sheet_form(kind, *([typed] if is_typed else []), auto_id=f"{kind}-%s")
    return {"kind": kind, "title": RecordKind(kind).label, "rows": rows, "form": fresh}


@require_safe
@for_writers
def document(
    request: HttpRequest, viewer: Viewer, person: User, *, key: UUID, document: UUID
) -> HttpResponse:
    """Return a document to keep, never to open inside the product's own pages."""
    case = _case(person, key)
    row = CaseDocument.objects.filter(case=case, uuid=document).select_related("case").first()
    if row is None:
        raise Http404
    content = documents.read(row, Act(Origin(actor=person, device=viewer.device), clock.now()))
    answer = HttpResponse(content, content_type=row.media_type)
    answer["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=row.name
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
