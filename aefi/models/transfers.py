"""Cases that came in as files: each delivery, and what its sender calls each report."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from aefi.models.cases import Case, CaseRow
from alerts.models import Site

ACCEPTED = "CA"
"""ICH's code of a report that its receiver took over. Source: docs/sources.md#e2b-r3."""


class ImportFormat(models.TextChoices):
    VAERS = "vaers", _("VAERS tables")
    E2B = "e2b", _("E2B(R3) XML")
    FHIR = "fhir", _("FHIR R4 bundle")
    UNKNOWN = "unknown", _("not recognised")


class CaseImport(CaseRow):
    """One message, or the tables of one export, and what became of its reports."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="case_imports")
    format = models.CharField(max_length=7, choices=ImportFormat.choices)
    file_name = models.CharField(max_length=400)
    sha256 = models.CharField(max_length=64)
    opened = models.PositiveIntegerField(default=0, help_text=_("Cases opened from it"))
    known = models.PositiveIntegerField(default=0, help_text=_("Reports known before"))
    refused = models.JSONField(
        default=list, help_text=_("What could not be read: where, and the reason")
    )
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["site", "sha256"], name="case_import_by_content")]

    def __str__(self) -> str:
        return self.file_name


class ImportedReport(models.Model):
    """What a sender calls a report, by which it is known when it comes again."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="imported")
    source = models.ForeignKey(CaseImport, on_delete=models.PROTECT, related_name="reports")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    format = models.CharField(max_length=7, choices=ImportFormat.choices)
    reference = models.CharField(
        max_length=300, help_text=_("The sender's number of the report, with who counts")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "format", "reference"], name="imported_report_once_a_site"
            )
        ]

    def __str__(self) -> str:
        return self.reference


class ReceiverAnswer(CaseRow):
    """What a receiver of E2B(R3) reports did with a case: CA taken over, CE or CR not, and why."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="receiver_answers")
    code = models.CharField(max_length=2)
    batch = models.CharField(max_length=200, blank=True, help_text=_("The batch it answers"))
    reasons = models.JSONField(default=list, help_text=_("In the receiver's words"))
    sha256 = models.CharField(max_length=64, help_text=_("Of the file it came in"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "sha256"], name="receiver_answer_once_a_file")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.batch}"

    @property
    def is_accepted(self) -> bool:
        return self.code == ACCEPTED
