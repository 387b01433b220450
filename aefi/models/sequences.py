"""Sequential looks at a lot: each keeps what it spent, and none begins anew."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aefi.models.screening import ScreeningRun
from alerts.models import Site
from observation.models import Lot


class SequenceState(models.TextChoices):
    OPEN = "open", _("Looked at each night")
    CROSSED = "crossed", _("Crossed its boundary")
    ENDED = "ended", _("Ended without crossing")


class LotSequence(models.Model):
    """One lot in one region or site, tested again each night under one error rate.

    There is one per lot and scope, for good: a new one would spend the same error twice.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    region = models.CharField(max_length=12, blank=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="sequences")
    rule = models.CharField(max_length=40, help_text=_("Edition of the values below"))
    alpha = models.FloatField(help_text=_("Chance of ever crossing where nothing is wrong"))
    upper_limit = models.FloatField(help_text=_("Expected count at which it ends"))
    critical_value = models.FloatField(help_text=_("Log-likelihood ratio to exceed"))
    state = models.CharField(
        max_length=8, choices=SequenceState.choices, default=SequenceState.OPEN
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "region"],
                condition=Q(site__isnull=True),
                name="lot_sequence_once_per_region",
            ),
            models.UniqueConstraint(
                fields=["lot", "site"],
                condition=Q(site__isnull=False),
                name="lot_sequence_once_per_site",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot} {self.state}"


class SequenceLookQuerySet(models.QuerySet["SequenceLook"]):
    def newest_for(self, run: ScreeningRun) -> list["SequenceLook"]:
        """Return the newest look at every lot of a run's scope, what crossed first."""
        rows = self.filter(sequence__site=run.site, sequence__region=run.region)
        rows = rows.select_related("sequence__lot__vaccine").order_by("pk")
        newest = {look.sequence_id: look for look in rows}
        order = (SequenceState.CROSSED, SequenceState.OPEN, SequenceState.ENDED)
        return sorted(
            newest.values(),
            key=lambda one: (order.index(SequenceState(one.sequence.state)), -one.ratio),
        )


class SequenceLook(models.Model):
    """One look: the count so far, the expected count so far, and the ratio of the two."""

    sequence = models.ForeignKey(LotSequence, on_delete=models.PROTECT, related_name="looks")
    run = models.ForeignKey(ScreeningRun, on_delete=models.PROTECT, related_name="looks")
    at = models.DateTimeField()
    observed = models.PositiveIntegerField()
    expected = models.FloatField()
    ratio = models.FloatField(help_text=_("Log-likelihood ratio of an excess"))
    boundary = models.PositiveIntegerField(help_text=_("Fewest reports that would have crossed"))
    objects = SequenceLookQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence", "run"], name="sequence_look_once_per_run")
        ]

    def __str__(self) -> str:
        return f"{self.observed} / {self.expected:.1f}"
