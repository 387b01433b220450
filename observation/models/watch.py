"""The watch itself: doses, the observation after the doses of one visit, and the muster list."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from alerts.models import Bay, Seat, Session, Site, Source, User
from observation.models.lots import Lot, Vaccine
from observation.models.people import Party, Recipient


class EndKind(models.TextChoices):
    COMPLETE = "complete", _("Left after the full time")
    LEFT_EARLY = "left_early", _("Left early")
    REFUSED = "refused", _("Refused to stay")
    UNWITNESSED = "unwitnessed", _("Exit not witnessed")
    TRANSFERRED = "transferred", _("Taken to hospital")
    CANCELLED = "cancelled", _("Recorded by mistake")


UNSETTLED_KINDS = (EndKind.LEFT_EARLY, EndKind.REFUSED, EndKind.UNWITNESSED)


class ObservationQuerySet(models.QuerySet["Observation"]):
    def open(self) -> Self:
        return self.filter(ended_at=None)

    def due(self, now: datetime) -> Self:
        return self.open().filter(due_at__lte=now)

    def unsettled(self) -> Self:
        """Return those who left early and of whom nobody has said what was done."""
        return self.filter(end_kind__in=UNSETTLED_KINDS, settled_at=None)

    def on_floor(self) -> Self:
        """Return what a board shows: the open ones and those that still need a word."""
        return self.filter(Q(ended_at=None) | Q(end_kind__in=UNSETTLED_KINDS, settled_at=None))


class Observation(models.Model):
    """The watch after the doses of one visit; `due_at` drives it and only a person ends it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="observations")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="observations")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="observations")
    party = models.ForeignKey(
        Party, on_delete=models.PROTECT, null=True, related_name="observations"
    )
    ticket = models.PositiveIntegerField()
    station = models.CharField(max_length=20, blank=True)
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, null=True, related_name="observations")
    bay = models.ForeignKey(Bay, on_delete=models.PROTECT, null=True, related_name="observations")
    is_seat_confirmed = models.BooleanField(default=False)
    seated_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(help_text=_("When the server first knew"))
    started_at = models.DateTimeField(help_text=_("Time of the last dose, or of the check-in"))
    due_at = models.DateTimeField()
    period_reasons = models.JSONField(
        default=list, help_text=_("Rules that set the length of the watch")
    )
    watched_closely_since = models.DateTimeField(null=True, blank=True)
    recheck_at = models.DateTimeField(null=True, blank=True)
    flags = models.JSONField(default=list, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_kind = models.CharField(max_length=12, choices=EndKind.choices, blank=True)
    end_reason = models.CharField(max_length=400, blank=True)
    end_agreed_by = models.CharField(max_length=80, blank=True)
    is_warning_given = models.BooleanField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_note = models.CharField(max_length=400, blank=True)
    objects = ObservationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "ticket"], name="ticket_once_per_session"),
            models.CheckConstraint(
                condition=Q(due_at__gte=F("started_at")), name="observation_due_after_start"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, end_kind="")
                | (Q(ended_at__isnull=False) & ~Q(end_kind="")),
                name="observation_end_has_kind",
            ),
        ]
        indexes = [
            models.Index(
                fields=["site", "due_at"], condition=Q(ended_at=None), name="observation_open_due"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.ticket}"


class Route(models.TextChoices):
    IM = "im", _("Intramuscular")
    SC = "sc", _("Subcutaneous")
    ID = "id", _("Intradermal")
    ORAL = "oral", _("Oral")
    OTHER = "other", _("Other")


class BodySite(models.TextChoices):
    LEFT_ARM = "left_arm", _("Left upper arm")
    RIGHT_ARM = "right_arm", _("Right upper arm")
    LEFT_THIGH = "left_thigh", _("Left thigh")
    RIGHT_THIGH = "right_thigh", _("Right thigh")
    ORAL = "oral", _("By mouth")
    OTHER = "other", _("Other")


class Dose(models.Model):
    """A dose that was given; always recorded, flagged when it should not have been given."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    observation = models.ForeignKey(Observation, on_delete=models.PROTECT, related_name="doses")
    vaccine = models.ForeignKey(Vaccine, on_delete=models.PROTECT, null=True, related_name="doses")
    vaccine_as_written = models.CharField(max_length=120, blank=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="doses")
    lot_as_written = models.CharField(max_length=40, blank=True)
    dose_number = models.PositiveSmallIntegerField(null=True, blank=True)
    route = models.CharField(max_length=5, choices=Route.choices, blank=True)
    body_site = models.CharField(max_length=12, choices=BodySite.choices, blank=True)
    given_at = models.DateTimeField()
    is_time_known = models.BooleanField(default=True)
    entered_at = models.DateTimeField()
    vaccinator = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="doses_given"
    )
    station = models.CharField(max_length=20, blank=True)
    trace_code = models.CharField(max_length=64, blank=True)
    flags = models.JSONField(default=list, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.LIVE)
    external_system = models.CharField(max_length=120, blank=True)
    external_id = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_system", "external_id"],
                condition=~Q(external_id=""),
                name="dose_once_per_external_id",
            )
        ]

    def __str__(self) -> str:
        return f"{self.vaccine or self.vaccine_as_written} {self.lot or self.lot_as_written}"


class PastDose(models.Model):
    """A dose of a recipient's history, from elsewhere or long ago: shown, never watched."""

    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="past_doses")
    vaccine = models.ForeignKey(Vaccine, on_delete=models.PROTECT, null=True, related_name="+")
    vaccine_as_written = models.CharField(max_length=120, blank=True)
    lot_as_written = models.CharField(max_length=40, blank=True)
    given_at = models.DateTimeField(null=True, blank=True)
    given_as_written = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=20, default="completed")
    external_system = models.CharField(max_length=120)
    external_id = models.CharField(max_length=120)
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "external_system", "external_id"], name="past_dose_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.vaccine or self.vaccine_as_written} {self.given_as_written}"


class MusterMark(models.Model):
    """During an evacuation: whether a watched person was seen outside or is missing."""

    observation = models.ForeignKey(
        Observation, on_delete=models.PROTECT, related_name="muster_marks"
    )
    evacuation_at = models.DateTimeField()
    is_seen = models.BooleanField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["observation", "evacuation_at"], name="muster_mark_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.observation} {self.is_seen}"
