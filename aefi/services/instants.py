"""An instant that somebody typed: it lies behind us, give or take a clock on the wall."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from alerts.services.refusals import Refusal

AHEAD = timedelta(minutes=5)
"""How far a clock on the wall may be ahead of the server's."""


class InTheFuture(Refusal):
    """The instant lies ahead: limits that run from it or end with it would be wrong."""

    code = "in_the_future"


def require_past(at: datetime, *, now: datetime, field: str) -> None:
    """Take an instant that has been.

    :raises InTheFuture: for one that lies ahead.
    """
    if at > now + AHEAD:
        raise InTheFuture(_("This lies in the future. Write when it was."), field=field)
