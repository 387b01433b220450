"""Calls, places, people on duty, devices, the stream of events, and the socket."""

from tests.routes.row import (
    ANYWHERE,
    CALLERS,
    DEVICE,
    KNOWN,
    LEADS,
    NOBODY,
    READER,
    STAFF,
    STRANGER,
    WATCHERS,
    Route,
)

NO_DEVICE = {caller: 403 for caller in CALLERS if caller != NOBODY}

CALLS = [
    Route("get", "site-alerts", "site", WATCHERS),
    Route("post", "site-alerts", "site", KNOWN),
    Route("get", "alert-detail", "alert", WATCHERS),
    Route("post", "alert-acknowledge", "alert", KNOWN),
    Route("post", "alert-arrive", "alert", KNOWN),
    Route("post", "alert-decline", "alert", KNOWN),
    Route("post", "alert-resolve", "alert", KNOWN),
    Route("post", "alert-cancel", "alert", KNOWN),
    Route("post", "alert-review", "alert", STAFF),
    Route("post", "alert-escalate", "alert", KNOWN),
    Route("post", "alert-move", "alert", KNOWN, {"seat": "B2"}),
    Route("post", "page-receipts", "page", KNOWN, {"kind": "displayed"}),
    Route("get", "stream-events", "site", WATCHERS),
]

PLACES = [
    Route("get", "site-list", "", ANYWHERE),
    Route("get", "site-detail", "site", WATCHERS),
    Route("get", "site-people", "site", WATCHERS),
    Route("post", "site-sessions", "site", LEADS, {"name": "x"}),
    Route("post", "site-evacuation", "site", KNOWN),
    Route("post", "site-end-evacuation", "site", LEADS),
    Route("post", "session-checks", "session", STAFF, {"checks": {}}),
    Route("post", "session-duties", "session", STAFF, {"role": "nurse"}),
    Route("post", "session-duties", "session", LEADS, {"role": "nurse", "user": "@colleague"}),
    Route("post", "duty-leave", "duty", LEADS),
    Route("post", "duty-hand-over", "duty", LEADS, {"to": "@colleague"}),
    Route("get", "handover-list", "", ANYWHERE),
    Route("post", "handover-accept", "handover", STAFF),
]

DEVICES = [
    Route("get", "site-devices", "site", STAFF | {READER}),
    Route("post", "site-devices", "site", LEADS, {"name": "x"}),
    Route("post", "device-retire", "device", STAFF),
    Route("post", "device-state", "", {DEVICE}, refused=NO_DEVICE),
    Route("post", "device-switch", "", {DEVICE}, {"badge": "x"}, refused=NO_DEVICE),
    Route("post", "device-lock", "", {DEVICE}, refused=NO_DEVICE),
    Route("post", "device-enrol", "", CALLERS, {"code": "x"}),
]

HEALTH = [
    Route("get", "health-live", "", CALLERS),
    Route("get", "health-ready", "", CALLERS),
    Route("get", "health-engine", "", CALLERS),
    Route("get", "metrics", "", {READER}, refused={STRANGER: 403}),
]

ROUTES = [*CALLS, *PLACES, *DEVICES, *HEALTH]
