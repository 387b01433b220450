"""Who: accounts, roles at a site or in a region, devices in people's hands, machines' tokens."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models.places import Area, Site
from alerts.rules.reachability import UNSEEN_LIMIT


class Role(models.TextChoices):
    OBSERVER = "observer", _("Observer")
    VACCINATOR = "vaccinator", _("Vaccinator")
    CLINICIAN = "clinician", _("Clinician")
    LEAD = "lead", _("Session lead")
    OFFICER = "officer", _("Disease control officer")
    ADMINISTRATOR = "administrator", _("Administrator")


class Specialty(models.TextChoices):
    EMERGENCY = "emergency", _("Emergency medicine")
    PAEDIATRICS = "paediatrics", _("Paediatrics")
    ANAESTHESIA = "anaesthesia", _("Anaesthesia")
    PSYCHOLOGY = "psychology", _("Psychology")
    NURSING = "nursing", _("Nursing")


class User(AbstractUser):
    """A person with an account; the badge and the PIN switch persons on a shared tablet."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    display_name = models.CharField(max_length=60, blank=True)
    badge_digest = models.CharField(max_length=64, blank=True, db_index=True)
    pin_hash = models.CharField(max_length=128, blank=True)
    contact_urls = models.JSONField(
        default=list, blank=True, help_text=_("Apprise addresses of this person")
    )

    def __str__(self) -> str:
        return self.display_name or self.username

    def set_pin(self, pin: str) -> None:
        """Keep the PIN as a hash; it is good on enrolled devices only."""
        self.pin_hash = make_password(pin)
        self.save(update_fields=["pin_hash"])

    def has_role(self, site: Site, roles: Iterable[str]) -> bool:
        """Say whether the person holds one of `roles` at `site` or in a region that contains it."""
        held = self.memberships.filter(ended_at=None, role__in=list(roles))
        return any(m.covers(site) for m in held)


class Membership(models.Model):
    """One role of one person, at a site or (officers) in every site of a region."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    region = models.CharField(
        max_length=6, blank=True, help_text=_("First digits of the county codes covered")
    )
    role = models.CharField(max_length=14, choices=Role.choices)
    specialty = models.CharField(max_length=12, choices=Specialty.choices, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(site__isnull=False, region="") | (Q(site__isnull=True) & ~Q(region="")),
                name="membership_of_site_or_region",
            ),
            models.UniqueConstraint(
                fields=["user", "site", "region", "role", "specialty"], name="membership_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role}"

    def covers(self, site: Site) -> bool:
        """Say whether this membership reaches `site`."""
        return self.site_id == site.pk or bool(
            self.region and site.county_code.startswith(self.region)
        )


class DeviceKind(models.TextChoices):
    TABLET = "tablet", _("Shared tablet")
    PHONE = "phone", _("Phone")
    STATION = "station", _("Vaccination station")
    DISPLAY = "display", _("Hall display")


class DeviceQuerySet(models.QuerySet["Device"]):
    def in_use(self) -> Self:
        return self.filter(retired_at=None)

    def live(self, now: datetime) -> Self:
        """Return the devices heard from within the last ten seconds."""
        return self.in_use().filter(last_seen_at__gte=now - UNSEEN_LIMIT)


class Device(models.Model):
    """An enrolled tablet, phone or screen; its secret is kept as a digest only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="devices")
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, blank=True, related_name="devices"
    )
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=8, choices=DeviceKind.choices, default=DeviceKind.TABLET)
    secret_digest = models.CharField(max_length=64, blank=True, db_index=True)
    enrolment_digest = models.CharField(max_length=64, blank=True, db_index=True)
    enrolment_ends_at = models.DateTimeField(null=True, blank=True)
    enrolled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="devices_enrolled"
    )
    enrolled_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    holder = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="devices_held"
    )
    last_seen_at = models.DateTimeField(null=True, blank=True)
    last_seq = models.BigIntegerField(default=0)
    sound_armed_at = models.DateTimeField(null=True, blank=True)
    clock_offset_ms = models.BigIntegerField(null=True, blank=True)
    is_trusted = models.BooleanField(
        null=True, help_text=_("Whether the device trusts the site's certificate")
    )
    objects = DeviceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def corrected(self, device_at: datetime) -> datetime | None:
        """Return `device_at` on the server's clock; None while this device's offset is unknown."""
        if self.clock_offset_ms is None:
            return None
        try:
            return device_at + timedelta(milliseconds=self.clock_offset_ms)
        except OverflowError:
            return None


class AccessToken(models.Model):
    """A machine's key to the API: bound to a user, sites and scopes; only its digest is stored."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_tokens")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    sites = models.ManyToManyField(
        Site, blank=True, help_text=_("None means every site of the user")
    )
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
