"""The guardian's page by one code per family, and the slip with that code for staff to show or print.

The address is the key: who has it sees this family and nobody else, without an account or a cookie.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from aefi.models import GuardianAnswer, GuardianLink
from aefi.rules import guardian as rules
from aefi.rules import guardian_texts as texts
from aefi.services import guardian
from alerts.gateways import clock
from alerts.models import AlertState, Site
from alerts.services.refusals import Refusal
from dashboards.guardian_forms import AnswerForm
from dashboards.selectors import FLOOR_ROLES, Viewer, catalogue, page_config, site_name, viewer_of
from dashboards.views.lan import qr, reach, secure_origin
from dashboards.views.pages import site_of
from observation.models import Observation

MISSES = 100
MISSES_FOR = 600
"""Wrong codes from one address, and seconds, after which it gets no further answer.

A right code always opens: a whole hall may stand behind one address.
"""
CALL_STATES = {
    AlertState.ACKNOWLEDGED: "coming",
    AlertState.ON_SCENE: "here",
}
View = Callable[..., HttpResponse]


def for_family(view: View) -> View:
    """Open a page to whoever has the code; not found otherwise, and kept out of every index."""

    @never_cache
    def guarded(request: HttpRequest, secret: str) -> HttpResponse:
        link = guardian.link_named(secret, now=clock.now())
        response = _missed(request) if link is None else _shown_in_zone(view, request, link)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return guarded


def _shown_in_zone(view: View, request: HttpRequest, link: GuardianLink) -> HttpResponse:
    with timezone.override(ZoneInfo(link.site.timezone)):
        return view(request, link)


def _missed(request: HttpRequest) -> HttpResponse:
    """Answer a code that opens nothing; after too many from one address, not even look helpful."""
    key = f"guardian-misses:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, MISSES_FOR)
    status = 429 if cache.incr(key) > MISSES else 404
    context = {"title": _("This code opens nothing any more"), "page": "guardian"}
    return render(request, "dashboards/guardian/gone.html", context, status=status)


@require_safe
@for_family
def family(request: HttpRequest, link: GuardianLink) -> HttpResponse:
    """Show the countdowns, what to watch for, the button that calls staff, and the question of the day."""
    return _page(request, link)


@require_safe
@for_family
def state(request: HttpRequest, link: GuardianLink) -> HttpResponse:
    """Return the server's time and each countdown, for the page's script."""
    members = [_member_state(row) for row in guardian.family_of(link)]
    now = clock.now().isoformat()
    return JsonResponse({"server_time": now, "rate": clock.rate(), "members": members})


def _member_state(row: Observation) -> dict[str, Any]:
    return {
        "uuid": str(row.uuid),
        "due_at": row.due_at.isoformat(),
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "call": _call_state(row),
    }


def _call_state(row: Observation) -> str:
    call = guardian.running_call(row)
    return CALL_STATES.get(AlertState(call.state), "called") if call else "none"


@csrf_exempt  # nothing but the address itself allows this, and a call is never refused for a cookie
@require_POST
@for_family
def call(request: HttpRequest, link: GuardianLink) -> HttpResponse:
    """Call staff to a member of the family; without saying whom, to the first who is still watched."""
    rows = guardian.family_of(link)
    if not rows:
        raise Http404
    named = [row for row in rows if str(row.uuid) == request.POST.get("observation")]
    watched = [row for row in rows if row.ended_at is None]
    guardian.call_staff((named or watched or rows)[0], now=clock.now())
    return redirect("guardian", secret=guardian.secret_of(link))


@require_POST
@for_family
def answer(request: HttpRequest, link: GuardianLink) -> HttpResponse:
    """Take the answer to the question of the day; what cannot be is explained and nothing is lost."""
    form = AnswerForm(request.POST)
    if form.is_valid():
        rows = {row.uuid: row for row in guardian.family_of(link)}
        row = rows.get(form.cleaned_data["observation"])
        if row is None:
            raise Http404
        try:
            guardian.answer(link, row, form.told, now=clock.now())
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("guardian", secret=guardian.secret_of(link))
    return _page(request, link, form)


def _page(request: HttpRequest, link: GuardianLink, form: AnswerForm | None = None) -> HttpResponse:
    rows = guardian.family_of(link)
    secret = guardian.secret_of(link)
    context = {
        "page": "guardian",
        "title": _("Your time after the dose"),
        "secret": secret,
        "site": None,
        "place": link.site,
        "place_name": site_name(link.site),
        "members": [_member(row, form) for row in rows],
        "has_watch": any(row.ended_at is None for row in rows),
        "now": clock.now(),
        "config": {
            "state": reverse("guardian-state", args=[secret]),
            "timezone": link.site.timezone,
            "language": translation.get_language(),
            "rate": clock.rate(),
            "server_time": clock.now().isoformat(),
        },
        "catalogue": catalogue(),
        **_texts(rows),
    }
    return render(request, "dashboards/guardian/family.html", context)


def _member(row: Observation, form: AnswerForm | None) -> dict[str, Any]:
    day = rules.question_day(clock.now(), started_at=row.started_at, ended_at=row.ended_at)
    is_mine = form is not None and form.data.get("observation") == str(row.uuid)
    shown = form if is_mine else AnswerForm(initial={"observation": row.uuid})
    if shown is not None:
        shown.auto_id = f"a{row.ticket}-%s"
    return {
        "row": row,
        "vaccines": [_vaccine_name(dose) for dose in row.doses.all()],
        "is_due": row.due_at <= clock.now(),
        "call": _call_state(row),
        "day": day,
        "said": _said(row, day) if day else None,
        "form": shown,
        "is_open": is_mine,
    }


def _said(row: Observation, day: int) -> GuardianAnswer | None:
    return GuardianAnswer.objects.filter(observation=row, day=day).order_by("-pk").first()


def _vaccine_name(dose: Any) -> str:
    if dose.vaccine is None:
        return str(dose.vaccine_as_written)
    is_chinese = _is_chinese() or not dose.vaccine.name_en
    return str(dose.vaccine.name if is_chinese else dose.vaccine.name_en)


def _is_chinese() -> bool:
    return (translation.get_language() or "").startswith("zh")


def _texts(rows: list[Observation]) -> dict[str, Any]:
    """Return what the family is told, in the reader's language."""
    codes = [dose.vaccine.code for row in rows for dose in row.doses.all() if dose.vaccine]
    tongue = "zh" if _is_chinese() else "en"
    lists = {
        "watch_for": texts.WATCH_FOR,
        "possible": texts.possible_for(codes),
        "after_care": texts.AFTER_CARE,
    }
    told: dict[str, Any] = {
        name: [getattr(one, tongue) for one in words] for name, words in lists.items()
    }
    sources = {"source": texts.SOURCE, "approval": texts.APPROVAL}
    told |= {name: getattr(words, tongue) for name, words in sources.items()}
    return told | {"version": texts.VERSION}


