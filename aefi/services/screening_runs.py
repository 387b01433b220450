"""Screening runs without the statistics: asking for one, who may see it, deciding on a signal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from aefi.gateways import knock
from aefi.models import DecisionKind, RunState, ScreeningRun, Signal, SignalDecision
from alerts.models import Membership, Role, Site, User
from alerts.outbox import SYSTEM, Fact, Origin, append_event, together
from alerts.services.refusals import Refusal
from observation.models import Lot, Reaction
from observation.services import lots

SCREENED_FOR = timedelta(days=365)
"""How far back doses are screened: longer than a lot is in use at a site."""
MOST_RUNS = 100


@dataclass(frozen=True)
class Scope:
    """What is screened together: one site, or every site of a region."""

    region: str = ""
    site: Site | None = None

    def __str__(self) -> str:
        return str(self.site or self.region)

    @property
    def sites(self) -> QuerySet[Site]:
        """Return the sites of the scope."""
        if self.site is not None:
            return Site.objects.filter(pk=self.site.pk)
        return Site.objects.filter(county_code__startswith=self.region)

    def holds(self, other: "Scope") -> bool:
        """Say whether the other scope lies within this one."""
        if self.site is not None:
            return other.site == self.site
        if other.site is not None:
            return other.site.county_code.startswith(self.region)
        return other.region.startswith(self.region)


@dataclass(frozen=True)
class Span:
    """A span of time, its end left out."""

    since: datetime
    until: datetime


class NoLotToHold(Refusal):
    code = "no_lot_to_hold"


def span_of(run: ScreeningRun) -> Span:
    """Return the span of a run: up to the instant it was asked for."""
    return Span(run.requested_at - SCREENED_FOR, run.requested_at)


def scopes_of(user: User) -> list[Scope]:
    """Return what an officer oversees, regions first."""
    held = user.memberships.filter(ended_at=None, role=Role.OFFICER).select_related("site")
    return [Scope(one.region, one.site) for one in held.order_by("site", "region")]


def scope_of(run: ScreeningRun) -> Scope:
    """Return what a run screens."""
    return Scope(run.region, run.site)


def may_see(user: User, run: ScreeningRun) -> bool:
    """Say whether an officer's own scopes hold the whole scope of the run."""
    return any(scope.holds(scope_of(run)) for scope in scopes_of(user))


def runs_for(user: User) -> list[ScreeningRun]:
    """Return the runs that an officer may see, newest first."""
    rows = ScreeningRun.objects.defer("charts").select_related("site", "requested_by")
    scopes = scopes_of(user)
    within = Q(pk__in=())
    for scope in scopes:
        within |= Q(site__in=scope.sites)
        within |= Q(region__startswith=scope.region) if scope.region else Q(pk__in=())
    return list(rows.filter(within).order_by("-requested_at", "-pk")[:MOST_RUNS])


@transaction.atomic
def request_run(
    *, scope: Scope, plan: Mapping[str, Any], origin: Origin, now: datetime
) -> ScreeningRun:
    """Ask for a run; one of the same scope that has not begun is that run already."""
    waiting = ScreeningRun.objects.of_scope(scope.region, scope.site).unfinished()
    same = waiting.filter(plan=dict(plan)).first()
    if same is not None:
        knock(same)
        return same
    run = ScreeningRun.objects.create(
        region=scope.region,
        site=scope.site,
        plan=dict(plan),
        requested_at=now,
        requested_by=origin.actor,
    )
    tell(run, "screening.requested", origin=origin, now=now)
    knock(run)
    return run


def request_nightly_runs(*, now: datetime) -> list[ScreeningRun]:
    """Ask for tonight's run of every scope that an officer oversees; once a night each."""
    held = Membership.objects.filter(ended_at=None, role=Role.OFFICER)
    scopes = {(one.region, one.site_id): Scope(one.region, one.site) for one in held}
    night = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    asked = []
    for scope in scopes.values():
        try:
            with transaction.atomic():
                run = ScreeningRun.objects.create(
                    region=scope.region, site=scope.site, night_of=night, requested_at=now
                )
                tell(run, "screening.requested", now=now)
        except IntegrityError:
            continue
        asked.append(run)
    return asked


