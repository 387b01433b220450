"""Two cases that may be one: how alike they are, and what a person decided."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from aefi.models.cases import Case
from alerts.models import User


class PairState(models.TextChoices):
    OPEN = "open", _("Not yet decided")
    MERGED = "merged", _("One case")
    DIFFERENT = "different", _("Two different cases")


class CasePair(models.Model):
    """Two cases of which one may be a second report of the other; `one` was opened first."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    one = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="pairs_as_first")
    other = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="pairs_as_second")
    score = models.PositiveSmallIntegerField(help_text=_("Of 100; it sorts and decides nothing"))
    reasons = models.JSONField(default=list, help_text=_("Points and words of each comparison"))
    state = models.CharField(max_length=9, choices=PairState.choices, default=PairState.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=400, blank=True)
    kept = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["one", "other"], name="case_pair_once")]
        indexes = [models.Index(fields=["state", "-score"], name="case_pair_by_score")]

    def __str__(self) -> str:
        return f"{self.one} / {self.other}"

    @property
    def merged(self) -> Case:
        """The case that became part of the kept one."""
        return self.other if self.kept_id == self.one_id else self.one
