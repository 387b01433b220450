"""Reads across the apps for the pages."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JavaScriptCatalog

from aefi.services import worklist
from alerts.gateways import clock
from alerts.models import Alert, Device, Role, Site, User
from alerts.permissions.authentication import DEVICE_COOKIE, device_named
from observation import gateways
from observation.models import Observation, Recipient
from observation.rules.persons import masked
from observation.services import persons

FLOOR_ROLES = (Role.OBSERVER, Role.VACCINATOR, Role.CLINICIAN, Role.LEAD, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Viewer:
    """Who looks at a page, and on which enrolled device."""

    user: User | None
    device: Device | None

    @property
    def sites(self) -> list[Site]:
        """The sites this viewer may open, by name: the person's, and that of the device."""
        here = Q(pk=self.device.site_id) if self.device else Q(pk__in=())
        theirs = Site.objects.visible_to(self.user) if self.user else Site.objects.none()
        return list(Site.objects.filter(here | Q(pk__in=theirs.values("pk"))).order_by("name"))

    @property
    def is_officer(self) -> bool:
        """Say whether this person oversees a site or a region."""
        if self.user is None:
            return False
        return self.user.memberships.filter(ended_at=None, role=Role.OFFICER).exists()

    @property
    def writes_cases(self) -> bool:
        """Say whether this person works on cases of any site."""
        return self.user is not None and worklist.sites_of(self.user).exists()

    def roles_at(self, site: Site) -> list[str]:
        """Return the roles of the person at `site`, in the order of the list of roles."""
        if self.user is None:
            return []
        held = self.user.memberships.filter(ended_at=None)
        found = {m.role for m in held if m.covers(site)}
        return [role for role in Role.values if role in found]


def viewer_of(request: HttpRequest) -> Viewer:
    """Return who is behind the request."""
    user = request.user if isinstance(request.user, User) else None
    return Viewer(user, device_named(request.COOKIES.get(DEVICE_COOKIE, "")))


def page_context(request: HttpRequest) -> dict[str, object]:
    """Return what every template may use."""
    return {"is_demo": settings.IS_DEMO, "language": translation.get_language()}


def page_config(viewer: Viewer, site: Site | None, **more: Any) -> dict[str, Any]:
    """Return what the page's scripts need to know, as one JSON document."""
    return {
        "site": str(site.uuid) if site else None,
        "site_name": site_name(site) if site else "",
        "timezone": site.timezone if site else settings.TIME_ZONE,
        "hotline": site.hotline if site else "",
        "user": str(viewer.user.uuid) if viewer.user else None,
        "user_name": str(viewer.user) if viewer.user else "",
        "device": str(viewer.device.uuid) if viewer.device else None,
        "device_name": str(viewer.device) if viewer.device else "",
        "roles": viewer.roles_at(site) if site else [],
        "language": translation.get_language(),
        "rate": clock.rate(),
        "server_time": clock.now().isoformat(),
        "is_demo": settings.IS_DEMO,
        **more,
    }


def site_name(site: Site) -> str:
    """Return the site's name in the reader's language."""
    is_chinese = (translation.get_language() or "").startswith("zh")
    return site.name if is_chinese or not site.name_en else site.name_en


def catalogue() -> dict[str, str]:
    """Return the texts of the scripts in the reader's language: English text or code → words."""
    view = JavaScriptCatalog()
    language = translation.get_language() or settings.LANGUAGE_CODE
    view.translation = DjangoTranslation(language, domain="djangojs")
    return {str(text): str(words) for text, words in view.get_catalog().items()}


def running_alerts(site: Site) -> list[Alert]:
    """Return the calls of the site that have not ended, the oldest first."""
    rows = Alert.objects.running().filter(site=site).select_related("seat", "bay", "area")
    return list(rows.order_by("raised_at"))


@dataclass(frozen=True)
class FloorSheetRow:
    """One line of the printed floor sheet."""

    seat: str
    ticket: int
    name: str
    lots: str
    due_at: datetime
    remarks: str


def floor_sheet(site: Site) -> list[FloorSheetRow]:
    """Return everyone under observation at the site, by bay and seat."""
    rows = Observation.objects.open().filter(site=site)
    rows = rows.select_related("seat", "bay", "recipient").prefetch_related("doses__lot")
    in_order = rows.order_by("bay__code", "seat__row", "seat__column", "ticket")
    return [_sheet_row(row) for row in in_order]


def _sheet_row(row: Observation) -> FloorSheetRow:
    lots = {str(dose.lot or dose.lot_as_written) for dose in row.doses.all()}
    remarks = [_("watched closely")] if row.watched_closely_since else []
    return FloorSheetRow(
        seat=str(row.seat) if row.seat else "",
        ticket=row.ticket,
        name=str(row.recipient),
        lots=", ".join(sorted(lots)),
        due_at=row.due_at,
        remarks=", ".join([*remarks, *row.flags]),
    )


@dataclass(frozen=True)
class PersonRow:
    """One record of a person, as whoever compares two of them needs it."""

    key: str
    name: str
    born_on: date | None
    document: str
    group_name: str
    tickets: str


def persons_found(site: Site, words: str) -> list[PersonRow]:
    """Return the persons of the site that match; without words, those who may be there twice."""
    found = persons.search([site.pk], words) if words else _doubles(site)
    tickets = persons.tickets_of(found)
    return [
        PersonRow(
            key=str(row.uuid),
            name=row.name,
            born_on=row.born_on,
            document=masked(gateways.opened(row.document_cipher)),
            group_name=row.group_name,
            tickets=" ".join(f"#{ticket}" for ticket in tickets[row.pk]),
        )
        for row in found
    ]


def _doubles(site: Site, limit: int = 50) -> list[Recipient]:
    here = Recipient.objects.current().filter(site=site).exclude(name="")
    same = here.exclude(born_on=None).values("name", "born_on").annotate(n=Count("pk"))
    match = Q(pk__in=())
    for pair in same.filter(n__gt=1).order_by("name", "born_on")[:limit]:
        match |= Q(name=pair["name"], born_on=pair["born_on"])
    return list(here.filter(match).order_by("name", "born_on", "pk"))
