"""What a screening run finds: a ranked list of statistical signals, each with what it rests on."""

from dataclasses import dataclass, field

from aefi.screening.bias import Bias
from aefi.screening.plan import Family


@dataclass(frozen=True, slots=True)
class Part:
    """One stratum, or one site, reporter or period, of a signal."""

    name: str
    size: float
    observed: int
    expected: float


@dataclass(frozen=True, slots=True)
class Without:
    """The signal again without its largest site, reporter or period, or without copies counted."""

    kind: str
    name: str
    observed: int
    expected: float
    ic025: float


@dataclass(frozen=True, slots=True)
class Modelled:
    """What a regression that left the lot out leads to expect; 95 % of ordinary lots lie between."""

    observed: int
    expected: float
    low: float
    high: float
    p: float
    dispersion: float


@dataclass(frozen=True, slots=True)
class Signal:
    """A cell with more reports than others of the same strata lead to expect.

    Nobody has judged it yet. `size` is doses, or reports where `is_numerator_only` is true: then no
    rate exists. `expected` and `observed` count comparable strata, `crude_expected` ignores them.
    """

    family: str
    target: tuple[tuple[str, str], ...]
    event: str
    observed: int
    expected: float
    crude_expected: float
    ratio: float
    ic: float
    ic025: float
    eb05: float | None
    p: float
    q: float
    score: float
    serious: int
    size: float
    is_numerator_only: bool
    not_compared: int
    strata: tuple[Part, ...]
    without: tuple[Without, ...]
    masked_by: Without | None
    gone_below: int
    cases: tuple[str, ...]
    window: tuple[int, int] | None = None
    covers: tuple[str, ...] = ()
    modelled: Modelled | None = None

    @property
    def name(self) -> str:
        """Return what the signal is about, on one line."""
        where = " · ".join(value for _, value in self.target)
        return f"{where}: {self.event}"

    @property
    def rate_per_100_000(self) -> float | None:
        """Return reports per 100,000 doses; nothing where doses are not known."""
        if self.is_numerator_only or self.size <= 0:
            return None
        return 1e5 * self.observed / self.size


@dataclass(frozen=True)
class FamilyTested:
    """How many cells of a family could have been a signal and how many were."""

    family: Family | str
    cells: int
    tested: int
    signals: int
    crude_signals: int
    level: float
    bias: Bias | None = None


@dataclass(frozen=True)
class DataQuality:
    """What the data can and cannot carry, looked at before any test."""

    reports: int
    copies: tuple[tuple[str, str], ...]
    unknown_lot: float
    unknown_age: float
    unknown_day: float
    without_doses: int
    recent_days: int
    delay_days: int | None
    last_day: str
    notes: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True)
class Points:
    """Cells as points or as a grid (row and column by name), for charts and their tables."""

    names: tuple[str, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]


@dataclass(frozen=True)
class Course:
    """Counts of one signal period by period, summed up, and the fewest that would have been one.

    `crossed` is the first period that reached the boundary, empty if none did.
    """

    name: str
    periods: tuple[str, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    boundary: tuple[int, ...]
    crossed: str
    looks: int


@dataclass(frozen=True)
class Pictures:
    """What the charts show: all lots, lots by age, every cell of lot and reaction, and time.

    `waves` marks the weeks with more reports of everything than the weeks before lead to expect.
    """

    event: str
    lots: Points
    ages: tuple[str, ...]
    heat_lots: tuple[str, ...]
    heat: Points
    cells: Points
    cells_p: tuple[float, ...]
    weeks: tuple[str, ...]
    all_reports: tuple[int, ...]
    best_reports: tuple[int, ...]
    course: Course | None = None
    waves: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Screening:
    """A run: its signals, best first, the families tested and the state of the data."""

    signals: tuple[Signal, ...]
    families: tuple[FamilyTested, ...]
    quality: DataQuality
    is_numerator_only: bool
    collapsed: int
    left_off: int
    pictures: Pictures
    controls: tuple[str, ...] = ()
