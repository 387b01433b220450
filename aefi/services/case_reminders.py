"""Reminders of legal limits: sent by the pager's own channels to ever more people until proof is there."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from aefi.models import Case, CaseOrigin, CaseState, Level
from aefi.rules import reminders
from aefi.rules.clocks import Clock
from aefi.rules.reminders import Circle
from aefi.services import case_clocks, cases
from aefi.services.case_levels import level_of
from aefi.services.cases import Act
from aefi.services.duty_words import task_words
from alerts.models import Membership, Note, Role, Site, Stream, Timer, User
from alerts.outbox import SYSTEM
from alerts.services import notes

Sent = tuple[Clock, int]


def lock_site(subject: str) -> bool:
    """Lock the stream of a case's site; false when somebody else changes a case there just now."""
    rows = Stream.objects.filter(site__cases__uuid=subject).order_by()
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return rows.values_list("pk", flat=True).first() is not None


def reminder_due(timer: Timer, now: datetime) -> None:
    """Handle `aefi.case_clock`: remind of every clock whose next mark is reached, and arm the next."""
    case = cases.locked(UUID(timer.subject))
    for clock, number in reminders.due(case_clocks.heard(case), case.reminded, now):
        _remind(case, (clock, number), now)
    case.save(update_fields=["reminded"])
    case_clocks.arm_reminder(case)


def arm_missing() -> int:
    """Arm the reminder of every case with a running limit that has none; return how many were."""
    armed = Timer.objects.armed().filter(kind=case_clocks.REMINDER)
    known = set(armed.values_list("subject", flat=True))
    running = Case.objects.exclude(due_at=None).exclude(origin=CaseOrigin.IMPORTED)
    running = running.exclude(state=CaseState.CLOSED).filter(merged_into=None)
    keys = [key for key in running.values_list("uuid", flat=True) if str(key) not in known]
    return sum(_arm(key) for key in keys)


@transaction.atomic
def _arm(key: UUID) -> bool:
    rows = Case.objects.filter(uuid=key).select_related("site")
    cases.lock(rows.get().site_id)
    case_clocks.arm_reminder(rows.get())
    return Timer.objects.armed().filter(kind=case_clocks.REMINDER, subject=str(key)).exists()


def _remind(case: Case, sent: Sent, now: datetime) -> None:
    clock, number = sent
    percent = reminders.percent(clock, number)
    people = people_of(case.site, reminders.CIRCLES[percent])
    words = _words(case, clock, percent)
    key = f"{case.uuid}:{clock.key}:{number}"
    notes.write(key, people, subject=case.uuid, words=words, now=now)
    case.reminded[clock.key] = number
    told = {"clock": clock.key, "percent": percent, "people": len(people)}
    cases.tell(case, "case.reminded", Act(SYSTEM, now), **told)


def people_of(site: Site, circles: Iterable[Circle]) -> list[User]:
    """Return the persons of some circles of a site, each once."""
    found = {pk: person for circle in circles for pk, person in _circle(site, circle).items()}
    return list(found.values())


def _circle(site: Site, circle: Circle) -> dict[int, User]:
    near_by = Q(site=site) | Q(site=None)
    held = Membership.objects.filter(near_by, ended_at=None, user__is_active=True)
    held = held.select_related("user")
    if circle is Circle.SITE:
        held = held.filter(role=Role.LEAD)
        return {one.user_id: one.user for one in held if one.covers(site)}
    officers = [one for one in held.filter(role=Role.OFFICER) if one.covers(site)]
    of_county = [one for one in officers if level_of(one) is Level.COUNTY]
    told = officers if circle is Circle.REGION else of_county or officers
    return {one.user_id: one.user for one in told}


def _words(case: Case, clock: Clock, percent: int) -> tuple[str, str]:
    """Return title and text in the installation's language; no person is named."""
    with translation.override(settings.LANGUAGE_CODE):
        due = timezone.localtime(clock.due_at).strftime("%m-%d %H:%M")
        late = _("Overdue since {at}") if percent == max(reminders.CIRCLES) else _("Due by {at}")
        title = _("Case {number}: {limit}").format(number=case.number, limit=late.format(at=due))
        text = _("{site}: {task}. Record the proof in AEFI Watch; only that stops the clock.")
        return title, text.format(site=case.site.name, task=task_words(clock))


def notes_of(case: Case) -> list[Note]:
    """Return the reminders of a case, the newest first."""
    rows = Note.objects.filter(subject=str(case.uuid)).select_related("responder")
    return list(rows.order_by("-created_at", "-pk")[:50])
