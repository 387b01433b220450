"""The case of the register: its versions, its classes, the proofs of filing, who looked at it."""

import uuid
from datetime import UTC, datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from alerts.models import Site, User
from observation.models import Reaction

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Where the worklist puts a case without a running clock."""


class CaseState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted to the county")
    RETURNED = "returned", _("Returned for correction")
    CLOSED = "closed", _("Closed")


class CaseOrigin(models.TextChoices):
    REACTION = "reaction", _("Reaction in the hall")
    GUARDIAN = "guardian", _("Guardian")
    BY_HAND = "by_hand", _("Entered by hand")
    IMPORTED = "imported", _("Imported")
    CONCERN = "concern", _("Public concern")


class ClassKind(models.TextChoices):
    PRELIMINARY = "preliminary", _("Preliminary, by the site")
    FINAL = "final", _("Final")


class CaseQuerySet(models.QuerySet["Case"]):
    def by_limit(self) -> Self:
        """Return what is nearest its legal limit first; what has no running clock comes last."""
        return self.order_by("sort_at", "opened_at", "pk")


class Case(models.Model):
    """An adverse event of one person as the register holds it; `facts` is its newest version."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=20, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="cases")
    state = models.CharField(max_length=9, choices=CaseState.choices, default=CaseState.DRAFT)
    origin = models.CharField(max_length=8, choices=CaseOrigin.choices)
    reaction = models.OneToOneField(
        Reaction, on_delete=models.PROTECT, null=True, related_name="case"
    )
    facts = models.JSONField(help_text=_("As `aefi.exchange.stored` writes a case"))
    version = models.PositiveIntegerField(default=1)
    searched = models.TextField(help_text=_("What the worklist's search looks in"))
    missing = models.JSONField(
        default=list, help_text=_("Numbers of the card's key items that are empty")
    )
    name_key = models.CharField(
        max_length=80, blank=True, db_index=True, help_text=_("The letters of the name, sorted")
    )
    birth_date = models.DateField(null=True, db_index=True)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,  # the worklist's own index begins with it
        related_name="merged_cases",
    )
    is_serious = models.BooleanField(null=True)
    grave = models.JSONField(default=dict, help_text=_("What turned it grave → when it was known"))
    milestones = models.JSONField(default=dict, help_text=_("Recorded instants clocks run from"))
    reminded = models.JSONField(
        default=dict, help_text=_("Key of a clock → number of its newest reminder")
    )
    needs_investigation = models.BooleanField(default=False)
    month = models.CharField(
        max_length=7, default="", help_text=_("When it was opened, in China's time")
    )
    verdicts = models.CharField(
        max_length=6, default="", help_text=_("For each indicator: 1 met, 0 failed, - not asked")
    )
    due_at = models.DateTimeField(null=True, db_index=True, help_text=_("The nearest legal limit"))
    sort_at = models.DateTimeField(
        default=NEVER,
        help_text=_("The nearest limit; far away without one, so that an index sorts"),
    )
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    objects = CaseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["site", "state"], name="case_by_site_state"),
            models.Index(
                fields=["merged_into", "site", "sort_at", "opened_at", "id"],
                name="case_on_worklist",
            ),
            models.Index(
                fields=["merged_into", "site", "opened_at", "origin", "month", "verdicts"],
                name="case_by_verdict",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CaseRow(models.Model):
    """Something that was said about a case once and stays said."""

    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True


class CaseVersion(CaseRow):
    """What a case said, from the first word to the last; never overwritten."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    facts = models.JSONField()
    reason = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "version"], name="case_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.case_id} v{self.version}"


class Classification(CaseRow):
    """A class that a person gave, with the reasons and who concluded."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="classifications")
    kind = models.CharField(max_length=11, choices=ClassKind.choices)
    code = models.CharField(max_length=1)
    concluded_by = models.CharField(max_length=1, blank=True)
    detail = models.JSONField(default=dict, help_text=_("Level, damage grade, ground"))
    reason = models.CharField(max_length=2000)

    def __str__(self) -> str:
        return f"{self.kind}: {self.code}"


class Filing(CaseRow):
    """Proof that a duty was done: a national number, or who was told by telephone and when."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="filings")
    proof = models.CharField(max_length=30)
    about = models.CharField(max_length=20, blank=True)
    reference = models.CharField(max_length=200)
    done_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.proof}: {self.reference}"


class CaseComment(CaseRow):
    """A word between site and officers."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="comments")
    text = models.CharField(max_length=2000)

    def __str__(self) -> str:
        return self.text[:40]


class CaseView(CaseRow):
    """Who looked at a person's case or took it away, and why."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="views")
    purpose = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.purpose
