"""Reactions of one session that may belong together, and a person's word on whether they do."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models import Session, Site, User

SHOWN_FOR = timedelta(hours=24)
"""How long a declared group of a closed session stays on the screens; the record stays for ever."""


class GroupRule(models.TextChoices):
    STATUTORY = "statutory", _("Serious and alike at one site")
    BURST = "burst", _("Many within a short time")
    LINE_OF_SIGHT = "line_of_sight", _("Within sight of each other")
    LOT_CONTRAST = "lot_contrast", _("More after one lot than after the others")


class GroupState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    DECLARED = "declared", _("Declared")
    UNDECLARED = "undeclared", _("Not a group")


class GroupEventQuerySet(models.QuerySet["GroupEvent"]):
    def shown(self, now: datetime) -> Self:
        """Return what screens list: the open session's, the unjudged, the declared of a day."""
        is_recent = Q(state=GroupState.DECLARED, declared_at__gt=now - SHOWN_FOR)
        is_open = Q(session__closed_at=None)
        return self.filter(is_open | is_recent | Q(state=GroupState.PROPOSED))


class GroupEvent(models.Model):
    """A group that a rule proposed; it is one once a person has declared it, and never before.

    It says what stands out and what speaks for each explanation. What it was is decided elsewhere.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="group_events")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="group_events")
    rule = models.CharField(max_length=13, choices=GroupRule.choices)
    state = models.CharField(max_length=10, choices=GroupState.choices, default=GroupState.PROPOSED)
    bay = models.CharField(max_length=8, blank=True)
    group_name = models.CharField(max_length=60, blank=True, help_text=_("School class"))
    lot = models.CharField(max_length=200, blank=True, help_text=_("Vaccine and number of the lot"))
    members = models.JSONField(default=list, help_text=_("UUIDs of the reactions"))
    others = models.JSONField(
        default=list, help_text=_("UUIDs of reactions beside them, of people without a dose")
    )
    put_aside = models.JSONField(
        default=list, help_text=_("UUIDs of reactions that a person said are no group")
    )
    observed = models.PositiveIntegerField()
    expected = models.FloatField(null=True)
    p = models.FloatField(null=True, help_text=_("Chance of as many where the rule tests one"))
    hypotheses = models.JSONField(
        default=list, help_text=_("Four explanations with evidence for and against each")
    )
    proposed_at = models.DateTimeField()
    declared_at = models.DateTimeField(null=True)
    declared_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    undeclared_at = models.DateTimeField(null=True)
    undeclared_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=400, blank=True, help_text=_("Of the last word on it"))
    clock_due_at = models.DateTimeField(
        null=True, help_text=_("When a declared group must have been reported")
    )
    code = models.CharField(
        max_length=20, blank=True, help_text=_("County, year of the first case, running number")
    )
    reminded = models.JSONField(default=dict, help_text=_("The last reminder sent of each clock"))
    version = models.PositiveIntegerField(default=1)
    objects = GroupEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "rule", "bay", "group_name", "lot"],
                condition=Q(state="proposed") & ~Q(rule="statutory"),
                name="group_proposed_once_per_place",
            ),
            models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="group_code_once"),
            models.CheckConstraint(
                condition=~Q(state="declared")
                | (Q(declared_at__isnull=False, declared_by__isnull=False) & ~Q(reason="")),
                name="group_declared_by_a_person_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state="declared") | Q(clock_due_at=None),
                name="group_clock_only_when_declared",
            ),
        ]
        indexes = [models.Index(fields=["site", "state"], name="group_by_site_state")]

    def __str__(self) -> str:
        return f"{self.rule} {self.bay or self.group_name or self.lot}".strip()

    def propose(self, *, now: datetime) -> None:
        """Put the question, for the first time or again after somebody said that it is none."""
        self.state, self.proposed_at = GroupState.PROPOSED, now

    def declare(self, *, by: User, reason: str, at: datetime, due_at: datetime | None) -> None:
        """Make it a group by a person's word; the clock runs from that word."""
        self.state, self.reason = GroupState.DECLARED, reason
        self.declared_at, self.declared_by, self.clock_due_at = at, by, due_at

    def undeclare(self, *, by: User | None, reason: str, at: datetime) -> None:
        """Say that it is no group; by nobody when the reactions themselves were taken back."""
        self.state, self.reason = GroupState.UNDECLARED, reason
        self.undeclared_at, self.undeclared_by, self.clock_due_at = at, by, None
        if by is not None:
            self.put_aside = sorted({*self.put_aside, *self.members})
