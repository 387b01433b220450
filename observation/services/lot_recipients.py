"""Everyone who had a lot: for the officer who must find them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from alerts.models import Site
from observation.models import Dose, EndKind, Lot

AT_ONCE = 500


@dataclass(frozen=True)
class Recipients:
    """A page of the doses given from a lot, the latest first, and how many there are."""

    count: int
    watched: int
    offset: int
    doses: list[Dose]


def recipients_of(lot: Lot, sites: Iterable[Site], *, offset: int = 0) -> Recipients:
    """Return who had the lot at these sites; a visit recorded by mistake counts for nobody."""
    rows = _given(lot, sites)
    watched = Count("pk", Q(observation__ended_at=None))
    totals = rows.aggregate(count=Count("pk"), watched=watched)
    page = _listed(rows)[offset : offset + AT_ONCE]
    return Recipients(totals["count"], totals["watched"], offset, list(page))


def everyone_of(lot: Lot, sites: Iterable[Site]) -> Iterator[Dose]:
    """Yield every dose of the lot at these sites, the latest first, for a file."""
    yield from _listed(_given(lot, sites)).iterator(chunk_size=AT_ONCE)


def _given(lot: Lot, sites: Iterable[Site]) -> QuerySet[Dose]:
    given = Dose.objects.filter(lot=lot, observation__site__in=[site.pk for site in sites])
    return given.exclude(observation__end_kind=EndKind.CANCELLED)


def _listed(rows: QuerySet[Dose]) -> QuerySet[Dose]:
    """Return the doses in order, with the person and how many reactions were logged."""
    named = rows.select_related("observation__recipient", "observation__site", "observation__seat")
    seen = Count("observation__reactions", Q(observation__reactions__undone_at=None))
    return named.annotate(reactions=seen).order_by("-given_at", "-pk")
