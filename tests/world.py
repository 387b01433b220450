"""A site whose clock and pager belong to the test."""

from datetime import datetime, timedelta
from typing import Any

from alerts.models import Alert, Duty, DutyRole, Page, Role, Session, Site, Timer, User
from alerts.outbox import SYSTEM
from alerts.services import calls, timers
from tests.factories import NOON, make_duty, make_member, make_session, make_site


class World:
    """One site at noon with an open session; `fast_forward` fires each timer at its own instant."""

    def __init__(self) -> None:
        self.now: datetime = NOON
        self.site: Site = make_site()
        self.session: Session = make_session(self.site)

    def on_duty(self, username: str, role: str = DutyRole.PHYSICIAN, **changes: Any) -> User:
        """Put a new member of staff on duty and return the person."""
        person = make_member(self.site, Role.CLINICIAN, username)
        self.duty = make_duty(self.session, person, role, **changes)
        return person

    def call(self, **changes: Any) -> Alert:
        """Raise a call at seat A8 unless told otherwise."""
        seat = self.site.seats.get(code="A8")
        call = calls.Call(**{"place": calls.Place(seat=seat), **changes})
        return calls.raise_alert(site=self.site, call=call, origin=SYSTEM, now=self.now)

    def fast_forward(self, *, seconds: float) -> None:
        """Let time pass as the pager sees it."""
        end = self.now + timedelta(seconds=seconds)
        while (due_at := timers.next_due_at()) is not None and due_at <= end:
            self.now = max(self.now, due_at)
            timers.fire_due(now=self.now)
        self.now = end

    def paged(self, alert: Alert, *, after: datetime | None = None) -> list[str]:
        """Return who was paged on their own screen, in order, since `after`."""
        pages = Page.objects.filter(alert=alert, channel="screen").order_by("pk")
        if after is not None:
            pages = pages.filter(created_at__gt=after)
        return [str(page.responder) for page in pages]

    def armed(self, kind: str) -> int:
        return Timer.objects.armed().filter(kind=kind).count()

    def duties(self) -> int:
        return Duty.objects.current(self.now).count()
