"""When each legal duty of a case is due, and whether it was done. Pure: no Django, no clock.

Datetimes are aware; days are counted in China's time. Limits in days run from the instant itself,
day by day: the stricter reading, so that nobody is late by the other one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from aefi.rules.clock_rules import CLOCK_RULES, ClockRule, Fact, Grave, Proof

CHINA = ZoneInfo("Asia/Shanghai")

MARKS = (50, 80, 100)
"""Percent of a limit at which its owner is reminded. Source: docs/sources.md#clock-marks."""


PROOF_BEFORE = timedelta(hours=24)
"""How long before a duty's clock its proof may have been given: whoever telephones first and writes
later has told all the same. Source: docs/sources.md#proof-before."""


class NaiveInstant(ValueError):
    """An instant without its time zone was given."""


@dataclass(frozen=True)
class Evidence:
    """Proof that a duty was done; without a `reference` to look up it proves nothing.

    `about` names the grave kind that a two-hour report was made for: a card sent before a death
    was known is no report of that death.
    """

    proof: Proof
    at: datetime
    reference: str
    about: Grave | None = None


@dataclass(frozen=True)
class Timeline:
    """The facts of one case that clocks run on. `county` is the six-digit GB code."""

    county: str
    facts: Mapping[Fact, datetime] = field(default_factory=dict)
    grave: Mapping[Grave, datetime] = field(default_factory=dict)
    needs_investigation: bool = False
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        instants = [*self.facts.values(), *self.grave.values(), *(e.at for e in self.evidence)]
        if any(instant.tzinfo is None for instant in instants):
            raise NaiveInstant("every instant of a timeline needs its time zone")


@dataclass(frozen=True)
class Calendar:
    """Which days are worked: Monday to Friday, less holidays, plus the weekends worked for them."""

    holidays: frozenset[date] = frozenset()
    worked_weekends: frozenset[date] = frozenset()

    def is_worked(self, day: date) -> bool:
        """Say whether `day` is a working day."""
        if day in self.worked_weekends:
            return True
        return day.weekday() < 5 and day not in self.holidays


WEEKDAYS_ONLY = Calendar()


class ClockState(StrEnum):
    """Where a clock stands; `late` is done, but after its limit."""

    RUNNING = "running"
    OVERDUE = "overdue"
    MET = "met"
    LATE = "late"


@dataclass(frozen=True)
class Clock:
    """One duty of one case: when it began, when it is due, what proof is there and what is not."""

    rule: ClockRule
    about: Grave | None
    started_at: datetime
    due_at: datetime
    evidence: tuple[Evidence, ...]
    missing: tuple[Proof, ...]

    @property
    def key(self) -> str:
        """Return what tells the clocks of one case apart."""
        return f"{self.rule.code}:{self.about}" if self.about else self.rule.code

    @property
    def stopped_at(self) -> datetime | None:
        """Return when the last proof came; None while any is missing."""
        return None if self.missing else max(item.at for item in self.evidence)

    def state_at(self, now: datetime) -> ClockState:
        """Return the state at `now`; at `due_at` itself a duty is still in time."""
        stopped_at = self.stopped_at
        if stopped_at is not None:
            return ClockState.MET if stopped_at <= self.due_at else ClockState.LATE
        return ClockState.RUNNING if now <= self.due_at else ClockState.OVERDUE

    def mark_at(self, percent: int) -> datetime:
        """Return when `percent` of the limit has passed."""
        return self.started_at + (self.due_at - self.started_at) * percent / 100

    def marks_reached(self, now: datetime) -> tuple[int, ...]:
        """Return the marks that `now` has reached; none once the clock has stopped."""
        if self.stopped_at is not None:
            return ()
        return tuple(percent for percent in MARKS if now >= self.mark_at(percent))


def discovered_at(
    *, staff_recorded_at: datetime | None, guardian_told_at: datetime | None
) -> datetime | None:
    """Return when the site knew: the earlier of a staff record and a guardian's word."""
    known = [at for at in (staff_recorded_at, guardian_told_at) if at is not None]
    return min(known, default=None)


