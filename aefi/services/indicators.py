"""How the sites of an officer report: shares by county and month, and rates per 100,000 doses.

A period counts cases by the day they were opened and doses by the day they were given, in China's time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Min, QuerySet

from aefi.models import Case, Classification, ClassKind, Filing
from aefi.rules import indicators as rules
from aefi.rules.clock_rules import Fact, Proof
from aefi.rules.clocks import CHINA
from aefi.rules.indicators import Interval, Rate, Share
from alerts.models import Site
from observation.models import Dose
from observation.rules.persons import age_months

AGE_YEARS = (0, 1, 3, 6, 12, 18, 45, 60)
"""First year of each age group. Source: docs/sources.md#age-groups."""
SHARES = tuple(name for name in rules.TARGETS if name != "counties")
DOSE_GROUPS = {
    "vaccine": "vaccine__name",
    "lot": "lot__number",
    "dose_number": "dose_number",
}
COLUMNS = (
    "number",
    "uuid",
    "site__county_code",
    "opened_at",
    "milestones",
    "needs_investigation",
    "missing",
)


@dataclass(frozen=True)
class Period:
    """Whole days, the last one included."""

    since: date
    until: date

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Return the first instant, and the one after the last."""
        first = datetime.combine(self.since, time(), CHINA)
        return first, datetime.combine(self.until + timedelta(days=1), time(), CHINA)


class Record(NamedTuple):
    """What the indicators ask of one case; `filed` maps a proof to its first instant."""

    number: str
    uuid: UUID
    county: str
    month: str
    discovered_at: datetime | None
    received_at: datetime | None
    investigated_at: datetime | None
    needs_investigation: bool
    missing: tuple[str, ...]
    final_class: str
    filed: Mapping[str, datetime]


class Group(NamedTuple):
    """The cases of one county in one month; `month` is empty for the whole period."""

    county: str
    month: str


def cases_of(sites: QuerySet[Site], period: Period) -> QuerySet[Case]:
    first, end = period.bounds
    return Case.objects.filter(site__in=sites, opened_at__gte=first, opened_at__lt=end)


def records_of(sites: QuerySet[Site], period: Period) -> list[Record]:
    """Return the cases of a period with what their filings and classes say."""
    rows = cases_of(sites, period)
    filed: defaultdict[int, dict[str, datetime]] = defaultdict(dict)
    proofs = Filing.objects.filter(case__in=rows).values_list("case_id", "proof")
    for case, proof, at in proofs.annotate(Min("done_at")):
        filed[case][proof] = at
    final = Classification.objects.filter(case__in=rows, kind=ClassKind.FINAL).order_by("at", "pk")
    classes = dict(final.values_list("case_id", "code"))
    told = rows.order_by("number").values("pk", *COLUMNS)
    return [_record(row, classes.get(row["pk"], ""), filed[row["pk"]]) for row in told]


def _record(row: Mapping[str, Any], final_class: str, filed: Mapping[str, datetime]) -> Record:
    at = {name: datetime.fromisoformat(text) for name, text in row["milestones"].items()}
    return Record(
        number=row["number"],
        uuid=row["uuid"],
        county=row["site__county_code"],
        month=row["opened_at"].astimezone(CHINA).isoformat()[:7],
        discovered_at=at.get(Fact.DISCOVERED),
        received_at=at.get(Fact.REPORT_RECEIVED),
        investigated_at=at.get(Fact.INVESTIGATION_STARTED),
        needs_investigation=row["needs_investigation"],
        missing=tuple(row["missing"]),
        final_class=final_class,
        filed=filed,
    )


def shares_of(records: Iterable[Record]) -> dict[str, Share]:
    """Return every share of some cases, by the names of `rules.TARGETS`."""
    rows = list(records)
    due = [row for row in rows if row.needs_investigation]
    started = [(row, row.investigated_at) for row in due]
    forms, reports = Proof.INVESTIGATION_FORM_FILED, Proof.PRELIMINARY_REPORT_SENT
    report = [Interval(row.number, row.discovered_at, _reported_at(row)) for row in rows]
    begin = [Interval(row.number, row.received_at, at) for row, at in started]
    form = [Interval(row.number, at, row.filed.get(forms)) for row, at in started]
    preliminary = [Interval(row.number, at, row.filed.get(reports)) for row, at in started]
    return {
        "reported": rules.within(report, rules.REPORT_LIMIT),
        "investigated": rules.within(begin, rules.INVESTIGATION_LIMIT),
        "form_filed": rules.within(form, rules.FORM_LIMIT),
        "preliminary_report": rules.within(preliminary, rules.PRELIMINARY_LIMIT),
        "complete": rules.completeness({row.number: row.missing for row in rows}),
        "classified": rules.classified({row.number: row.final_class for row in rows}),
    }


def _reported_at(row: Record) -> datetime | None:
    """Return when the county first had the case: the site's word, or the card it accepted."""
    known = (row.received_at, row.filed.get(Proof.CARD_ACCEPTED))
    return min((at for at in known if at is not None), default=None)


