"""The log and the clockwork: one stream of events per site, commands, timers, heartbeats."""

import uuid
from datetime import datetime
from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models.people import Device, User
from alerts.models.places import Site


class Source(models.TextChoices):
    LIVE = "live", _("Live")
    OFFLINE = "offline", _("Entered offline")
    PAPER = "paper", _("Keyed from paper")


LINK = 16
"""Characters of a chain hash that screens carry: enough to tell two lives of a stream apart."""


class Stream(models.Model):
    """The counter of a site's events; locked until the commit, so `seq` has no gaps."""

    site = models.OneToOneField(Site, on_delete=models.PROTECT, related_name="stream")
    epoch = models.UUIDField(default=uuid.uuid4)
    seq = models.BigIntegerField(default=0)
    head_hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"{self.site} #{self.seq}"

    @property
    def link(self) -> str:
        """What tells the last event from another with its number in another life of the stream."""
        return self.head_hash[:LINK]


class EventQuerySet(models.QuerySet["Event"]):
    def after(self, seq: int) -> Self:
        return self.filter(seq__gt=seq).order_by("seq")


class Event(models.Model):
    """A fact that happened at a site, in order; append-only and chained by hashes."""

    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="events")
    seq = models.BigIntegerField()
    type = models.CharField(max_length=40)
    subject = models.CharField(max_length=36)
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.LIVE)
    server_at = models.DateTimeField()
    device_at = models.DateTimeField(null=True)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "seq"], name="event_seq_once_per_stream")
        ]
        indexes = [models.Index(fields=["subject", "seq"], name="event_by_subject")]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class Command(models.Model):
    """A request already carried out under its `Idempotency-Key`, with the answer it got."""

    caller = models.CharField(max_length=48, help_text=_("Kind and key of who sent it"))
    key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    response = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="command_key_once_per_caller")
        ]

    def __str__(self) -> str:
        return self.key


class TimerState(models.TextChoices):
    ARMED = "armed", _("Armed")
    FIRED = "fired", _("Fired")
    CANCELLED = "cancelled", _("Cancelled")
    QUARANTINED = "quarantined", _("Quarantined")


class TimerQuerySet(models.QuerySet["Timer"]):
    def armed(self) -> Self:
        return self.filter(state=TimerState.ARMED)

    def due(self, now: datetime) -> Self:
        return self.armed().filter(due_at__lte=now).order_by("due_at")


class Timer(models.Model):
    """An instant at which something becomes due; a later generation makes an earlier one stale."""

    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=36)
    generation = models.PositiveIntegerField(default=1)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=11, choices=TimerState.choices, default=TimerState.ARMED)
    fired_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    objects = TimerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject", "generation"], name="timer_generation_once"
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(state="armed"),
                name="timer_armed_once_per_subject",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="armed"), name="timer_armed_due"),
            models.Index(
                fields=["due_at"], condition=Q(state="quarantined"), name="timer_quarantined_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class ClockHold(models.Model):
    """By how many seconds the house's clock is kept from a step of PostgreSQL's; one row at most."""

    seconds = models.FloatField(default=0)
    version = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.seconds:+.1f} s"


class Heartbeat(models.Model):
    """The last sign of life of one process, and how late its work was."""

    process = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField()
    lag_ms = models.FloatField(default=0)
    note = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.process
