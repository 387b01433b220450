"""Vaccination stations that were told to stop."""

import uuid

from django.db import models
from django.db.models import Q

from alerts.models import Site, User


class StationStop(models.Model):
    """A station that plans no further dose until somebody lets it go on; watches run on."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="station_stops")
    station = models.CharField(max_length=20)
    reason = models.CharField(max_length=400)
    stopped_at = models.DateTimeField()
    stopped_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    resumed_at = models.DateTimeField(null=True, blank=True)
    resumed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "station"],
                condition=Q(resumed_at=None),
                name="station_stopped_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.station} @ {self.site}"
