"""One act on several cases: each through its own service, in its own transaction, with its own answer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError
from django.utils.translation import gettext as _

from aefi.models import Case
from aefi.services import cases, worklist
from aefi.services.cases import Act
from alerts.models import Role, User
from alerts.services.refusals import Refusal

ROLES = {
    "submit": worklist.WRITERS,
    "comment": worklist.WRITERS,
    "return": (Role.OFFICER,),
    "close": (Role.OFFICER,),
}
"""Each act with who may do it."""
NEED_WORDS = frozenset({"return", "comment", "close"})


@dataclass(frozen=True)
class Outcome:
    """What became of one case: done, or refused with the reason in words."""

    case: Case | None
    key: UUID
    refusal: str = ""


def act_on_each(
    keys: Iterable[UUID], verb: str, words: str, *, person: User, act: Act
) -> list[Outcome]:
    """Do one act on each case in turn; a refused one stops none of the others."""
    return list(_outcomes(list(dict.fromkeys(keys)), verb, words, person, act))


def _outcomes(keys: list[UUID], verb: str, words: str, person: User, act: Act) -> Iterator[Outcome]:
    rows = Case.objects.filter(uuid__in=keys, site__in=worklist.sites_of(person))
    found = {case.uuid: case for case in rows.select_related("site")}
    for key in keys:
        case = found.get(key)
        refusal = _tried(case, verb, words, person, act) if case else _("There is no such case.")
        yield Outcome(case, key, refusal)


def _tried(case: Case, verb: str, words: str, person: User, act: Act) -> str:
    """Do the act; return why not, nothing when it was done."""
    if not person.has_role(case.site, ROLES[verb]):
        return _("Your role does not do this at this site.")
    try:
        _do(case.uuid, verb, words, act)
    except Refusal as refusal:
        return "; ".join([str(refusal), *refusal.facts.get("missing", [])])
    except DatabaseError:
        return _("The database did not take it; nothing changed. Try again.")
    return ""


def _do(key: UUID, verb: str, words: str, act: Act) -> None:
    if verb == "comment":
        cases.comment(key, words, act)
    else:
        cases.move(key, verb, reason=words, act=act)
