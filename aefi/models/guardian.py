"""The guardian's page: the link that opens it, and what the family answered afterwards."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from aefi.models.cases import Case
from alerts.models import Site, User
from observation.models import Observation, Party


class GuardianLinkQuerySet(models.QuerySet["GuardianLink"]):
    def open(self, now: datetime) -> Self:
        """Return the links that still open their page."""
        return self.filter(revoked_at=None, expires_at__gt=now)


class GuardianLink(models.Model):
    """What one family's QR code opens; the secret itself is kept nowhere, only its digest."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="guardian_links")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="+")
    observation = models.ForeignKey(
        Observation, on_delete=models.PROTECT, null=True, related_name="+"
    )
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    objects = GuardianLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(party=None) ^ Q(observation=None), name="guardian_link_of_one"
            )
        ]

    def __str__(self) -> str:
        return str(self.uuid)[:8]


class GuardianAnswer(models.Model):
    """What a family said on day 1 or day 3; a yes leads to a case."""

    link = models.ForeignKey(GuardianLink, on_delete=models.PROTECT, related_name="answers")
    observation = models.ForeignKey(
        Observation, on_delete=models.PROTECT, related_name="guardian_answers"
    )
    day = models.PositiveSmallIntegerField()
    is_unwell = models.BooleanField()
    onset_at = models.DateTimeField(null=True, blank=True)
    what = models.CharField(max_length=1000, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    answered_at = models.DateTimeField()
    case = models.ForeignKey(
        Case, on_delete=models.PROTECT, null=True, related_name="guardian_answers"
    )

    def __str__(self) -> str:
        return f"{self.observation} day {self.day}: {'yes' if self.is_unwell else 'no'}"
