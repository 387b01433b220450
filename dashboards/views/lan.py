"""Phones and tablets of a site: let them trust the server, enrol them, shut out a lost one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import segno
from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from alerts.gateways import clock
from alerts.models import Area, Device, DeviceKind, Role, Site
from alerts.outbox import Origin
from alerts.services import devices as device_service
from dashboards.selectors import Viewer, page_config, viewer_of
from dashboards.views.pages import site_of

FILES = {
    "aefi-watch.crt": "application/x-x509-ca-cert",
    "aefi-watch.pem": "application/x-pem-file",
    "aefi-watch.mobileconfig": "application/x-apple-aspen-config",
}
LEADS = {Role.LEAD, Role.ADMINISTRATOR}
RETIRED_SHOWN_FOR = timedelta(days=1)
QR_SCALE = 6


@dataclass(frozen=True)
class Reach:
    """Where devices find this server, and what they are asked to trust."""

    secure: str
    plain: str
    authority: str
    fingerprint: str


@dataclass(frozen=True)
class Sounding:
    """A device that rings on a call, and in what role its holder works."""

    name: str
    role: str


class NewDeviceForm(forms.Form):
    """A device to be enrolled: what it is called, what it is, where it stands."""

    name = forms.CharField(label=gettext_lazy("Name on the device"), max_length=60)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=DeviceKind.choices)
    area = forms.ModelChoiceField(
        label=gettext_lazy("Area"),
        queryset=Area.objects.none(),
        required=False,
        empty_label=gettext_lazy("Whole site"),
    )

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = site.areas.order_by("name")  # type: ignore[attr-defined]


def reach() -> Reach | None:
    """Return what `aefi lan` left word of; None when something else serves the pages."""
    path = authority_folder() / "reach.json"
    if not settings.SERVED_OVER_TLS or not path.exists():
        return None
    return Reach(**json.loads(path.read_text(encoding="utf-8")))


def authority_folder() -> Path:
    """Return where the authority's public files are kept."""
    return Path(settings.VAR_DIR) / "ca"


def secure_origin(request: HttpRequest, reached: Reach) -> str:
    """Return the https address of this server under the name the device asked for."""
    host, _port = split_domain_port(request.get_host())
    if is_loopback(host):
        return reached.secure
    return f"https://{host}:{urlsplit(reached.secure).port}"


