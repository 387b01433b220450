"""What was said about a declared group once and stays said."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from aefi.models.cases import CaseRow
from aefi.models.groups import GroupEvent


class GroupFiling(CaseRow):
    """A proof that a group was reported: to whom, where to look it up, when it was done."""

    group = models.ForeignKey(GroupEvent, on_delete=models.PROTECT, related_name="filings")
    proof = models.CharField(max_length=40)
    reference = models.CharField(max_length=200, help_text=_("Who answered, or the number"))
    done_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.proof}: {self.reference}"
