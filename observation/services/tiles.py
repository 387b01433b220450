"""What screens may know of an observation: opaque keys, seats and times, never a name."""

from datetime import UTC, datetime
from typing import Any

from observation.models import Observation, Reaction
from observation.rules import signs


def instant(at: datetime | None) -> str | None:
    """Return an instant as every answer and event writes it: in UTC."""
    return at.astimezone(UTC).isoformat() if at else None


def code_of(place: object | None) -> str | None:
    """Return the code of a seat or bay."""
    return str(place) if place else None


def started_facts(observation: Observation) -> dict[str, Any]:
    """Return the payload of `observation.started`."""
    return {
        "ticket": observation.ticket,
        "party": str(observation.party.uuid) if observation.party else None,
        "group": observation.recipient.group_name,
        "station": observation.station,
        "opened_at": instant(observation.opened_at),
        "started_at": instant(observation.started_at),
        "due_at": instant(observation.due_at),
        "flags": observation.flags,
        "seat": code_of(observation.seat),
        "bay": code_of(observation.bay),
    }


def danger_signs(reaction: Reaction) -> list[str]:
    """Return the signs of a reaction that call by themselves."""
    return signs.danger_in(reaction.signs, danger_absent=reaction.is_danger_absent)


def reaction_on_tile(reaction: Reaction | None) -> dict[str, Any] | None:
    """Return the mark a reaction leaves on its tile."""
    if reaction is None:
        return None
    return {
        "uuid": str(reaction.uuid),
        "danger": bool(danger_signs(reaction)),
        "stress_subtype": reaction.stress_subtype or None,
    }


def tile_of(observation: Observation, *, reaction: Reaction | None = None) -> dict[str, Any]:
    """Return the facts of one tile; `reaction` is the latest that was not undone."""
    return {
        "uuid": str(observation.uuid),
        **started_facts(observation),
        "is_seat_confirmed": observation.is_seat_confirmed,
        "seated_at": instant(observation.seated_at),
        "watched_closely_since": instant(observation.watched_closely_since),
        "recheck_at": instant(observation.recheck_at),
        "ended_at": instant(observation.ended_at),
        "end_kind": observation.end_kind or None,
        "settled_at": instant(observation.settled_at),
        "reaction": reaction_on_tile(reaction),
    }


def latest_reaction(observation: Observation) -> Reaction | None:
    """Return the latest reaction of an observation that was not undone."""
    return observation.reactions.filter(undone_at=None).order_by("-seen_at", "-pk").first()
