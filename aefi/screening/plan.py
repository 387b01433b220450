"""What a screening run is asked to do, and the kinds of cells that it looks at."""

from dataclasses import dataclass
from enum import StrEnum

from aefi.screening.expected import RateModel

AGE_EDGES = (0.0, 1.0, 3.0, 6.0, 12.0, 18.0, 45.0, 60.0)
"""Infants, toddlers, kindergarten, primary school, secondary school, adults, older adults.
Source: docs/screening.md#ages."""

DIMENSIONS = ("lot", "age_group", "sex", "dose_number", "site", "session")
PLACES = ("site", "session")


LOT_WEIGHT, LOT_AND_PEOPLE_WEIGHT = 4, 12
"""Parts of alpha for all reports of lots, and of lots in one group of people; one for any other
family and for a scan. Source: docs/screening.md#alpha."""


class Event(StrEnum):
    """What is counted in a cell."""

    ANY = "any"
    SERIOUS = "serious"
    REACTION = "reaction"


@dataclass(frozen=True)
class Family:
    """Cells that are tested together and share one error rate."""

    by: tuple[str, ...]
    event: Event

    @property
    def weight(self) -> int:
        """Return its parts of alpha: most for the question which lot, and in which age group."""
        if "lot" not in self.by or self.event is Event.REACTION:
            return 1
        return LOT_WEIGHT if self.by == ("lot",) else LOT_AND_PEOPLE_WEIGHT

    def __str__(self) -> str:
        return " × ".join((*self.by, *(() if self.event is Event.ANY else (self.event.value,))))


@dataclass(frozen=True)
class Plan:
    """A screening run. The defaults are explained in docs/screening.md.

    `alpha` is the chance of any signal at all where nothing is wrong; it is shared out over the
    families by their weights. `least_missed_ratio` is the ratio that a lot should not be able to hide.
    `controls` are reactions that no vaccine causes, by which the list is calibrated.
    `model` gives a second opinion on lots where doses are known; None: none.
    `period_days` divides vaccination days into strata (0: 7 with doses, 28 without).
    """

    by: tuple[str, ...] = ("lot", "age_group", "site", "session")
    alpha: float = 0.05
    age_edges: tuple[float, ...] = AGE_EDGES
    period_days: int = 0
    least_reports: int = 3
    least_missed_ratio: float = 3.0
    most_signals: int = 200
    scan_times: bool = True
    scan_tree: bool = True
    controls: tuple[str, ...] = ()
    model: RateModel | None = RateModel.REGRESSION
    replicates: int = 999
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what no run can do."""
        unknown = [name for name in self.by if name not in DIMENSIONS]
        if unknown or not self.by:
            raise ValueError(
                f"--by knows {', '.join(DIMENSIONS)} (got {', '.join(unknown) or 'none'})"
            )
        if not {"lot", "site", "session"} & set(self.by):
            raise ValueError("--by needs lot, site or session: something must stand against others")
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha must lie between 0 and 1 (got {self.alpha:g})")
        if list(self.age_edges) != sorted(set(self.age_edges)) or not self.age_edges:
            raise ValueError("age groups need rising lower ends, for example 0,1,3,6,12,18,45,60")

    def families(self, *, has_doses: bool) -> tuple[Family, ...]:
        """Return the families of cells.

        Without doses the number of reports of a lot says nothing, only what they report: then
        serious reports stand in for reports.
        """
        wholes = Event.ANY if has_doses else Event.SERIOUS
        people = tuple(name for name in self.by if name not in ("lot", *PLACES))
        found: list[Family] = []
        if "lot" in self.by:
            targets = [("lot",), *(("lot", name) for name in people)]
            found += [Family(by, event) for event in (wholes, Event.REACTION) for by in targets]
        found += [
            Family((place,), event)
            for place in PLACES
            if place in self.by
            for event in (wholes, Event.REACTION)
        ]
        return tuple(found)

    def scans(self, *, has_doses: bool) -> int:
        """Return how many scans take their share of alpha beside the families."""
        return int(self.scan_times) + int(self.scan_tree and has_doses)
