"""The code and the legal clock of a declared group, and the timer of its next reminder."""

from datetime import datetime

from django.db.models.functions import Length

from aefi.models import GroupEvent, GroupState
from aefi.rules import reminders
from aefi.rules.clock_rules import Grave, Proof
from aefi.rules.clocks import CHINA, Clock, Evidence, Timeline, clocks_of
from aefi.rules.groups import GROUP_DIGITS
from alerts.models import Site, Timer
from alerts.services.timers import arm_timer, cancel_timer
from observation.models import Reaction

REMINDER = "aefi.group_clock"
"""The timer of a group's next reminder."""


def clocks(card: GroupEvent) -> list[Clock]:
    """Return the clocks of a declared group, the first due first; no other group has any."""
    if card.state != GroupState.DECLARED or card.declared_at is None:
        return []
    timeline = Timeline(
        county=card.site.county_code,
        grave={Grave.GROUP: card.declared_at},
        evidence=tuple(_evidence(card)) if card.pk else (),
    )
    return [clock for clock in clocks_of(timeline) if clock.about is Grave.GROUP]


def _evidence(card: GroupEvent) -> list[Evidence]:
    return [
        Evidence(Proof(one.proof), one.done_at, one.reference, Grave.GROUP)
        for one in card.filings.all()
    ]


def due_at(card: GroupEvent) -> datetime | None:
    """Return the end of the two hours by the rule in force where and when it was declared."""
    return min((clock.due_at for clock in clocks(card)), default=None)


def reported_at(card: GroupEvent) -> datetime | None:
    """Return when the last proof of the report came; None while one is missing."""
    ended = [clock.stopped_at for clock in clocks(card)]
    known = [at for at in ended if at is not None]
    return max(known) if known and len(known) == len(ended) else None


def missing(card: GroupEvent) -> list[Proof]:
    """Return who was not told yet."""
    return [proof for clock in clocks(card) for proof in clock.missing]


def give_code(card: GroupEvent) -> None:
    """Give a group its code, which it keeps: county, year of the first case, running number.

    Two sites of a county take turns, as with cases; a hundredth group of a year gets three digits.
    """
    if card.code:
        return
    county = Site.objects.filter(county_code=card.site.county_code).order_by("pk")
    list(county.select_for_update(no_key=True).values_list("pk"))
    start = f"{card.site.county_code or '000000'}{_first_case_at(card).astimezone(CHINA).year}"
    mine = GroupEvent.objects.filter(code__startswith=start)
    last = mine.order_by(Length("code").desc(), "-code").first()
    number = int(last.code[len(start) :]) + 1 if last else 1
    card.code = f"{start}{number:0{GROUP_DIGITS}d}"


def _first_case_at(card: GroupEvent) -> datetime:
    rows = Reaction.objects.filter(uuid__in=card.members)
    return min((row.onset_at or row.seen_at for row in rows), default=card.proposed_at)


def arm_reminder(card: GroupEvent) -> None:
    """Arm the timer of the next reminder, where there is one."""
    next_at = reminders.next_at(clocks(card), card.reminded)
    armed = Timer.objects.armed().filter(kind=REMINDER, subject=str(card.uuid)).first()
    if next_at is None and armed:
        cancel_timer(REMINDER, card.uuid)
    elif next_at is not None and (armed is None or armed.due_at != next_at):
        arm_timer(REMINDER, card.uuid, due_at=next_at)
