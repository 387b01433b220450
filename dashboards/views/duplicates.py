"""Cases that may be one, side by side: merge them, take a merge apart, or call them different."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from aefi.exchange import stored
from aefi.models import CasePair, PairState
from aefi.services import case_merges, case_pairs
from aefi.services.cases import Act
from alerts.gateways import clock
from alerts.models import Role, User
from alerts.outbox import Origin
from alerts.services.refusals import Refusal
from dashboards.case_words import pair_reason
from dashboards.selectors import Viewer
from dashboards.views.cases import desk_page, for_writers

MOST_SHOWN = 50


class PairForm(forms.Form):
    """Which pair, what about it, how the person knows."""

    pair = forms.UUIDField()
    act = forms.ChoiceField(choices=[(name, name) for name in ("merge", "undo", "different")])
    keep = forms.UUIDField(required=False)
    reason = forms.CharField(
        label=_("How do you know?"),
        max_length=400,
        error_messages={"required": _("Say how you know; the next officer needs it.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_writers
def duplicates(request: HttpRequest, viewer: Viewer, person: User) -> HttpResponse:
    """Show the undecided pairs and the latest merges; a POST decides one."""
    if not person.memberships.filter(ended_at=None, role=Role.OFFICER).exists():
        return render(request, "dashboards/not_allowed.html", {"viewer": viewer}, status=403)
    rows = case_pairs.visible_to(person)
    form = PairForm(request.POST or None)
    error = ""
    if request.method == "POST":
        error = _decided(form, rows, Act(Origin(person, viewer.device), clock.now()))
        if not error:
            return redirect("duplicates")
    context = {
        "error": error,
        "open": [_side_by_side(pair) for pair in rows.filter(state=PairState.OPEN)[:MOST_SHOWN]],
        "merged": rows.filter(state=PairState.MERGED).order_by("-decided_at")[:MOST_SHOWN],
    }
    return desk_page(request, viewer, "duplicates", _("Cases that may be one"), context)


def _decided(form: PairForm, rows: Any, act: Act) -> str:
    """Do what the form says; return in words why not."""
    if not form.is_valid():
        return " ".join(str(word) for words in form.errors.values() for word in words)
    said = form.cleaned_data
    pair = rows.filter(uuid=said["pair"]).first()
    if pair is None:
        return str(_("Not found, or not at one of your sites."))
    try:
        _carry_out(pair, said, act)
    except Refusal as refusal:
        return str(refusal)
    return ""


def _carry_out(pair: CasePair, said: dict[str, Any], act: Act) -> None:
    match said["act"]:
        case "merge":
            choice = case_merges.Choice(said["keep"] or pair.one.uuid, said["reason"])
            case_merges.merge(pair.uuid, choice, act)
        case "undo":
            case_merges.undo(pair.uuid, reason=said["reason"], act=act)
        case _:
            case_merges.call_different(pair.uuid, reason=said["reason"], act=act)


def _side_by_side(pair: CasePair) -> dict[str, Any]:
    """Return the pair with its reasons in words and every field in which the two differ."""
    unlike = stored.changes(pair.one.facts, pair.other.facts)
    own = ("case_number", "version")
    return {
        "pair": pair,
        "reasons": [(points, pair_reason(words)) for points, words in pair.reasons],
        "unlike": [(name, *values) for name, values in unlike.items() if name not in own],
    }
