"""The officer's signals: the ranked list of a run, one signal with its evidence, the decision."""

import csv
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aefi.models import RunState, ScreeningRun, SequenceLook, Signal
from aefi.services import screening_runs
from aefi.services.hall import seen_in
from aefi.services.screening_runs import Scope
from aefi.services.sign_words import in_english, sign_words
from alerts.gateways import clock
from alerts.models import Site, User
from alerts.outbox import Origin
from dashboards.forms import DecisionForm
from dashboards.selectors import Viewer, catalogue, page_config, site_name, viewer_of
from observation.models import Dose, Lot, Reaction
from observation.services.lot_recipients import AT_ONCE, everyone_of, recipients_of

RUNS_LISTED, LOOKS_LISTED = 14, 200
PARTS = {
    "lot": _("lot"),
    "age_group": _("age group"),
    "sex": _("sex"),
    "dose_number": _("dose number"),
    "site": _("site"),
    "session": _("session"),
    "period": _("week"),
    "reporter": _("reporter"),
    "product": _("vaccine"),
    "comparator": _("comparator"),
    "copies": _("copies counted too"),
    "reaction": _("reaction"),
    "serious": _("serious"),
    "onset scan": _("onset scan"),
    "tree scan": _("tree scan"),
}
EVENTS = {"any": _("all reports"), "serious": _("serious reports")}
REASONS = {
    "without_counted_dose": _("Reaction of somebody without a counted dose"),
    "before_dose": _("Reaction before the dose"),
    "no_sign": _("Reaction without a sign"),
    "taken_back": _("Reaction that was taken back"),
}
CHARTS = {
    "forest": _("Observed over expected with exact limits"),
    "heat": _("Lots by age group"),
    "funnel": _("Funnel plot of lots"),
    "volcano": _("All cells of lot and reaction"),
    "weeks": _("Reports by week of vaccination"),
    "course": _("Course of the first lot signal, with a sequential boundary"),
}
HEADS = {
    "lot": _("lot"),
    "age_group": _("age group"),
    "week": _("week"),
    "observed": _("Observed"),
    "expected": _("Expected"),
    "all_reports": _("all reports"),
    "best_reports": _("of the first signal"),
    "wave": _("above the seven weeks before (1: yes)"),
    "cell": _("lot and reaction"),
    "lot_and_age": _("lot and age group"),
    "boundary": _("boundary"),
}
FILE_HEADS = (
    _("Given at"),
    _("Site"),
    _("Now"),
    _("Recipient"),
    _("Born"),
    _("Guardian"),
    _("Phone"),
    _("Reactions"),
)
View = Callable[..., HttpResponse]


def for_officers(view: View) -> View:
    """Open a page to persons who are logged in, and tell who may not see it so."""

    @wraps(view)
    def guarded(request: HttpRequest, **keys: Any) -> HttpResponse:
        viewer = viewer_of(request)
        if viewer.user is None:
            return redirect_to_login(request.get_full_path(), "lock")
        try:
            return view(request, viewer, viewer.user, **keys)
        except PermissionDenied:
            return render(request, "dashboards/not_allowed.html", {"viewer": viewer}, status=403)

    guarded_: View = never_cache(guarded)
    return guarded_


def refuse_others(person: User, run: ScreeningRun | None = None) -> None:
    """Find no run of other sites; refuse who is no officer."""
    if run is not None:
        seen = Site.objects.visible_to(person).values("pk")
        if run.sites.exclude(pk__in=seen).exists():
            raise Http404
    if not screening_runs.scopes_of(person):
        raise PermissionDenied
    if run is not None and not screening_runs.may_see(person, run):
        raise Http404


@require_safe
@for_officers
def signals(request: HttpRequest, viewer: Viewer, officer: User) -> HttpResponse:
    """Show the newest run, or the one asked for, with its ranked list."""
    refuse_others(officer)
    runs = screening_runs.runs_for(officer)
    run = _chosen(request, runs)
    rows = list(run.signals.ranked().select_related("run")) if run else []
    decisions = screening_runs.decisions_on(rows)
    context = {
        "run": run,
        "runs": [(one, _scope_name(screening_runs.scope_of(one))) for one in runs[:RUNS_LISTED]],
        "scope": _scope_name(screening_runs.scope_of(run)) if run else "",
        "scopes": [(_key(one), _scope_name(one)) for one in screening_runs.scopes_of(officer)],
        "rows": [(row, _heading(row), _sentence(row), decisions.get(row.pk)) for row in rows],
        "is_unfinished": run is not None and run.state in (RunState.QUEUED, RunState.RUNNING),
        "looks": SequenceLook.objects.newest_for(run)[:LOOKS_LISTED] if run else [],
        **(_state_of_data(run) if run and run.state == RunState.DONE else {}),
    }
    return _page(request, viewer, "signals", _("Signals"), context)


