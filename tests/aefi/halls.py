"""A hall in which people fall ill: reactions reported as the floor reports them."""

from datetime import datetime, timedelta
from typing import Any

from aefi.models import GroupEvent
from alerts.models import Bay, Seat, Site
from alerts.outbox import SYSTEM, Origin
from alerts.services import timers
from observation.models import Dose, Lot, Observation, Reaction
from observation.rules.signs import DANGER_CHECKS
from observation.services import reactions
from observation.services.reactions import Seen
from tests.factories import NOON
from tests.floor_factories import make_lot, make_observation, make_recipient

MINUTE = timedelta(minutes=1)
NO_DANGER = dict.fromkeys(DANGER_CHECKS, "no")
FAINT = {"collapse": "yes", "pale": "yes", **NO_DANGER}


def at(minute: float) -> datetime:
    return NOON + minute * MINUTE


def make_bay(site: Site, code: str = "4") -> Bay:
    """A further bay of ten seats in the site's first area."""
    bay = Bay.objects.create(site=site, area=site.areas.get(), code=code, column=9)
    for number in range(1, 11):
        Seat.objects.create(site=site, bay=bay, code=f"{code}-{number}", column=number)
    return bay


def give(row: Observation, lot: Lot, **changes: Any) -> Dose:
    """A dose of the visit, given when its watch began."""
    values = {"given_at": row.started_at, "entered_at": row.started_at, **changes}
    return Dose.objects.create(observation=row, vaccine=lot.vaccine, lot=lot, **values)


def fall_ill(
    site: Site,
    minute: float,
    *,
    seat: str = "",
    lot: Lot | None = None,
    signs: dict[str, str] | None = None,
    origin: Origin = SYSTEM,
    now: datetime | None = None,
    **changes: Any,
) -> Reaction:
    """Report what was seen of somebody who was vaccinated five minutes before."""
    group = changes.pop("group_name", "")
    who = make_recipient(site, f"李雷{minute}", group_name=group)
    watched = {"seat": seat, "recipient": who, "started_at": at(minute - 5)}
    row = make_observation(site, **watched, **changes)
    if lot is not None:
        give(row, lot)
    seen = Seen(signs=FAINT if signs is None else signs)
    reported = reactions.report_reaction(
        observation_uuid=row.uuid, seen=seen, origin=origin, now=now or at(minute)
    )
    return reported.reaction


def visitor_ill(site: Site, minute: float, **changes: Any) -> Reaction:
    """Report what was seen of somebody without a dose."""
    seen = Seen(signs=FAINT, **{"person_kind": "visitor", **changes})
    return reactions.report_other(site=site, seen=seen, origin=SYSTEM, now=at(minute)).reaction


def three_faints(site: Site, *minutes: float, bay: str = "4", **changes: Any) -> list[Reaction]:
    """Three people of one bay faint within twelve minutes, unless told otherwise."""
    chosen = minutes or (0, 6, 12)
    return [
        fall_ill(site, minute, seat=f"{bay}-{number}", **changes)
        for number, minute in enumerate(chosen, 1)
    ]


def look(minute: float = 12) -> None:
    """Fire what is due, as the pager does."""
    timers.fire_due(now=at(minute))


def cards(site: Site, **changes: Any) -> list[GroupEvent]:
    return list(GroupEvent.objects.filter(site=site, **changes).order_by("pk"))


def sight(site: Site) -> GroupEvent:
    """The one card about people within sight of each other."""
    return GroupEvent.objects.get(site=site, rule="line_of_sight")


def make_used_lot(site: Site, number: str, doses: int) -> Lot:
    """A lot of which so many doses were given within the two hours before noon, to one person."""
    lot = make_lot(site, number)
    row = make_observation(site, started_at=at(-120))
    Dose.objects.bulk_create(
        Dose(observation=row, lot=lot, vaccine=lot.vaccine, given_at=given_at, entered_at=given_at)
        for given_at in (at(-120 + 110 * i / doses) for i in range(doses))
    )
    return lot
