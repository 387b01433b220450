"""One row of the table: a route, a method, who may, and how everybody else is told no."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alerts.models import Role

DEVICE, READER, STRANGER, NOBODY = "device", "reader", "stranger", "nobody"
"""An enrolled device with nobody logged in; a read-only token; another site's lead; no one."""
STAFF = frozenset(Role.values)
LEADS = frozenset({Role.LEAD, Role.ADMINISTRATOR})
FLOOR = frozenset({Role.OBSERVER, Role.VACCINATOR, Role.CLINICIAN, Role.LEAD})
KNOWN = STAFF | {DEVICE}
"""Anybody of the site, also its enrolled device with nobody logged in."""
WATCHERS = KNOWN | {READER}
ANYWHERE = WATCHERS | {STRANGER}
CALLERS = (*Role.values, DEVICE, READER, STRANGER, NOBODY)
REFUSED: Mapping[str, int | str] = {NOBODY: 401, STRANGER: 404}
"""How a caller is told no; whoever is not named here gets 403."""


@dataclass(frozen=True)
class Route:
    """One route and method: the rows its path names, the body it takes, and who may.

    `of` names rows of the scene, `allowed` who gets past the checks. A route whose answer depends
    on what is asked has a row for each `query` or body.
    """

    method: str
    name: str
    of: str
    allowed: Iterable[str]
    body: dict[str, Any] = field(default_factory=dict)
    refused: Mapping[str, int | str] = field(default_factory=dict)
    query: str = ""

    def __str__(self) -> str:
        return " ".join([self.method, self.name, self.query, *self.body]).strip()

    def expected(self, caller: str) -> int | str | None:
        """Return how this caller is refused, None where the caller may."""
        if caller in self.allowed:
            return None
        return self.refused.get(caller, REFUSED.get(caller, 403))
