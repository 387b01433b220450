"""What a caller may see and do: another site's object is not found, a missing role is refused."""

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from alerts.models import AccessToken, Role, Site, User
from alerts.permissions.authentication import device_of, person_of

FLOOR = (Role.OBSERVER, Role.VACCINATOR, Role.CLINICIAN, Role.LEAD)
STAFF = (*FLOOR, Role.OFFICER, Role.ADMINISTRATOR)
LEADS = (Role.LEAD, Role.ADMINISTRATOR)


Row = TypeVar("Row", bound=Model)


class IsKnown(BasePermission):
    """A person, an enrolled device with nobody logged in, or a machine within its token's scopes.

    A view that takes in other systems' records names its own `write_scopes`.
    """

    message: object = None

    def has_permission(self, request: Request, view: object) -> bool:
        if isinstance(request.auth, AccessToken):
            return self._is_in_scope(request, request.auth, view)
        return request.user.is_authenticated or device_of(request) is not None

    def _is_in_scope(self, request: Request, token: AccessToken, view: object) -> bool:
        if request.method in SAFE_METHODS:
            self.message = _("This token may not read.")
            return "read" in token.scopes
        self.message = _("This token may not write.")
        wanted: Iterable[str] = getattr(view, "write_scopes", ("write",))
        return any(scope in token.scopes for scope in wanted)


def sites_of(request: Request) -> QuerySet[Site]:
    """Return the sites the caller may see: the person's, and the one the device belongs to."""
    device = device_of(request)
    own = Site.objects.filter(pk=device.site_id) if device else Site.objects.none()
    if not isinstance(request.user, User):
        return own
    sites = Site.objects.visible_to(request.user)
    if isinstance(request.auth, AccessToken) and request.auth.sites.exists():
        return sites.filter(pk__in=request.auth.sites.values("pk"))
    if device is None:
        return sites
    return Site.objects.filter(Q(pk__in=sites.values("pk")) | Q(pk=device.site_id))


def site_for(request: Request, uuid: UUID | str, *, roles: Iterable[str] = STAFF) -> Site:
    """Return the site; not found outside the caller's sites, refused without one of `roles`.

    A device with nobody logged in passes only where `roles` is empty: calling and answering.
    """
    site = sites_of(request).filter(uuid=uuid).first()
    if site is None:
        raise Http404
    require_role(request, site, roles)
    return site


def require_role(request: Request, site: Site, roles: Iterable[str]) -> None:
    """Refuse the caller who holds none of `roles` at `site`; no roles means anybody known."""
    wanted = list(roles)
    if not wanted:
        return
    person = request.user if isinstance(request.user, User) else None
    if person is None:
        raise PermissionDenied(_("Log in first: tap your badge or enter your PIN."))
    if not person.has_role(site, wanted):
        raise PermissionDenied(_("Your role at this site does not allow this."))


def scoped(request: Request, rows: QuerySet[Row], **lookup: object) -> Row:
    """Return the one row of the caller's sites that matches; not found otherwise."""
    row = rows.filter(site__in=sites_of(request)).filter(**lookup).first()
    if row is None:
        raise Http404
    return row


__all__ = [
    "FLOOR",
    "LEADS",
    "STAFF",
    "IsKnown",
    "person_of",
    "require_role",
    "scoped",
    "site_for",
    "sites_of",
]
