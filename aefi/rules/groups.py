"""When several cases look like a group, who says that they are one, and the codes of both. Pure.

The two statutory triggers leave "short time", "similar" and "marked increase" open; here they are
parameters, and a person always has the last word. Source: docs/sources.md#group-triggers.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Trigger(StrEnum):
    """Why cases are suggested as a group."""

    SERIOUS = "serious_same_unit"
    MARKED_INCREASE = "increase_same_unit_and_vaccine"
    SIMILAR = "similar_same_place_or_vaccine"


STATUTORY = frozenset({Trigger.SERIOUS, Trigger.MARKED_INCREASE})
EARLIER_PROVINCIAL = frozenset({Trigger.SIMILAR})


@dataclass(frozen=True)
class Report:
    """What a trigger looks at in one case; `picture` is its clinical picture as a code."""

    case: str
    picture: str
    unit: str
    vaccine: str
    lot: str
    onset_at: datetime
    is_serious: bool


@dataclass(frozen=True)
class Parameters:
    """What the law leaves open. `expected` counts per (unit, vaccine, picture) and window.

    Pictures that map to the same word in `families` count as similar.
    """

    triggers: frozenset[Trigger] = STATUTORY
    window: timedelta = timedelta(hours=24)
    least_serious: int = 2
    least_increase: int = 3
    increase_factor: float = 3.0
    least_similar: int = 2
    families: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[tuple[str, str, str], float] = field(default_factory=dict)

    def family(self, picture: str) -> str:
        """Return the word under which a picture is compared."""
        return self.families.get(picture, picture)


DEFAULTS = Parameters()
"""Our proposal, to be approved. Source: docs/sources.md#group-parameters."""


@dataclass(frozen=True)
class Suggestion:
    """Cases that a trigger puts together; a person declares them a group or not."""

    trigger: Trigger
    shared: str
    cases: tuple[str, ...]
    first_at: datetime
    last_at: datetime


Key = Callable[[Report], Hashable]


def suggestions(reports: Iterable[Report], parameters: Parameters = DEFAULTS) -> list[Suggestion]:
    """Return every group that the chosen triggers see, the earliest first."""
    known = sorted(reports, key=lambda report: (report.onset_at, report.case))
    found = [
        suggestion
        for trigger in sorted(parameters.triggers)
        for suggestion in _TRIGGERS[trigger](known, parameters)
    ]
    return sorted(found, key=lambda item: (item.first_at, item.trigger, item.shared))


def _serious(reports: list[Report], parameters: Parameters) -> list[Suggestion]:
    def key(report: Report) -> Hashable:
        return report.unit, parameters.family(report.picture)

    serious = [report for report in reports if report.is_serious]
    return _runs(serious, key, Trigger.SERIOUS, parameters, lambda _: parameters.least_serious)


def _increase(reports: list[Report], parameters: Parameters) -> list[Suggestion]:
    def key(report: Report) -> Hashable:
        return report.unit, report.vaccine, parameters.family(report.picture)

    def least(shared: Hashable) -> float:
        usual = next((n for words, n in parameters.expected.items() if words == shared), 0.0)
        return max(parameters.least_increase, parameters.increase_factor * usual)

    mild = [report for report in reports if not report.is_serious]
    return _runs(mild, key, Trigger.MARKED_INCREASE, parameters, least)


def _similar(reports: list[Report], parameters: Parameters) -> list[Suggestion]:
    def key(report: Report) -> Hashable:
        return report.unit, parameters.family(report.picture)

    def by_lot(report: Report) -> Hashable:
        return report.vaccine, report.lot, parameters.family(report.picture)

    def least(_: Hashable) -> float:
        return parameters.least_similar

    by_place = _runs(reports, key, Trigger.SIMILAR, parameters, least)
    return by_place + _runs(reports, by_lot, Trigger.SIMILAR, parameters, least)


_TRIGGERS = {
    Trigger.SERIOUS: _serious,
    Trigger.MARKED_INCREASE: _increase,
    Trigger.SIMILAR: _similar,
}


def _runs(
    reports: list[Report],
    key: Key,
    trigger: Trigger,
    parameters: Parameters,
    least: Callable[[Hashable], float],
) -> list[Suggestion]:
    """Join every window that holds enough reports with those that it overlaps."""
    sharing: dict[Hashable, list[Report]] = defaultdict(list)
    for report in reports:
        sharing[key(report)].append(report)
    return [
        _suggestion(trigger, shared, run)
        for shared, members in sharing.items()
        for run in _dense(members, parameters.window, least(shared))
    ]


def _dense(members: list[Report], window: timedelta, least: float) -> list[list[Report]]:
    runs: list[list[Report]] = []
    for start, first in enumerate(members):
        near = [m for m in members[start:] if m.onset_at - first.onset_at <= window]
        if len(near) < least:
            continue
        if runs and first in runs[-1]:
            runs[-1] += [member for member in near if member not in runs[-1]]
        else:
            runs.append(near)
    return runs


def _suggestion(trigger: Trigger, shared: Hashable, run: list[Report]) -> Suggestion:
    words = shared if isinstance(shared, tuple) else (shared,)
    return Suggestion(
        trigger=trigger,
        shared=" / ".join(map(str, words)),
        cases=tuple(report.case for report in run),
        first_at=run[0].onset_at,
        last_at=run[-1].onset_at,
    )


class ReasonMissing(ValueError):
    """A group was declared or undone without a reason."""


@dataclass(frozen=True)
class Declaration:
    """A person's word on a group: it is one, or it is one no longer, and why."""

    is_group: bool
    reason: str
    by: str
    at: datetime

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ReasonMissing("a group is declared or undone with a reason")


def is_group(declarations: Iterable[Declaration]) -> bool:
    """Say whether the last word made the cases a group; no word means no group."""
    latest = max(declarations, key=lambda declaration: declaration.at, default=None)
    return latest is not None and latest.is_group


class BadCode(ValueError):
    """A code cannot be made, or is not one."""


CASE_DIGITS, GROUP_DIGITS = 4, 2
"""Digits of the running number in case and group codes. Source: docs/sources.md#case-codes."""


@dataclass(frozen=True)
class CodeParts:
    """A case or a group code taken apart."""

    county: str
    year: int
    number: int


def case_code(county: str, year: int, number: int) -> str:
    """Return county, year and running number as one case code."""
    return _code(county, year, number, CASE_DIGITS)


def group_code(county: str, year: int, number: int) -> str:
    """Return county, year of the first case and running number as one group code."""
    return _code(county, year, number, GROUP_DIGITS)


def parts_of(code: str) -> CodeParts:
    """Return the parts of a case or a group code.

    :raises BadCode: when it is neither.
    """
    if not re.fullmatch(r"[0-9]{10}([0-9]{2}){1,2}", code):
        raise BadCode(f"{code!r} is neither a case code nor a group code")
    return CodeParts(code[:6], int(code[6:10]), int(code[10:]))


def _code(county: str, year: int, number: int, digits: int) -> str:
    if not re.fullmatch(r"[0-9]{6}", county):
        raise BadCode(f"{county!r} is not a six-digit county code")
    if not 1000 <= year <= 9999:
        raise BadCode(f"{year} is not a year of four digits")
    if not 1 <= number < 10**digits:
        raise BadCode(f"number {number} does not fit in {digits} digits")
    return f"{county}{year}{number:0{digits}}"
