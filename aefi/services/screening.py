"""Carry out a screening run: read, compute, store. Only workers import this: it loads the statistics.

A run is a row. A worker claims it, says where it is, and stores the whole result in one transaction;
one that dies is followed by another, and one that wakes too late finds its claim gone.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from aefi.models import RunState, ScreeningRun, Signal
from aefi.models.screening import MOST_ATTEMPTS
from aefi.screening import export, findings, wording
from aefi.screening.plan import Plan
from aefi.screening.plots import MissingGlyph, charts
from aefi.screening.screen import run as screen
from aefi.services import screening_runs, sequences
from aefi.services.screening_facts import Facts, read_facts
from aefi.services.signal_rows import signal_rows

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
Pictures = dict[str, dict[str, Any]]
"""Charts by name: the SVG, and the table of its numbers where it has one of its own."""
READING, STORING = 0.05, 0.95
"""Shares of the work before and after the statistics."""


MOST_TABLE_ROWS = 200


class TakenOver(Exception):
    """Another worker has taken up this run."""


def compute_waiting(*, clock: Clock) -> int:
    """Compute every run that waits; return how many were."""
    computed = 0
    for uuid in ScreeningRun.objects.waiting(clock()).values_list("uuid", flat=True):
        computed += compute_run(run_uuid=uuid, clock=clock)
    return computed


def compute_run(*, run_uuid: UUID, clock: Clock) -> bool:
    """Compute one run unless somebody else does; safe to repeat and to overlap."""
    run = ScreeningRun.objects.get(uuid=run_uuid)
    if not run.claim(now=clock()):
        return False
    try:
        if run.attempts > MOST_ATTEMPTS:
            raise RuntimeError(f"given up after {MOST_ATTEMPTS} attempts")
        _compute(run, clock)
    except TakenOver:
        log.info("screening_taken_over", run=str(run.uuid))
    except Exception as error:
        log.exception("screening_failed", run=str(run.uuid))
        screening_runs.fail(run, error=f"{type(error).__name__}: {error}", now=clock())
    return True


def _compute(run: ScreeningRun, clock: Clock) -> None:
    def tell(stage: str, share: float) -> None:
        shown = READING + share * (STORING - READING)
        told = {"stage": stage[:80], "progress": shown, "seen_at": clock()}
        if not run.is_mine().update(**told):
            raise TakenOver

    tell("reading", 0.0)
    span = screening_runs.span_of(run)
    facts = read_facts(run.sites, since=span.since, until=span.until)
    if not len(facts.reports) or not facts.doses.doses.size:
        _store(run, facts, None, {}, now=clock())
        return
    found = screen(facts.doses, facts.reports, plan_of(run), progress=tell)
    pictures = _drawn(found)
    _store(run, facts, found, pictures, now=clock())


def plan_of(run: ScreeningRun) -> Plan:
    """Return the plan that was asked for; of what is not said the defaults."""
    asked = {name: run.plan[name] for name in ("seed", "alpha") if name in run.plan}
    return Plan(**asked, controls=tuple(settings.SCREENING_CONTROLS))


def _drawn(found: findings.Screening) -> Pictures:
    """Return the charts; none where a font lacks a character, for a run is more than its charts."""
    try:
        drawn = charts(found)
    except MissingGlyph:
        log.warning("screening_without_charts", exc_info=True)
        return {}
    tables = _tables(found.pictures)
    return {name: {"svg": svg.decode(), "table": tables.get(name)} for name, svg in drawn.items()}


@transaction.atomic
def _store(
    run: ScreeningRun,
    facts: Facts,
    found: findings.Screening | None,
    pictures: Pictures,
    *,
    now: datetime,
) -> None:
    mine = run.is_mine().select_for_update().first()
    if mine is None:
        raise TakenOver
    mine.state, mine.progress, mine.stage = RunState.DONE, 1.0, "done"
    mine.finished_at = mine.seen_at = now
    mine.counts, mine.set_aside, mine.charts = facts.counts, dict(facts.set_aside), pictures
    if found is not None:
        mine.summary = export.finite(_summary(found) | {"english": dict(facts.labels.english)})
        Signal.objects.bulk_create(signal_rows(mine, found, facts.labels))
        sequences.look_at(mine, found.pictures.lots, facts.labels, now=now)
    mine.save()
    screening_runs.tell(mine, "screening.finished", now=now)


def _summary(found: findings.Screening) -> dict[str, Any]:
    return {
        "quality": [asdict(line) for line in wording.data_lines(found)],
        "families": [{**asdict(one), "family": str(one.family)} for one in found.families],
        "collapsed": found.collapsed,
        "left_off": found.left_off,
    }


def _tables(shown: findings.Pictures) -> dict[str, Any]:
    """Return the numbers behind the charts, as the page sets them in tables below them."""
    waves = [int(one) for one in shown.waves]
    weeks = zip(shown.weeks, shown.all_reports, shown.best_reports, waves, strict=True)
    heads = ["week", "all_reports", "best_reports", "wave"]
    return {
        **({"course": _course(shown.course)} if shown.course else {}),
        "heat": _points("lot_and_age", shown.heat),
        "funnel": _points("lot", shown.lots),
        "volcano": _points("cell", shown.cells),
        "weeks": {"heads": heads, "rows": [list(row) for row in weeks]},
    }


def _course(told: findings.Course) -> dict[str, Any]:
    rows = zip(told.periods, told.observed, told.expected, told.boundary, strict=True)
    heads = ["week", "observed", "expected", "boundary"]
    return {"heads": heads, "rows": [list(row) for row in rows]}


def _points(head: str, points: findings.Points) -> dict[str, Any]:
    rows = zip(points.names, points.observed, points.expected, strict=True)
    listed = [[name, seen, export.finite(mean)] for name, seen, mean in rows if seen or mean]
    return {"heads": [head, "observed", "expected"], "rows": listed[:MOST_TABLE_ROWS]}