def _chosen(request: HttpRequest, runs: list[ScreeningRun]) -> ScreeningRun | None:
    wanted = request.GET.get("run")
    if not wanted:
        return next(iter(runs), None)
    run = next((run for run in runs if str(run.uuid) == wanted), None)
    if run is None:
        raise Http404
    return run


def _state_of_data(run: ScreeningRun) -> dict[str, Any]:
    families = run.summary.get("families", [])
    return {
        "set_aside": [(REASONS.get(why, why), n) for why, n in run.set_aside.items()],
        "quality": [line[_language()] for line in run.summary.get("quality", [])],
        "families": [(_kind(one["family"]), one) for one in families],
        "charts": [
            (name, CHARTS.get(name, name), _table(drawn["table"], run))
            for name, drawn in run.charts.items()
        ],
    }


def _table(table: dict[str, Any] | None, run: ScreeningRun) -> dict[str, Any] | None:
    """Return a chart's numbers with heads and names in the reader's language."""
    if table is None:
        return None
    rows = [[_named(first, run), *numbers] for first, *numbers in table["rows"]]
    return {"heads": [HEADS.get(head, head) for head in table["heads"]], "rows": rows}


@require_POST
@for_officers
def ask(request: HttpRequest, viewer: Viewer, officer: User) -> HttpResponse:
    """Ask for a run of one of the officer's scopes."""
    refuse_others(officer)
    scopes = {_key(scope): scope for scope in screening_runs.scopes_of(officer)}
    scope = scopes.get(request.POST.get("scope", "")) or next(iter(scopes.values()))
    origin = Origin(actor=officer, device=viewer.device)
    run = screening_runs.request_run(scope=scope, plan={}, origin=origin, now=clock.now())
    return redirect(f"{reverse('signals')}?run={run.uuid}")


@require_http_methods(["GET", "HEAD", "POST"])
@for_officers
def signal(request: HttpRequest, viewer: Viewer, officer: User, *, key: UUID) -> HttpResponse:
    """Show one signal with everything it rests on; a POST decides on it."""
    row = Signal.objects.ranked().select_related("run__site").filter(uuid=key).first()
    if row is None:
        raise Http404
    refuse_others(officer, row.run)
    form = DecisionForm(request.POST or None, can_hold=row.lot is not None)
    if request.method == "POST" and form.is_valid():
        origin = Origin(actor=officer, device=viewer.device)
        screening_runs.decide(
            signal_uuid=row.uuid, decision=form.decision, origin=origin, now=clock.now()
        )
        return redirect("signal", key=row.uuid)
    return _page(request, viewer, "signal", _("Signal"), _shown(row) | {"form": form})


def _shown(row: Signal) -> dict[str, Any]:
    evidence = row.evidence
    cases = screening_runs.cases_of(row)
    others = [*evidence.get("without", []), evidence.get("masked_by")]
    return {
        "row": row,
        "heading": _heading(row),
        "sentence": _sentence(row),
        "kind": _kind(row.kind),
        "end": evidence.get(f"end_{_language()}", ""),
        "crude": row.observed / row.crude_expected if row.crude_expected else None,
        "rate": evidence.get("per_100_000_doses"),
        "chance": f"{row.q:.2g}",
        "strata": [_part(one, row.run) for one in evidence.get("strata", [])],
        "without": [_part(one, row.run) for one in others if one],
        "model_words": evidence.get(f"model_{_language()}", ""),
        "covers": [_covered(name, row.run) for name in evidence.get("covers", [])],
        "cases": [(case, _signs(case)) for case in cases],
        "decisions": screening_runs.history_of(row),
    }


def _part(one: dict[str, Any], run: ScreeningRun) -> dict[str, Any]:
    """Return a stratum, or the signal without one part, in the reader's language."""
    ratio = one["observed"] / one["expected"] if one["expected"] else None
    word = PARTS.get(one.get("kind", ""), "")
    return {**one, "word": word, "name": _named(one["name"], run), "ratio": ratio}


def _named(text: str, run: ScreeningRun) -> str:
    names = run.summary.get("english", {})
    return text if _language() == "zh" else in_english(text, names)