def for_floor(view: View) -> View:
    """Open a page about a watched person to the staff of its site."""

    def guarded(request: HttpRequest, site: UUID, observation: UUID) -> HttpResponse:
        viewer = viewer_of(request)
        if viewer.user is None:
            return redirect_to_login(request.get_full_path(), "lock")
        place = site_of(viewer, site)
        if not set(FLOOR_ROLES) & set(viewer.roles_at(place)):
            return render(request, "dashboards/not_allowed.html", {"site": place}, status=403)
        row = Observation.objects.filter(site=place, uuid=observation).first()
        if row is None:
            raise Http404
        return view(request, viewer, place, row)

    return never_cache(guarded)


@require_safe
@for_floor
def slip(request: HttpRequest, viewer: Viewer, site: Site, row: Observation) -> HttpResponse:
    """Show and print a family's code with tickets, end times and the hotline, for those without a phone too."""
    link = guardian.link_for(row, by=viewer.user, now=clock.now())
    reached = reach()
    origin = secure_origin(request, reached) if reached else request.build_absolute_uri("/")[:-1]
    address = origin + reverse("guardian", args=[guardian.secret_of(link)])
    rows = guardian.family_of(link)
    context = {
        "page": "guardian_slip",
        "title": _("QR for the family"),
        "viewer": viewer,
        "site": site,
        "config": page_config(viewer, site, page="guardian_slip"),
        "catalogue": {},
        "row": row,
        "rows": rows,
        "link": link,
        "address": address,
        "qr": qr(address),
        **_texts(rows),
    }
    return render(request, "dashboards/guardian/slip.html", context)


@require_POST
@for_floor
def revoke(request: HttpRequest, viewer: Viewer, site: Site, row: Observation) -> HttpResponse:
    """Make the family's code open nothing any more, and show a new one."""
    guardian.revoke(row, now=clock.now())
    return redirect("guardian-slip", site=site.uuid, observation=row.uuid)
