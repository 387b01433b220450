"""Whether the product itself works: processes, promises, ways out, logins. Needs the database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from apprise import Apprise
from django.conf import settings
from django.utils.translation import gettext as _

from alerts.gateways import clock
from alerts.models import Event, Site, User
from alerts.services import heartbeats, invariants
from dashboards.management.demo_site import has_demo_logins
from dashboards.management.doctor.finding import Finding, broken, doubtful, well
from dashboards.management.doctor.host import reaches_others

CLOCK_APART = timedelta(seconds=2)
STEPS_OF = timedelta(days=1)


def site(_now: datetime) -> Iterator[Finding]:
    """Look whether there is anything to run."""
    names = list(Site.objects.order_by("pk").values_list("name", flat=True))
    if not names:
        yield broken("site", _("There is no site yet."), _("Run: aefi init"))
        return
    shown = ", ".join(names[:3])
    yield well("site", _("{count} sites: {names}.").format(count=len(names), names=shown))


def pager(now: datetime) -> Iterator[Finding]:
    """Look for the process that pages."""
    yield _sign_of_life("pager", heartbeats.pager_pulse(now=now), _("Start: aefi pager"))


def watchdog(now: datetime) -> Iterator[Finding]:
    """Look for the process that watches the others."""
    pulse = heartbeats.pulse_of(heartbeats.WATCHDOG, now=now)
    yield _sign_of_life("watchdog", pulse, _("Start: aefi web, or aefi watchdog"))


def _sign_of_life(name: str, pulse: heartbeats.Pulse | None, remedy: str) -> Finding:
    if pulse is None:
        return broken(name, _("The {name} has never run.").format(name=name), remedy)
    facts = {"name": name, "seconds": f"{pulse.age_ms / 1000:.1f}"}
    words = _("The {name} was last heard from {seconds} s ago.").format(**facts)
    is_silent = pulse.age_ms > invariants.SILENT_AFTER_MS
    return broken(name, words, remedy) if is_silent else well(name, words)


def promises(now: datetime) -> Iterator[Finding]:
    """Look whether what must hold every second holds now."""
    words = {
        "timers_late": _("Timers are late."),
        "timer_quarantined": _("A timer failed three times and was set aside."),
        "pages_late": _("Pages wait unsent."),
        "page_given_up": _("Pages were given up after every try."),
        "trial_page_lost": _("The trial page of this minute did not leave."),
        "alert_unattended": _("A running call has nobody and no timer."),
    }
    found = invariants.broken(now=now)
    for code in words.keys() & found.keys():
        remedy = _("Look at the lead's screen and at the log of the pager.")
        yield broken(code, words[code], remedy)


def clock_steps(now: datetime) -> Iterator[Finding]:
    """Look whether the clock was set lately, or stands behind what is already recorded."""
    told = Event.objects.filter(type="technical.raised", subject="clock_stepped")
    if told.filter(server_at__gte=now - STEPS_OF).exists():
        yield doubtful(
            "clock.step",
            _("The clock was set by more than half a second within the last day."),
            _("Compare the clock with another one; have a time service steer it."),
        )
    newest = Event.objects.order_by("-server_at").values_list("server_at", flat=True).first()
    if newest is not None and newest > now + CLOCK_APART:
        yield broken(
            "clock.behind",
            _("The clock stands before the last recorded event ({at}).").format(
                at=newest.isoformat(timespec="seconds")
            ),
            _("Set the clock right before anything is recorded."),
        )


def clock_apart(now: datetime) -> Iterator[Finding]:
    """Look how far this machine's clock and the database's are apart."""
    if settings.IS_DEMO:
        return
    apart = abs((datetime.now(UTC) - now).total_seconds())  # noqa: TID251 - the host's own clock
    words = _("This machine and the database are {seconds} s apart.").format(seconds=f"{apart:.1f}")
    if apart > CLOCK_APART.total_seconds():
        yield doubtful("clock.apart", words, _("Have one time service steer both."))
    else:
        yield well("clock.apart", words)


def channels(_now: datetime) -> Iterator[Finding]:
    """Look at the ways out of the building; an address is never printed, it holds secrets."""
    people = User.objects.filter(is_active=True).exclude(contact_urls=[])
    own = [str(url) for urls in people.values_list("contact_urls", flat=True) for url in urls]
    addresses = [*settings.APPRISE_URLS, *own]
    odd = sorted({urlsplit(url).scheme for url in addresses if Apprise.instantiate(url) is None})
    if odd:
        yield broken(
            "channels",
            _("Nobody can be reached at these addresses: {kinds}.").format(kinds=", ".join(odd)),
            _("Correct APPRISE_URLS or the person's addresses; see docs/operations.md."),
        )
    elif addresses:
        count = len(addresses)
        yield well("channels", _("{count} addresses outside the building.").format(count=count))
    else:
        yield doubtful(
            "channels",
            _("No SMS, voice or WeCom: pages stay on screens."),
            _("Set APPRISE_URLS, or give people their own addresses."),
        )


def demo_logins(_now: datetime) -> Iterator[Finding]:
    """Look for the published passwords."""
    if not has_demo_logins():
        yield well("demo_logins", _("No demonstration login."))
        return
    words = _("The demonstration's logins work here, and their password is published.")
    remedy = _("Make a site of your own in a new folder: aefi init")
    yield (broken if reaches_others() else doubtful)("demo_logins", words, remedy)


CHECKS = (
    site,
    pager,
    watchdog,
    promises,
    clock_steps,
    clock_apart,
    channels,
    demo_logins,
)


def examined() -> Iterator[Finding]:
    """Look at the running product."""
    now = clock.now()
    for check in CHECKS:
        yield from check(now)
