"""Where: sites, their areas, the bays of an area and the seats of a bay."""

import uuid
from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SiteKind(models.TextChoices):
    CLINIC = "clinic", _("Clinic")
    TEMPORARY = "temporary", _("Temporary site")
    SCHOOL = "school", _("School")
    MOBILE = "mobile", _("Mobile team")


class AreaKind(models.TextChoices):
    REGISTRATION = "registration", _("Registration")
    VACCINATION = "vaccination", _("Vaccination")
    OBSERVATION = "observation", _("Observation")
    EMERGENCY = "emergency", _("Emergency")


class SeatKind(models.TextChoices):
    CHAIR = "chair", _("Chair")
    RECLINER = "recliner", _("Reclining chair")
    WHEELCHAIR = "wheelchair", _("Wheelchair place")
    MAT = "mat", _("Mat")


class SiteQuerySet(models.QuerySet["Site"]):
    def visible_to(self, user: models.Model) -> Self:
        """Return the sites where `user` has a role, or that lie in one of the user's regions."""
        return self._reached_by(user.memberships.all())  # type: ignore[attr-defined]

    def with_role(self, user: models.Model, roles: Iterable[str]) -> Self:
        """Return the sites where `user` holds one of `roles`, directly or by a region."""
        return self._reached_by(user.memberships.filter(role__in=list(roles)))  # type: ignore[attr-defined]

    def _reached_by(self, memberships: models.QuerySet[Any]) -> Self:
        held = memberships.filter(ended_at=None)
        reached = Q(memberships__in=held)
        for region in held.exclude(region="").values_list("region", flat=True):
            reached |= Q(county_code__startswith=region)
        return self.filter(reached).distinct()


class Site(models.Model):
    """A place where doses are given and recipients are watched."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=12, choices=SiteKind.choices, default=SiteKind.CLINIC)
    timezone = models.CharField(max_length=40, default="Asia/Shanghai")
    county_code = models.CharField(
        max_length=6, blank=True, help_text=_("GB/T 2260 code of the county")
    )
    hotline = models.CharField(max_length=30, blank=True)
    evacuating_since = models.DateTimeField(null=True, blank=True)
    objects = SiteQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Area(models.Model):
    """A part of a site with one purpose; physicians are on duty for an area."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="areas")
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=12, choices=AreaKind.choices, default=AreaKind.OBSERVATION)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="area_name_once_per_site")
        ]

    def __str__(self) -> str:
        return self.name


class Bay(models.Model):
    """A block of seats that one observer can see; `column` and `row` place it on the hall's map."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="bays")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="bays")
    code = models.CharField(max_length=8)
    column = models.PositiveSmallIntegerField(default=0)
    row = models.PositiveSmallIntegerField(default=0)
    swept_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="bay_code_once_per_site")
        ]

    def __str__(self) -> str:
        return self.code


class Seat(models.Model):
    """One place to sit or lie; `column` and `row` place it inside its bay."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="seats")
    bay = models.ForeignKey(Bay, on_delete=models.PROTECT, related_name="seats")
    code = models.CharField(max_length=8)
    kind = models.CharField(max_length=12, choices=SeatKind.choices, default=SeatKind.CHAIR)
    column = models.PositiveSmallIntegerField(default=0)
    row = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="seat_code_once_per_site")
        ]

    def __str__(self) -> str:
        return self.code
