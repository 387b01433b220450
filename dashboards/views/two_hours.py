"""The two-hour card of a case: one page that lead and officer share while the limit runs."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aefi.models import Case, CaseOrigin
from aefi.rules.clock_rules import Proof
from aefi.services import case_clocks, cases, two_hours, worklist
from aefi.services.cases import Act
from alerts.gateways import clock
from alerts.models import Role, User
from alerts.outbox import Origin
from alerts.services.refusals import Refusal
from dashboards.case_words import proof_words, task_words
from dashboards.selectors import Viewer
from dashboards.two_hour_forms import ApproveForm, CalledForm, LetterForm
from dashboards.views.cases import desk_page, for_writers

FORMS: dict[str, Any] = {"called": CalledForm, "letter": LetterForm, "approve": ApproveForm}


@require_http_methods(["GET", "HEAD", "POST"])
@for_writers
def two_hour_card(request: HttpRequest, viewer: Viewer, person: User, *, key: UUID) -> HttpResponse:
    """Show the card; a POST ticks a call, keeps a letter or approves it."""
    rows = Case.objects.select_related("site").filter(uuid=key)
    case = rows.filter(site__in=worklist.sites_of(person)).first()
    if case is None or not case_clocks.grave_of(case):
        raise Http404
    act = Act(Origin(actor=person, device=viewer.device), clock.now())
    name = request.POST.get("act", "")
    error = ""
    if request.method == "POST" and name in FORMS:
        if name == "approve" and not _may_approve(person, case):
            return render(request, "dashboards/not_allowed.html", {"viewer": viewer}, status=403)
        error = _carry_out(case, FORMS[name](request.POST), act)
        if not error:
            return redirect("two-hours", key=key)
    else:
        cases.note_view(case, "two-hour card", act)
    context = _shown(case, request.POST.get("text") if error else None)
    context |= {"error": error, "may_approve": _may_approve(person, case)}
    return desk_page(request, viewer, "two_hours", _("Within two hours"), context)


def _may_approve(person: User, case: Case) -> bool:
    """Say whether somebody is a physician of the site; nobody else speaks to the family."""
    return person.has_role(case.site, [Role.CLINICIAN])


def _carry_out(case: Case, form: Any, act: Act) -> str:
    """Do what a form asks for; return in words why not."""
    if not form.is_valid():
        return " ".join(str(word) for words in form.errors.values() for word in words)
    said = form.cleaned_data
    try:
        match form:
            case CalledForm():
                cases.file(case.uuid, cases.Said(**said), act)
            case LetterForm():
                two_hours.write_letter(case.uuid, said["text"], act)
            case _:
                two_hours.approve_letter(case.uuid, said["letter"], act)
    except Refusal as refusal:
        return str(refusal)
    return ""


def _shown(case: Case, typed: str | None) -> dict[str, Any]:
    now = clock.now()
    letter = two_hours.letters_of(case).first()
    draft = letter.text if letter else two_hours.letter_draft(case)
    is_concern = case.origin == CaseOrigin.CONCERN
    return {
        "row": case,
        "turns": [_turn(one, now, is_concern=is_concern) for one in two_hours.turns_of(case)],
        "script": two_hours.script_of(case),
        "has_family": not is_concern,
        "letter": letter,
        "letter_text": draft if typed is None else typed,
    }


def _turn(turn: two_hours.Turn, now: Any, *, is_concern: bool) -> dict[str, Any]:
    left = turn.clock.due_at - now
    return {
        "task": task_words(turn.clock),
        "about": turn.about,
        "due_at": turn.clock.due_at,
        "minutes_left": max(0, int(left.total_seconds() // 60)),
        "state": str(turn.clock.state_at(now)),
        "calls": [_call(one, turn, now, is_concern=is_concern) for one in turn.calls],
    }


def _duty(proof: Proof, *, is_concern: bool) -> str:
    """Return what is to be done; without a patient there is no card to send."""
    if is_concern and proof is Proof.CARD_ACCEPTED:
        return _("County disease control told")
    return proof_words(proof)


def _call(
    call: two_hours.Call, turn: two_hours.Turn, now: Any, *, is_concern: bool
) -> dict[str, Any]:
    form = CalledForm(
        initial={
            "proof": call.proof,
            "about": turn.about,
            "reference": str(call.contact or ""),
            "done_at": now,
        },
        auto_id=f"{turn.about}-{call.proof}-%s",
    )
    return {
        "words": _duty(call.proof, is_concern=is_concern),
        "contact": call.contact,
        "done": call.done,
        "form": form,
    }