def _covered(name: str, run: ScreeningRun) -> str:
    """Return the name of a signal that this one stands for, its event in words."""
    target, _colon, event = name.rpartition(": ")
    return f"{_named(target, run)}: {_event(event)}"


def _event(code: str) -> str:
    return str(EVENTS.get(code) or sign_words(code, _locale()))


def _signs(case: Reaction) -> str:
    return ", ".join(sorted(sign_words(sign, str(_locale())) for sign in seen_in(case)))


@require_safe
@for_officers
def chart(
    request: HttpRequest, viewer: Viewer, officer: User, *, run: UUID, name: str
) -> HttpResponse:
    """Return one chart of a run as an image."""
    row = ScreeningRun.objects.select_related("site").filter(uuid=run).first()
    if row is None:
        raise Http404
    refuse_others(officer, row)
    if name not in row.charts:
        raise Http404
    return HttpResponse(row.charts[name]["svg"], content_type="image/svg+xml")


@require_safe
@for_officers
def recipients(request: HttpRequest, viewer: Viewer, officer: User, *, lot: UUID) -> HttpResponse:
    """List everyone who had a lot at the officer's sites, the latest first."""
    row, overseen = _lot_for(officer, lot)
    text = request.GET.get("offset", "0")
    offset = int(text) if text.isdecimal() and len(text) < 9 else 0
    found = recipients_of(row, overseen, offset=offset)
    after = offset + AT_ONCE
    context = {"lot": row, "found": found, "next": after if after < found.count else None}
    return _page(request, viewer, "recipients", _("Everyone who had this lot"), context)


@require_safe
@for_officers
def recipients_file(
    request: HttpRequest, viewer: Viewer, officer: User, *, lot: UUID
) -> HttpResponse:
    """Return everyone who had a lot as a table that a spreadsheet opens."""
    row, overseen = _lot_for(officer, lot)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="lot-{row.number_key}.csv"'
    writer = csv.writer(response)
    writer.writerow(str(head) for head in FILE_HEADS)
    for dose in everyone_of(row, overseen):
        writer.writerow(_plain(cell) for cell in _file_row(dose))
    return response


def _file_row(dose: Dose) -> tuple[object, ...]:
    visit, who = dose.observation, dose.observation.recipient
    given_at = dose.given_at.astimezone(ZoneInfo(visit.site.timezone))
    is_watched = "" if visit.ended_at else str(_("under observation"))
    person = (who.name, who.born_on or "", who.guardian, who.phone)
    reactions = getattr(dose, "reactions", 0)
    return (f"{given_at:%Y-%m-%d %H:%M}", site_name(visit.site), is_watched, *person, reactions)


def _plain(cell: object) -> str:
    """Return text that no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _lot_for(officer: User, lot: UUID) -> tuple[Lot, set[Site]]:
    """Return the lot and the sites whose recipients the officer may see."""
    here = Q(lot_issues__lot__uuid=lot) | Q(observations__doses__lot__uuid=lot)
    row = Lot.objects.select_related("vaccine").filter(uuid=lot).first()
    if row is None or not Site.objects.visible_to(officer).filter(here).exists():
        raise Http404
    refuse_others(officer)
    return row, {site for scope in screening_runs.scopes_of(officer) for site in scope.sites}


def _page(
    request: HttpRequest, viewer: Viewer, page: str, title: object, context: dict[str, Any]
) -> HttpResponse:
    common = {
        "viewer": viewer,
        "page": page,
        "title": title,
        "config": page_config(viewer, None, page=page),
        "catalogue": catalogue(),
    }
    return render(request, f"dashboards/signals/{page}.html", common | context)


def _language() -> str:
    return "zh" if _locale().startswith("zh") else "en"


def _locale() -> str:
    return str(translation.get_language() or settings.LANGUAGE_CODE)


def _sentence(row: Signal) -> str:
    return row.sentence_zh if _language() == "zh" else row.sentence_en


def _heading(row: Signal) -> str:
    """Return what a signal is about, on one line."""
    target = [f"{PARTS.get(name, name)} {value}" for name, value in row.evidence.get("target", [])]
    return " · ".join([_named(part, row.run) for part in target] + [_event(row.reaction)])


def _kind(family: str) -> str:
    return " × ".join(str(PARTS.get(part, part)) for part in family.split(" × "))


def _key(scope: Scope) -> str:
    return f"{scope.region}:{scope.site.uuid if scope.site else ''}"


def _scope_name(scope: Scope) -> str:
    if scope.site is not None:
        return site_name(scope.site)
    return str(_("Region {code}")).format(code=scope.region)
