"""Screening runs, the signals that each found, and what officers decided about them."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from alerts.models import Session, Site, User
from observation.models import Lot

LEASE = timedelta(minutes=10)
"""A running run that has said nothing for so long is taken up again: its worker is dead."""
MOST_ATTEMPTS = 3


class RunState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Finished")
    FAILED = "failed", _("Failed")


class ScreeningRunQuerySet(models.QuerySet["ScreeningRun"]):
    def unfinished(self) -> Self:
        return self.filter(state__in=[RunState.QUEUED, RunState.RUNNING])

    def waiting(self, now: datetime) -> Self:
        """Return what a worker may take: the queued, and those whose worker fell silent."""
        is_silent = Q(state=RunState.RUNNING, seen_at__lt=now - LEASE)
        return self.filter(Q(state=RunState.QUEUED) | is_silent)

    def of_scope(self, region: str, site: Site | None) -> Self:
        return self.filter(region=region, site=site)


class ScreeningRun(models.Model):
    """One screening of the doses and reactions of a site or of a region's sites."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, related_name="screening_runs"
    )
    region = models.CharField(
        max_length=6, blank=True, help_text=_("First digits of the county codes covered")
    )
    night_of = models.DateField(null=True, help_text=_("Day of a nightly run; none when asked for"))
    state = models.CharField(max_length=7, choices=RunState.choices, default=RunState.QUEUED)
    stage = models.CharField(max_length=80, blank=True)
    progress = models.FloatField(default=0.0, help_text=_("Share of the work that is done"))
    attempts = models.PositiveSmallIntegerField(default=0)
    plan = models.JSONField(default=dict, help_text=_("What was asked, as it was asked"))
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True, help_text=_("Last sign of its worker"))
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict, help_text=_("Sites, doses, reports, lots"))
    set_aside = models.JSONField(default=dict, help_text=_("Reason → number of rows left out"))
    summary = models.JSONField(default=dict, help_text=_("State of the data, families tested"))
    charts = models.JSONField(default=dict, help_text=_("Name → SVG and its numbers"))
    error = models.CharField(max_length=400, blank=True)
    objects = ScreeningRunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(site__isnull=False, region="") | (Q(site__isnull=True) & ~Q(region="")),
                name="screening_run_of_site_or_region",
            ),
            models.UniqueConstraint(
                fields=["region", "night_of"],
                condition=Q(site__isnull=True, night_of__isnull=False),
                name="screening_run_once_a_night_and_region",
            ),
            models.UniqueConstraint(
                fields=["site", "night_of"],
                condition=Q(site__isnull=False, night_of__isnull=False),
                name="screening_run_once_a_night_and_site",
            ),
            models.CheckConstraint(
                condition=Q(progress__gte=0, progress__lte=1), name="screening_progress_is_a_share"
            ),
        ]
        indexes = [models.Index(fields=["state", "seen_at"], name="screening_run_by_state")]

    def __str__(self) -> str:
        return f"{self.site or self.region} {self.requested_at:%Y-%m-%d %H:%M}"

    @property
    def sites(self) -> models.QuerySet[Site]:
        """The sites whose doses and reactions are screened."""
        if self.site_id:
            return Site.objects.filter(pk=self.site_id)
        return Site.objects.filter(county_code__startswith=self.region)

    def claim(self, *, now: datetime) -> bool:
        """Take the run for one worker; false when another took it first.

        `attempts` goes up with each claim: a worker given up for dead that wakes finds it changed.
        """
        mine = ScreeningRun.objects.waiting(now).filter(pk=self.pk, attempts=self.attempts)
        taken = mine.update(
            state=RunState.RUNNING, attempts=F("attempts") + 1, started_at=now, seen_at=now
        )
        self.refresh_from_db(fields=["state", "attempts", "started_at", "seen_at"])
        return taken == 1

    def is_mine(self) -> models.QuerySet["ScreeningRun"]:
        """Return this run as long as nobody else has taken it up since the claim."""
        rows = ScreeningRun.objects.filter(pk=self.pk, attempts=self.attempts)
        return rows.filter(state=RunState.RUNNING)


class SignalQuerySet(models.QuerySet["Signal"]):
    def ranked(self) -> Self:
        return self.select_related("lot__vaccine", "site", "session").order_by("rank")


class Signal(models.Model):
    """A statistical finding of one run; nobody has said that a vaccine caused it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(ScreeningRun, on_delete=models.PROTECT, related_name="signals")
    rank = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=80, help_text=_("Family of cells that was tested"))
    cluster = models.CharField(
        max_length=300, help_text=_("What it is about; the same in every run")
    )
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="signals")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="signals")
    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, null=True, related_name="signals"
    )
    age_group = models.CharField(max_length=20, blank=True)
    reaction = models.CharField(max_length=60, help_text=_("Code of a sign, any or serious"))
    observed = models.PositiveIntegerField()
    expected = models.FloatField()
    crude_expected = models.FloatField()
    statistic = models.FloatField(null=True, help_text=_("Observed over expected; none if endless"))
    lower_bound = models.FloatField(help_text=_("IC025, by which it is ranked"))
    p = models.FloatField()
    q = models.FloatField(help_text=_("p after its family's correction"))
    error_control = models.FloatField(help_text=_("Level that q had to reach"))
    doses = models.FloatField()
    serious = models.PositiveIntegerField(default=0)
    sentence_zh = models.TextField()
    sentence_en = models.TextField()
    evidence = models.JSONField(default=dict, help_text=_("Strata, what if, masking, cases"))
    objects = SignalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "rank"], name="signal_rank_once_per_run")
        ]
        indexes = [models.Index(fields=["cluster"], name="signal_by_cluster")]

    def __str__(self) -> str:
        return f"{self.rank}. {self.cluster}"


class DecisionKind(models.TextChoices):
    DISMISS = "dismiss", _("Dismiss")
    WATCH = "watch", _("Keep watching")
    INVESTIGATE = "investigate", _("Investigate")
    HOLD_LOT = "hold_lot", _("Hold the lot")


class SignalDecision(models.Model):
    """What an officer decided about a signal, and why; never changed, the latest one counts."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=11, choices=DecisionKind.choices)
    reason = models.CharField(max_length=400)
    decided_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="signal_decision_has_a_reason")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.decided_at:%Y-%m-%d}"