@transaction.atomic
def fail(run: ScreeningRun, *, error: str, now: datetime) -> None:
    """Say that a run failed and why; it is asked for again by a person or the next night."""
    row = run.is_mine().select_for_update().first()
    if row is None:
        return
    row.state, row.error, row.finished_at = RunState.FAILED, error[:400], now
    row.save()
    tell(row, "screening.failed", now=now)


def tell(run: ScreeningRun, type_: str, *, origin: Origin = SYSTEM, now: datetime) -> None:
    """Append the event to the stream of every site of the run, always in one order."""
    fact = Fact(type_, str(run.uuid), {"region": run.region, "state": run.state})
    for site_id in run.sites.order_by("pk").values_list("pk", flat=True):
        append_event(site_id, fact, now=now, origin=origin)


@dataclass(frozen=True)
class Decision:
    """What an officer says of a signal."""

    kind: str
    reason: str
    uuid: UUID | None = None


@transaction.atomic
def decide(
    *, signal_uuid: UUID, decision: Decision, origin: Origin, now: datetime
) -> SignalDecision:
    """Keep a decision and hold the lot where that is what was decided.

    A hold stops every planned dose from the lot and leaves every watch alone.

    :raises NoLotToHold: when the signal is about no lot of the register.
    """
    signal = Signal.objects.select_related("run", "lot").get(uuid=signal_uuid)
    if origin.actor is None:
        raise ValueError("a signal is decided on by a person")
    row, is_new = SignalDecision.objects.get_or_create(
        uuid=decision.uuid or uuid4(),
        defaults={
            "signal": signal,
            "kind": decision.kind,
            "reason": decision.reason,
            "decided_at": now,
            "by": origin.actor,
        },
    )
    if not is_new:
        return row
    with together():
        _carry_out(row, signal, origin, now=now)
    return row


def _carry_out(row: SignalDecision, signal: Signal, origin: Origin, *, now: datetime) -> None:
    if row.kind == DecisionKind.HOLD_LOT:
        lots.hold_lot(lot_uuid=_lot_of(signal).uuid, reason=row.reason, origin=origin, now=now)
    facts = {"kind": row.kind, "lot": str(signal.lot.uuid) if signal.lot else None}
    fact = Fact("signal.decided", str(signal.uuid), facts)
    for site_id in signal.run.sites.values_list("pk", flat=True):
        append_event(site_id, fact, now=now, origin=origin)


def _lot_of(signal: Signal) -> Lot:
    if signal.lot is None:
        message = _("This signal is about no lot of the register, so that none can be held.")
        raise NoLotToHold(message, field="kind")
    return signal.lot


def decisions_on(signals: Iterable[Signal]) -> dict[int, SignalDecision]:
    """Return the latest decision on each signal or on the same cluster in an earlier run."""
    rows = list(signals)
    if not rows:
        return {}
    run = rows[0].run
    made = SignalDecision.objects.filter(
        signal__cluster__in={signal.cluster for signal in rows},
        signal__run__region=run.region,
        signal__run__site=run.site,
    )
    by_cluster: dict[str, SignalDecision] = {}
    for decision in made.select_related("signal__run", "by").order_by("decided_at", "pk"):
        by_cluster[decision.signal.cluster] = decision
    return {
        signal.pk: by_cluster[signal.cluster] for signal in rows if signal.cluster in by_cluster
    }


def history_of(signal: Signal) -> list[SignalDecision]:
    """Return every decision on the signal's cluster in its scope, the latest first."""
    run = signal.run
    made = SignalDecision.objects.filter(
        signal__cluster=signal.cluster, signal__run__region=run.region, signal__run__site=run.site
    )
    return list(made.select_related("signal__run", "by").order_by("-decided_at", "-pk"))


def cases_of(signal: Signal) -> list[Reaction]:
    """Return the reactions behind a signal, the latest first."""
    rows = Reaction.objects.filter(
        observation__uuid__in=signal.evidence.get("cases", []), undone_at=None
    )
    named = rows.select_related("observation__recipient", "observation__session", "site", "seat")
    return list(named.prefetch_related("observation__doses__lot").order_by("-seen_at", "-pk"))
