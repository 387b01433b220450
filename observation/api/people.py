"""Persons: the search, and merges of two records of one person."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from alerts.gateways import clock
from alerts.permissions.authentication import origin_of
from alerts.permissions.commands import command
from alerts.permissions.scope import FLOOR, STAFF, require_role, scoped, sites_of
from observation.api.verbs import HOLD_ROLES, body_of, read, verb
from observation.models import PersonMerge, Recipient
from observation.serializers.answers import PersonAnswerSerializer
from observation.serializers.people import (
    MergedSerializer,
    MergeSerializer,
    SearchedPersonSerializer,
)
from observation.services import detail, persons, privacy, tiles


class People(ViewSet):
    """The persons of the caller's sites."""

    @read(SearchedPersonSerializer(many=True), "q")
    def list(self, request: Request) -> Response:
        """Search by name, class or document number; namesakes and twins are flagged."""
        sites = list(sites_of(request))
        for site in sites:
            require_role(request, site, STAFF)
        words = request.query_params.get("q", "").replace("\0", "")
        found = persons.search([site.pk for site in sites], words)
        tickets = persons.tickets_of(found)
        return Response([_answer(row, found, tickets[row.pk]) for row in found])

    @verb(MergeSerializer, MergedSerializer, refused=True)
    @command
    def merge(self, request: Request) -> Response:
        """Make two records one person; nothing is deleted and it can be undone."""
        values = body_of(MergeSerializer, request)
        for name in ("keep", "merge"):
            row = scoped(request, Recipient.objects.select_related("site"), uuid=values[name])
            require_role(request, row.site, HOLD_ROLES)
        merge = persons.merge_recipients(origin=origin_of(request), now=clock.now(), **values)
        return Response(merge_answer(merge))

    @verb(None, PersonAnswerSerializer)
    @command
    def consent(self, request: Request, uuid: UUID) -> Response:
        """Record that the guardian agreed to the processing; the first time stands."""
        row = scoped(request, Recipient.objects.select_related("site"), uuid=uuid)
        require_role(request, row.site, FLOOR)
        agreed = privacy.record_consent(row, origin=origin_of(request), now=clock.now())
        return Response(detail.person_of(agreed, now=clock.now()))

    @verb(None, MergedSerializer)
    @command
    def undo(self, request: Request, uuid: UUID) -> Response:
        """Let both records stand again as they were."""
        merge = PersonMerge.objects.filter(kept__site__in=sites_of(request), uuid=uuid)
        found = merge.select_related("kept__site").first()
        if found is None:
            raise Http404
        require_role(request, found.kept.site, HOLD_ROLES)
        undone = persons.undo_merge(merge_uuid=uuid, origin=origin_of(request), now=clock.now())
        return Response(merge_answer(undone))


def _answer(row: Recipient, found: Sequence[Recipient], tickets: Sequence[int]) -> dict[str, Any]:
    others = [other for other in found if other.pk != row.pk]
    likeness = {persons.likeness_of(row, other) for other in others}
    return {
        **detail.person_of(row, now=clock.now()),
        "site": str(row.site.uuid),
        "tickets": tickets,
        "likeness": sorted(str(alike) for alike in likeness if alike),
    }


def merge_answer(merge: PersonMerge) -> dict[str, Any]:
    """Translate a merge."""
    return {
        "uuid": str(merge.uuid),
        "kept": str(merge.kept.uuid),
        "merged": str(merge.merged.uuid),
        "observations": merge.observations,
        "merged_at": tiles.instant(merge.merged_at),
        "undone_at": tiles.instant(merge.undone_at),
    }