def after_working_days(start: datetime, days: int, calendar: Calendar = WEEKDAYS_ONLY) -> datetime:
    """Return the end of the `days`-th working day in China; the day of the start does not count."""
    day = start.astimezone(CHINA).date()
    left = days
    while left:
        day += timedelta(days=1)
        left -= calendar.is_worked(day)
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=CHINA)


def rules_in_force(
    county: str, on: date, rules: Iterable[ClockRule] = CLOCK_RULES
) -> dict[str, ClockRule]:
    """Return the row of each code that holds in a county on a day; the most local row wins."""
    chosen: dict[str, ClockRule] = {}
    for rule in sorted(rules, key=lambda row: (len(row.jurisdiction), row.valid_from)):
        is_valid = rule.valid_from <= on and (rule.valid_to is None or on < rule.valid_to)
        if is_valid and county.startswith(rule.jurisdiction):
            chosen[rule.code] = rule
    return chosen


def clocks_of(
    timeline: Timeline,
    *,
    rules: Sequence[ClockRule] = CLOCK_RULES,
    calendar: Calendar = WEEKDAYS_ONLY,
) -> list[Clock]:
    """Return every clock that has begun, the first due first.

    The row is the one in force on the day the clock began. A grave turn starts a two-hour clock at
    the instant of the turn and leaves the other clocks as they run.
    """
    clocks = [
        _clock(rule, about, started_at, timeline, calendar)
        for rule in rules
        for about, started_at in _triggers(rule, timeline)
        if _is_in_force(rule, timeline.county, started_at, rules)
    ]
    return sorted(clocks, key=lambda clock: (clock.due_at, clock.key))


def _is_in_force(rule: ClockRule, county: str, at: datetime, rules: Sequence[ClockRule]) -> bool:
    return rules_in_force(county, at.astimezone(CHINA).date(), rules).get(rule.code) is rule


def _triggers(rule: ClockRule, timeline: Timeline) -> list[tuple[Grave | None, datetime]]:
    if rule.is_per_grave_kind:
        return list(timeline.grave.items())
    if rule.only_if_grave and not timeline.grave:
        return []
    if rule.only_if_investigated and not timeline.needs_investigation:
        return []
    if rule.starts_on is None or rule.starts_on not in timeline.facts:
        return []
    started_at = timeline.facts[rule.starts_on]
    if rule.only_if_investigated:
        # A report may turn out to need an investigation days after it came in.
        started_at = max(started_at, timeline.facts.get(Fact.INVESTIGATION_NEEDED, started_at))
    return [(None, started_at)]


def _clock(
    rule: ClockRule,
    about: Grave | None,
    started_at: datetime,
    timeline: Timeline,
    calendar: Calendar,
) -> Clock:
    first: dict[Proof, Evidence] = {}
    for item in sorted(timeline.evidence, key=lambda item: item.at):
        if item.proof in rule.stops_on and _proves(item, about, started_at):
            first.setdefault(item.proof, item)
    return Clock(
        rule=rule,
        about=about,
        started_at=started_at,
        due_at=_due_at(rule, started_at, calendar),
        evidence=tuple(first.values()),
        missing=tuple(proof for proof in rule.stops_on if proof not in first),
    )


def _proves(item: Evidence, about: Grave | None, started_at: datetime) -> bool:
    """Say whether a proof is about this duty, can be looked up, and is not older than the duty."""
    is_about = about is None or item.about == about
    return is_about and is_reference(item.reference) and item.at >= started_at - PROOF_BEFORE


def is_reference(text: str) -> bool:
    """Say whether a reference names anything: a letter or a figure at least."""
    return any(sign.isalnum() for sign in text)


def _due_at(rule: ClockRule, started_at: datetime, calendar: Calendar) -> datetime:
    if rule.working_days:
        return after_working_days(started_at, rule.working_days, calendar)
    return started_at + rule.limit
