"""One case of the desk with its clocks, gaps, history and verbs; what every page of the desk shares."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from aefi.exchange import stored
from aefi.models import Case, CaseState
from aefi.rules.clock_rules import Fact
from aefi.services import (
    assessments,
    case_classes,
    case_clocks,
    case_gaps,
    case_order,
    case_pairs,
    case_reminders,
    cases,
    group_register,
    investigations,
    worklist,
)
from aefi.services.cases import Act
from alerts.gateways import clock
from alerts.models import Role, User
from alerts.outbox import Origin
from alerts.services.refusals import Refusal
from dashboards.assessment_words import decided_words
from dashboards.case_forms import ACTS, FactsForm, GraveForm, ProofForm, StageForm, WordForm
from dashboards.case_news import news_of
from dashboards.case_words import missing_words, moment_words, proof_words, task_words
from dashboards.selectors import Viewer, catalogue, page_config, viewer_of

ROWS = 50
SITE_ACTS = ("facts", "submit", "classify", "file", "turn", "comment")
"""What a site's clinicians and leads do; officers do everything."""
WORDS = {
    "facts": _("Correct"),
    "submit": _("Submit to the county"),
    "return": _("Return for correction"),
    "classify": _("Classify"),
    "file": _("Record a proof of filing"),
    "turn": _("It turned grave: start two hours"),
    "stage": _("Record a stage of the investigation"),
    "close": _("Close the case"),
    "reopen": _("Reopen"),
    "comment": _("Comment"),
}
View = Callable[..., HttpResponse]


def for_writers(view: View) -> View:
    """Open a page to persons who work on cases, and tell who may not see it so."""

    @wraps(view)
    def guarded(request: HttpRequest, **keys: Any) -> HttpResponse:
        viewer = viewer_of(request)
        if viewer.user is None:
            return redirect_to_login(request.get_full_path(), "lock")
        if not worklist.sites_of(viewer.user).exists():
            return render(request, "dashboards/not_allowed.html", {"viewer": viewer}, status=403)
        return view(request, viewer, viewer.user, **keys)

    guarded_: View = never_cache(guarded)
    return guarded_


@require_http_methods(["GET", "HEAD", "POST"])
@for_writers
def case(request: HttpRequest, viewer: Viewer, person: User, *, key: UUID) -> HttpResponse:
    """Show a case; a POST is one of its verbs, and a refusal says what to do instead."""
    row = (
        Case.objects.select_related("site", "merged_into")
        .filter(uuid=key, site__in=worklist.sites_of(person))
        .first()
    )
    if row is None:
        raise Http404
    forms = _forms(row)
    error = ""
    act = Act(Origin(actor=person, device=viewer.device), clock.now())
    name = request.POST.get("act", "") if request.method == "POST" else ""
    if name in ACTS:
        if not _may(person, row, name):
            return render(request, "dashboards/not_allowed.html", {"viewer": viewer}, status=403)
        forms |= {name: ACTS[name](request.POST)}
        error = _carry_out(row, name, forms[name], act)
        if not error:
            return redirect("case-page", key=row.uuid)
        row.refresh_from_db()
    else:
        cases.note_view(row, "read", act)
    allowed = [name for name in ACTS if _may(person, row, name) and _fits(row, name)]
    acts = [(name, WORDS[name], forms[name]) for name in allowed]
    around = investigations.beside(row, worklist.sites_of(person))
    may_export = _may(person, row, "close")
    more = {"error": error, "acts": acts, "may_export": may_export, "beside": around}
    return desk_page(request, viewer, "case", row.number, _shown(row) | news_of(row) | more)


def _fits(row: Case, name: str) -> bool:
    """Say whether a verb is of any use in the state of the case."""
    if row.merged_into_id:
        return name in {"turn", "comment"}
    if name in cases.STATES:
        return row.state in cases.STATES[name][0]
    return name in {"comment", "file"} or row.state != CaseState.CLOSED


def _may(person: User, row: Case, name: str) -> bool:
    is_officer = person.has_role(row.site, [Role.OFFICER])
    return is_officer or (name in SITE_ACTS and person.has_role(row.site, worklist.WRITERS))


def _forms(row: Case) -> dict[str, Any]:
    """Return the empty form of each verb; the facts filled with what the case says."""
    filled = {"facts": FactsForm(initial=FactsForm.read(row))}
    return {name: form() for name, form in ACTS.items()} | filled


def _carry_out(row: Case, name: str, form: Any, act: Act) -> str:
    """Do what a form asks for; return in words why not."""
    if not form.is_valid():
        return str(_("Please correct the marked fields."))
    try:
        _do(row, name, form, act)
    except Refusal as refusal:
        missing = refusal.facts.get("missing", [])
        return "; ".join([str(refusal), *missing])
    except stored.Malformed as malformed:
        return str(malformed)
    return ""


def _do(row: Case, name: str, form: Any, act: Act) -> None:
    said = form.cleaned_data
    match form:
        case FactsForm():
            base, reason = said["version"], said["reason"]
            cases.revise(row.uuid, form.facts(row), base=base, reason=reason, act=act)
        case WordForm():
            case_classes.classify(row.uuid, case_classes.Word(**said), act)
        case ProofForm():
            cases.file(row.uuid, cases.Said(**said), act)
        case StageForm():
            stage = Fact(said["milestone"])
            investigations.reach(row.uuid, stage, at=said["at"], act=act)
        case GraveForm():
            cases.turn_grave(row.uuid, said["kind"], reason=said["reason"], act=act)
        case _ if name == "comment":
            cases.comment(row.uuid, said["text"], act)
        case _:
            cases.move(row.uuid, name, reason=said["reason"], act=act)


def _shown(row: Case) -> dict[str, Any]:
    now, facts = clock.now(), stored.from_json(row.facts)
    return {
        "row": row,
        "facts": row.facts,
        "vaccines": [(one, moment_words(one.given_at)) for one in facts.vaccines],
        "events": [(one, moment_words(one.onset_at)) for one in facts.events],
        "clocks": [
            (one, task_words(one), str(one.state_at(now))) for one in case_clocks.clocks(row)
        ],
        "gaps": [*map(missing_words, case_gaps.card_gaps(row)), *case_gaps.record_gaps(row)],
        "disorders": case_order.disorders_of(row, now=now),
        "history": cases.history_of(row),
        "classes": row.classifications.select_related("by").order_by("-pk"),
        "filings": [
            (one, proof_words(one.proof))
            for one in row.filings.select_related("by").order_by("-pk")
        ],
        "assessed": [(one, decided_words(one)) for one in assessments.decided_of(row)],
        "answers": row.receiver_answers.order_by("-pk"),
        "is_grave": bool(case_clocks.grave_of(row)),
        "pairs": case_pairs.open_for(row),
        "group": group_register.group_of(row),
        "reminders": case_reminders.notes_of(row),
        "comments": row.comments.select_related("by").order_by("pk"),
    }


def desk_page(
    request: HttpRequest, viewer: Viewer, page: str, title: object, context: dict[str, Any]
) -> HttpResponse:
    """Render a page of the desk."""
    common = {
        "viewer": viewer,
        "page": page,
        "title": title,
        "config": page_config(viewer, None, page=page),
        "catalogue": catalogue(),
    }
    return render(request, f"dashboards/cases/{page}.html", common | context)
