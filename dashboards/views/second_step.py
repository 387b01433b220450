"""The second step of logging in: nobody is logged in between the password and the right code."""

from base64 import b32encode
from datetime import datetime, timedelta

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from alerts.gateways import clock
from alerts.models import User
from alerts.services import second_step
from dashboards.forms import CodeForm
from dashboards.selectors import catalogue, page_config, viewer_of
from dashboards.views.welcome import welcome

WAITING = "second_step"
GOOD_FOR = timedelta(minutes=10)
QR_SCALE = 5


def ask(request: HttpRequest, person: User, wanted: str) -> HttpResponse:
    """Remember whose password was right and ask for the code."""
    request.session.cycle_key()
    request.session[WAITING] = {
        "person": person.pk,
        "since": clock.now().isoformat(),
        "wanted": wanted,
    }
    return redirect("second-step")


@never_cache
def second_step_page(request: HttpRequest) -> HttpResponse:
    """Check the code; at the first time show what the authenticator app scans."""
    person = _waiting_person(request)
    if person is None:
        return redirect("lock")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if second_step.is_right(person, form.cleaned_data["code"]):
            wanted = request.session.pop(WAITING)["wanted"]
            return welcome(request, person, wanted)
        form.add_error(None, _("This code is wrong or was used. Wait for the next one."))
    return render(request, "dashboards/second_step.html", _context(request, person, form))


def _waiting_person(request: HttpRequest) -> User | None:
    waiting = request.session.get(WAITING)
    if waiting is None or clock.now() - datetime.fromisoformat(waiting["since"]) > GOOD_FOR:
        return None
    return User.objects.filter(pk=waiting["person"], is_active=True).first()


def _context(request: HttpRequest, person: User, form: CodeForm) -> dict[str, object]:
    viewer = viewer_of(request)
    app = second_step.app_of(person)
    return {
        "form": form,
        "viewer": viewer,
        "page": "second-step",
        "title": _("Code from your authenticator app"),
        "config": page_config(viewer, None, page="second-step"),
        "catalogue": catalogue(),
        "secret": "" if app.confirmed else b32encode(app.bin_key).decode(),
        "qr": "" if app.confirmed else _qr(app.config_url),
    }


def _qr(text: str) -> str:
    return str(segno.make(text, error="m").svg_data_uri(scale=QR_SCALE, light="#fff"))
