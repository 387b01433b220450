"""Recipients, the parties they come in, and reversible merges of duplicate persons."""

import uuid
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from alerts.models import Site, User


class DocumentKind(models.TextChoices):
    ID_CARD = "id_card", _("Resident identity card")
    BIRTH = "birth", _("Birth certificate")
    PASSPORT = "passport", _("Passport")
    PERMIT = "permit", _("Residence or travel permit")
    OTHER = "other", _("Other document")
    NONE = "none", _("No document")


class Sex(models.TextChoices):
    MALE = "male", _("Male")
    FEMALE = "female", _("Female")
    UNKNOWN = "unknown", _("Not recorded")


class Party(models.Model):
    """People who came together: they sit, are found and leave as one."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="parties")
    label = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return self.label or str(self.uuid)[:8]


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def current(self) -> Self:
        """Return the persons that were not merged into another."""
        return self.filter(merged_into=None)


class Recipient(models.Model):
    """A person who is vaccinated; identities live here and nowhere in the event log."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="recipients")
    name = models.CharField(max_length=80, blank=True)
    born_on = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=7, choices=Sex.choices, default=Sex.UNKNOWN)
    document_kind = models.CharField(
        max_length=8, choices=DocumentKind.choices, default=DocumentKind.NONE
    )
    document_cipher = models.TextField(blank=True)
    document_digest = models.CharField(max_length=64, blank=True, db_index=True)
    phone = models.CharField(max_length=30, blank=True)
    guardian = models.CharField(max_length=80, blank=True)
    group_name = models.CharField(
        max_length=60, blank=True, help_text=_("School class or work unit")
    )
    risks = models.JSONField(default=list, blank=True, help_text=_("Codes of recorded risks"))
    weight_kg = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    external_system = models.CharField(max_length=120, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from"
    )
    created_at = models.DateTimeField()
    consent_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When a guardian agreed to the processing")
    )
    consent_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    forgotten_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the identity was removed")
    )
    objects = RecipientQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["site", "name", "born_on"], name="recipient_by_name"),
            models.Index(fields=["site", "born_on"], name="recipient_by_birth"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "external_system", "external_id"],
                condition=~models.Q(external_id=""),
                name="recipient_once_per_external_id",
            )
        ]

    def __str__(self) -> str:
        return self.name or str(self.uuid)[:8]


class PersonMerge(models.Model):
    """Two records found to be one person; undone, both stand again as they were."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kept = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="merges_kept")
    merged = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="merges_lost")
    reason = models.CharField(max_length=200, blank=True)
    observations = models.JSONField(
        default=list, help_text=_("UUIDs moved, so that they can move back")
    )
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.merged} → {self.kept}"
