"""The legal clocks of a case in the register: read from its record, never kept apart from it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from aefi.exchange.case import CaseFacts, Outcome
from aefi.models import Case, CaseOrigin, CaseState, Filing
from aefi.rules import reminders
from aefi.rules.clock_rules import Fact, Grave, Proof
from aefi.rules.clocks import Clock, ClockState, Evidence, Timeline, clocks_of
from aefi.rules.seriousness import Criterion
from alerts.models import Timer
from alerts.services.timers import arm_timer, cancel_timer

HOME = "CN"
"""The country whose law the clocks are."""
REMINDER = "aefi.case_clock"
"""The timer of a case's next reminder."""


def clocks(case: Case) -> list[Clock]:
    """Return the clocks that have begun, the first due first; a case abroad has none of them."""
    if not is_at_home(case):
        return []
    whole = parts_of(case)
    counties = sorted({one.site.county_code for one in whole})
    found = [clock for county in counties for clock in clocks_of(_timeline(whole, county))]
    first: dict[str, Clock] = {}
    for clock in sorted(found, key=lambda one: (one.due_at, one.key)):
        first.setdefault(clock.key, clock)
    return list(first.values())


def _timeline(whole: list[Case], county: str) -> Timeline:
    """Return what the clocks of a case and its parts run on, under the rules of one of their counties."""
    milestones = earliest(one.milestones for one in whole)
    return Timeline(
        county=county,
        facts={Fact(name): at for name, at in milestones.items()},
        grave=_grave_of(whole),
        needs_investigation=any(one.needs_investigation for one in whole),
        evidence=tuple(_evidence(filing) for one in whole for filing in one.filings.all()),
    )


def is_at_home(case: Case) -> bool:
    return case.facts.get("country", HOME) in {HOME, ""}


def parts_of(case: Case) -> list[Case]:
    """Return a case and those that became part of it."""
    return [case, *case.merged_cases.all()]


def earliest(words: Iterable[Mapping[str, str]]) -> dict[str, datetime]:
    """Return the first instant that any of several cases gives for each name."""
    found: dict[str, datetime] = {}
    for name, text in (item for one in words for item in one.items()):
        at = datetime.fromisoformat(text)
        found[name] = min(at, found.get(name, at))
    return found


def grave_of(case: Case) -> dict[Grave, datetime]:
    """Return what turned a case grave, by itself or by a part of it, and when it was known."""
    return _grave_of(parts_of(case))


def _grave_of(whole: list[Case]) -> dict[Grave, datetime]:
    found = earliest(one.grave for one in whole)
    return {Grave(name): at for name, at in found.items()}


def _evidence(filing: Filing) -> Evidence:
    about = Grave(filing.about) if filing.about else None
    return Evidence(Proof(filing.proof), filing.done_at, filing.reference, about)


def nearest_limit(case: Case) -> datetime | None:
    """Return when the first unproven duty is due, of those that remind; a part of a case has none."""
    return min((clock.due_at for clock in heard(case) if clock.missing), default=None)


def heard(case: Case) -> list[Clock]:
    """Return the clocks that remind: a closed case or another register's only of what is grave."""
    if case.merged_into_id is not None:
        return []
    is_quiet = case.state == CaseState.CLOSED or case.origin == CaseOrigin.IMPORTED
    return [clock for clock in clocks(case) if clock.about or not is_quiet]


def arm_reminder(case: Case) -> None:
    """Arm the timer of the next reminder, where there is one."""
    due_at = reminders.next_at(heard(case), case.reminded)
    armed = Timer.objects.armed().filter(kind=REMINDER, subject=str(case.uuid)).first()
    if due_at is None and armed:
        cancel_timer(REMINDER, case.uuid)
    elif due_at is not None and (armed is None or armed.due_at != due_at):
        arm_timer(REMINDER, case.uuid, due_at=due_at)


def is_late(clock: Clock, *, now: datetime) -> bool:
    return clock.state_at(now) is ClockState.OVERDUE


def grave_turns(facts: CaseFacts) -> set[Grave]:
    """Return what the case itself says that makes it grave."""
    because = facts.serious_because or frozenset()
    turns = set()
    if facts.outcome is Outcome.DIED or Criterion.DEATH in because:
        turns.add(Grave.DEATH)
    if Criterion.DISABILITY in because:
        turns.add(Grave.SERIOUS_DISABILITY)
    return turns