def is_loopback(host: str) -> bool:
    """Say whether `host` means the machine itself, which no phone can reach."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


@require_safe
@never_cache
def trust(request: HttpRequest) -> HttpResponse:
    """Show how this device comes to trust the server, and check whether it does.

    Also served without TLS, to anybody on the hotspot: then it names no device and no person.
    """
    language = request.GET.get("lang", "")
    if language not in dict(settings.LANGUAGES):
        language = translation.get_language() or settings.LANGUAGE_CODE
    with translation.override(language):
        response = _trust_page(request)
    response["Content-Language"] = language
    return response


def _trust_page(request: HttpRequest) -> HttpResponse:
    reached = reach()
    viewer = viewer_of(request) if request.is_secure() else Viewer(None, None)
    site = site_at_hand(viewer)
    origin = secure_origin(request, reached) if reached else ""
    context = {
        "reach": reached,
        "origin": origin,
        "is_plain": not request.is_secure(),
        "viewer": viewer,
        "site": site,
        "sounding": sounding_devices(site, now=clock.now()) if site else [],
        "page": "trust",
        "title": _("Trust this server"),
        "config": page_config(viewer, site, page="trust", origin=origin),
        "catalogue": {},
    }
    response = render(request, "dashboards/lan/trust.html", context)
    # Over plain HTTP the secure address is not the page's own; the policy must let it be tried.
    sources = {"connect-src": [origin], "img-src": [origin]} if origin else {}
    csp_update(sources)(lambda _request: response)(request)
    return response


def site_at_hand(viewer: Viewer) -> Site | None:
    """Return the device's site, or the person's when there is only one."""
    sites = [viewer.device.site] if viewer.device else viewer.sites
    return sites[0] if len(sites) == 1 else None


def sounding_devices(site: Site, *, now: datetime) -> list[Sounding]:
    """Return the devices of the site that were heard from just now and have their sound on."""
    rows = Device.objects.live(now).filter(site=site).exclude(sound_armed_at=None)
    return [
        Sounding(device.name, role_of(device))
        for device in rows.select_related("holder").order_by("name", "pk")
    ]


def role_of(device: Device) -> str:
    """Return the holder's role in words; of a device in nobody's hands, its kind."""
    roles = Viewer(device.holder, None).roles_at(device.site)
    return str(Role(roles[0]).label) if roles else device.get_kind_display()


@require_safe
def authority_file(request: HttpRequest, name: str) -> HttpResponse:
    """Hand out the authority's certificate in one of the forms that devices install."""
    path = authority_folder() / name
    if name not in FILES or not path.exists():
        raise Http404
    response = HttpResponse(path.read_bytes(), content_type=FILES[name])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def for_leads(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Open a page of a site to its leads and administrators only."""

    @wraps(view)
    def guarded(request: HttpRequest, site: UUID, **keys: Any) -> HttpResponse:
        viewer = viewer_of(request)
        if viewer.user is None:
            return redirect_to_login(request.get_full_path(), "lock")
        place = site_of(viewer, site)
        if not LEADS & set(viewer.roles_at(place)):
            return render(request, "dashboards/not_allowed.html", {"site": place}, status=403)
        return view(request, viewer, place, **keys)

    return never_cache(guarded)


@for_leads
def devices(request: HttpRequest, viewer: Viewer, site: Site) -> HttpResponse:
    """List the site's devices; add one and show the code by which it enrols itself."""
    form = NewDeviceForm(site, request.POST or None)
    added = None
    if request.method == "POST" and form.is_valid():
        origin = Origin(actor=viewer.user, device=viewer.device)
        device, code = device_service.add_device(
            site=site, origin=origin, now=clock.now(), **form.cleaned_data
        )
        added = enrolment(request, device, code)
        form = NewDeviceForm(site)
    return render(request, "dashboards/lan/devices.html", page_of(viewer, site, form, added))


def enrolment(request: HttpRequest, device: Device, code: str) -> dict[str, Any]:
    """Return what the device scans: first the trust page, then its own code, shown this once.

    The code is drawn into this answer and kept nowhere, as the database holds its digest only.
    """
    reached = reach()
    origin = secure_origin(request, reached) if reached else request.build_absolute_uri("/")[:-1]
    address = origin + reverse("enrol", args=[code])
    plain = f"{reached.plain}/" if reached else ""
    return {
        "device": device,
        "address": address,
        "qr": qr(address),
        "plain": plain,
        "plain_qr": qr(plain) if plain else "",
        "minutes": device_service.ENROLMENT_PERIOD // timedelta(minutes=1),
    }


def qr(text: str) -> str:
    """Return a QR code as the source of an image."""
    return str(segno.make(text, error="m").svg_data_uri(scale=QR_SCALE, light="#fff"))


def page_of(
    viewer: Viewer, site: Site, form: NewDeviceForm, added: dict[str, Any] | None
) -> dict[str, Any]:
    """Return what the page of devices shows."""
    now = clock.now()
    rows = Device.objects.filter(site=site).select_related("holder", "area", "site")
    in_use = rows.in_use().order_by("name", "pk")
    live = set(rows.live(now).values_list("pk", flat=True))
    return {
        "viewer": viewer,
        "site": site,
        "page": "devices",
        "title": _("Devices"),
        "config": page_config(viewer, site, page="devices"),
        "catalogue": {},
        "form": form,
        "added": added,
        "reach": reach(),
        "rows": [(device, device.pk in live, role_of(device)) for device in in_use],
        "retired": rows.filter(retired_at__gte=now - RETIRED_SHOWN_FOR).order_by("-retired_at"),
    }


@require_POST
@for_leads
def retire(request: HttpRequest, viewer: Viewer, site: Site, device: UUID) -> HttpResponse:
    """Shut out a lost device at once."""
    row = Device.objects.in_use().filter(site=site, uuid=device).first()
    if row is None:
        raise Http404
    origin = Origin(actor=viewer.user, device=viewer.device)
    device_service.retire(device=row, origin=origin, now=clock.now())
    return redirect("devices", site=site.uuid)
