"""The desk: the worklist by legal clock, narrowed by filters that live in the address."""

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from aefi.models import Case
from aefi.services import case_clocks, officer_words, saved_views, worklist, worklist_filters
from alerts.gateways import clock
from alerts.models import User
from dashboards.desk_forms import BulkForm, DeskForm, ViewForm
from dashboards.selectors import Viewer
from dashboards.views.cases import desk_page, for_writers

ROWS = 50
NEWS = 10


@require_safe
@for_writers
def desk(request: HttpRequest, viewer: Viewer, person: User) -> HttpResponse:
    """Show the worklist; filters that cannot be read are marked, and the whole list is shown."""
    first = None if request.GET else saved_views.first_of(person)
    if first is not None:
        return redirect(f"{reverse('desk')}?{first.query}")
    context = worklist_of(person, request.GET, now=clock.now())
    return desk_page(request, viewer, "desk", _("Cases"), context)


def worklist_of(person: User, given: Any, *, now: datetime) -> dict[str, Any]:
    """Return one page of the person's worklist with its form."""
    sites = worklist.sites_of(person)
    form = DeskForm(given, sites)
    rows = worklist_filters.selected(sites, form.asked, now=now)
    news = officer_words.new_for(person)
    page = Paginator(rows.values_list("pk", flat=True), ROWS).get_page(given.get("page"))
    return {
        "form": form,
        "rows": page,
        "lines": [(case, _limit_state(case, now)) for case in worklist.in_order(page)],
        "query": form.query,
        "saved": saved_views.views_of(person),
        "view_form": ViewForm(),
        "bulk": BulkForm(),
        "news": news[:NEWS],
        "news_count": news.count(),
    }


def _limit_state(case: Case, now: datetime) -> str:
    """Say how near a case is to its limit, for colour and word: late, soon, running, none."""
    if case.due_at is None:
        return "none"
    if case.due_at < now:
        return "late"
    marks = [mark for one in case_clocks.clocks(case) for mark in one.marks_reached(now)]
    return "soon" if marks and max(marks) >= 80 else "running"
