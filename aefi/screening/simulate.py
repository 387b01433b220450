"""A made-up campaign: doses by lot, age, site and week, and the reports that follow them.

For tests, benchmarks and calibration. Rates depend on age and calendar week alone unless a fault is
planted, so that every lot signal without a plant is false.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from aefi.screening.facts import (
    Coded,
    DosesGiven,
    Flags,
    Floats,
    Integers,
    LotName,
    Report,
    Reports,
    coded_reports,
)

START = date(2024, 1, 1)


@dataclass(frozen=True)
class Plant:
    """A fault put in: `ratio` multiplies the rate of a lot, in one age group or in all (-1).

    `reaction` is the place of the one reaction that becomes more frequent; -1 for all of them.
    """

    lot: int
    ratio: float
    age: int = -1
    reaction: int = -1


@dataclass(frozen=True)
class Outbreak:
    """Some reports of one reaction at one session of a site: `doses` given, `cases` reacted."""

    site: int
    day: int
    doses: int
    cases: int
    reaction: str = "Injection site abscess"


@dataclass(frozen=True)
class Campaign:
    """What the campaign is like. Lots are in use for a while and then replaced.

    `delay_days` is the mean wait for a report, `delay_spread` how much sites differ in it (standard
    deviation of its logarithm). Reaction r has a share in proportion to 1 / (r + 1) ** `decline`.
    `copies` is how often the report of one rare reaction is in the files; `is_named` says whether
    reports tell the person, by whom copies are known even if other people sent them. `lot_bias` is
    how unevenly lots are reported, whatever the reaction (standard deviation of the logarithm).
    """

    lots: int = 40
    sites: int = 10
    weeks: int = 26
    doses: int = 200_000
    reports: int = 1_500
    reactions: int = 30
    age_years: tuple[float, ...] = (0.5, 2, 4, 8, 15, 30, 50, 70)
    age_effect: tuple[float, ...] = (2.0, 2.0, 1.5, 1.0, 1.5, 1.0, 0.7, 0.4)
    week_effect: float = 4.0
    weeks_in_use: float = 6.0
    serious: float = 0.05
    delay_days: float = 5.0
    delay_spread: float = 0.0
    decline: float = 1.0
    is_named: bool = True
    last_days_missing: int = 0
    copies: int = 0
    lot_bias: float = 0.0
    plants: tuple[Plant, ...] = field(default=())
    outbreaks: tuple[Outbreak, ...] = field(default=())
    products: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Simulated:
    """The tables of one made-up campaign."""

    doses: DosesGiven
    reports: Reports
    lots: tuple[LotName, ...]


def simulate(campaign: Campaign) -> Simulated:
    """Return the doses and the reports of a campaign; the same seed gives the same campaign."""
    rng = np.random.default_rng(campaign.seed)
    lots = tuple(lot_name(campaign, lot) for lot in range(campaign.lots))
    cells = _cells(campaign, rng)
    rate = _rates(campaign, cells)
    seen = rng.poisson(cells.doses * rate)
    terms = rng.choice(campaign.reactions, (int(seen.sum()), 2), p=_shares(campaign))
    wait = _waits(campaign)
    reports = _reports(campaign, cells, seen, terms, lots, wait, rng)
    for plant in campaign.plants:
        if plant.reaction >= 0:
            extra = _more_of_one(campaign, cells, rate, plant, rng)
            terms = np.full((int(extra.sum()), 1), plant.reaction)
            first = len(reports)
            reports += _reports(campaign, cells, extra, terms, lots, wait, rng, first=first)
    reports += _copied(reports, campaign)
    outbreaks = [_outbreak_reports(one, lots) for one in campaign.outbreaks]
    reports += [report for batch in outbreaks for report in batch]
    last = START.toordinal() + 7 * campaign.weeks - campaign.last_days_missing
    in_time = [r for r in reports if campaign.last_days_missing == 0 or r.received_on < last]
    return Simulated(_doses(campaign, cells, lots), coded_reports(in_time), lots)


def lot_name(campaign: Campaign, lot: int) -> LotName:
    """Return the name of a lot by its place in the campaign."""
    return LotName(f"Vaccine {lot % campaign.products + 1}", "Maker", f"A{1000 + lot}")


def cell_expecting(campaign: Campaign, reports: float) -> tuple[int, int, float]:
    """Return the lot and age group that should have nearest so many reports, and how many."""
    plain = replace(campaign, plants=())
    cells = _cells(plain, np.random.default_rng(plain.seed))
    shape = (plain.lots, len(plain.age_years))
    mean = np.zeros(shape)
    np.add.at(mean, (cells.lot, cells.age), cells.doses * _rates(plain, cells))
    lot, age = np.unravel_index(int(np.abs(mean - reports).argmin()), shape)
    return int(lot), int(age), float(mean[lot, age])


@dataclass(frozen=True)
class _Cells:
    """Doses by lot, age, site, week and day of the week."""

    lot: Integers
    age: Integers
    site: Integers
    week: Integers
    day: Integers
    doses: Floats


def _cells(campaign: Campaign, rng: np.random.Generator) -> _Cells:
    """Deal the doses: early lots go to the old, late ones to the young, as campaigns do."""
    middle = rng.uniform(-1, campaign.weeks, campaign.lots)
    week = np.arange(campaign.weeks)
    use = np.exp(-0.5 * ((week - middle[:, None]) / (campaign.weeks_in_use / 2)) ** 2)
    use *= rng.gamma(2.0, size=campaign.lots)[:, None]
    ages = len(campaign.age_years)
    lean = np.linspace(-1.5, 1.5, ages)[None, :] * (0.5 - week / campaign.weeks)[:, None]
    share = np.exp(lean) / np.exp(lean).sum(axis=1, keepdims=True)
    site = rng.dirichlet(np.full(campaign.sites, 2.0), campaign.lots)
    grid = use[:, None, None, :] * share.T[None, :, None, :] * site[:, None, :, None]
    counts = rng.poisson(campaign.doses * grid / grid.sum())
    lot, age, place, when = np.nonzero(counts)
    day = (place * 3 + when) % 5
    return _Cells(lot, age, place, when, day, counts[lot, age, place, when].astype(np.float64))


def _rates(campaign: Campaign, cells: _Cells) -> Floats:
    """Return the rate per dose; publicity raises all rates in the first weeks."""
    publicity = 1 + (campaign.week_effect - 1) * np.exp(-cells.week / (campaign.weeks / 6))
    rate = np.asarray(campaign.age_effect)[cells.age] * publicity
    rate = rate * campaign.reports / (rate * cells.doses).sum()
    for plant in campaign.plants:
        if plant.reaction < 0:
            rate = np.where(_is_hit(plant, cells), rate * plant.ratio, rate)
    return np.asarray(rate * _eagerness(campaign)[cells.lot])


def _eagerness(campaign: Campaign) -> Floats:
    """Return the factor by which each lot is reported more or less; by a seed of its own."""
    rng = np.random.default_rng((campaign.seed, campaign.lots, 1))
    return np.asarray(np.exp(rng.normal(0.0, 1.0, campaign.lots) * campaign.lot_bias))


def _is_hit(plant: Plant, cells: _Cells) -> Flags:
    return np.asarray((cells.lot == plant.lot) & ((plant.age < 0) | (cells.age == plant.age)))


def _shares(campaign: Campaign) -> Floats:
    """Return the share of each reaction among those that reports name."""
    share = np.arange(1, campaign.reactions + 1) ** -campaign.decline
    return np.asarray(share / share.sum())


def _waits(campaign: Campaign) -> Floats:
    """Return the mean days that each site waits before it reports; by a seed of its own."""
    rng = np.random.default_rng((campaign.seed, campaign.sites))
    return campaign.delay_days * np.exp(
        rng.normal(0.0, 1.0, campaign.sites) * campaign.delay_spread
    )


def _more_of_one(
    campaign: Campaign, cells: _Cells, rate: Floats, plant: Plant, rng: np.random.Generator
) -> Integers:
    """Return how many reports of the planted reaction come on top, by cell."""
    share = 1 - (1 - _shares(campaign)[plant.reaction]) ** 2
    mean = cells.doses * rate * share * (plant.ratio - 1)
    return rng.poisson(np.where(_is_hit(plant, cells), mean, 0.0))


def _reports(
    campaign: Campaign,
    cells: _Cells,
    seen: Integers,
    terms: Integers,
    lots: tuple[LotName, ...],
    wait: Floats,
    rng: np.random.Generator,
    *,
    first: int = 0,
) -> list[Report]:
    row = np.repeat(np.arange(seen.size), seen)
    many = row.size
    onset = rng.geometric(0.5, many) - 1
    delay = (rng.exponential(1.0, many) * wait[cells.site[row]]).astype(np.int64) + onset
    serious, sex = rng.random(many) < campaign.serious, rng.integers(0, 2, many)
    within = rng.random(many)
    return [
        _report(
            campaign,
            cells,
            int(row[i]),
            first + i,
            lots,
            terms[i],
            within[i],
            int(onset[i]),
            int(delay[i]),
            is_serious=bool(serious[i]),
            sex="FM"[sex[i]],
        )
        for i in range(many)
    ]


def _report(
    campaign: Campaign,
    cells: _Cells,
    row: int,
    number: int,
    lots: tuple[LotName, ...],
    terms: Integers,
    within: float,
    onset: int,
    delay: int,
    *,
    is_serious: bool,
    sex: str,
) -> Report:
    given = START.toordinal() + 7 * int(cells.week[row]) + int(cells.day[row])
    site = f"Site {cells.site[row]:02d}"
    return Report(
        number=f"{number:07d}",
        age_years=campaign.age_years[cells.age[row]] + round(within * 0.4, 4),
        sex=sex,
        site=site,
        session=f"{site} {date.fromordinal(given)}",
        given_on=given,
        onset_on=given + onset,
        received_on=given + delay,
        is_serious=is_serious,
        person=f"P{number}" if campaign.is_named else "",
        lots={(lots[cells.lot[row]], "1")},
        reactions={f"Reaction {term:03d}" for term in terms},
    )


def _copied(reports: list[Report], campaign: Campaign) -> list[Report]:
    """Return copies of the report of a rare reaction under new numbers, as forwarding makes them.

    They come in day after day; where reports name the person, each by another reporter.
    """
    if not campaign.copies or not reports:
        return []
    rare = max(reports, key=lambda report: (max(report.reactions), report.number))
    return [
        replace(
            rare,
            number=f"{rare.number}-{i}",
            received_on=rare.received_on + i,
            reporter=f"Reporter {i}" if campaign.is_named else rare.reporter,
        )
        for i in range(1, campaign.copies)
    ]


def _outbreak_reports(outbreak: Outbreak, lots: tuple[LotName, ...]) -> list[Report]:
    given = START.toordinal() + outbreak.day
    site = f"Site {outbreak.site:02d}"
    return [
        Report(
            number=f"outbreak-{outbreak.site}-{outbreak.day}-{case}",
            age_years=30.1 + case / 10,
            sex="FM"[case % 2],
            site=site,
            session=f"{site} {START + timedelta(days=outbreak.day)}",
            given_on=given,
            onset_on=given + 4,
            received_on=given + 6,
            person=f"outbreak-{outbreak.site}-{outbreak.day}-{case}",
            lots={(lots[0], "1")},
            reactions={outbreak.reaction},
        )
        for case in range(outbreak.cases)
    ]


def _doses(campaign: Campaign, cells: _Cells, lots: tuple[LotName, ...]) -> DosesGiven:
    extra = campaign.outbreaks
    given = np.concatenate(
        [
            START.toordinal() + 7 * cells.week + cells.day,
            np.array([START.toordinal() + one.day for one in extra], dtype=np.int64),
        ]
    )
    site = [f"Site {code:02d}" for code in (*cells.site, *(one.site for one in extra))]
    age = np.asarray(campaign.age_years)[cells.age]
    many = given.size
    names = tuple(sorted(lots))
    place = np.array([names.index(lot) for lot in lots], dtype=np.int64)
    lot = np.concatenate([cells.lot, np.zeros(len(extra), dtype=np.int64)])
    return DosesGiven(
        lots=names,
        lot=place[lot],
        age_years=np.concatenate([age, np.full(len(extra), 30.0)]),
        sex=Coded.of([""] * many),
        site=Coded.of(site),
        session=Coded.of(
            [f"{s} {date.fromordinal(int(d))}" for s, d in zip(site, given, strict=True)]
        ),
        dose_number=Coded.of(["1"] * many),
        given_on=given.astype(np.int64),
        doses=np.concatenate([cells.doses, np.array([float(one.doses) for one in extra])]),
    )
