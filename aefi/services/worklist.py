"""Which cases somebody works on, and in which order: what is nearest its legal limit first."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from aefi.models import Case, CaseState
from aefi.models.cases import CaseQuerySet
from alerts.models import Role, Site, User
from observation.models import Reaction

WAITING_FOR = timedelta(days=30)
"""How long a reaction of the hall is offered for a case."""
WRITERS = (Role.CLINICIAN, Role.LEAD, Role.OFFICER)
"""Who writes cases: the site's clinicians and leads, and the officers over them."""


def sites_of(person: User) -> QuerySet[Site]:
    """Return the sites whose cases the person works on."""
    return Site.objects.with_role(person, WRITERS)


def cases_at(sites: QuerySet[Site], asked: Mapping[str, str]) -> CaseQuerySet:
    """Return the sites' cases, narrowed by `state`, `serious`, `site` and `q`."""
    rows = Case.objects.filter(site__in=sites, merged_into=None).select_related("site")
    if state := asked.get("state"):
        is_open = state == "open"
        rows = rows.exclude(state=CaseState.CLOSED) if is_open else rows.filter(state=state)
    if serious := asked.get("serious"):
        rows = rows.filter(is_serious=serious.lower() in {"1", "true"})
    if site := asked.get("site"):
        rows = rows.filter(site__uuid=UUID(site))
    if text := asked.get("q", "").replace("\0", "").strip():
        rows = rows.filter(searched__icontains=text)
    return rows.by_limit()


def in_order(keys: Iterable[int]) -> list[Case]:
    """Return cases as their keys stand, with what a line of the worklist shows.

    Keys are sorted in an index alone; sorting whole cases took ten times as long at 100,000.
    """
    wanted = list(keys)
    rows = Case.objects.select_related("site").prefetch_related(
        "filings", "merged_cases__filings", "merged_cases__site"
    )
    found = rows.in_bulk(wanted)
    return [found[key] for key in wanted]


def reactions_waiting(sites: QuerySet[Site], *, now: datetime) -> QuerySet[Reaction]:
    """Return the hall's reactions that nobody made a case of yet, the longest known first."""
    rows = Reaction.objects.filter(site__in=sites, case=None, undone_at=None)
    people = rows.select_related("site", "seat", "observation__recipient")
    return people.filter(seen_at__gte=now - WAITING_FOR).order_by("seen_at", "pk")
