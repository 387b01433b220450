"""A lot looked at night after night: one MaxSPRT sequence for each lot and scope, kept for good.

The list of a night holds its own error; a lot that is looked at each night needs one over all nights. A
continuous boundary is kept whenever the looks come, so a night more or less changes nothing.
"""

from datetime import datetime
from functools import cache

from aefi.models import LotSequence, ScreeningRun, SequenceLook, SequenceState
from aefi.screening.findings import Points
from aefi.screening.sequential.poisson import (
    fewest_to_signal,
    poisson_critical_value,
    poisson_log_likelihood_ratio,
)
from aefi.services.screening_facts import Labels

RULE = "lot-maxsprt-2026"
ALPHA, UPPER_LIMIT, MIN_EVENTS = 0.01, 100.0, 3
"""Chance of ever crossing, expected reports at the end, fewest reports. Source: docs/sources.md#lot-sequences."""


@cache
def critical_value() -> float:
    """Return the log-likelihood ratio that a new sequence must exceed."""
    return poisson_critical_value(UPPER_LIMIT, alpha=ALPHA, min_events=MIN_EVENTS).value


def look_at(
    run: ScreeningRun, lots: Points, labels: Labels, *, now: datetime
) -> list[SequenceLook]:
    """Look at every open sequence of the lots of a run, in the transaction that stores the run.

    A lot whose expected count did not grow since the last look is not looked at: nothing new was
    given. What has crossed or ended stays so.
    """
    rows = _sequences(run, [labels.lots[name] for name in lots.names if name in labels.lots], now)
    looks = []
    for name, seen, mean in zip(lots.names, lots.observed, lots.expected, strict=True):
        row = rows.get(labels.lots.get(name, -1))
        if row is not None and row.state == SequenceState.OPEN and mean > _last(row):
            looks.append(_look(row, run, int(seen), float(mean), now))
    return SequenceLook.objects.bulk_create(looks)


def _sequences(run: ScreeningRun, lots: list[int], now: datetime) -> dict[int, LotSequence]:
    """Return the sequences of the lots in the run's scope, begun where a lot has none."""
    scope = {"site": run.site, "region": run.region}
    begun = (
        LotSequence(
            lot_id=lot,
            **scope,
            rule=RULE,
            alpha=ALPHA,
            upper_limit=UPPER_LIMIT,
            critical_value=critical_value(),
            started_at=now,
        )
        for lot in lots
    )
    LotSequence.objects.bulk_create(begun, ignore_conflicts=True)
    rows = LotSequence.objects.select_for_update().filter(lot__in=lots, **scope)
    return {row.lot_id: row for row in rows.order_by("pk")}


def _last(row: LotSequence) -> float:
    """Return the expected count of the last look; 0 before the first."""
    return row.looks.order_by("-expected").values_list("expected", flat=True).first() or 0.0


def _look(
    row: LotSequence, run: ScreeningRun, observed: int, expected: float, now: datetime
) -> SequenceLook:
    """Return the look, and end the sequence where it crossed its boundary or came to its limit."""
    least = fewest_to_signal(row.critical_value, expected, min_events=MIN_EVENTS)
    if expected > row.upper_limit:
        row.state, row.ended_at = SequenceState.ENDED, now  # its error rate holds no further
    elif observed >= least:
        row.state, row.ended_at = SequenceState.CROSSED, now
    row.save(update_fields=["state", "ended_at"])
    ratio = float(poisson_log_likelihood_ratio(observed, expected))
    said = {"observed": observed, "expected": expected, "ratio": ratio, "boundary": least}
    return SequenceLook(sequence=row, run=run, at=now, **said)
