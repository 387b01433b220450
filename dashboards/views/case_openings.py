"""Opening a case: from a reaction that waits, by hand, or for a public concern without a patient."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from aefi.models import Case
from aefi.services import cases, worklist
from aefi.services.cases import Act
from aefi.services.hall import seen_in
from aefi.services.sign_words import sign_words
from alerts.gateways import clock
from alerts.models import Site, User
from alerts.outbox import Origin
from dashboards.opening_forms import ByHandForm, ConcernForm, ReactionForm
from dashboards.selectors import Viewer
from dashboards.views.cases import desk_page, for_writers
from observation.models import Reaction

FORMS = {"reaction": ReactionForm, "by_hand": ByHandForm, "concern": ConcernForm}
MOST_SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@for_writers
def open_case(request: HttpRequest, viewer: Viewer, person: User) -> HttpResponse:
    """Show what waits and the empty forms; a POST opens a case and leads to it."""
    sites = worklist.sites_of(person)
    shown: dict[str, Any] = {name: form(sites) for name, form in FORMS.items()}
    name = request.POST.get("from", "")
    if name in FORMS:
        shown[name] = FORMS[name](sites, request.POST)
        if shown[name].is_valid():
            made = _open(shown[name], person, Act(Origin(person, viewer.device), clock.now()))
            page = "two-hours" if made.grave else "case-page"
            return redirect(page, key=made.uuid)
    context = {**shown, "waiting": _waiting(sites), "chosen": name}
    return desk_page(request, viewer, "open", _("Open a case"), context)


def _open(form: Any, person: User, act: Act) -> Case:
    match form:
        case ReactionForm():
            return cases.open_from_reaction(form.cleaned_data["reaction"], act)
        case ByHandForm():
            return cases.open_by_hand(form.cleaned_data["site"], form.facts(person), act)
        case _:
            return cases.open_concern(form.cleaned_data["site"], form.cleaned_data["words"], act)


def _waiting(sites: QuerySet[Site]) -> list[tuple[Reaction, str, str]]:
    """Return each reaction with the person's name and its signs in the reader's words."""
    rows = worklist.reactions_waiting(sites, now=clock.now())[:MOST_SHOWN]
    return [(row, _name(row), _signs(row)) for row in rows]


def _name(row: Reaction) -> str:
    return row.observation.recipient.name if row.observation else row.person_text


def _signs(row: Reaction) -> str:
    language = get_language() or ""
    return ", ".join(sign_words(code, language) for code in sorted(seen_in(row)))
