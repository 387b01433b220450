"""When: the sessions of a site, who is on duty in them, and how a duty is handed over."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models.people import User
from alerts.models.places import Area, Bay, Site


class DutyRole(models.TextChoices):
    PHYSICIAN = "physician", _("Emergency physician")
    BACKUP = "backup", _("Backup physician")
    PAEDIATRICIAN = "paediatrician", _("Paediatrician")
    ANAESTHETIST = "anaesthetist", _("Anaesthetist")
    PSYCHOLOGIST = "psychologist", _("Psychologist")
    NURSE = "nurse", _("Nurse")
    LEAD = "lead", _("Session lead")
    OBSERVER = "observer", _("Observer")
    VACCINATOR = "vaccinator", _("Vaccinator")


class Session(models.Model):
    """One working period of a site with its lead, its team and its lots."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="sessions")
    name = models.CharField(max_length=80)
    lead = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="sessions_led")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    last_ticket = models.PositiveIntegerField(default=0)
    checks = models.JSONField(
        default=dict, blank=True, help_text=_("Answers of the readiness gate")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site"], condition=Q(closed_at=None), name="session_open_once_per_site"
            )
        ]

    def __str__(self) -> str:
        return self.name


class DutyQuerySet(models.QuerySet["Duty"]):
    def current(self, now: datetime) -> Self:
        """Return the duties that run at `now`; one that was left is over at that instant."""
        return self.filter(
            Q(to_at=None) | Q(to_at__gt=now), session__closed_at=None, from_at__lte=now
        )


class Duty(models.Model):
    """A person on duty in an area of a session, in one role; an observer also has a bay."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="duties")
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, blank=True, related_name="duties"
    )
    bay = models.ForeignKey(
        Bay, on_delete=models.PROTECT, null=True, blank=True, related_name="duties"
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="duties")
    role = models.CharField(max_length=14, choices=DutyRole.choices)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True, blank=True)
    checked_in_at = models.DateTimeField(null=True, blank=True)
    objects = DutyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user} {self.role}"


class Handover(models.Model):
    """An offer of a duty with its open alerts and watched seats; it counts once accepted."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="handovers")
    to_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="handovers_offered")
    offered_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    alerts = models.JSONField(default=list, help_text=_("UUIDs of the open alerts handed over"))
    subjects = models.JSONField(default=list, help_text=_("UUIDs of the observations handed over"))
    note = models.CharField(max_length=400, blank=True)

    def __str__(self) -> str:
        return f"{self.duty} → {self.to_user}"
