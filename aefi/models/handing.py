"""What passes between a site, its county, the prefecture and the province."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from aefi.models.cases import Case, CaseRow
from alerts.models import User


class Level(models.TextChoices):
    COUNTY = "county", _("County")
    PREFECTURE = "prefecture", _("Prefecture")
    PROVINCE = "province", _("Province")


class HandingAnswer(models.TextChoices):
    OPEN = "open", _("waiting")
    TAKEN = "taken", _("taken")
    DECLINED = "declined", _("declined or withdrawn")


class WordKind(models.TextChoices):
    RETURNED = "returned", _("Returned for correction")
    CLOSED = "closed", _("Closed")
    REOPENED = "reopened", _("Reopened")
    COMMENTED = "commented", _("Comment")


class CaseHanding(CaseRow):
    """An offer to hold a case at another level, which counts once taken."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="handings")
    from_level = models.CharField(max_length=10, choices=Level.choices)
    to_level = models.CharField(max_length=10, choices=Level.choices)
    reason = models.CharField(max_length=400)
    answer = models.CharField(
        max_length=8, choices=HandingAnswer.choices, default=HandingAnswer.OPEN
    )
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answer_reason = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=models.Q(answer=HandingAnswer.OPEN),
                name="case_handing_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_level} → {self.to_level}: {self.answer}"


class OfficerWord(CaseRow):
    """What an officer said or did that the site should read."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="officer_words")
    kind = models.CharField(max_length=9, choices=WordKind.choices)
    text = models.CharField(max_length=2000, blank=True)

    def __str__(self) -> str:
        return f"{self.kind}: {self.text[:40]}"
