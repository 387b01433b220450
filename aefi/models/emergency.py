"""The run sheet of an emergency: what was done to the patient, when, by whom. Append-only."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from alerts.models import Alert, Device, Source, User


class EntryKind(models.TextChoices):
    RECOGNISED = "recognised", _("Recognised")
    POSITION = "position", _("Position")
    ADRENALINE = "adrenaline", _("Adrenaline")
    OXYGEN = "oxygen", _("Oxygen")
    FLUID = "fluid", _("Fluid")
    VITALS = "vitals", _("Vital signs")
    NOTE = "note", _("Note")
    AMBULANCE = "ambulance", _("Ambulance called")
    HANDED_OVER = "handed_over", _("Handed over")


class EmergencyEntry(models.Model):
    """One line of the run sheet; a correction is a new line that names the one it replaces."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="emergency_entries")
    kind = models.CharField(max_length=12, choices=EntryKind.choices)
    at = models.DateTimeField(help_text=_("When it was done, on the server's clock"))
    entered_at = models.DateTimeField()
    data = models.JSONField(
        default=dict, help_text=_("mg and mL typed and confirmed, litres, readings")
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.LIVE)
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by"
    )

    class Meta:
        indexes = [models.Index(fields=["alert", "at"], name="entry_by_alert_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%H:%M:%S}"
