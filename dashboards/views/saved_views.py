"""Keeping and deleting the views of the desk."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from aefi.services import saved_views, worklist
from alerts.gateways import clock
from alerts.models import User
from alerts.services.refusals import Refusal
from dashboards.desk_forms import DeskForm, ViewForm
from dashboards.selectors import Viewer
from dashboards.views.cases import desk_page, for_writers
from dashboards.views.desk import worklist_of


@require_POST
@for_writers
def keep(request: HttpRequest, viewer: Viewer, person: User) -> HttpResponse:
    """Keep the filters that are shown under a name; show the list again where that fails."""
    given = QueryDict(request.POST.get("query", "")[:4000])
    query = DeskForm(given, worklist.sites_of(person)).query
    form, error = ViewForm(request.POST), ""
    if form.is_valid():
        try:
            saved_views.save_view(person, query=query, **form.cleaned_data)
        except Refusal as refusal:
            error = str(refusal)
        else:
            return redirect(f"{reverse('desk')}?{query}")
    context = worklist_of(person, given, now=clock.now())
    more = {"view_form": form, "error": error}
    return desk_page(request, viewer, "desk", _("Cases"), context | more)


@require_POST
@for_writers
def forget(request: HttpRequest, viewer: Viewer, person: User) -> HttpResponse:
    """Delete a view of the person, and say so where it is gone already."""
    try:
        saved_views.delete_view(person, _key(request))
    except saved_views.NoSuchView as refusal:
        context = worklist_of(person, QueryDict(), now=clock.now())
        return desk_page(request, viewer, "desk", _("Cases"), context | {"error": str(refusal)})
    return redirect(f"{reverse('desk')}?page=1")


def _key(request: HttpRequest) -> int:
    """Return the key of the view; what is none is nobody's."""
    text = request.POST.get("key", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
