"""The legal clocks of a case in the register: read from its record, never kept apart from it."""

from datetime import datetime

from aefi.exchange.case import CaseFacts, Outcome
from aefi.models import Case, Filing
from aefi.rules.clock_rules import Fact, Grave, Proof
from aefi.rules.clocks import Clock, ClockState, Evidence, Timeline, clocks_of
from aefi.rules.seriousness import Criterion


def clocks(case: Case) -> list[Clock]:
    """Return the clocks that have begun, the first due first."""
    timeline = Timeline(
        county=case.site.county_code,
        facts={Fact(name): datetime.fromisoformat(at) for name, at in case.milestones.items()},
        grave={Grave(name): datetime.fromisoformat(at) for name, at in case.grave.items()},
        needs_investigation=case.needs_investigation,
        evidence=tuple(_evidence(filing) for filing in case.filings.all()),
    )
    return clocks_of(timeline)


def _evidence(filing: Filing) -> Evidence:
    about = Grave(filing.about) if filing.about else None
    return Evidence(Proof(filing.proof), filing.done_at, filing.reference, about)


def nearest_limit(case: Case) -> datetime | None:
    """Return when the first unproven duty is due."""
    return min((clock.due_at for clock in clocks(case) if clock.missing), default=None)


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
