"""Workbooks of many cards: asked for, watched while they are written, fetched."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from aefi.models import CaseExport
from aefi.services import case_exports, worklist
from aefi.services.cases import Act
from alerts.gateways import clock
from alerts.models import User
from alerts.outbox import Origin
from alerts.services.refusals import Refusal
from dashboards.desk_forms import DeskForm
from dashboards.selectors import Viewer
from dashboards.views.case_imports import for_officers
from dashboards.views.case_lists import wanted_of
from dashboards.views.cases import desk_page

SHOWN = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "HEAD", "POST"])
@for_officers
def exports(request: HttpRequest, viewer: Viewer, person: User) -> HttpResponse:
    """List one's own files; a POST asks for one of the worklist's selection."""
    error = ""
    if request.method == "POST":
        form = DeskForm(request.POST, worklist.sites_of(person))
        act = Act(Origin(actor=person, device=viewer.device), clock.now())
        try:
            wanted = wanted_of(form, request.POST.dict())
            export = case_exports.request_export(person, wanted, act)
            return redirect("case-export", key=export.uuid)
        except Refusal as refusal:
            error = str(refusal)
    rows = case_exports.exports_of(person)[:SHOWN]
    return _page(request, viewer, {"rows": rows, "error": error})


@require_safe
@for_officers
def export_page(request: HttpRequest, viewer: Viewer, person: User, *, key: UUID) -> HttpResponse:
    """Show how far a file is; the page looks again by itself until it is done."""
    row = _own(person, key)
    return _page(request, viewer, {"rows": [row], "looks_again": row.is_unfinished})


@require_safe
@for_officers
def export_file(_request: HttpRequest, _viewer: Viewer, person: User, *, key: UUID) -> HttpResponse:
    """Return the workbook to whoever asked for it, as long as it is kept."""
    row = _own(person, key)
    content = case_exports.content_of(row)
    if content is None:
        raise Http404
    name = f"cards-{row.at:%Y%m%d-%H%M}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=XLSX, headers=headers)


def _own(person: User, key: UUID) -> CaseExport:
    row = case_exports.exports_of(person).filter(uuid=key).first()
    if row is None:
        raise Http404
    return row


def _page(request: HttpRequest, viewer: Viewer, context: dict[str, Any]) -> HttpResponse:
    return desk_page(request, viewer, "exports", _("Files of cases"), context)
