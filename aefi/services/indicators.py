"""How the sites of an officer report: shares by county and month, and rates per 100,000 doses.

A period counts cases by the day they were opened and doses by the day they were given, in China's time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Coalesce, Substr

from aefi.models import Case, CaseOrigin, Classification, ClassKind, Filing
from aefi.rules import indicators as rules
from aefi.rules.clock_rules import Fact, Proof
from aefi.rules.clocks import CHINA
from aefi.rules.indicators import Interval, Rate, Share
from aefi.services import case_clocks
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
    rows = Case.objects.filter(site__in=sites, opened_at__gte=first, opened_at__lt=end)
    return rows.filter(merged_into=None).exclude(origin=CaseOrigin.CONCERN)


def records_of(sites: QuerySet[Site], period: Period) -> list[Record]:
    """Return the cases of a period with what their filings and classes say."""
    return records_among(cases_of(sites, period))


def records_among(rows: QuerySet[Case]) -> list[Record]:
    """Return some cases with what their filings and classes say, in the order of their numbers."""
    of_whole = Q(case__in=rows) | Q(case__merged_into__in=rows)
    owner = Coalesce("case__merged_into", "case")
    filed: defaultdict[int, dict[str, datetime]] = defaultdict(dict)
    proofs = Filing.objects.filter(of_whole).order_by().annotate(owner=owner)
    for case, proof, at in proofs.values_list("owner", "proof").annotate(Min("done_at")):
        filed[case][proof] = at
    final = Classification.objects.filter(of_whole, kind=ClassKind.FINAL).order_by("at", "pk")
    classes = dict(final.annotate(owner=owner).values_list("owner", "code"))
    told = rows.order_by("number").values("pk", *COLUMNS)
    parts = _parts(rows)
    return [
        record_of(_with_parts(row, parts), classes.get(row["pk"], ""), filed[row["pk"]])
        for row in told
    ]


def _parts(rows: QuerySet[Case]) -> dict[int, list[dict[str, Any]]]:
    """Return what clocks run from of each case that is part of another, by the other's key."""
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    merged = Case.objects.filter(merged_into__in=rows).order_by("pk")
    for kept, at, needs in merged.values_list("merged_into", "milestones", "needs_investigation"):
        if kept is not None:
            found[kept].append({"milestones": at, "needs_investigation": needs})
    return found


def _with_parts(
    row: dict[str, Any], parts: Mapping[int, list[dict[str, Any]]]
) -> Mapping[str, Any]:
    if row["pk"] not in parts:
        return row
    whole = [row, *parts[row["pk"]]]
    first = case_clocks.earliest(one["milestones"] for one in whole)
    needs = any(one["needs_investigation"] for one in whole)
    milestones = {name: at.isoformat() for name, at in first.items()}
    return {**row, "milestones": milestones, "needs_investigation": needs}


def record_of(row: Mapping[str, Any], final_class: str, filed: Mapping[str, datetime]) -> Record:
    """Return what the indicators ask of a row with `COLUMNS`."""
    at = {name: datetime.fromisoformat(text) for name, text in row["milestones"].items()}
    return Record(
        number=row["number"],
        uuid=row["uuid"],
        county=row["site__county_code"],
        month=month_of(row["opened_at"]),
        discovered_at=at.get(Fact.DISCOVERED),
        received_at=at.get(Fact.REPORT_RECEIVED),
        investigated_at=at.get(Fact.INVESTIGATION_STARTED),
        needs_investigation=row["needs_investigation"],
        missing=tuple(row["missing"]),
        final_class=final_class,
        filed=filed,
    )


def month_of(opened_at: datetime) -> str:
    """Return the month of an instant in China's time."""
    return opened_at.astimezone(CHINA).isoformat()[:7]


def verdicts_of(record: Record) -> str:
    """Return a sign for each of `SHARES`: 1 when the case meets it, 0 when not, - when not asked."""
    shares = shares_of([record])
    return "".join(_verdict(shares[name]) for name in SHARES)


def _verdict(share: Share) -> str:
    return str(share.numerator) if share.denominator else "-"


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


def counties_reporting(sites: QuerySet[Site], groups: Iterable[Group]) -> Share:
    """Return the share of the sites' counties that had at least one case."""
    counties = sites.exclude(county_code="").values_list("county_code", flat=True)
    cases = Counter(group.county for group in groups)
    return rules.counties_reporting(dict.fromkeys(counties, 0) | cases)


@dataclass(frozen=True)
class Tally:
    """Numerator and denominator of a share whose failures are asked for apart."""

    numerator: int = 0
    denominator: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.numerator + other.numerator, self.denominator + other.denominator)

    @property
    def value(self) -> float | None:
        """Return the share, or nothing where there is nothing to share."""
        return self.numerator / self.denominator if self.denominator else None

    @property
    def failed(self) -> int:
        return self.denominator - self.numerator


def tallies_of(sites: QuerySet[Site], period: Period) -> dict[Group, dict[str, Tally]]:
    """Return every share of each county in each month, in order, from the verdicts kept with cases."""
    rows = cases_of(sites, period).order_by()
    counted = rows.values_list("site__county_code", "month", "verdicts").annotate(Count("pk"))
    found: dict[Group, dict[str, Tally]] = {}
    for county, month, verdicts, many in counted:
        shares = found.setdefault(Group(county, month), dict.fromkeys(SHARES, Tally()))
        for name, verdict in zip(SHARES, verdicts, strict=True):
            shares[name] += Tally(many * (verdict == "1"), many * (verdict != "-"))
    return {group: found[group] for group in sorted(found)}


def in_all(groups: Iterable[Mapping[str, Tally]]) -> dict[str, Tally]:
    """Return the shares of several groups of cases as those of all of them."""
    parts = list(groups)
    return {name: sum((part[name] for part in parts), Tally()) for name in SHARES}


def failures_of(
    sites: QuerySet[Site], period: Period, name: str, *, most: int
) -> list[tuple[Record, str]]:
    """Return the first cases that failed one share, by number, with the reason."""
    verdict = Substr("verdicts", SHARES.index(name) + 1, 1)
    rows = cases_of(sites, period).annotate(verdict=verdict).filter(verdict="0")
    keys = list(rows.order_by("number").values_list("pk", flat=True)[:most])
    records = {row.number: row for row in records_among(Case.objects.filter(pk__in=keys))}
    failures = shares_of(records.values())[name].failures
    return [(records[one.case], one.reason) for one in failures]


def by_county_and_month(records: Iterable[Record]) -> dict[Group, dict[str, Share]]:
    """Return the shares of each county in each month, in order."""
    groups: defaultdict[Group, list[Record]] = defaultdict(list)
    for row in records:
        groups[Group(row.county, row.month)].append(row)
    return {group: shares_of(groups[group]) for group in sorted(groups)}


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
