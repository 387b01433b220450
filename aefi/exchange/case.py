"""One case as every format sees it: the 25 WHO core variables, the national card, full timestamps.

An empty text and `None` mean that a fact is not known. A `Moment` is an aware instant where the
time was recorded and a plain date where only the day was.
Source: docs/sources.md#who-core-variables.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from aefi.rules.clocks import CHINA
from aefi.rules.seriousness import Criterion

Moment = datetime | date
T = TypeVar("T")


class Refused(ValueError):
    """A message cannot be read; `path` says where, `reason` why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Sex(StrEnum):
    """Sex as the forms ask for it."""

    MALE = "M"
    FEMALE = "F"
    UNKNOWN = ""


class Outcome(StrEnum):
    """The six outcomes of WHO and ICH. Source: docs/sources.md#outcome-codes."""

    RECOVERED = "recovered"
    RECOVERING = "recovering"
    NOT_RECOVERED = "not_recovered"
    SEQUELAE = "recovered_with_sequelae"
    DIED = "died"
    UNKNOWN = "unknown"


CARD_OUTCOMES = {
    Outcome.RECOVERED: "1",
    Outcome.RECOVERING: "2",
    Outcome.SEQUELAE: "3",
    Outcome.DIED: "4",
    Outcome.UNKNOWN: "5",
}
"""The national card has no code for "not recovered". Source: docs/sources.md#outcome-codes."""


@dataclass(frozen=True)
class VaccineFacts:
    """One vaccine given; route, site and organisation are codes of the national card."""

    name: str
    code: str = ""
    manufacturer: str = ""
    lot: str = ""
    expires_on: date | None = None
    given_at: Moment | None = None
    dose_number: int | None = None
    amount_ml: float | None = None
    route: str = ""
    site: str = ""
    spec: str = ""
    organisation: str = ""
    diluent_lot: str = ""
    diluent_expires_on: date | None = None
    reconstituted_at: datetime | None = None
    is_suspect: bool = True


@dataclass(frozen=True)
class EventFacts:
    """One adverse event; `meddra` is its numeric code where a licence allows one."""

    term: str
    meddra: str = ""
    onset_at: Moment | None = None
    ended_at: Moment | None = None


@dataclass(frozen=True)
class ReporterFacts:
    """Who reported first."""

    name: str = ""
    institution: str = ""
    position: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class CaseFacts:
    """One version of one case.

    `serious_because` is `None` while nobody has judged it and empty for a case that is not serious.
    Vaccines stand in the order of suspicion, events with the main one first.
    """

    case_number: str
    version: int = 1
    worldwide_id: str = ""
    country: str = "CN"
    county: str = ""
    address: str = ""
    patient_name: str = ""
    birth_date: date | None = None
    age_years: float | None = None
    sex: Sex = Sex.UNKNOWN
    weight_kg: float | None = None
    medical_history: str = ""
    occupation: str = ""
    phone: str = ""
    guardian: str = ""
    vaccines: tuple[VaccineFacts, ...] = ()
    events: tuple[EventFacts, ...] = ()
    outcome: Outcome | None = None
    died_at: Moment | None = None
    serious_because: frozenset[Criterion] | None = None
    fever_c: float | None = None
    redness_cm: float | None = None
    induration_cm: float | None = None
    narrative: str = ""
    comments: str = ""
    preliminary_diagnosis: str = ""
    preliminary_class: str = ""
    final_class: str = ""
    who_classes: tuple[str, ...] = ()
    group_code: str = ""
    obtained: str = ""
    visited_unit: str = ""
    reporter: ReporterFacts = ReporterFacts()
    discovered_at: Moment | None = None
    reported_at: Moment | None = None
    received_at: Moment | None = None
    entered_at: Moment | None = None

    @property
    def onset_at(self) -> Moment | None:
        """Return the first onset of any event."""
        return earliest(event.onset_at for event in self.events)

    @property
    def is_serious(self) -> bool | None:
        """Say whether the case is serious; `None` while nobody has judged it."""
        return None if self.serious_because is None else bool(self.serious_because)

    @property
    def is_hospitalised(self) -> bool | None:
        """Say whether the patient was in hospital; that alone makes a case serious."""
        if self.serious_because is None:
            return None
        return Criterion.HOSPITALISATION in self.serious_because

    @property
    def suspects(self) -> tuple[VaccineFacts, ...]:
        """Return the suspect vaccines, the most suspect first."""
        return tuple(vaccine for vaccine in self.vaccines if vaccine.is_suspect)


def day_of(moment: Moment | None) -> date | None:
    """Return the day in China of a moment."""
    if isinstance(moment, datetime):
        return moment.astimezone(CHINA).date()
    return moment


def earliest(moments: Iterable[Moment | None]) -> Moment | None:
    """Return the earliest moment; on one day an instant comes before a date without a time."""
    known = [moment for moment in moments if moment is not None]
    return min(known, key=_order, default=None)


def _order(moment: Moment) -> tuple[date, bool, float]:
    is_instant = isinstance(moment, datetime)
    day = day_of(moment) or date.max
    return day, not is_instant, moment.timestamp() if isinstance(moment, datetime) else 0.0


def parsed(path: str, text: str, parse: Callable[[str], T]) -> T:
    """Return `parse(text)`, or refuse the message with the path and the text.

    :raises Refused: when the text cannot be read.
    """
    try:
        return parse(text)
    except ValueError as error:
        raise Refused(path, f"cannot read {text!r}") from error
