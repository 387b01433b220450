"""What somebody typed: an instant lies behind us, and a proof names something and is no older than its duty."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from aefi.rules.clocks import PROOF_BEFORE, Clock, is_reference
from alerts.services.refusals import Refusal

AHEAD = timedelta(minutes=5)
"""How far a clock on the wall may be ahead of the server's."""


class InTheFuture(Refusal):
    """The instant lies ahead: limits that run from it or end with it would be wrong."""

    code = "in_the_future"


class NoProof(Refusal):
    """What is told proves nothing."""

    code = "no_proof"


def require_past(at: datetime, *, now: datetime, field: str) -> None:
    """Take an instant that has been.

    :raises InTheFuture: for one that lies ahead.
    """
    if at > now + AHEAD:
        raise InTheFuture(_("This lies in the future. Write when it was."), field=field)


def require_proof(
    reference: str, done_at: datetime, clocks: Iterable[Clock], *, now: datetime
) -> None:
    """Take a proof that can be looked up and is not older than every duty there is.

    :raises InTheFuture: for one that was given tomorrow.
    :raises NoProof: without a reference, or from before anything was known.
    """
    require_past(done_at, now=now, field="done_at")
    if not is_reference(reference):
        words = _("Write who answered: without it nothing proves the call.")
        raise NoProof(words, field="reference")
    known_at = min((clock.started_at for clock in clocks), default=None)
    if known_at is not None and done_at < known_at - PROOF_BEFORE:
        words = _("This lies before it was known. Correct this time, or when it was known.")
        raise NoProof(words, field="done_at")
