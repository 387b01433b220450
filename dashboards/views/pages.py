"""The pages of the hall: each is a shell that its script fills from the board and keeps live."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from alerts.gateways import clock
from alerts.models import Alert, Role, Site
from dashboards import selectors
from dashboards.selectors import FLOOR_ROLES, Viewer, catalogue, page_config, viewer_of

ANY_DEVICE = ()
"""These pages open on an enrolled device with nobody logged in."""

SCAN_PAGES = frozenset({"board", "check_in"})
SCANNING = {"script-src": ["'self'", "'wasm-unsafe-eval'"]}
"""Only pages that read codes with the camera may compile WebAssembly."""

Page = Callable[..., HttpResponse]


def site_page(page: str, *, title: Any, roles: Iterable[str] = FLOOR_ROLES) -> Page:
    """Return the view of one page of a site, for persons with one of `roles` there.

    Without roles the page also opens for an enrolled device. Another site's page is not found.
    """

    @require_safe
    @never_cache
    def view(request: HttpRequest, site: UUID, **keys: Any) -> HttpResponse:
        viewer = viewer_of(request)
        if viewer.user is None and (roles or viewer.device is None):
            return redirect_to_login(request.get_full_path(), "lock")
        place = site_of(viewer, site)
        if roles and not set(roles) & set(viewer.roles_at(place)):
            return render(request, "dashboards/not_allowed.html", {"site": place}, status=403)
        refuse_elsewhere(place, keys.get("alert"))
        config = page_config(viewer, place, page=page, **{k: str(v) for k, v in keys.items()})
        context = {"site": place, "viewer": viewer, "title": title, "page": page}
        context |= {"config": config, "catalogue": catalogue(), "keys": keys}
        return render(request, "dashboards/app.html", context)

    scanning: Page = csp_update(SCANNING)(view)  # type: ignore[arg-type, assignment]
    return scanning if page in SCAN_PAGES else view


def site_of(viewer: Viewer, key: UUID) -> Site:
    """Return the viewer's site with this key; not found otherwise."""
    for site in viewer.sites:
        if site.uuid == key:
            return site
    raise Http404


def refuse_elsewhere(site: Site, alert: UUID | None) -> None:
    """Find no call of another site; one that nobody knows may still be on its way from a tablet."""
    if alert is not None and Alert.objects.filter(uuid=alert).exclude(site=site).exists():
        raise Http404


board = site_page("board", title=_("Board"), roles=ANY_DEVICE)
check_in = site_page("check_in", title=_("Check-in"))
station = site_page("station", title=_("Vaccination station"))
hall = site_page("hall", title=_("Hall display"), roles=ANY_DEVICE)
lead = site_page("lead", title=_("Session"), roles=(Role.LEAD, Role.ADMINISTRATOR))
muster = site_page("muster", title=_("Muster list"), roles=ANY_DEVICE)
paper = site_page("paper", title=_("Key in a floor sheet"))
alarms = site_page("alarm", title=_("Alarm"), roles=ANY_DEVICE)
run_sheet = site_page("run_sheet", title=_("Run sheet"))


@require_safe
@never_cache
def alarm(request: HttpRequest, alert: UUID) -> HttpResponse:
    """Show one call as a page takes it to the physician's phone."""
    viewer = viewer_of(request)
    if viewer.user is None and viewer.device is None:
        return redirect_to_login(request.get_full_path(), "lock")
    call = Alert.objects.filter(uuid=alert, site__in=viewer.sites).select_related("site").first()
    if call is None:
        raise Http404
    return alarms(request, site=call.site.uuid, alert=alert)


@require_safe
@never_cache
def floor_sheet(request: HttpRequest, site: UUID) -> HttpResponse:
    """Print everyone under observation; it needs no script."""
    viewer = viewer_of(request)
    if viewer.user is None:
        return redirect_to_login(request.get_full_path(), "lock")
    place = site_of(viewer, site)
    if not set(FLOOR_ROLES) & set(viewer.roles_at(place)):
        return render(request, "dashboards/not_allowed.html", {"site": place}, status=403)
    config = page_config(viewer, place, page="floor_sheet")
    context = {"site": place, "viewer": viewer, "config": config, "title": _("Floor sheet")}
    context |= {"rows": selectors.floor_sheet(place), "now": clock.now(), "page": "floor_sheet"}
    return render(request, "dashboards/floor_sheet.html", context)
