"""Which pairs of cases somebody may see and decide: those of whom both sites are the officer's."""

from django.db.models import Q, QuerySet

from aefi.models import Case, CasePair, PairState
from alerts.models import Role, Site, User


def visible_to(person: User, *, within: QuerySet[Site] | None = None) -> QuerySet[CasePair]:
    """Return the pairs of an officer, the likeliest first."""
    sites = Site.objects.with_role(person, [Role.OFFICER])
    if within is not None:
        sites = sites.filter(pk__in=within)
    rows = CasePair.objects.filter(one__site__in=sites, other__site__in=sites)
    named = rows.select_related("one__site", "other__site", "kept", "decided_by")
    return named.order_by("-score", "-pk")


def open_for(case: Case) -> int:
    """Return how many undecided pairs a case has, wherever the other one is."""
    mine = CasePair.objects.filter(Q(one=case) | Q(other=case), state=PairState.OPEN)
    return mine.count()