def counties_reporting(sites: QuerySet[Site], records: Iterable[Record]) -> Share:
    """Return the share of the sites' counties that had at least one case."""
    counties = sites.exclude(county_code="").values_list("county_code", flat=True)
    return rules.counties_reporting(dict.fromkeys(counties, 0) | Counter(r.county for r in records))


def by_county_and_month(records: Iterable[Record]) -> dict[Group, dict[str, Share]]:
    """Return the shares of each county in each month, in order."""
    groups: defaultdict[Group, list[Record]] = defaultdict(list)
    for row in records:
        groups[Group(row.county, row.month)].append(row)
    return {group: shares_of(groups[group]) for group in sorted(groups)}


def together(groups: Iterable[Mapping[str, Share]]) -> dict[str, Share]:
    """Return the shares of several groups of cases as those of all of them."""
    parts = list(groups)
    return {name: _sum([part[name] for part in parts]) for name in SHARES}


def _sum(shares: Sequence[Share]) -> Share:
    failures = tuple(failure for share in shares for failure in share.failures)
    return Share(
        sum(share.numerator for share in shares),
        sum(share.denominator for share in shares),
        failures,
    )


@dataclass(frozen=True)
class Rates:
    """Cases per 100,000 doses, by a grouping and its values; `not_linked` have no dose here."""

    doses: int
    overall: Rate | None
    groups: Mapping[str, Mapping[str, Rate]]
    not_linked: int


def rates_of(sites: QuerySet[Site], period: Period) -> Rates:
    """Return the rates of a period from the product's own doses.

    A case counts once for each vaccine, lot and dose number of its visit; a class counts against all doses.
    """
    first, end = period.bounds
    doses = Dose.objects.filter(
        observation__site__in=sites, given_at__gte=first, given_at__lt=end
    ).order_by()
    linked = cases_of(sites, period).exclude(reaction__observation=None).order_by()
    many, cases = doses.count(), linked.count()
    groups = {
        name: _rates_by(doses, linked, column) for name, column in DOSE_GROUPS.items() if many
    }
    if many:
        groups["age_group"] = _by_age(doses, linked)
        groups["class"] = _by_class(linked, many)
    overall = rules.rate(cases, many) if many else None
    return Rates(many, overall, groups, cases_of(sites, period).count() - cases)


def _rates_by(doses: QuerySet[Dose], cases: QuerySet[Case], column: str) -> dict[str, Rate]:
    given = dict(doses.values_list(column).annotate(Count("pk")))
    of_visit = f"reaction__observation__doses__{column}"
    seen = dict(cases.values_list(of_visit).annotate(Count("pk", distinct=True)))
    return {
        str(value if value is not None else "?"): rules.rate(seen.get(value, 0), given[value])
        for value in sorted(given, key=str)
    }


def _by_age(doses: QuerySet[Dose], cases: QuerySet[Case]) -> dict[str, Rate]:
    born = "observation__recipient__born_on"
    given = Counter(age_group(day, at) for day, at in doses.values_list(born, "given_at"))
    who = ("reaction__observation__recipient__born_on", "reaction__observation__started_at")
    seen = Counter(age_group(day, at) for day, at in cases.values_list(*who))
    names = [name for name in (*map(_age_name, range(len(AGE_YEARS))), "?") if given[name]]
    return {name: rules.rate(seen[name], given[name]) for name in names}


def age_group(born_on: date | None, at: datetime) -> str:
    """Return the age group of somebody at an instant; `?` without a birth date."""
    months = age_months(born_on, on=at.astimezone(CHINA).date())
    if months is None:
        return "?"
    return _age_name(sum(1 for year in AGE_YEARS if months >= year * 12) - 1)


def _age_name(place: int) -> str:
    first = AGE_YEARS[place]
    if place + 1 == len(AGE_YEARS):
        return f"{first}+"
    last = AGE_YEARS[place + 1] - 1
    return f"{first}–{last}" if last > first else str(first)


def _by_class(cases: QuerySet[Case], doses: int) -> dict[str, Rate]:
    final = Classification.objects.filter(case__in=cases, kind=ClassKind.FINAL).order_by("at", "pk")
    newest = dict(final.values_list("case_id", "code"))
    return {
        code: rules.rate(count, doses) for code, count in sorted(Counter(newest.values()).items())
    }
