"""What the named rules propose of a case, and what a person decided; nothing is overwritten."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from aefi.models.cases import Case, CaseRow


class AssessmentKind(models.TextChoices):
    CAUSALITY = "causality", _("WHO causality")
    BRIGHTON = "brighton", _("Brighton level of anaphylaxis")
    SEVERITY = "severity", _("Severity on a scale")


class Assessment(CaseRow):
    """Answers under one edition of the rules; the newest of a kind counts, a draft decides nothing."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="assessments")
    kind = models.CharField(max_length=10, choices=AssessmentKind.choices)
    rule_set = models.CharField(max_length=40, help_text=_("Edition of the rules or the scale"))
    reading = models.CharField(max_length=20, blank=True)
    answers = models.JSONField(default=dict)
    proposal = models.JSONField(default=dict, help_text=_("What the rules led to, and their path"))
    decided = models.CharField(max_length=40, blank=True, help_text=_("Empty in a draft"))
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        indexes = [models.Index(fields=["case", "kind"], name="assessment_by_kind")]

    def __str__(self) -> str:
        return f"{self.rule_set} {self.decided}".strip()
