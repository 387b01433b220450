"""Groups of reactions on the desk: what stands out, who belongs to it, a person's word, the report's proof."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from aefi.models import GroupEvent, GroupState
from aefi.rules.clock_rules import Proof
from aefi.services import (
    case_imports,
    cases,
    group_clocks,
    group_lists,
    group_register,
    groups,
    worklist,
)
from aefi.services.cases import Act
from aefi.services.group_register import Line
from aefi.services.nearness import nearness_in
from aefi.services.sign_words import sign_words
from alerts.gateways import clock
from alerts.models import Role, User
from alerts.outbox import Origin
from alerts.services.refusals import Refusal
from dashboards.case_words import task_words
from dashboards.group_forms import GROUP_PROOFS, ToldForm, WordForm
from dashboards.group_words import hypotheses_of, place_words, rule_words
from dashboards.selectors import Viewer
from dashboards.views.cases import desk_page, for_writers

ROWS = 50
JUDGES = (Role.LEAD, Role.OFFICER)
FORMS: dict[str, Any] = {"declare": WordForm, "undeclare": WordForm, "told": ToldForm}


@require_safe
@for_writers
def group_list(request: HttpRequest, viewer: Viewer, person: User) -> HttpResponse:
    """Show the groups of the person's sites: questions first, then the newest."""
    rows = group_register.groups_at(worklist.sites_of(person)).prefetch_related("filings")
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {"rows": page, "lines": [_summary(card) for card in page]}
    return desk_page(request, viewer, "groups", _("Group events"), context)


def _summary(card: GroupEvent) -> dict[str, Any]:
    return {
        "card": card,
        "rule": rule_words(card),
        "place": place_words(card),
        "reported_at": group_clocks.reported_at(card),
        "is_late": any(
            one.missing and one.due_at < clock.now() for one in group_clocks.clocks(card)
        ),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@for_writers
def group_page(request: HttpRequest, viewer: Viewer, person: User, *, key: UUID) -> HttpResponse:
    """Show a group; a POST declares it, says that it is none, or keeps the proof of a call."""
    card = _card(person, key)
    act = Act(Origin(actor=person, device=viewer.device), clock.now())
    may_judge = person.has_role(card.site, JUDGES)
    error = ""
    if request.method == "POST":
        if not may_judge:
            return render(request, "dashboards/not_allowed.html", {"viewer": viewer}, status=403)
        error = _carried_out(card, request, act)
        if not error:
            return redirect("group", key=key)
    lines = group_register.lines_of(card)
    _note_views(lines, "group line list", act)
    context = _shown(card, lines) | {"error": error, "may_judge": may_judge}
    context["may_export"] = person.has_role(card.site, [Role.OFFICER])
    return desk_page(request, viewer, "group", _("Group event"), context)


def _card(person: User, key: UUID) -> GroupEvent:
    card = group_register.groups_at(worklist.sites_of(person)).filter(uuid=key).first()
    if card is None:
        raise Http404
    return card


def _note_views(lines: Iterable[Line], purpose: str, act: Act) -> None:
    for line in lines:
        if line.case is not None:
            cases.note_view(line.case, purpose, act)


def _carried_out(card: GroupEvent, request: HttpRequest, act: Act) -> str:
    """Do what a form asks for; return in words why not."""
    name = request.POST.get("act", "")
    if name not in FORMS:
        return str(_("Please correct the marked fields."))
    form = FORMS[name](request.POST)
    if not form.is_valid():
        return " ".join(str(word) for words in form.errors.values() for word in words)
    said = form.cleaned_data
    try:
        if name == "told":
            told = {"reference": said["reference"], "done_at": said["done_at"]}
            group_register.file(card.uuid, Proof(said["proof"]), act=act, **told)
        else:
            judge = groups.declare if name == "declare" else groups.undeclare
            judge(group_uuid=card.uuid, reason=said["reason"], origin=act.origin, now=act.now)
    except Refusal as refusal:
        return str(refusal)
    return ""


def _shown(card: GroupEvent, lines: list[Line]) -> dict[str, Any]:
    is_declared = card.state == GroupState.DECLARED
    bars = group_register.curve_of(lines)
    return {
        "card": card,
        "rule": rule_words(card),
        "place": place_words(card),
        "hypotheses": hypotheses_of(card),
        "lines": [(line, _signs(line)) for line in lines],
        "bars": [(bar, range(bar.count)) for bar in bars],
        "bays": group_register.seats_of(card, lines),
        "near": nearness_in(card.session),
        "given": group_register.given_of(card),
        "clocks": [_limit(one) for one in group_clocks.clocks(card)],
        "filings": [(one, GROUP_PROOFS.get(Proof(one.proof))) for one in card.filings.all()],
        "words": [WordForm(auto_id="word-%s")],
        "verbs": ["undeclare"] if is_declared else ["declare", "undeclare"],
    }


def _signs(line: Line) -> str:
    language = get_language() or "zh-hans"
    return ", ".join(sign_words(code, language) for code in line.signs)


def _limit(one: Any) -> dict[str, Any]:
    now = clock.now()
    forms = [
        ToldForm(initial={"proof": proof, "done_at": now}, auto_id=f"{proof}-%s")
        for proof in one.missing
    ]
    words = [GROUP_PROOFS[proof] for proof in one.missing]
    return {
        "task": task_words(one),
        "due_at": one.due_at,
        "state": str(one.state_at(now)),
        "duties": list(zip(words, forms, strict=True)),
    }


@require_safe
@for_writers
def group_line_list(
    request: HttpRequest, viewer: Viewer, person: User, *, key: UUID
) -> HttpResponse:
    """Return the line list as CSV."""
    answer = _file(request, viewer, person, key, group_lists.line_list)
    return _named(answer, "text/csv; charset=utf-8", f"group-{key}.csv")


@require_safe
@for_writers
def group_form(request: HttpRequest, viewer: Viewer, person: User, *, key: UUID) -> HttpResponse:
    """Return the national registration form of a group as a workbook."""
    answer = _file(request, viewer, person, key, group_lists.registration_form)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _named(answer, kind, f"group-{key}.xlsx")


def _file(
    request: HttpRequest,
    viewer: Viewer,
    person: User,
    key: UUID,
    make: Callable[..., str | bytes],
) -> HttpResponse:
    card = _card(person, key)
    if not case_imports.sites_of(person).filter(pk=card.site_id).exists():
        return render(request, "dashboards/not_allowed.html", {"viewer": viewer}, status=403)
    reason = "".join(filter(str.isprintable, request.GET.get("reason", ""))).strip()[:120]
    is_identified = request.GET.get("identified", "").lower() in {"1", "true", "on"}
    act = Act(Origin(actor=person, device=viewer.device), clock.now())
    try:
        return HttpResponse(make(card, group_lists.Wanted(is_identified, reason), act))
    except Refusal as refusal:
        kind = "text/plain; charset=utf-8"
        return HttpResponse(str(refusal), content_type=kind, status=409)


def _named(answer: HttpResponse, kind: str, name: str) -> HttpResponse:
    if answer.status_code == 200:
        answer["Content-Type"] = kind
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
