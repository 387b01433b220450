"""What leaves the site: tried, leased and marked by the dispatcher; and the notes that are no call."""

from datetime import datetime
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

from alerts.models.people import User

Row = TypeVar("Row", bound=models.Model)


class OutgoingQuerySet(models.QuerySet[Row]):
    def unsent(self) -> Self:
        return self.filter(sent_at=None, given_up_at=None)

    def due(self, now: datetime) -> Self:
        return self.unsent().filter(next_attempt_at__lte=now).order_by("next_attempt_at")


class Outgoing(models.Model):
    """A message with the tries that were made to send it."""

    text = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_owner = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=400, blank=True)

    class Meta:
        abstract = True


class NoteQuerySet(OutgoingQuerySet["Note"]):
    """Notes."""


class Note(Outgoing):
    """A word to one person that is no call for help: a legal limit comes near."""

    key = models.CharField(max_length=160, unique=True)
    subject = models.CharField(max_length=60, db_index=True)
    title = models.CharField(max_length=120)
    responder = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notes")
    objects = NoteQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(sent_at=None, given_up_at=None),
                name="note_unsent_due",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class TrialPageQuerySet(OutgoingQuerySet["TrialPage"]):
    """Trial pages."""


class TrialPage(Outgoing):
    """A page to nobody, sent each minute to see that pages leave; only the newest are kept."""

    key = models.CharField(max_length=40, unique=True)
    objects = TrialPageQuerySet.as_manager()

    def __str__(self) -> str:
        return self.key
