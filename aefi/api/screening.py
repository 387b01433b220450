"""Screening over HTTP: an officer asks for runs, reads signals and decides on them."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from aefi.models import ScreeningRun, Signal
from aefi.serializers.screening import (
    DecisionRequestSerializer,
    DecisionSerializer,
    ScreeningRequestSerializer,
    ScreeningRunSerializer,
    SignalSerializer,
    decision_answer,
    run_answer,
    signal_answer,
)
from aefi.services import screening_runs
from aefi.services.screening_runs import Decision, Scope
from alerts.gateways import clock
from alerts.models import Site, User
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import sites_of

KEY = OpenApiParameter("Idempotency-Key", OpenApiTypes.UUID, OpenApiParameter.HEADER)
RUN = OpenApiParameter("run", OpenApiTypes.UUID)


class ScreeningRuns(ViewSet):
    """The screening runs of the officer's sites."""

    @extend_schema(responses=ScreeningRunSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the runs the officer may see, newest first."""
        runs = screening_runs.runs_for(officer_of(request))
        return Response([run_answer(run) for run in runs if is_in_reach(request, run)])

    @extend_schema(operation_id="screening_run_retrieve", responses=ScreeningRunSerializer)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return where one run stands."""
        return Response(run_answer(run_for(request, uuid)))

    @extend_schema(
        request=ScreeningRequestSerializer,
        responses={201: ScreeningRunSerializer},
        parameters=[KEY],
    )
    @command
    def create(self, request: Request) -> Response:
        """Ask for a run; a worker carries it out."""
        officer = officer_of(request)
        asked = ScreeningRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        scope = _scope(request, officer, wanted)
        plan = {name: wanted[name] for name in ("seed", "alpha") if name in wanted}
        run = screening_runs.request_run(
            scope=scope, plan=plan, origin=origin_of(request), now=clock.now()
        )
        return Response(run_answer(run), status=201)


class Signals(ViewSet):
    """What a run found, best first."""

    @extend_schema(responses=SignalSerializer(many=True), parameters=[RUN])
    def list(self, request: Request) -> Response:
        """List the signals of a run, of the newest finished one if none is named."""
        run = _run_asked(request)
        rows = list(Signal.objects.filter(run=run).ranked().select_related("run")) if run else []
        decisions = screening_runs.decisions_on(rows)
        return Response([signal_answer(row, decisions.get(row.pk)) for row in rows])

    @extend_schema(
        request=DecisionRequestSerializer, responses=DecisionSerializer, parameters=[KEY]
    )
    @command
    def decide(self, request: Request, uuid: UUID) -> Response:
        """Decide on a signal; `hold_lot` stops every planned dose from its lot."""
        signal = Signal.objects.select_related("run__site").filter(uuid=uuid).first()
        if signal is None:
            raise Http404
        refuse_unseen(request, signal.run)
        asked = DecisionRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        decision = screening_runs.decide(
            signal_uuid=signal.uuid,
            decision=Decision(**asked.validated_data),
            origin=origin_of(request),
            now=clock.now(),
        )
        return Response(decision_answer(decision))


def officer_of(request: Request) -> User:
    """Return the officer behind the request; refused to anybody else."""
    person = request.user
    if not isinstance(person, User) or not screening_runs.scopes_of(person):
        raise PermissionDenied(_("Only a disease control officer may see this."))
    return person


def run_for(request: Request, uuid: UUID) -> ScreeningRun:
    """Return the run; not found outside the caller's sites, refused to who is no officer."""
    runs = ScreeningRun.objects.defer("charts").select_related("site", "requested_by")
    run = runs.filter(uuid=uuid).first()
    if run is None:
        raise Http404
    refuse_unseen(request, run)
    return run


def refuse_unseen(request: Request, run: ScreeningRun) -> None:
    """Refuse a run outside the caller's sites as not found, and who is no officer."""
    if not is_in_reach(request, run):
        raise Http404
    if not screening_runs.may_see(officer_of(request), run):
        raise Http404


def is_in_reach(request: Request, run: ScreeningRun) -> bool:
    """Say whether the caller, or the token, may see every site of the run."""
    return not run.sites.exclude(pk__in=sites_of(request).values("pk")).exists()


def _run_asked(request: Request) -> ScreeningRun | None:
    named = request.query_params.get("run")
    if named:
        try:
            return run_for(request, UUID(named))
        except ValueError:
            raise Http404 from None
    seen = screening_runs.runs_for(officer_of(request))
    done = (run for run in seen if run.state == "done" and is_in_reach(request, run))
    return next(done, None)


def _scope(request: Request, officer: User, wanted: dict[str, Any]) -> Scope:
    """Return what is to be screened; not found where the officer does not oversee all of it."""
    own = screening_runs.scopes_of(officer)
    if "site" in wanted:
        site = Site.objects.filter(uuid=wanted["site"]).first()
        scope = Scope(site=site) if site else None
    elif "region" in wanted:
        scope = Scope(region=wanted["region"])
    else:
        scope = own[0]
    if scope is None or not any(one.holds(scope) for one in own):
        raise Http404
    sites = scope.sites.exclude(pk__in=sites_of(request).values("pk"))
    if sites.exists():
        raise Http404
    return scope
