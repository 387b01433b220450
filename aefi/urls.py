"""Addresses of the register, relative to `/api/v1/`."""

from django.urls import URLPattern, path

from aefi.api import (
    assessments,
    case_exports,
    case_imports,
    cases,
    desk,
    duplicates,
    groups,
    investigations,
    run_sheet,
    screening,
)

CASE = "cases/<uuid:uuid>"
VERBS = ("revise", "classify", "file", "turn", "milestone", "comment")
MOVES = ("submit", "return", "close", "reopen")
EXPORTS = ("fhir", "e2b", "card", "pdf")

case_urls: list[URLPattern] = [
    path(
        "sites/<uuid:site>/cases/",
        cases.SiteCases.as_view({"post": "create"}),
        name="site-cases",
    ),
    path("cases/", cases.Cases.as_view({"get": "list"}), name="case-list"),
    path(
        "cases/imports/",
        case_imports.CaseImports.as_view({"get": "list", "post": "create"}),
        name="case-imports",
    ),
    path(
        "cases/answers/",
        case_imports.ReceiverAnswers.as_view({"post": "create"}),
        name="case-answers",
    ),
    path(f"{CASE}/", cases.Cases.as_view({"get": "retrieve"}), name="case"),
    *(
        path(f"{CASE}/{verb}/", cases.Cases.as_view({"post": verb}), name=f"case-{verb}")
        for verb in VERBS
    ),
    *(
        path(
            f"{CASE}/{verb}/",
            cases.Cases.as_view({"post": "move"}),
            {"verb": verb},
            name=f"case-{verb}",
        )
        for verb in MOVES
    ),
    *(
        path(
            f"{CASE}/{form}/",
            case_exports.CaseExports.as_view({"get": form}),
            name=f"case-{form}",
        )
        for form in EXPORTS
    ),
]

desk_urls: list[URLPattern] = [
    path(
        f"{CASE}/assessments/",
        assessments.Assessments.as_view({"get": "list", "post": "create"}),
        name="case-assessments",
    ),
    path(
        f"{CASE}/investigation/",
        investigations.Investigations.as_view({"get": "list", "post": "create"}),
        name="case-investigation",
    ),
    path(
        f"{CASE}/investigation/pdf/",
        investigations.Investigations.as_view({"get": "pdf"}),
        name="case-investigation-pdf",
    ),
    path(
        f"{CASE}/documents/",
        investigations.Documents.as_view({"get": "list", "post": "create"}),
        name="case-documents",
    ),
    path(
        f"{CASE}/documents/<uuid:document>/",
        investigations.Document.as_view({"get": "retrieve"}),
        name="case-document-file",
    ),
    path(
        f"{CASE}/documents/<uuid:document>/withdraw/",
        investigations.Document.as_view({"post": "withdraw"}),
        name="case-document-withdraw",
    ),
    path(
        f"{CASE}/offers/",
        desk.CaseOffers.as_view({"get": "retrieve"}),
        name="case-offers",
    ),
    *(
        path(f"{CASE}/{verb}/", desk.CaseOffers.as_view({"post": verb}), name=f"case-{verb}")
        for verb in ("offer", "take", "decline")
    ),
    path(
        "case-views/",
        desk.CaseViews.as_view({"get": "list", "post": "create"}),
        name="case-views",
    ),
    path(
        "case-views/<int:number>/",
        desk.CaseViews.as_view({"delete": "destroy"}),
        name="case-view",
    ),
]

pair_urls: list[URLPattern] = [
    path("case-pairs/", duplicates.Duplicates.as_view({"get": "list"}), name="case-pairs"),
    *(
        path(
            f"case-pairs/<uuid:uuid>/{verb}/",
            duplicates.Duplicates.as_view({"post": verb}),
            name=f"case-pair-{verb}",
        )
        for verb in ("merge", "undo", "different")
    ),
]

urlpatterns: list[URLPattern] = [
    *case_urls,
    *desk_urls,
    *pair_urls,
    path(
        "alerts/<uuid:uuid>/entries/",
        run_sheet.RunSheet.as_view({"get": "list", "post": "create"}),
        name="alert-entries",
    ),
    path(
        "sites/<uuid:site>/groups/",
        groups.SiteGroups.as_view({"get": "list"}),
        name="site-groups",
    ),
    path(
        "groups/<uuid:uuid>/declare/",
        groups.Groups.as_view({"post": "declare"}),
        name="group-declare",
    ),
    path(
        "groups/<uuid:uuid>/undeclare/",
        groups.Groups.as_view({"post": "undeclare"}),
        name="group-undeclare",
    ),
    path(
        "groups/<uuid:uuid>/file/",
        groups.Groups.as_view({"post": "file"}),
        name="group-file",
    ),
    path(
        "screening-runs/",
        screening.ScreeningRuns.as_view({"get": "list", "post": "create"}),
        name="screening-runs",
    ),
    path(
        "screening-runs/<uuid:uuid>/",
        screening.ScreeningRuns.as_view({"get": "retrieve"}),
        name="screening-run",
    ),
    path("signals/", screening.Signals.as_view({"get": "list"}), name="signal-list"),
    path(
        "signals/<uuid:uuid>/decide/",
        screening.Signals.as_view({"post": "decide"}),
        name="signal-decide",
    ),
]
