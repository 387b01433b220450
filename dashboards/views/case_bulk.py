"""One act on the cases ticked on the desk; the answer names each with what became of it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from aefi.services import case_bulk, worklist
from aefi.services.cases import Act
from alerts.gateways import clock
from alerts.models import User
from alerts.outbox import Origin
from dashboards.desk_forms import BulkForm, DeskForm
from dashboards.selectors import Viewer
from dashboards.views.cases import desk_page, for_writers

MOST = 100


@require_POST
@for_writers
def bulk(request: HttpRequest, viewer: Viewer, person: User) -> HttpResponse:
    """Carry out the act on each case and list the outcomes; nothing happens where a field is wrong."""
    form = BulkForm(request.POST)
    keys = _keys(request)
    error = _error(keys, form)
    outcomes = []
    if not error and keys:
        act = Act(Origin(actor=person, device=viewer.device), clock.now())
        verb, words = form.cleaned_data["verb"], form.cleaned_data["words"]
        outcomes = case_bulk.act_on_each(keys, verb, words, person=person, act=act)
    refused = sum(bool(one.refusal) for one in outcomes)
    context = {
        "form": form,
        "keys": keys,
        "error": error,
        "outcomes": outcomes,
        "done": len(outcomes) - refused,
        "refused": refused,
        "query": _query(request, person),
    }
    return desk_page(request, viewer, "bulk", _("Ticked cases"), context)


def _keys(request: HttpRequest) -> list[UUID] | None:
    """Return the cases that are ticked; nothing where one of them is no key."""
    try:
        return [UUID(one) for one in request.POST.getlist("case")]
    except ValueError:
        return None


def _error(keys: list[UUID] | None, form: BulkForm) -> object:
    if not keys:
        return _("Tick at least one case.") if keys == [] else _("This is no key of a case.")
    if len(keys) > MOST:
        return _("Tick no more than 100 cases at once.")
    return "" if form.is_valid() else _("Please correct the marked fields.")


def _query(request: HttpRequest, person: User) -> str:
    given = QueryDict(request.POST.get("query", "")[:4000])
    return DeskForm(given, worklist.sites_of(person)).query
