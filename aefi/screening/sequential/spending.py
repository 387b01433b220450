"""Alpha spending: looks at times nobody can foretell, and the record that keeps them honest.

alpha(t) = alpha (t / T)^rho is what may have been spent by the expected count t; each look takes
the fewest events whose chance, given no signal before, stays within it.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from aefi.screening.arguments import (
    FloatArray,
    checked_alpha,
    checked_amount,
    checked_count,
)
from aefi.screening.sequential.poisson import checked_times, poisson_log_likelihood_ratio
from aefi.screening.sequential.walk import poisson_probabilities


@dataclass(frozen=True, slots=True)
class Spending:
    """For each look the events that make a signal (that many or more) and the alpha spent by it."""

    thresholds: tuple[int, ...]
    spent: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is fixed before the first look: hypothesis, length, alpha and how it is spent."""

    hypothesis: str
    upper_limit: float
    alpha: float
    rho: float = 0.5
    min_events: int = 1

    def __post_init__(self) -> None:
        """Refuse a plan that cannot be followed."""
        checked_amount("upper_limit", self.upper_limit)
        checked_alpha(self.alpha)
        checked_amount("rho", self.rho)
        checked_count("min_events", self.min_events)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the plan, equal for equal plans everywhere."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Look:
    """One look: cumulative counts, the threshold in force, the alpha spent by then."""

    expected: float
    observed: int
    threshold: int
    spent: float
    log_likelihood_ratio: float

    @property
    def is_signal(self) -> bool:
        """Say whether the events reach the threshold."""
        return self.observed >= self.threshold


@dataclass(frozen=True, slots=True)
class Sequence:
    """The looks so far of one registered plan; it can be continued but not begun again.

    Store it whole: the plan's digest and the looks are all that decides the next threshold.
    """

    plan_digest: str
    looks: tuple[Look, ...] = ()

    @classmethod
    def begin(cls, plan: Plan) -> "Sequence":
        """Return the sequence of a plan before its first look."""
        return cls(plan.digest)

    @property
    def has_signalled(self) -> bool:
        """Say whether the last look gave a signal."""
        return bool(self.looks) and self.looks[-1].is_signal

    def look(self, plan: Plan, *, expected: float, observed: int) -> "Sequence":
        """Return the sequence with one more look, at cumulative expected and observed counts.

        Parameters
        ----------
        plan
            The plan it was begun with.
        expected, observed
            Cumulative counts since the beginning. The last look once more changes nothing; a look
            past the upper limit is the last and spends what is left.

        Returns
        -------
        Sequence
            With the new look last.

        Raises
        ------
        ValueError
            When the plan or an earlier look is not the one recorded, time or events go back, or
            the sequence has ended: each would be a way to spend the same alpha twice.

        Notes
        -----
        Threshold as in `spending_thresholds`, over all looks so far.

        References
        ----------
        Silva (2018), Methodology and Computing in Applied Probability 20(2):739-750.

        Examples
        --------
        >>> plan = Plan("febrile seizure, lot A", upper_limit=10, alpha=0.05)
        >>> sequence = Sequence.begin(plan).look(plan, expected=1.5, observed=3)
        >>> sequence.looks[-1].threshold, sequence.has_signalled
        (5, False)
        """
        if self.looks and (expected, observed) == (
            self.looks[-1].expected,
            self.looks[-1].observed,
        ):
            self._check_record(plan)
            return self
        self._check_open(plan, expected, checked_events(observed))
        spending = self._spending(plan, [*self._times(), float(expected)])
        look = Look(
            expected=float(expected),
            observed=int(observed),
            threshold=spending.thresholds[-1],
            spent=spending.spent[-1],
            log_likelihood_ratio=poisson_log_likelihood_ratio(observed, expected),
        )
        return replace(self, looks=(*self.looks, look))

    def _times(self) -> list[float]:
        return [look.expected for look in self.looks]

    @staticmethod
    def _spending(plan: Plan, times: list[float]) -> Spending:
        return spending_thresholds(
            times,
            upper_limit=plan.upper_limit,
            alpha=plan.alpha,
            rho=plan.rho,
            min_events=plan.min_events,
        )

    def _check_record(self, plan: Plan) -> None:
        if plan.digest != self.plan_digest:
            raise ValueError(
                "the plan is not the registered one: a changed plan needs a new record"
            )
        if not self.looks:
            return
        recorded = tuple(look.threshold for look in self.looks)
        if recorded != self._spending(plan, self._times()).thresholds:
            raise ValueError("the recorded looks do not follow from the plan: restore the record")

    def _check_open(self, plan: Plan, expected: float, observed: int) -> None:
        self._check_record(plan)
        checked_amount("expected", expected)
        if not self.looks:
            return
        last = self.looks[-1]
        if last.is_signal or last.expected >= plan.upper_limit:
            ended = "a signal" if last.is_signal else "its upper limit"
            raise ValueError(f"the sequence has ended with {ended}: register a new plan")
        if expected <= last.expected or observed < last.observed:
            raise ValueError(
                f"counts are cumulative and cannot go back: after {last.observed} events by "
                f"{last.expected:g} expected came {observed} by {expected:g}"
            )


