"""The worklist's current selection as a file: a line list, or the tables of VAERS."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aefi.services import case_imports, case_lists, worklist
from aefi.services.case_lists import Wanted
from aefi.services.cases import Act
from alerts.gateways import clock
from alerts.models import User
from alerts.outbox import Origin
from alerts.services.refusals import Refusal
from dashboards.desk_forms import DeskForm
from dashboards.selectors import Viewer
from dashboards.views.cases import for_writers


class UnreadFilter(Refusal):
    """One of the filters in the address means nothing."""

    code = "unread_filter"


Make = Callable[..., str | bytes]


@require_safe
@for_writers
def line_list(request: HttpRequest, viewer: Viewer, person: User) -> HttpResponse:
    """Return one line for each case of the worklist's filters."""
    answer = _answer(request, viewer, person, case_lists.line_list)
    return _named(answer, "text/csv; charset=utf-8", "cases.csv")


@require_safe
@for_writers
def vaers_tables(request: HttpRequest, viewer: Viewer, person: User) -> HttpResponse:
    """Return the same cases as the three tables of VAERS."""
    answer = _answer(request, viewer, person, case_lists.vaers_tables)
    return _named(answer, "application/zip", "cases-vaers.zip")


def wanted_of(asked: DeskForm, given: dict[str, str]) -> Wanted:
    """Return what is asked for.

    :raises UnreadFilter: for a filter that cannot be read: all cases would be more than was asked for.
    """
    if not asked.is_valid():
        raise UnreadFilter(_("A filter cannot be read. Correct it on the worklist, then export."))
    reason = "".join(filter(str.isprintable, given.get("reason", ""))).strip()
    is_identified = given.get("identified", "").lower() in {"1", "true", "on"}
    return Wanted(asked.asked, is_identified, reason[:120])


def _answer(request: HttpRequest, viewer: Viewer, person: User, make: Make) -> HttpResponse:
    try:
        wanted = wanted_of(DeskForm(request.GET, worklist.sites_of(person)), request.GET.dict())
    except UnreadFilter as refusal:
        return _refused(refusal)
    overseen = case_imports.sites_of(person)
    if wanted.is_identified and not overseen.exists():
        return render(request, "dashboards/not_allowed.html", {"viewer": viewer}, status=403)
    sites = overseen if wanted.is_identified else worklist.sites_of(person)
    act = Act(Origin(actor=person, device=viewer.device), clock.now())
    try:
        return HttpResponse(make(sites, wanted, act))
    except Refusal as refusal:
        return _refused(refusal)


def _refused(refusal: Refusal) -> HttpResponse:
    kind = "text/plain; charset=utf-8"
    return HttpResponse(str(refusal), content_type=kind, status=409)


def _named(answer: HttpResponse, kind: str, name: str) -> HttpResponse:
    if answer.status_code == 200:
        answer["Content-Type"] = kind
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
