"""The open session of a site as the floor needs it: its tickets and its close."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from alerts.models import Session, Site
from alerts.outbox import Fact, Origin, append_event
from alerts.services.refusals import Refusal
from observation.services import endings, tiles
from observation.services.clocks import zone_of


def lock_session(site: Site, *, origin: Origin, now: datetime) -> Session:
    """Return the site's open session, locked for its tickets.

    A dose is recorded although nobody opened a session: one is opened, named by the site's day.
    """
    open_ = Session.objects.select_for_update().filter(site=site, closed_at=None)
    session = open_.first()
    if session is not None:
        return session
    name = now.astimezone(zone_of(site)).strftime("%Y-%m-%d")
    try:
        with transaction.atomic():
            session = Session.objects.create(site=site, name=name, opened_at=now)
    except IntegrityError:  # another check-in opened it in the same moment
        return open_.get()
    fact = Fact("session.opened", str(session.uuid), {"name": name, "by_check_in": True})
    append_event(site.pk, fact, now=now, origin=origin)
    return session


class SessionHasOpen(Refusal):
    code = "session_has_open"


@transaction.atomic
def close_session(
    *, session_uuid: UUID, wanted: list[endings.Ending], origin: Origin, now: datetime
) -> Session:
    """Close a session once every observation of it has an end; all or nothing.

    :raises SessionHasOpen: with the open ones in `facts.open`, when any is left.
    """
    session = Session.objects.select_for_update().select_related("site").get(uuid=session_uuid)
    if session.closed_at is not None:
        return session
    endings.end_many(session=session, wanted=wanted, origin=origin, now=now)
    left = endings.open_in_session(session)
    if left:
        raise SessionHasOpen(
            _("Some people are still being watched. Say for each how the watch ended."),
            field="endings",
            facts={"open": [_line(observation) for observation in left]},
        )
    session.closed_at = now
    session.save(update_fields=["closed_at"])
    fact = Fact("session.closed", str(session.uuid), {"name": session.name})
    append_event(session.site_id, fact, now=now, origin=origin)
    return session


def _line(observation: Any) -> dict[str, Any]:
    return {
        "uuid": str(observation.uuid),
        "ticket": observation.ticket,
        "seat": str(observation.seat) if observation.seat else None,
        "due_at": tiles.instant(observation.due_at),
    }
