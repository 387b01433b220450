"""The way in: the lock screen, which also calls for help, and the page that enrols a device."""

from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from alerts.gateways import clock
from alerts.models import DeviceKind, Role, Site, User
from alerts.outbox import Origin
from alerts.permissions.authentication import device_named
from alerts.services import devices
from alerts.services import second_step as second_step_service
from dashboards.forms import LoginForm
from dashboards.selectors import Viewer, catalogue, page_config, running_alerts, viewer_of
from dashboards.views import second_step
from dashboards.views.welcome import welcome


@never_cache
def lock(request: HttpRequest) -> HttpResponse:
    """Log a person in by password; HELP and answering work here whatever the log-in state."""
    form = LoginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = authenticate(request, **form.credentials)
        if isinstance(person, User):
            return _first_step_done(request, person)
        form.add_error(
            None, _("Name or password is wrong, or locked for 15 minutes. HELP still works.")
        )
    viewer = viewer_of(request)
    site = viewer.device.site if viewer.device else None
    context = {
        "form": form,
        "viewer": viewer,
        "site": site,
        "page": "lock",
        "title": _("Locked"),
        "alerts": running_alerts(site) if site else [],
        "config": page_config(viewer, site, page="lock"),
        "catalogue": catalogue(),
        "next": request.GET.get("next", ""),
    }
    return render(request, "dashboards/lock.html", context)


def _first_step_done(request: HttpRequest, person: User) -> HttpResponse:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if second_step_service.is_needed(person):
        return second_step.ask(request, person, wanted)
    return welcome(request, person, wanted)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Lock the screen."""
    viewer = viewer_of(request)
    if viewer.device is not None:
        origin = Origin(actor=viewer.user, device=viewer.device)
        devices.hand_to(device=viewer.device, person=None, origin=origin, now=clock.now())
    logout(request)
    return redirect("lock")


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Send everyone to the page they work on; with several sites, let them choose."""
    viewer = viewer_of(request)
    sites = viewer.sites
    if not sites:
        return (
            redirect("lock") if viewer.user is None else render(request, "dashboards/no_site.html")
        )
    if len(sites) == 1:
        return redirect(_first_page(viewer, sites[0]), site=sites[0].uuid)
    rows = [(site, _first_page(viewer, site)) for site in sites]
    return render(
        request, "dashboards/sites.html", {"rows": rows, "title": _("Sites"), "viewer": viewer}
    )


def _first_page(viewer: Viewer, site: Site) -> str:
    """Return the name of the page that fits the person's role, or the device's kind."""
    if viewer.user is None:
        is_display = viewer.device is not None and viewer.device.kind == DeviceKind.DISPLAY
        return "hall" if is_display else "board"
    pages = {
        Role.CLINICIAN: "alarms",
        Role.VACCINATOR: "station",
        Role.LEAD: "lead",
        Role.ADMINISTRATOR: "lead",
    }
    roles = viewer.roles_at(site)
    return pages.get(Role(roles[0]), "board") if roles else "board"


@require_safe
@never_cache
def enrol(request: HttpRequest, code: str) -> HttpResponse:
    """Offer to make this browser a device of the site; the button does it."""
    viewer = Viewer(None, device_named(request.COOKIES.get("aefi_device", "")))
    context = {
        "code": code,
        "viewer": viewer,
        "title": _("Enrol this device"),
        "page": "enrol",
        "config": page_config(viewer, None, page="enrol", code=code),
        "catalogue": catalogue(),
    }
    return render(request, "dashboards/enrol.html", context)
