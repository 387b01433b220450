"""The filters of the desk beyond state, seriousness and words; none of them reads a case's JSON.

Vaccine and lot are looked for in `searched`, as the search is: one text column instead of `facts`.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from aefi.models import Classification, ClassKind
from aefi.models.cases import NEVER, CaseQuerySet
from aefi.rules.clocks import CHINA
from aefi.services.worklist import cases_at
from alerts.models import Site

SOON = timedelta(hours=24)
DAY = timedelta(days=1)
Narrow = Callable[[CaseQuerySet, Any, datetime], CaseQuerySet]


def sites_in(sites: QuerySet[Site], asked: Mapping[str, Any]) -> QuerySet[Site]:
    """Return the sites of the county or region that is asked for."""
    county = asked.get("county")
    return sites.filter(county_code__startswith=county) if county else sites


def selected(sites: QuerySet[Site], asked: Mapping[str, Any], *, now: datetime) -> CaseQuerySet:
    """Return the cases of the worklist that fit every filter, what is nearest its limit first."""
    return narrowed(cases_at(sites_in(sites, asked), asked), asked, now=now)


def narrowed(rows: CaseQuerySet, asked: Mapping[str, Any], *, now: datetime) -> CaseQuerySet:
    """Return the cases that fit every filter that is asked for; the order stays."""
    for name, narrow in FILTERS.items():
        if asked.get(name):
            rows = narrow(rows, asked[name], now)
    return rows


def _origin(rows: CaseQuerySet, value: str, _now: datetime) -> CaseQuerySet:
    return rows.filter(origin=value)


def _limit(rows: CaseQuerySet, value: str, now: datetime) -> CaseQuerySet:
    if value == "none":
        return rows.filter(sort_at=NEVER)
    if value == "late":
        return rows.filter(sort_at__lt=now)
    return rows.filter(sort_at__gte=now, sort_at__lte=now + SOON)


def _class(rows: CaseQuerySet, value: str, _now: datetime) -> CaseQuerySet:
    given = Classification.objects.filter(case=OuterRef("pk"))
    final = Exists(given.filter(kind=ClassKind.FINAL))
    if value == "none":
        return rows.filter(~Exists(given))
    if value == ClassKind.FINAL:
        return rows.filter(final)
    return rows.filter(Exists(given), ~final)


def _words(rows: CaseQuerySet, value: str, _now: datetime) -> CaseQuerySet:
    return rows.filter(searched__icontains=value)


def _since(rows: CaseQuerySet, value: str, _now: datetime) -> CaseQuerySet:
    return rows.filter(opened_at__gte=_midnight(value))


def _until(rows: CaseQuerySet, value: str, _now: datetime) -> CaseQuerySet:
    return rows.filter(opened_at__lt=_midnight(value) + DAY)


def _missing(rows: CaseQuerySet, value: str, _now: datetime) -> CaseQuerySet:
    return rows.filter(missing=[]) if value == "none" else rows.exclude(missing=[])


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), CHINA)


FILTERS: dict[str, Narrow] = {
    "origin": _origin,
    "due": _limit,
    "class": _class,
    "vaccine": _words,
    "lot": _words,
    "since": _since,
    "until": _until,
    "missing": _missing,
}
