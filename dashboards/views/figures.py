"""How well the calls are carried, for leads and administrators: words first, then the numbers."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alerts.gateways import clock
from alerts.hub import hub
from alerts.models import PageChannel, Site
from alerts.services import figures as readings
from alerts.services.heartbeats import Pulse
from alerts.services.invariants import LATE_AFTER, SILENT_AFTER_MS
from dashboards.selectors import Viewer, catalogue, page_config
from dashboards.views.lan import for_leads


@dataclass(frozen=True)
class Sign:
    """One thing that is as it must be, or not."""

    name: str
    value: str
    is_well: bool


@require_safe
@for_leads
def figures(request: HttpRequest, viewer: Viewer, site: Site) -> HttpResponse:
    """Show the figures of the site's last day, and those of the house."""
    now = clock.now()
    here = Site.objects.filter(pk=site.pk)
    house = readings.house(now=now)
    labels = dict(PageChannel.choices)
    context = {
        "viewer": viewer,
        "site": site,
        "page": "figures",
        "title": _("Figures"),
        "config": page_config(viewer, site, page="figures"),
        "catalogue": catalogue(),
        "now": now,
        "calls": readings.calls(here, now=now)[0],
        "channels": [(labels[one.channel], one) for one in readings.channels(here, now=now)],
        "lateness": house.timer_lateness,
        "signs": list(signs(house)),
    }
    return render(request, "dashboards/figures.html", context)


def signs(house: readings.HouseFigures) -> Iterator[Sign]:
    """Yield what must hold, with its present value."""
    late = LATE_AFTER.total_seconds()
    yield pulse_sign(_("Pager"), house.pager)
    yield pulse_sign(_("Watchdog"), house.watchdog)
    yield age_sign(_("Oldest page waiting"), house.oldest_page_seconds, late)
    yield age_sign(_("Oldest timer waiting"), house.oldest_timer_seconds, late)
    quarantined = house.quarantined
    yield Sign(_("Timers set aside"), str(quarantined), is_well=quarantined == 0)
    yield Sign(_("Screens connected here"), str(hub.sockets), is_well=True)


def pulse_sign(name: str, pulse: Pulse | None) -> Sign:
    """Say when a process was last heard from."""
    if pulse is None:
        return Sign(name, _("never heard from"), is_well=False)
    words = _("heard {seconds} s ago").format(seconds=f"{pulse.age_ms / 1000:.1f}")
    return Sign(name, words, is_well=pulse.age_ms <= SILENT_AFTER_MS)


def age_sign(name: str, seconds: float, limit: float) -> Sign:
    """Say for how long something waits."""
    return Sign(name, f"{seconds:.1f} s", is_well=seconds <= limit)
