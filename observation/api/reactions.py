"""Reactions: signs first, and the call for help in the same transaction."""

from typing import Any
from uuid import UUID

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.gateways import clock
from alerts.models import Alert
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import FLOOR, require_role, scoped, site_for
from alerts.services import calls
from observation.api.verbs import body_of, observation_for, verb
from observation.models import Reaction
from observation.serializers.lenient import IGNORED
from observation.serializers.reactions import (
    OtherReactionSerializer,
    ReactionDetailsSerializer,
    ReactionSerializer,
    ReportedSerializer,
    seen_from,
)
from observation.services import detail, reactions


class ObservationReactions(ViewSet):
    """Reactions of a watched person."""

    @verb(ReactionSerializer, ReportedSerializer, status=201)
    @command
    def create(self, request: Request, uuid: UUID) -> Response:
        """Record a reaction; danger signs call by themselves."""
        values = body_of(ReactionSerializer, request)
        seen = seen_from(values)
        row = observation_for(request, uuid, roles=roles_for(seen))
        reported = reactions.report_reaction(
            observation_uuid=row.uuid, seen=seen, origin=origin_of(request), now=clock.now()
        )
        return reported_answer(reported, values, status=status.HTTP_201_CREATED)


class SiteReactions(ViewSet):
    """Reactions of anybody else in the building."""

    @verb(OtherReactionSerializer, ReportedSerializer, status=201)
    @command
    def create(self, request: Request, site: UUID) -> Response:
        """Record a reaction of a visitor, of staff, or of somebody not yet vaccinated."""
        values = body_of(OtherReactionSerializer, request)
        seen = seen_from(values)
        here = site_for(request, site, roles=roles_for(seen))
        reported = reactions.report_other(
            site=here, seen=seen, origin=origin_of(request), now=clock.now()
        )
        return reported_answer(reported, values, status=status.HTTP_201_CREATED)


class Reactions(ViewSet):
    """One reaction."""

    @verb(ReactionDetailsSerializer, ReportedSerializer)
    @command
    def details(self, request: Request, uuid: UUID) -> Response:
        """Add later details as a new version; danger found now calls now."""
        values = body_of(ReactionDetailsSerializer, request)
        seen = seen_from(values)
        reaction = self._reaction(request, uuid, roles=roles_for(seen))
        changes = {name: values.get(name) for name in ("is_serious", "recovered_at")}
        reported = reactions.add_details(
            reaction_uuid=reaction.uuid,
            seen=seen,
            changes=changes,
            origin=origin_of(request),
            now=clock.now(),
        )
        return reported_answer(reported, values)

    @verb(None, ReportedSerializer)
    @command
    def undo(self, request: Request, uuid: UUID) -> Response:
        """Take a reaction back; the call it made is cancelled too."""
        reaction = self._reaction(request, uuid, roles=FLOOR)
        undone = reactions.undo_reaction(
            reaction_uuid=reaction.uuid, origin=origin_of(request), now=clock.now()
        )
        return reported_answer(undone, {})

    def _reaction(self, request: Request, uuid: UUID, *, roles: tuple[str, ...]) -> Reaction:
        reaction = scoped(request, Reaction.objects.select_related("site"), uuid=uuid)
        require_role(request, reaction.site, roles)
        return reaction


def roles_for(seen: reactions.Seen) -> tuple[str, ...]:
    """Return who may record this: a call for help needs no log-in, other signs do."""
    return () if seen.urgency.priority is not None else FLOOR


def reported_answer(
    reported: reactions.Reported, values: dict[str, Any], *, status: int = status.HTTP_200_OK
) -> Response:
    """Translate a reaction and its call."""
    reaction = reported.reaction
    row = reaction.observation
    body = {
        "reaction": {
            **detail.reaction_of(reaction),
            "observation": str(row.uuid) if row else None,
        },
        "alert": alert_answer(reported.alert) if reported.alert else None,
        "ignored": values.get(IGNORED, []),
    }
    return Response(body, status=status)


def alert_answer(alert: Alert) -> dict[str, Any]:
    """Return what a screen of the site shows of a call."""
    return {
        "uuid": str(alert.uuid),
        "state": alert.state,
        "version": alert.version,
        **calls.facts_of(alert),
    }
