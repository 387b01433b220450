"""Whom to telephone within two hours, and the letter to the family."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from aefi.models.cases import Case, CaseRow
from aefi.rules.clock_rules import Proof
from alerts.models import User


class DutyContact(models.Model):
    """Who is telephoned for one duty in a region; the longest region that fits is used."""

    region = models.CharField(max_length=6, blank=True, help_text=_("First digits of county codes"))
    proof = models.CharField(max_length=30, choices=[(one.value, one.value) for one in Proof])
    name = models.CharField(max_length=80)
    phone = models.CharField(max_length=40)
    approved_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "proof"], name="duty_contact_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.phone}"


class LetterAbout(models.TextChoices):
    TWO_HOURS = "two_hours", _("What happened")
    CONCLUSION = "conclusion", _("What was concluded")


class FamilyLetter(CaseRow):
    """A plain letter to the family; nothing leaves before this very text was approved."""

    about = models.CharField(
        max_length=10, choices=LetterAbout.choices, default=LetterAbout.TWO_HOURS
    )
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="letters")
    text = models.TextField()
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.text[:40]
