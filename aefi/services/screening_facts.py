"""The product's own doses and reactions as the statistics want them: true denominators.

Only a vaccinated recipient's reaction enters, and only with a dose that is counted as well: what
stands above the line also stands below it. The rest is set aside and counted by its reason.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Model, QuerySet

from aefi.screening.facts import Coded, DosesGiven, LotName, Report, Reports, coded_reports
from aefi.screening.lots import bare_number
from aefi.services.hall import seen_in
from alerts.models import Session, Site
from observation.models import Dose, EndKind, Reaction, Sex, Vaccine

Row = TypeVar("Row", bound=Model)
SEXES = {Sex.FEMALE: "F", Sex.MALE: "M"}
WITHOUT_DOSE, BEFORE_DOSE = "without_counted_dose", "before_dose"
NO_SIGN, TAKEN_BACK = "no_sign", "taken_back"
AT_ONCE = 5000
DOSE_FIELDS = (
    "observation_id",
    "observation__site_id",
    "observation__session_id",
    "observation__recipient__born_on",
    "observation__recipient__sex",
    "vaccine_id",
    "vaccine_as_written",
    "lot_id",
    "lot__vaccine_id",
    "lot__number",
    "lot_as_written",
    "dose_number",
    "given_at",
    "is_time_known",
)


@dataclass(frozen=True)
class Labels:
    """What the statistics call a row, unlike every other row, and the rows by those names."""

    sites: Mapping[int, str]
    sessions: Mapping[int, str]
    vaccines: Mapping[int, tuple[str, str]]
    zones: Mapping[int, ZoneInfo]
    english: Mapping[str, str]
    lots: dict[str, int] = field(default_factory=dict)

    def site_of(self, label: str) -> int | None:
        """Return the key of the site of this name."""
        return _by_label(self.sites, label)

    def session_of(self, label: str) -> int | None:
        """Return the key of the session of this name."""
        return _by_label(self.sessions, label)


@dataclass(frozen=True)
class Facts:
    """Doses and reports of a scope, their names, and what was left out."""

    doses: DosesGiven
    reports: Reports
    labels: Labels
    set_aside: Mapping[str, int]

    @property
    def counts(self) -> dict[str, int]:
        """Return how much there is of what."""
        return {
            "sites": len(self.labels.sites),
            "doses": int(self.doses.doses.sum()),
            "lots": len(self.doses.lots),
            "reports": len(self.reports),
        }


@dataclass(frozen=True, slots=True)
class _Cell:
    """Doses that nothing known tells apart."""

    lot: LotName
    dose_number: str
    age: int | None
    sex: str
    site: int
    session: int
    day: int


@dataclass
class _Visit:
    """The doses of one visit that somebody reacted after."""

    given: list[tuple[_Cell, datetime, bool]] = field(default_factory=list)


def read_facts(sites: QuerySet[Site], *, since: datetime, until: datetime) -> Facts:
    """Return the doses given at the sites in a span of time, and the reactions after them."""
    labels = _labels(sites)
    reactions, aside = _reactions(sites, since=since, until=until)
    cells: Counter[_Cell] = Counter()
    visits: defaultdict[int, _Visit] = defaultdict(_Visit)
    rows = Dose.objects.filter(observation__site__in=sites, given_at__gte=since, given_at__lt=until)
    counted = rows.exclude(observation__end_kind=EndKind.CANCELLED).values_list(*DOSE_FIELDS)
    for row in counted.iterator(chunk_size=AT_ONCE):
        cell = _cell(row, labels)
        cells[cell] += 1
        if row[0] in reactions:
            visits[row[0]].given.append((cell, row[12], row[13]))
    reports = _reports(reactions, visits, labels, aside)
    return Facts(_doses(cells, labels), coded_reports(reports), labels, dict(+aside))


def _reactions(
    sites: QuerySet[Site], *, since: datetime, until: datetime
) -> tuple[dict[int, list[Reaction]], Counter[str]]:
    """Return the reactions that stand by their visit, and count those of nobody vaccinated."""
    rows = Reaction.objects.filter(site__in=sites, seen_at__gte=since, seen_at__lt=until)
    found: defaultdict[int, list[Reaction]] = defaultdict(list)
    aside: Counter[str] = Counter()
    people = rows.select_related("observation__recipient", "reported_by").order_by("seen_at", "pk")
    for row in people.iterator(chunk_size=AT_ONCE):
        if row.undone_at is not None:
            aside[TAKEN_BACK] += 1
        elif row.observation_id is None:
            aside[WITHOUT_DOSE] += 1
        else:
            found[row.observation_id].append(row)
    return found, aside


def _cell(row: tuple[Any, ...], labels: Labels) -> _Cell:
    _visit, site, session, born_on, sex, vaccine, as_written, lot, lot_vaccine, *more = row
    number, lot_as_written, dose_number, given_at, _is_known = more
    name = _lot_name(labels, lot_vaccine or vaccine, as_written, number, lot_as_written)
    if lot is not None:
        labels.lots[str(name)] = lot
    on = given_at.astimezone(labels.zones[site]).date()
    return _Cell(
        lot=name,
        dose_number=str(dose_number or ""),
        age=_age_on(born_on, on),
        sex=SEXES.get(sex, ""),
        site=site,
        session=session,
        day=on.toordinal(),
    )


def _lot_name(
    labels: Labels, vaccine: int | None, as_written: str, number: str | None, lot_as_written: str
) -> LotName:
    """Return the lot by its vaccine and number; as it was written where the register has none."""
    written = (as_written.strip(), "")
    name, maker = labels.vaccines.get(vaccine, written) if vaccine else written
    return LotName(name, maker, number or bare_number(lot_as_written))


def _age_on(born_on: date | None, on: date) -> int | None:
    """Return whole years of age; none where the birth is not known or lies after the dose."""
    if born_on is None or born_on > on:
        return None
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def _reports(
    reactions: Mapping[int, list[Reaction]],
    visits: Mapping[int, _Visit],
    labels: Labels,
    aside: Counter[str],
) -> Iterable[Report]:
    """Yield one report a visit, however many reactions were logged of it."""
    for visit, rows in reactions.items():
        given = visits[visit].given if visit in visits else []
        if not given:
            aside[WITHOUT_DOSE] += len(rows)
            continue
        first = min(at for _cell, at, _is_known in given)
        is_known = all(known for _cell, _at, known in given)
        after = [row for row in rows if not is_known or (row.onset_at or row.seen_at) >= first]
        aside[BEFORE_DOSE] += len(rows) - len(after)
        signs = {sign for row in after for sign in seen_in(row)}
        if not signs:
            aside[NO_SIGN] += len(after)
            continue
        yield _report(after, given[0][0], {(c.lot, c.dose_number) for c, _, _ in given}, labels)


def _report(
    rows: list[Reaction], cell: _Cell, lots: set[tuple[LotName, str]], labels: Labels
) -> Report:
    visit, zone = rows[0].observation, labels.zones[cell.site]
    onset = min(row.onset_at or row.seen_at for row in rows).astimezone(zone).date().toordinal()
    return Report(
        number=str(visit.uuid) if visit else "",
        age_years=cell.age,
        sex=cell.sex,
        site=labels.sites[cell.site],
        session=labels.sessions[cell.session],
        reporter=str(rows[0].reported_by or ""),
        given_on=cell.day,
        onset_on=max(onset, cell.day),
        received_on=min(row.entered_at for row in rows).astimezone(zone).date().toordinal(),
        is_serious=any(row.is_serious is True for row in rows),
        person=str(visit.recipient.uuid) if visit else "",
        lots=lots,
        reactions={sign for row in rows for sign in seen_in(row)},
    )


def _doses(cells: Counter[_Cell], labels: Labels) -> DosesGiven:
    lots = tuple(sorted({cell.lot for cell in cells}))
    place = {lot: code for code, lot in enumerate(lots)}
    rows = list(cells)
    ages = [np.nan if cell.age is None else float(cell.age) for cell in rows]
    return DosesGiven(
        lots=lots,
        lot=np.array([place[cell.lot] for cell in rows], dtype=np.int64),
        age_years=np.array(ages, dtype=np.float64),
        sex=Coded.of([cell.sex for cell in rows]),
        site=Coded.of([labels.sites[cell.site] for cell in rows]),
        session=Coded.of([labels.sessions[cell.session] for cell in rows]),
        dose_number=Coded.of([cell.dose_number for cell in rows]),
        given_on=np.array([cell.day for cell in rows], dtype=np.int64),
        doses=np.array([cells[cell] for cell in rows], dtype=np.float64),
    )


def _labels(sites: QuerySet[Site]) -> Labels:
    places = list(sites)
    zones = {site.pk: ZoneInfo(site.timezone) for site in places}
    names = _told_apart(places, lambda site: site.name)
    sessions = list(Session.objects.filter(site__in=sites))
    vaccines = list(Vaccine.objects.all())
    vaccine_names = _told_apart(vaccines, lambda vaccine: vaccine.name)

    def session_name(session: Session) -> str:
        on = session.opened_at.astimezone(zones[session.site_id]).date()
        return f"{names[session.site_id]} {on} {session.name}".strip()

    return Labels(
        sites=names,
        sessions=_told_apart(sessions, session_name),
        vaccines={one.pk: (vaccine_names[one.pk], one.maker) for one in vaccines},
        zones=zones,
        english={
            **{names[one.pk]: one.name_en for one in places if one.name_en},
            **{vaccine_names[one.pk]: one.name_en for one in vaccines if one.name_en},
        },
    )


def _told_apart(rows: Sequence[Row], name: Callable[[Row], str]) -> dict[int, str]:
    """Return the name of each row; a number behind it where two rows share one."""
    count = Counter(name(row) for row in rows)
    return {
        row.pk: name(row) if count[name(row)] == 1 else f"{name(row)} #{row.pk}" for row in rows
    }


def _by_label(names: Mapping[int, str], label: str) -> int | None:
    return next((key for key, name in names.items() if name == label), None)
