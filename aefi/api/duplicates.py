"""Two cases that may be one, over HTTP: officers of both sites see and decide."""

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from aefi.api.cases import KEY, OFFICERS, act_of, asked
from aefi.models import CasePair
from aefi.serializers.duplicates import DecideSerializer, PairSerializer, pair_answer
from aefi.services import case_merges, case_pairs
from alerts.models import User
from alerts.permissions.commands import command
from alerts.permissions.scope import sites_of


class Duplicates(ViewSet):
    """The pairs, and what becomes of them."""

    @extend_schema(responses=PairSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Return the undecided pairs, the likeliest first."""
        rows = self._pairs(request).filter(state="open")
        return Response([pair_answer(pair) for pair in rows[:200]])

    @extend_schema(request=DecideSerializer, responses=PairSerializer, parameters=[KEY])
    @command
    def merge(self, request: Request, uuid: UUID) -> Response:
        """Make the two one case; `keep` names the one that stays, else the first."""
        pair, said = self._asked(request, uuid)
        choice = case_merges.Choice(said.get("keep") or pair.one.uuid, said["reason"])
        return Response(pair_answer(case_merges.merge(uuid, choice, act_of(request))))

    @extend_schema(request=DecideSerializer, responses=PairSerializer, parameters=[KEY])
    @command
    def undo(self, request: Request, uuid: UUID) -> Response:
        """Take a merge apart."""
        _pair, said = self._asked(request, uuid)
        done = case_merges.undo(uuid, reason=said["reason"], act=act_of(request))
        return Response(pair_answer(done))

    @extend_schema(request=DecideSerializer, responses=PairSerializer, parameters=[KEY])
    @command
    def different(self, request: Request, uuid: UUID) -> Response:
        """Say that the two are different cases."""
        _pair, said = self._asked(request, uuid)
        done = case_merges.call_different(uuid, reason=said["reason"], act=act_of(request))
        return Response(pair_answer(done))

    def _pairs(self, request: Request) -> Any:
        if not isinstance(request.user, User) or not request.user.memberships.filter(
            ended_at=None, role__in=OFFICERS
        ):
            raise PermissionDenied
        return case_pairs.visible_to(request.user, within=sites_of(request))

    def _asked(self, request: Request, uuid: UUID) -> tuple[CasePair, dict[str, Any]]:
        pair = self._pairs(request).filter(uuid=uuid).first()
        if pair is None:
            raise Http404
        return pair, asked(request, DecideSerializer)
