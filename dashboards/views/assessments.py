"""Assessing a case: WHO causality, Brighton level, severity; the rules propose, a person decides."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from aefi.models import Case
from aefi.rules.brighton_2007 import Reading
from aefi.services import assessment_facts, assessments, case_levels, cases, worklist
from aefi.services.cases import Act
from alerts.gateways import clock
from alerts.models import User
from alerts.outbox import Origin
from alerts.services.refusals import Refusal
from dashboards.assessment_forms import AssessmentForm, BrightonForm, CausalityForm, SeverityForm
from dashboards.assessment_words import STEPS, SYSTEMS, decided_words, path_words, proposed_words
from dashboards.selectors import Viewer
from dashboards.views.cases import desk_page, for_writers

FORMS: dict[str, type[AssessmentForm]] = {
    "causality": CausalityForm,
    "brighton": BrightonForm,
    "severity": SeverityForm,
}
TITLES = {
    "causality": _("WHO causality"),
    "brighton": _("Brighton level of anaphylaxis"),
    "severity": _("Severity on a scale"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@for_writers
def assessment(
    request: HttpRequest, viewer: Viewer, person: User, *, key: UUID, kind: str
) -> HttpResponse:
    """Show the questions with what the rules make of the answers; a POST keeps or decides."""
    rows = Case.objects.select_related("site", "reaction__observation__recipient")
    case = rows.filter(uuid=key, site__in=worklist.sites_of(person)).first()
    if case is None or kind not in FORMS:
        raise Http404
    act = Act(Origin(actor=person, device=viewer.device), clock.now())
    form, error = FORMS[kind](initial=_initial(case, kind)), ""
    if request.method == "POST":
        if not _may(person, case, kind):
            return render(request, "dashboards/not_allowed.html", {"viewer": viewer}, status=403)
        form = FORMS[kind](request.POST)
        error = _carried_out(case, form, act)
        if not error:
            return redirect("assessment", key=key, kind=kind)
    else:
        cases.note_view(case, f"assessment {kind}", act)
    context = _shown(case, kind) | {"form": form, "error": error}
    context["may_assess"] = _may(person, case, kind)
    return desk_page(request, viewer, "assessment", TITLES[kind], context)


def _may(person: User, case: Case, kind: str) -> bool:
    """Say whether somebody assesses: causality is the officers', the rest whoever writes the case."""
    is_officer = bool(case_levels.levels_of(person, case.site))
    return is_officer or (kind != "causality" and person.has_role(case.site, worklist.WRITERS))


def _initial(case: Case, kind: str) -> dict[str, Any]:
    """Return the newest answers, or what the hall's record already tells."""
    row = assessments.newest(case, kind)
    if row is None:
        prefilled = assessment_facts.brighton_answers(case) if kind == "brighton" else {}
        return {"base": 0, "reading": str(Reading.TEXT_2007), **prefilled}
    told = {"base": row.pk, "reading": row.reading, **row.answers}
    if kind == "causality":
        told["decided"] = row.decided.split()
    elif kind == "brighton":
        told["decided"] = row.decided
    else:
        told["scale_grade"] = f"{row.rule_set} {row.answers['grade']}"
    return told


def _carried_out(case: Case, form: AssessmentForm, act: Act) -> str:
    """Keep the answers, and the decision where one is given; return in words why not."""
    if not form.is_valid():
        return str(_("Please correct the marked fields."))
    decision = form.decision()
    if form.data.get("act") == "decide" and form.kind != "severity" and not decision.decided:
        return str(_("Choose what you decide, then decide."))
    try:
        base = form.cleaned_data["base"]
        assessments.assess(case.uuid, form.sheet(), decision, base=base, act=act)
    except Refusal as refusal:
        return str(refusal)
    return ""


def _shown(case: Case, kind: str) -> dict[str, Any]:
    rows = case.assessments.filter(kind=kind).select_related("by").order_by("-pk")
    newest = rows.first()
    return {
        "row": case,
        "kind": kind,
        "heading": TITLES[kind],
        "titles": {**STEPS, **SYSTEMS},
        "newest": newest,
        "proposed": proposed_words(newest) if newest else "",
        "path": [path_words(step) for step in newest.proposal.get("path", [])] if newest else [],
        "missing": newest.proposal.get("missing", []) if newest else [],
        "history": [(one, decided_words(one), proposed_words(one)) for one in rows],
    }
