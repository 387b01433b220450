"""The floor: doses, watches and their ends, reactions, persons, lots, and the FHIR door."""

from alerts.models import Role
from tests.routes.row import FLOOR, KNOWN, LEADS, READER, STAFF, STRANGER, WATCHERS, Route

GIVES = frozenset({Role.VACCINATOR, Role.CLINICIAN, Role.LEAD})
HOLDS = LEADS | {Role.OFFICER}
STOPS = HOLDS | {Role.CLINICIAN}
IMPORTS = LEADS | {Role.VACCINATOR, Role.OFFICER}
READS = STAFF | {READER}
MILD, DANGER = {"signs": ["fever"]}, {"signs": ["breathing"]}

SITE = [
    Route("post", "site-dose-checks", "site", FLOOR, {"vaccine": "HPV9", "lot": "x"}),
    Route("get", "site-observations", "site", READS),
    Route("post", "site-observations", "site", FLOOR),
    Route("post", "site-observations", "site", GIVES, {"doses": [{"vaccine": "HPV9"}]}),
    Route("post", "site-check-ins", "site", FLOOR, {"ticket": "1", "seat": "B2"}),
    Route("post", "site-releases", "site", FLOOR, {"bay": "A"}),
    Route("post", "site-reactions", "site", FLOOR, MILD),
    Route("post", "site-reactions", "site", KNOWN, DANGER | {"seat": "A1"}),
    Route("get", "site-lots", "site", READS),
    Route("get", "site-stations", "site", READS),
    Route("post", "site-station-stop", "site", STOPS, {"station": "3", "reason": "x"}),
    Route("post", "site-station-resume", "site", STOPS, {"station": "3"}),
    Route("post", "site-muster", "site", FLOOR, {"observation": "@observation", "is_seen": True}),
    Route("get", "site-board", "site", WATCHERS),
]

WATCH = [
    Route("get", "observation-detail", "observation", READS),
    Route("post", "observation-doses", "observation", GIVES, {"doses": [{"vaccine": "HPV9"}]}),
    Route("post", "observation-seat", "observation", FLOOR, {"seat": "B2"}),
    Route("post", "observation-move", "observation", FLOOR, {"seat": "B2"}),
    Route("post", "observation-release", "observation", FLOOR),
    Route("post", "observation-leave", "observation", FLOOR, {"kind": "unwitnessed"}),
    Route("post", "observation-settle", "observation", FLOOR, {"note": "x"}),
    Route("post", "observation-extend", "observation", FLOOR, {"minutes": 9, "reason": "x"}),
    Route("post", "observation-watch", "observation", FLOOR),
    Route("post", "observation-recheck", "observation", FLOOR),
    Route("post", "observation-unwatch", "observation", FLOOR),
    Route("post", "observation-reactions", "observation", FLOOR, MILD),
    Route("post", "observation-reactions", "observation", KNOWN, DANGER | {"note": "x"}),
    Route("post", "bay-sweep", "bay", FLOOR),
    Route("post", "session-close", "session", LEADS),
]

REACTIONS = [
    Route("post", "reaction-details", "reaction", FLOOR, {"note": "x"}),
    Route("post", "reaction-details", "reaction", KNOWN, DANGER),
    Route("post", "reaction-undo", "reaction", FLOOR),
]

PAIR = {"keep": "@recipient", "merge": "@twin", "reason": "x"}

PERSONS = [
    Route("get", "recipient-list", "", READS | {STRANGER}),
    Route("post", "recipient-merge", "", HOLDS, PAIR),
    Route("post", "recipient-consent", "recipient", FLOOR),
    Route("post", "merge-undo", "merge", HOLDS),
]

LOTS = [
    Route("post", "lot-hold", "lot", HOLDS, {"reason": "x"}),
    Route("post", "lot-release", "lot", HOLDS, {"reason": "x"}),
    Route("get", "lot-recipients", "lot", {Role.OFFICER}),
]

FHIR = [
    Route("post", "fhir-import", "", IMPORTS, query="site=@site"),
    Route("post", "fhir-import", "", IMPORTS | {STRANGER}),
]

ROUTES = [*SITE, *WATCH, *REACTIONS, *PERSONS, *LOTS, *FHIR]
