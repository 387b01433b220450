"""The pages. Whoever is not logged in is sent to the lock screen; a token opens no page."""

from alerts.models import Role
from tests.routes.row import CALLERS, DEVICE, KNOWN, LEADS, NOBODY, READER, STAFF, STRANGER, Route

LOCK = "lock"
NOT_LOGGED_IN = {NOBODY: LOCK, READER: LOCK, DEVICE: LOCK}
PAGE_ROLES = STAFF - {Role.OFFICER}
ABSENT = dict.fromkeys(CALLERS, 404)


def page(name, of="site", allowed=PAGE_ROLES, *, method="get", **changes):
    """A page of a site."""
    return Route(method, name, of, allowed, refused=NOT_LOGGED_IN, **changes)


HALL = [
    page("board", allowed=KNOWN),
    page("check-in"),
    page("station"),
    page("hall", allowed=KNOWN),
    page("lead", allowed=LEADS),
    page("muster", allowed=KNOWN),
    page("paper"),
    page("floor-sheet"),
    page("alarms", allowed=KNOWN),
    page("alarm", "alert", allowed=KNOWN),
    page("run-sheet", "site alert"),
]

GUARDIAN = [
    *(Route("get", name, "x", (), refused=ABSENT) for name in ("guardian", "guardian-state")),
    *(
        Route("post", name, "x", (), refused=ABSENT)
        for name in ("guardian-call", "guardian-answer")
    ),
    page("guardian-slip", "site observation"),
    page("guardian-revoke", "site observation", method="post"),
]
"""Who has no code of a family finds nothing, whoever it is."""

OFFICERS = frozenset({Role.OFFICER})
JUDGES = frozenset({Role.LEAD, Role.OFFICER})
OF_NO_SITE = NOT_LOGGED_IN | {STRANGER: 403}
SIGNALS = [
    Route("get", "signals", "", OFFICERS, refused=OF_NO_SITE),
    Route("post", "signals-ask", "", OFFICERS, refused=OF_NO_SITE),
    page("signal", "signal", OFFICERS),
    page("signal", "signal", OFFICERS, method="post"),
    page("signals-chart", "run forest", OFFICERS),
    page("recipients", "lot", OFFICERS),
    page("recipients-file", "lot", OFFICERS),
]

WRITERS = frozenset({Role.CLINICIAN, Role.LEAD, Role.OFFICER})
CASES = [
    Route("get", "desk", "", WRITERS | {STRANGER}, refused=NOT_LOGGED_IN),
    Route("get", "case-open", "", WRITERS | {STRANGER}, refused=NOT_LOGGED_IN),
    Route("post", "case-open", "", WRITERS | {STRANGER}, refused=NOT_LOGGED_IN),
    Route("get", "duplicates", "", OFFICERS, refused=OF_NO_SITE),
    Route("post", "duplicates", "", OFFICERS, refused=OF_NO_SITE),
    Route("get", "groups", "", WRITERS | {STRANGER}, refused=NOT_LOGGED_IN),
    page("group", "group", WRITERS),
    page("group", "group", JUDGES, method="post", body={"act": "declare"}),
    page("group-list-file", "group", OFFICERS),
    page("group-form-file", "group", OFFICERS),
    Route("get", "indicators", "", WRITERS | {STRANGER}, refused=NOT_LOGGED_IN),
    Route("get", "indicators-file", "", WRITERS | {STRANGER}, refused=NOT_LOGGED_IN),
    Route("post", "desk-bulk", "", WRITERS | {STRANGER}, refused=NOT_LOGGED_IN),
    Route("post", "desk-view-keep", "", WRITERS | {STRANGER}, refused=NOT_LOGGED_IN),
    Route("post", "desk-view-forget", "", WRITERS | {STRANGER}, refused=NOT_LOGGED_IN),
    Route("get", "case-list-file", "", WRITERS | {STRANGER}, refused=NOT_LOGGED_IN),
    Route("get", "case-list-file", "", OFFICERS, refused=OF_NO_SITE, query="identified=1"),
    Route("get", "case-vaers-file", "", WRITERS | {STRANGER}, refused=NOT_LOGGED_IN),
    Route("get", "case-exports", "", OFFICERS, refused=OF_NO_SITE),
    Route("post", "case-exports", "", OFFICERS, refused=OF_NO_SITE),
    Route("get", "case-export", "export", OFFICERS, refused=OF_NO_SITE),
    Route("get", "case-export-file", "export", OFFICERS, refused=OF_NO_SITE),
    Route("get", "case-import", "", OFFICERS, refused=OF_NO_SITE),
    Route("post", "case-import", "", OFFICERS, refused=OF_NO_SITE),
    page("case-page", "case", WRITERS),
    page("case-copy", "case", WRITERS),
    page("case-handing", "case", WRITERS),
    page("case-handing", "case", OFFICERS, method="post", body={"act": "take"}),
    page("investigation", "case", WRITERS),
    page("investigation", "case", OFFICERS, method="post", body={"act": "x"}),
    page("case-document", "case document", WRITERS),
    page("assessment", "case brighton", WRITERS),
    page("assessment", "case brighton", WRITERS, method="post", body={"act": "keep"}),
    page("assessment", "case causality", WRITERS),
    page("assessment", "case causality", OFFICERS, method="post", body={"act": "keep"}),
    page("two-hours", "case", WRITERS),
    page("two-hours", "case", WRITERS, method="post", body={"act": "x"}),
    page("case-page", "case", WRITERS, method="post", body={"act": "comment", "text": "x"}),
]

DEVICES = [
    page("figures", allowed=LEADS),
    page("devices", allowed=LEADS),
    page("devices", allowed=LEADS, method="post", body={"name": "x", "kind": "tablet"}),
    page("device-retire", "site device", allowed=LEADS, method="post"),
]

PERSONS = [
    page("persons", allowed=LEADS),
    page("persons", allowed=LEADS, method="post", body={"reason": "x"}),
    page("merge-take-back", "site merge", allowed=LEADS, method="post"),
]

WAYS_IN = [
    page("home", "", KNOWN | {STRANGER}),
    Route("get", "lock", "", CALLERS),
    Route("post", "lock", "", CALLERS, {"username": "x", "password": "x"}),
    Route("get", "second-step", "", (), refused=dict.fromkeys(CALLERS, LOCK)),
    Route("post", "second-step", "", (), {"code": "1"}, refused=dict.fromkeys(CALLERS, LOCK)),
    Route("post", "leave", "", (), refused=dict.fromkeys(CALLERS, LOCK)),
    Route("get", "enrol", "x", CALLERS),
    Route("get", "trust", "", CALLERS),
    Route("get", "trust-file", "none.crt", (), refused=ABSENT),
    Route("get", "service-worker", "", CALLERS),
    Route("get", "manifest", "", CALLERS),
    Route("get", "set_language", "", CALLERS),
    Route("post", "set_language", "", CALLERS, {"language": "en"}),
]

SCHEMA = [
    Route("get", "schema", "", CALLERS),
    Route("get", "docs", "", CALLERS),
]

ROUTES = [*HALL, *GUARDIAN, *CASES, *SIGNALS, *DEVICES, *PERSONS, *WAYS_IN, *SCHEMA]
