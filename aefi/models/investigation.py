"""What an investigation gathers: its form, interviews, vials, cold chain, the panel, documents."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from aefi.models.cases import Case, CaseRow
from alerts.models import User


class RecordKind(models.TextChoices):
    FORM = "form", _("Investigation form")
    INTERVIEW = "interview", _("Interview")
    VIAL = "vial", _("Vial or sample")
    COLD_CHAIN = "cold_chain", _("Cold chain")
    PANEL_MEMBER = "panel_member", _("Member of the panel")


class InvestigationRecord(CaseRow):
    """One sheet as it was written; a correction is a new one that names the one it replaces."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="investigation_records")
    kind = models.CharField(max_length=12, choices=RecordKind.choices)
    version = models.CharField(max_length=40, help_text=_("Edition of the form"))
    data = models.JSONField(default=dict)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by"
    )

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d}"


class CaseDocument(CaseRow):
    """A file that belongs to a case; withdrawn with a reason, never deleted by hand."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="documents")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100, help_text=_("As found in the content"))
    size = models.PositiveIntegerField(help_text=_("Bytes"))
    sha256 = models.CharField(max_length=64)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.CharField(max_length=400, blank=True)

    def __str__(self) -> str:
        return self.name


class DocumentContent(models.Model):
    """The bytes of a document, apart from it so that a list need not read them."""

    document = models.OneToOneField(CaseDocument, on_delete=models.PROTECT, related_name="content")
    data = models.BinaryField()

    def __str__(self) -> str:
        return str(self.document)
