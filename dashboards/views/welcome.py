"""What happens once it is certain who logs in: the session, the shared tablet, the first page."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from alerts.gateways import clock
from alerts.models import Site, User
from alerts.outbox import Origin
from alerts.services import devices
from dashboards.selectors import viewer_of


def welcome(request: HttpRequest, person: User, wanted: str) -> HttpResponse:
    """Log the person in, hand them the tablet, and go where they wanted to."""
    login(request, person, backend="django.contrib.auth.backends.ModelBackend")
    device = viewer_of(request).device
    if device is not None and Site.objects.visible_to(person).filter(pk=device.site_id).exists():
        origin = Origin(actor=person, device=device)
        devices.hand_to(device=device, person=person, origin=origin, now=clock.now())
        request.session[devices.LOGIN_DEVICE] = device.pk  # ends when the device is retired
    if wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        return redirect(wanted)
    return redirect("home")
