"""What staff saw: a reaction of a recipient, or of anybody else in the building."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models import Device, Seat, Session, Site, Source, User
from observation.models.watch import Observation


class PersonKind(models.TextChoices):
    RECIPIENT = "recipient", _("Vaccinated, under observation")
    RELEASED = "released", _("Vaccinated, already released")
    BEFORE_DOSE = "before_dose", _("Not yet vaccinated")
    VISITOR = "visitor", _("Visitor")
    STAFF = "staff", _("Staff")
    UNKNOWN = "unknown", _("Not known")


class StressSubtype(models.TextChoices):
    ACUTE_STRESS = "acute_stress", _("Acute stress response")
    VASOVAGAL = "vasovagal", _("Vasovagal reaction")
    DISSOCIATIVE = "dissociative", _("Dissociative neurological symptoms")


class Reaction(models.Model):
    """Signs that staff saw, first of all; details and grade come later and never hold up a call."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="reactions")
    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, null=True, related_name="reactions"
    )
    observation = models.ForeignKey(
        Observation, on_delete=models.PROTECT, null=True, related_name="reactions"
    )
    person_kind = models.CharField(
        max_length=12, choices=PersonKind.choices, default=PersonKind.RECIPIENT
    )
    person_text = models.CharField(max_length=120, blank=True)
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, null=True, related_name="reactions")
    place_text = models.CharField(max_length=120, blank=True)
    signs = models.JSONField(default=dict, help_text=_("Sign code → yes, no or unknown"))
    stress_subtype = models.CharField(max_length=12, choices=StressSubtype.choices, blank=True)
    is_danger_absent = models.BooleanField(
        null=True, help_text=_("Whether staff looked and found no danger sign")
    )
    seen_at = models.DateTimeField()
    onset_at = models.DateTimeField(null=True, blank=True)
    entered_at = models.DateTimeField()
    details = models.JSONField(default=dict, blank=True)
    recovered_at = models.DateTimeField(null=True, blank=True)
    is_serious = models.BooleanField(null=True)
    note = models.CharField(max_length=1000, blank=True)
    version = models.PositiveSmallIntegerField(default=1)
    alert = models.UUIDField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.LIVE)
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person_kind__in=["recipient", "released"]) | Q(observation=None),
                name="reaction_of_others_has_no_observation",
            ),
        ]
        indexes = [models.Index(fields=["site", "seen_at"], name="reaction_by_site_time")]

    def __str__(self) -> str:
        return ", ".join(code for code, seen in self.signs.items() if seen == "yes")


class ReactionVersion(models.Model):
    """What a reaction said before later details replaced it."""

    reaction = models.ForeignKey(Reaction, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveSmallIntegerField()
    facts = models.JSONField(default=dict)
    replaced_at = models.DateTimeField()
    replaced_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reaction", "version"], name="reaction_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.reaction_id} v{self.version}"
