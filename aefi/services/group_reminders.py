"""Reminders of the report of a declared group, by the pager's own channels, until it is proved."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from aefi.models import GroupEvent, GroupState
from aefi.rules import reminders
from aefi.rules.clocks import Clock
from aefi.services import group_clocks, groups
from aefi.services.case_reminders import people_of
from aefi.services.duty_words import task_words
from alerts.models import Stream, Timer
from alerts.outbox import SYSTEM
from alerts.services import notes


def lock_site(subject: str) -> bool:
    """Lock the stream of a group's site; false when somebody else changes something there just now."""
    rows = Stream.objects.filter(site__group_events__uuid=subject).order_by()
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return rows.values_list("pk", flat=True).first() is not None


def reminder_due(timer: Timer, now: datetime) -> None:
    """Handle `aefi.group_clock`: remind of the mark that is reached, and arm the next."""
    card = groups.locked(UUID(timer.subject))
    for clock, number in reminders.due(group_clocks.clocks(card), card.reminded, now):
        _remind(card, clock, number, now)
    card.save(update_fields=["reminded"])
    group_clocks.arm_reminder(card)


def arm_missing() -> int:
    """Arm the reminder of every declared group that has none, and give it a code; return how many were."""
    armed = Timer.objects.armed().filter(kind=group_clocks.REMINDER)
    known = set(armed.values_list("subject", flat=True))
    declared = GroupEvent.objects.filter(state=GroupState.DECLARED).values_list("uuid", flat=True)
    return sum(_arm(key) for key in declared if str(key) not in known)


@transaction.atomic
def _arm(key: UUID) -> bool:
    card = groups.locked(key)
    group_clocks.give_code(card)
    card.save(update_fields=["code"])
    group_clocks.arm_reminder(card)
    return Timer.objects.armed().filter(kind=group_clocks.REMINDER, subject=str(key)).exists()


def _remind(card: GroupEvent, clock: Clock, number: int, now: datetime) -> None:
    percent = reminders.percent(clock, number)
    people = people_of(card.site, reminders.CIRCLES[percent])
    key = f"{card.uuid}:{clock.key}:{number}"
    words = _words(card, clock, is_late=percent == max(reminders.CIRCLES))
    notes.write(key, people, subject=card.uuid, words=words, now=now)
    card.reminded[clock.key] = number
    told = {"clock": clock.key, "percent": percent, "people": len(people)}
    groups.tell(card, "group.reminded", SYSTEM, now=now, **told)


def _words(card: GroupEvent, clock: Clock, *, is_late: bool) -> tuple[str, str]:
    """Return title and text in the installation's language; no person is named."""
    with translation.override(settings.LANGUAGE_CODE):
        due = timezone.localtime(clock.due_at).strftime("%m-%d %H:%M")
        limit = (_("Overdue since {at}") if is_late else _("Due by {at}")).format(at=due)
        title = _("Group event {code}: {limit}").format(code=card.code, limit=limit)
        text = _("{site}: {task}. Record the proof in AEFI Watch; only that stops the clock.")
        return title, text.format(site=card.site.name, task=task_words(clock))
