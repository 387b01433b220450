"""What is promised of the list, row by row: a campaign drawn anew for every run, and what is counted."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from aefi.screening.findings import Screening, Signal
from aefi.screening.plan import Plan
from aefi.screening.screen import run
from aefi.screening.simulate import (
    START,
    Campaign,
    Outbreak,
    Plant,
    Simulated,
    cell_expecting,
    simulate,
)

ERRORS, POWER = 1000, 200
"""Runs: for error rates and for power."""
TOP = 3
Trial = Callable[[int], dict[str, float]]


@dataclass(frozen=True)
class Row:
    """A promise. `measure` is the mean of what its trials return under "value"; `bar` its bound.

    `also` are further figures of the same runs, told without a bar.
    """

    key: str
    what: str
    measure: str
    bar: float
    at_most: bool
    runs: int
    trial: Trial
    also: tuple[str, ...] = ()

    def is_met(self, measured: float) -> bool:
        """Say whether a figure keeps the promise."""
        return measured <= self.bar if self.at_most else measured >= self.bar

    @property
    def told_bar(self) -> str:
        """Return the bar in words."""
        return f"{'≤' if self.at_most else '≥'} {self.bar:g}"


SMALL = Campaign(lots=16, sites=6, weeks=16, doses=60_000, reports=800, reactions=20)
FLAT = replace(SMALL, age_effect=(1.0,) * 8, week_effect=1.0)
STEEP = replace(SMALL, reports=1500, week_effect=8.0)
SIDE_BY_SIDE = Campaign(lots=10, sites=10, weeks=26, reports=3000, weeks_in_use=16.0)
MANY = Campaign(lots=100, sites=5, weeks=20, doses=200_000, reports=6000, reactions=20, decline=0.3)
PLANTED, PLANTED_RATIO = 20, 5.0


def screened(made: Simulated, seed: int, *, alpha: float = 0.05) -> Screening:
    """Return the list of a campaign as the product would make it."""
    return run(made.doses, made.reports, Plan(alpha=alpha, seed=seed))


def any_signal(found: Screening) -> float:
    """Return 1 where the list holds anything."""
    return float(bool(found.signals))


def nothing_wrong(seed: int) -> dict[str, float]:
    """Every dose has one and the same rate: any signal is an error."""
    return {"value": any_signal(screened(simulate(replace(FLAT, seed=seed)), seed))}


def nothing_wrong_without_doses(seed: int) -> dict[str, float]:
    """The same list made of the reports alone."""
    made = simulate(replace(SMALL, seed=seed))
    return {"value": any_signal(run(None, made.reports, Plan(seed=seed)))}


def planted(seed: int) -> dict[str, float]:
    """20 of 2,000 pairs of lot and reaction are five times as frequent; the list at 0.1."""
    rng = np.random.default_rng((seed, PLANTED))
    pairs = rng.choice(MANY.lots * MANY.reactions, PLANTED, replace=False)
    plants = tuple(
        Plant(int(p) // MANY.reactions, PLANTED_RATIO, reaction=int(p) % MANY.reactions)
        for p in pairs
    )
    made = simulate(replace(MANY, seed=seed, plants=plants))
    truth = {(str(made.lots[p.lot]), f"Reaction {p.reaction:03d}") for p in plants}
    lots = {lot for lot, _ in truth}
    found = screened(made, seed, alpha=0.1)
    hits = [(dict(one.target).get("lot"), one.event) for one in found.signals]
    true = [(lot, event) in truth or (event == "any" and lot in lots) for lot, event in hits]
    return {
        "value": true.count(False) / max(1, len(true)),
        "planted found": len(truth & set(hits)) / PLANTED,
    }


def age_and_week_only(seed: int) -> dict[str, float]:
    """Age and week change the rate up to 8-fold and 5-fold, and early lots go to the old."""
    found = screened(simulate(replace(STEEP, seed=seed)), seed)
    lots = [one for one in found.families if str(one.family) in {"lot", "lot × age_group"}]
    return {
        "value": 1.0 - any_signal(found),
        "lots and ages flagged without strata, mean": sum(one.crude_signals for one in lots),
        "runs in which any is flagged without strata": float(any(f.crude_signals for f in lots)),
    }


def one_age_of_one_lot(seed: int) -> dict[str, float]:
    """A lot that should have 8 reports in an age group has thrice the rate there, nowhere else."""
    campaign = replace(SIDE_BY_SIDE, seed=seed)
    lot, age, _ = cell_expecting(campaign, 8.0)
    made = simulate(replace(campaign, plants=(Plant(lot, 3.0, age=age),)))
    name, group = str(made.lots[lot]), AGE_GROUPS[age]
    found = screened(made, seed).signals
    place = [n for n, one in enumerate(found) if is_about(one, lot=name, age_group=group)]
    return {
        "value": float(bool(place) and place[0] < TOP),
        "first on the list": float(place[:1] == [0]),
    }


def is_about(signal: Signal, **wanted: str) -> bool:
    """Say whether a signal names what is wanted."""
    target = dict(signal.target)
    return all(target.get(name) == value for name, value in wanted.items())


AGE_GROUPS = ("0", "1-2", "3-5", "6-11", "12-17", "18-44", "45-59", "60+")
SESSION = Outbreak(site=3, day=45, doses=30, cases=4)


def abscesses_of_one_session(seed: int) -> dict[str, float]:
    """4 of 30 people of one session have an abscess."""
    found = screened(simulate(replace(SMALL, seed=seed, outbreaks=(SESSION,))), seed).signals
    day = type(START).fromordinal(START.toordinal() + SESSION.day)
    name = f"Site {SESSION.site:02d} {day}"
    return {"value": float(bool(found) and is_about(found[0], session=name))}


def five_copies(seed: int) -> dict[str, float]:
    """One report of a rare reaction is in the files five times.

    In even runs it names the person and every copy has another reporter; in odd runs nobody is
    named and the copies differ in number and day of receipt alone.
    """
    plain = replace(SMALL, seed=seed, is_named=seed % 2 == 0)
    before, after = (screened(simulate(replace(plain, copies=n)), seed) for n in (0, 5))
    return {"value": float(len(set(names(after)) - set(names(before))) > 0)}


def names(found: Screening) -> list[str]:
    """Return what the signals are about."""
    return [one.name for one in found.signals]


def last_days_missing(seed: int) -> dict[str, float]:
    """What came in during the last 14 days is missing, and sites wait unequally long."""
    campaign = replace(SMALL, seed=seed, last_days_missing=14, delay_spread=0.5)
    return {"value": any_signal(screened(simulate(campaign), seed))}


ROWS = (
    Row(
        "family-wise",
        "One rate everywhere, with doses, alpha 0.05",
        "runs with any signal",
        0.065,
        True,
        ERRORS,
        nothing_wrong,
    ),
    Row(
        "shares",
        "The same for reports without doses; age and week change the rate",
        "runs with any signal",
        0.065,
        True,
        ERRORS,
        nothing_wrong_without_doses,
    ),
    Row(
        "discoveries",
        "20 of 2,000 lot × reaction pairs planted (fivefold), alpha 0.1",
        "mean share of false signals",
        0.12,
        True,
        ERRORS,
        planted,
        ("planted found",),
    ),
    Row(
        "confounded",
        "Rates that depend on age and week only",
        "runs without any signal",
        0.95,
        False,
        ERRORS,
        age_and_week_only,
        (
            "lots and ages flagged without strata, mean",
            "runs in which any is flagged without strata",
        ),
    ),
    Row(
        "one age",
        "A lot thrice as bad in one age group (8 expected)",
        "runs with lot and age named among the top three",
        0.8,
        False,
        POWER,
        one_age_of_one_lot,
        ("first on the list",),
    ),
    Row(
        "session",
        "4 abscesses among 30 doses of one session",
        "runs with the session at the top",
        0.95,
        False,
        POWER,
        abscesses_of_one_session,
    ),
    Row(
        "copies",
        "Five copies of one report of a rare reaction",
        "runs with a signal that is not there without them",
        0.0,
        True,
        ERRORS,
        five_copies,
    ),
    Row(
        "missing",
        "What came in during the last 14 days missing, sites with unequal delay",
        "runs with any signal",
        0.065,
        True,
        ERRORS,
        last_days_missing,
    ),
)
