"""Handing a case to another level: offered with a reason, taken or declined there."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from aefi.models import Case
from aefi.services import case_handing, case_levels, cases, worklist
from aefi.services.cases import Act
from alerts.gateways import clock
from alerts.models import User
from alerts.outbox import Origin
from alerts.services.refusals import Refusal
from dashboards.desk_forms import OfferForm, TakeForm, WhyForm
from dashboards.selectors import Viewer
from dashboards.views.cases import desk_page, for_writers

FORMS: dict[str, type[forms.Form]] = {"offer": OfferForm, "take": TakeForm, "decline": WhyForm}
WORDS = {
    "offer": _("Offer to another level"),
    "take": _("Take the case"),
    "decline": _("Decline, or take the offer back"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@for_writers
def handing(request: HttpRequest, viewer: Viewer, person: User, *, key: UUID) -> HttpResponse:
    """Show who holds a case and its offers; officers offer, take and decline."""
    rows = Case.objects.select_related("site")
    case = rows.filter(uuid=key, site__in=worklist.sites_of(person)).first()
    if case is None:
        raise Http404
    levels = case_levels.levels_of(person, case.site)
    act = Act(Origin(actor=person, device=viewer.device), clock.now())
    filled: dict[str, forms.Form] = {}
    error: object = ""
    if request.method == "POST":
        if not levels:
            return render(request, "dashboards/not_allowed.html", {"viewer": viewer}, status=403)
        name = request.POST.get("act", "")
        if name in FORMS:
            filled = {name: FORMS[name](request.POST)}
            error = _carried_out(case, name, filled[name], act)
            if not error:
                return redirect("case-handing", key=case.uuid)
    else:
        cases.note_view(case, "handing", act)
    context = _shown(case, levels, filled) | {"error": error}
    return desk_page(request, viewer, "handing", case.number, context)


def _carried_out(case: Case, name: str, form: Any, act: Act) -> object:
    """Do what the form asks for; return why not."""
    if not form.is_valid():
        return _("Please correct the marked fields.")
    said = form.cleaned_data
    try:
        if name == "offer":
            case_handing.offer(case.uuid, said["to_level"], reason=said["reason"], act=act)
        elif name == "take":
            case_handing.take(case.uuid, act)
        else:
            case_handing.decline(case.uuid, reason=said["reason"], act=act)
    except Refusal as refusal:
        return str(refusal)
    return ""


def _shown(case: Case, levels: set[Any], filled: dict[str, forms.Form]) -> dict[str, Any]:
    holder, waiting = case_levels.holder_of(case), case_handing.open_of(case)
    fits = {
        "offer": waiting is None and holder in levels,
        "take": waiting is not None and waiting.to_level in levels,
        "decline": waiting is not None and bool({waiting.to_level, waiting.from_level} & levels),
    }
    return {
        "row": case,
        "holder": holder.label,
        "acts": [(n, WORDS[n], filled.get(n) or FORMS[n]()) for n in FORMS if fits[n]],
        "handings": case.handings.select_related("by", "answered_by").order_by("-pk"),
    }
