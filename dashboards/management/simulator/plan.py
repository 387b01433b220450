"""Who comes when, and what happens to them: a day's plan from a seed. Pure; times are minutes."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = (
    "子涵",
    "欣怡",
    "浩然",
    "梓萱",
    "宇轩",
    "诗琪",
    "博文",
    "思远",
    "雨桐",
    "嘉豪",
    "一诺",
    "晨曦",
)
CLASSES = tuple(f"{grade}年级{number}班" for grade in range(1, 7) for number in range(1, 5))
CALLING_SIGNS = ("breathing", "swelling", "fit")
QUIET_SIGNS = ("dizzy", "panic", "fever", "arm_sore", "vomiting")
DAY = (3, 6, 9, 10, 8, 5, 4, 7, 10, 11, 9, 8, 6, 5, 4, 2)
"""Relative arrivals per half hour of an ordinary day, morning and afternoon peaks."""


@dataclass(frozen=True)
class Visit:
    """One recipient's day: when the needle, how long to the chair, what is seen there."""

    number: int
    at: float
    name: str
    born_on: str
    group: str
    station: str
    vaccine: str
    lot: str
    party: int | None
    walk: float
    reaction_after: float | None = None
    signs: tuple[str, ...] = ()
    is_stress: bool = False
    leaves_early_after: float | None = None


@dataclass(frozen=True)
class Day:
    """How large the day is and how it is shaped."""

    recipients: int = 400
    hours: float = 8.0
    reactions: int = 30
    calls: int = 6
    seed: int = 1
    curve: Sequence[float] = field(default=DAY)
    lots: Sequence[tuple[str, str]] = (("HPV2", "HPV2202601"), ("FLU", "FLU202601"))


def plan_day(day: Day) -> list[Visit]:
    """Return the day's visits in order of arrival; the same seed gives the same day."""
    chance = random.Random(day.seed)  # noqa: S311 - a simulation, not a secret
    times = arrival_times(day, chance)
    reacting = chance.sample(range(len(times)), min(day.reactions, len(times)))
    calling = set(reacting[: day.calls])
    early = set(chance.sample(range(len(times)), len(times) // 100)) - set(reacting)
    visits = []
    for number, at in enumerate(times):
        visit = _visit(day, number, at, chance)
        if number in calling:
            visit = _with_reaction(visit, chance, (chance.choice(CALLING_SIGNS),), is_stress=False)
        elif number in reacting:
            stress = chance.random() < 0.3
            visit = _with_reaction(visit, chance, (chance.choice(QUIET_SIGNS),), is_stress=stress)
        elif number in early:
            visit = _changed(visit, leaves_early_after=chance.uniform(8, 20))
        visits.append(visit)
    return visits


def arrival_times(day: Day, chance: random.Random) -> list[float]:
    """Return the minutes of arrival, spread by the curve's slots over the day's hours."""
    slot = day.hours * 60 / len(day.curve)
    starts = [index * slot for index in range(len(day.curve))]
    chosen = chance.choices(starts, weights=list(day.curve), k=day.recipients)
    return sorted(start + chance.uniform(0, slot) for start in chosen)


def _visit(day: Day, number: int, at: float, chance: random.Random) -> Visit:
    vaccine, lot = chance.choice(list(day.lots))
    age = chance.randint(3, 11)
    return Visit(
        number=number,
        at=at,
        name=chance.choice(SURNAMES) + chance.choice(GIVEN),
        born_on=f"{2026 - age}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}",
        group=chance.choice(CLASSES),
        station=str(number % 6 + 1),
        vaccine=vaccine,
        lot=lot,
        party=number // 2 if chance.random() < 0.1 else None,
        walk=chance.uniform(0.5, 2.5),
    )


def _with_reaction(
    visit: Visit, chance: random.Random, signs: tuple[str, ...], *, is_stress: bool
) -> Visit:
    return _changed(
        visit,
        reaction_after=visit.walk + chance.uniform(1, 22),
        signs=signs,
        is_stress=is_stress,
    )


def _changed(visit: Visit, **changes: object) -> Visit:
    return Visit(**{**visit.__dict__, **changes})
