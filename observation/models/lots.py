"""Vaccines, their lots, and which lots a site was issued."""

import uuid
from datetime import date
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from alerts.models import Site, User
from observation.rules.lots import normal_number


class Vaccine(models.Model):
    """A vaccine as the national reports name it."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    maker = models.CharField(max_length=80, blank=True)
    is_confirmed = models.BooleanField(
        default=True, help_text=_("False while only an import has named it")
    )

    def __str__(self) -> str:
        return self.name


class LotQuerySet(models.QuerySet["Lot"]):
    def numbered(self, written: str) -> Self:
        """Return the lots whose number reads as `written` once both are normalised."""
        return self.filter(number_key=normal_number(written))


class Lot(models.Model):
    """A vaccine lot; holding it stops planned doses everywhere and never a running watch."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    vaccine = models.ForeignKey(Vaccine, on_delete=models.PROTECT, related_name="lots")
    number = models.CharField(max_length=40)
    number_key = models.CharField(max_length=40, editable=False)
    expires_on = models.DateField()
    held_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    held_reason = models.CharField(max_length=400, blank=True)
    objects = LotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vaccine", "number_key"], name="lot_once_per_vaccine")
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, **options: Any) -> None:
        """Keep the normalised number beside the written one."""
        self.number_key = normal_number(self.number)
        super().save(**options)

    def is_expired(self, on: date) -> bool:
        """Say whether the lot may no longer be used on that day; the printed day is the last."""
        return on > self.expires_on


class LotIssue(models.Model):
    """A lot handed out to a site; only issued lots are planned there."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="issues")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="lot_issues")
    quantity = models.PositiveIntegerField(
        default=0, help_text=_("Doses issued; 0 when not counted")
    )
    issued_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "site"], name="lot_issued_once_per_site")
        ]

    def __str__(self) -> str:
        return f"{self.lot} @ {self.site}"
