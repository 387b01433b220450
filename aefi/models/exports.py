"""Files of many cases, written in the background and kept for a day."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from aefi.models.cases import CaseRow
from aefi.models.screening import LEASE, RunState

KEPT_FOR = timedelta(hours=24)
"""A file of many cases is fetched at once or asked for again."""


class CaseExportQuerySet(models.QuerySet["CaseExport"]):
    def waiting(self, now: datetime) -> Self:
        """Return what a worker may take: the queued, and those whose worker fell silent."""
        is_silent = Q(state=RunState.RUNNING, seen_at__lt=now - LEASE)
        return self.filter(Q(state=RunState.QUEUED) | is_silent)

    def outlived(self, now: datetime) -> Self:
        """Return those whose file was kept long enough."""
        return self.filter(has_file=True, finished_at__lt=now - KEPT_FOR)


class CaseExport(CaseRow):
    """One workbook of national cards: whose cases, how far it is, why it names persons."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    asked = models.JSONField(default=dict, help_text=_("The worklist's filters"))
    is_identified = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=7, choices=RunState.choices, default=RunState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    seen_at = models.DateTimeField(null=True, help_text=_("Last sign of its worker"))
    finished_at = models.DateTimeField(null=True)
    has_file = models.BooleanField(default=False)
    error = models.CharField(max_length=400, blank=True)
    objects = CaseExportQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "seen_at"], name="case_export_by_state")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.state}"

    @property
    def is_unfinished(self) -> bool:
        return self.state in {RunState.QUEUED, RunState.RUNNING}

    def claim(self, *, now: datetime) -> bool:
        """Take the export for one worker; false when another took it first."""
        mine = CaseExport.objects.waiting(now).filter(pk=self.pk, attempts=self.attempts)
        taken = mine.update(
            state=RunState.RUNNING, attempts=F("attempts") + 1, seen_at=now, done=0, total=None
        )
        self.refresh_from_db()
        return taken == 1

    def is_mine(self) -> models.QuerySet["CaseExport"]:
        """Return this export as long as nobody else has taken it up since the claim."""
        rows = CaseExport.objects.filter(pk=self.pk, attempts=self.attempts)
        return rows.filter(state=RunState.RUNNING)
