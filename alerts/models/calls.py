"""The call for help: alerts, the pages that carry them, the answers, the policy they follow."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models.outgoing import Outgoing, OutgoingQuerySet
from alerts.models.people import Device, User
from alerts.models.places import Area, Bay, Seat, Site
from alerts.models.sessions import Session
from alerts.models.stream import Source


class Priority(models.TextChoices):
    HIGH = "high", _("High")
    MEDIUM = "medium", _("Medium")
    LOW = "low", _("Low")


class AlertState(models.TextChoices):
    OPEN = "open", _("Open")
    PAGING = "paging", _("Paging")
    ACKNOWLEDGED = "acknowledged", _("Somebody is coming")
    ON_SCENE = "on_scene", _("Doctor on scene")
    EXHAUSTED = "exhausted", _("Nobody answered")
    RESOLVED = "resolved", _("Resolved")
    CANCELLED = "cancelled", _("Cancelled")
    REVIEWED = "reviewed", _("Reviewed")


UNANSWERED = (AlertState.OPEN, AlertState.PAGING, AlertState.EXHAUSTED)
ENDED = (AlertState.RESOLVED, AlertState.CANCELLED, AlertState.REVIEWED)


class EscalationPolicy(models.Model):
    """A site's own steps for one kind of call; without one the defaults of `alerts.rules` hold."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="escalation_policies")
    name = models.CharField(max_length=20, help_text=_("high, medium, low or stress"))
    version = models.PositiveSmallIntegerField(default=1)
    approved_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="policy_once_per_site")
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class EscalationStep(models.Model):
    """Who is paged `after` the call, on which channels, and how often again."""

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveSmallIntegerField()
    after = models.DurationField()
    repeat_every = models.DurationField()
    targets = models.JSONField(default=list)
    channels = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="step_number_once_per_policy")
        ]

    def __str__(self) -> str:
        return f"{self.policy} step {self.number}"


class AlertQuerySet(models.QuerySet["Alert"]):
    def unanswered(self) -> Self:
        return self.filter(state__in=UNANSWERED)

    def running(self) -> Self:
        """Return the alerts that have not ended."""
        return self.exclude(state__in=ENDED)


class Alert(models.Model):
    """A call for help and its state; it carries text and a place, not what caused it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="alerts")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="alerts")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="alerts")
    bay = models.ForeignKey(Bay, on_delete=models.PROTECT, null=True, related_name="alerts")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, null=True, related_name="alerts")
    place_text = models.CharField(max_length=120, blank=True)
    subject = models.UUIDField(
        null=True, db_index=True, help_text=_("The observation or person it is about")
    )
    person_kind = models.CharField(max_length=20, default="unknown")
    summary = models.JSONField(default=dict, help_text=_("Signs and facts for the page, by code"))
    priority = models.CharField(max_length=6, choices=Priority.choices, default=Priority.HIGH)
    policy_name = models.CharField(max_length=20, default="high")
    policy_snapshot = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=AlertState.choices, default=AlertState.OPEN)
    step = models.SmallIntegerField(default=-1)
    round = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    is_drill = models.BooleanField(default=False)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.LIVE)
    raised_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="alerts_raised"
    )
    device = models.ForeignKey(
        Device, on_delete=models.PROTECT, null=True, related_name="alerts_raised"
    )
    called_at = models.DateTimeField(help_text=_("When the person called, on the server's clock"))
    raised_at = models.DateTimeField(help_text=_("When the server knew"))
    paging_since = models.DateTimeField(help_text=_("Start of the current escalation"))
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=400, blank=True)
    objects = AlertQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["site", "state"], name="alert_by_site_state")]

    def __str__(self) -> str:
        return f"{self.priority} {self.place}"

    @property
    def place(self) -> str:
        """The place in words: seat, bay, area or what the caller wrote."""
        return str(self.seat or self.bay or self.place_text or self.area or "?")


class PageChannel(models.TextChoices):
    SCREEN = "screen", _("Own screen")
    BOARD = "board", _("Staff board")
    OUTSIDE = "outside", _("SMS, voice or WeCom")


class PageQuerySet(OutgoingQuerySet["Page"]):
    """Pages."""


class Page(Outgoing):
    """One message of an alert to one responder on one channel, tried until it is sent."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="pages")
    key = models.CharField(max_length=120, unique=True)  # alert:step:round:responder:channel
    responder = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="pages")
    channel = models.CharField(max_length=8, choices=PageChannel.choices)
    step = models.SmallIntegerField()
    round = models.PositiveIntegerField()
    objects = PageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(sent_at=None, given_up_at=None),
                name="page_unsent_due",
            ),
            models.Index(
                fields=["given_up_at"], condition=Q(sent_at=None), name="page_given_up_unsent"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class ReceiptKind(models.TextChoices):
    HANDED_OFF = "handed_off", _("Handed off")
    RECEIVED = "received", _("Received")
    DISPLAYED = "displayed", _("Displayed")
    SOUNDED = "sounded", _("Sounded")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")


class Receipt(models.Model):
    """Proof of what became of a page on a device."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="receipts")
    kind = models.CharField(max_length=12, choices=ReceiptKind.choices)
    at = models.DateTimeField()
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["page", "kind", "device"], name="receipt_once_per_device"
            ),
            models.UniqueConstraint(
                fields=["page", "kind"],
                condition=Q(device=None),
                name="receipt_once_without_device",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.page} {self.kind}"


class ResponderState(models.TextChoices):
    COMING = "coming", _("Coming")
    ON_SCENE = "on_scene", _("On scene")
    DECLINED = "declined", _("Cannot come")
    LOST = "lost", _("Out of reach")


class Responder(models.Model):
    """A person's answer to an alert; without a `user` a device answered, nobody being logged in."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="responders")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="responses")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=ResponderState.choices)
    since = models.DateTimeField()
    is_first = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "user"], condition=Q(user__isnull=False), name="responder_once"
            ),
            models.UniqueConstraint(
                fields=["alert"], condition=Q(is_first=True), name="first_responder_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.device} {self.state}"
