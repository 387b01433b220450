"""The register: the run sheet of an emergency, groups of reactions, screening."""

from alerts.models import Role
from tests.routes.row import FLOOR, READER, STAFF, STRANGER, Route

JUDGES = frozenset({Role.LEAD, Role.OFFICER})

OFFICERS = frozenset({Role.OFFICER})
OF_NO_SITE = {STRANGER: 403}
"""These lists are of no one site: whoever oversees none is told so."""

WRITERS = frozenset({Role.CLINICIAN, Role.LEAD, Role.OFFICER})
CASE_BODIES = {
    "revise": {"version": 1, "facts": {}, "reason": "x"},
    "classify": {"kind": "preliminary", "code": "2", "reason": "x"},
    "file": {"proof": "card_accepted", "reference": "1", "done_at": "2026-11-22T04:00:00Z"},
    "turn": {"kind": "death", "reason": "x"},
    "comment": {"text": "x"},
    "submit": {},
}
CAUSALITY = {"kind": "causality", "rule_set": "who_2018"}
BRIGHTON = {"kind": "brighton", "rule_set": "brighton_2007"}
FINAL = {"kind": "final", "code": "1", "reason": "x", "concluded_by": "3"}
CASES = [
    Route("post", "site-cases", "site", WRITERS, {"reaction": "@reaction"}),
    Route("get", "case-list", "", WRITERS | {READER, STRANGER}),
    Route("get", "case-imports", "", OFFICERS, refused=OF_NO_SITE),
    Route("post", "case-imports", "", OFFICERS, refused=OF_NO_SITE),
    Route("post", "case-answers", "", OFFICERS, refused=OF_NO_SITE),
    Route("get", "case", "case", WRITERS | {READER}),
    *(Route("post", f"case-{verb}", "case", WRITERS, CASE_BODIES[verb]) for verb in CASE_BODIES),
    Route("post", "case-classify", "case", OFFICERS, FINAL),
    *(Route("post", f"case-{verb}", "case", OFFICERS) for verb in ("return", "close", "reopen")),
    Route(
        "post",
        "case-milestone",
        "case",
        OFFICERS,
        {"milestone": "investigation_started", "at": "2026-11-22T04:00:00Z"},
    ),
    Route("get", "case-pairs", "", OFFICERS, refused={STRANGER: 403}),
    *(
        Route(
            "post", f"case-pair-{verb}", "pair", OFFICERS, {"reason": "x"}, refused={STRANGER: 403}
        )
        for verb in ("different", "merge", "undo")
    ),
    Route("get", "case-assessments", "case", WRITERS | {READER}),
    Route("post", "case-assessments", "case", OFFICERS, CAUSALITY),
    Route("post", "case-assessments", "case", WRITERS, {**BRIGHTON, "reading": "text_2007"}),
    Route("get", "case-investigation", "case", WRITERS | {READER}),
    Route("post", "case-investigation", "case", OFFICERS, {"kind": "form", "answers": {}}),
    Route("get", "case-investigation-pdf", "case", OFFICERS),
    Route("get", "case-documents", "case", WRITERS | {READER}),
    Route("post", "case-documents", "case", OFFICERS),
    Route("get", "case-document-file", "case document", WRITERS | {READER}),
    Route("post", "case-document-withdraw", "case document", OFFICERS, {"reason": "x"}),
    Route("get", "case-offers", "case", WRITERS | {READER}),
    Route("post", "case-offer", "case", OFFICERS, {"to_level": "province", "reason": "x"}),
    Route("post", "case-take", "case", OFFICERS),
    Route("post", "case-decline", "case", OFFICERS, {"reason": "x"}),
    Route("get", "case-views", "", WRITERS | {READER, STRANGER}),
    Route("post", "case-views", "", WRITERS | {STRANGER}, {"name": "x", "filters": {"lot": "A"}}),
    Route("delete", "case-view", "1", WRITERS | {STRANGER}),
    *(Route("get", f"case-{form}", "case", OFFICERS) for form in ("fhir", "e2b", "card", "pdf")),
]

GROUP_TOLD = {
    "proof": "card_accepted",
    "reference": "x",
    "done_at": "2026-11-22T04:00:00Z",
}
ROUTES = [
    *CASES,
    Route("get", "alert-entries", "alert", STAFF | {READER}),
    Route("post", "alert-entries", "alert", FLOOR, {"kind": "note"}),
    Route("get", "site-groups", "site", STAFF | {READER}),
    Route("post", "group-declare", "group", JUDGES, {"reason": "x"}),
    Route("post", "group-undeclare", "group", JUDGES, {"reason": "x"}),
    Route("post", "group-file", "group", JUDGES, GROUP_TOLD),
    Route("get", "screening-runs", "", OFFICERS, refused=OF_NO_SITE),
    Route("post", "screening-runs", "", OFFICERS, refused=OF_NO_SITE),
    Route("get", "screening-run", "run", OFFICERS),
    Route("get", "signal-list", "", OFFICERS, refused=OF_NO_SITE),
    Route("get", "signal-list", "", OFFICERS, query="run=@run"),
    Route("post", "signal-decide", "signal", OFFICERS, {"kind": "watch", "reason": "x"}),
]