def checked_events(observed: float) -> int:
    """Return a whole number of events from 0 up."""
    return checked_count("observed", observed) if observed else 0


def spending_thresholds(
    look_times: ArrayLike,
    *,
    upper_limit: float,
    alpha: float,
    rho: float = 0.5,
    min_events: int = 1,
) -> Spending:
    """Return the events that signal at each look when alpha is spent by a power of time.

    Parameters
    ----------
    look_times
        Cumulative expected counts at the looks so far, rising; those to come need not be known.
    upper_limit
        Expected count at which all alpha is spent.
    alpha
        Chance of a false signal over the whole surveillance.
    rho
        Power: below 1 spends early, 1 evenly, above 1 late.
    min_events
        Fewest events with which a signal may be given.

    Returns
    -------
    Spending
        Per look the fewest events that signal, and the alpha actually spent by then.

    Raises
    ------
    ValueError
        When look times do not rise or a number cannot be.

    Notes
    -----
    alpha(t) = alpha (min(t, T) / T)^rho. Counts are whole, so less is spent than allowed; what is
    left over may be spent at later looks.

    References
    ----------
    Silva (2018), Methodology and Computing in Applied Probability 20(2):739-750.

    Examples
    --------
    >>> spending = spending_thresholds([2.5, 5.0, 10.0], upper_limit=10, alpha=0.05)
    >>> spending.thresholds
    (7, 11, 17)
    """
    times = checked_times(look_times)
    length, least = (
        checked_amount("upper_limit", upper_limit),
        checked_count("min_events", min_events),
    )
    budget = checked_alpha(alpha) * (np.minimum(times, length) / length) ** checked_amount(
        "rho", rho
    )
    p, spent = np.ones(1), 0.0
    thresholds, total = [], []
    for gap, allowed in zip(np.diff(times, prepend=0.0), budget, strict=True):
        p, threshold, crossed = _one_look(p, gap, allowed - spent, least)
        spent += crossed
        thresholds.append(threshold)
        total.append(spent)
    return Spending(tuple(thresholds), tuple(total))


def _one_look(p: FloatArray, gap: float, left: float, least: int) -> tuple[FloatArray, int, float]:
    """Return the states without a signal, the threshold, and the chance of reaching it."""
    # So many more events are less likely than anything that alpha could still be spent on.
    reach = 40 + int(gap + 12 * np.sqrt(gap))
    states = np.convolve(p, poisson_probabilities(reach, gap))
    tails = np.cumsum(states[::-1])[::-1]
    threshold = max(int(np.searchsorted(-tails, -left)), least)
    crossed = float(tails[threshold]) if threshold < tails.size else 0.0
    return states[:threshold], threshold, crossed
