"""Rows of the floor for tests: plain functions with defaults that say what matters."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import time_machine
from django.test import Client, override_settings

from alerts.models import Alert, Event, Membership, Role, Seat, Session, Site, User
from alerts.outbox import Origin
from alerts.services import calls
from observation.models import Lot, LotIssue, Observation, Party, Recipient, Vaccine
from observation.services import watch
from tests.factories import NOON, make_session, make_site, make_token

PERIOD = timedelta(minutes=30)


@contextmanager
def frozen(instant: datetime) -> Iterator[None]:
    """Hold the product's clock at an instant, on every database.

    The demonstration's clock at speed one follows the host's, which time_machine holds;
    PostgreSQL's own clock cannot be held.
    """
    follow_host = override_settings(IS_DEMO=True, DEMO_SPEED=1.0, DEMO_STARTED=0.0)
    with follow_host, time_machine.travel(instant, tick=False):
        yield


def make_vaccine(code: str = "HPV9", **changes: Any) -> Vaccine:
    return Vaccine.objects.create(**{"code": code, "name": f"疫苗{code}", **changes})


def make_lot(site: Site | None = None, number: str = "B202607A", **changes: Any) -> Lot:
    """A lot that has not expired, issued to the site if one is given."""
    vaccine = changes.pop("vaccine", None) or Vaccine.objects.filter(code="HPV9").first()
    vaccine = vaccine or make_vaccine()
    values = {"vaccine": vaccine, "number": number, "expires_on": date(2027, 6, 30), **changes}
    lot = Lot.objects.create(**values)
    if site is not None:
        LotIssue.objects.create(lot=lot, site=site, issued_at=NOON)
    return lot


def make_recipient(site: Site, name: str = "王小明", **changes: Any) -> Recipient:
    return Recipient.objects.create(**{"site": site, "name": name, "created_at": NOON, **changes})


def make_party(site: Site, **changes: Any) -> Party:
    return Party.objects.create(site=site, **changes)


def open_session(site: Site) -> Session:
    return Session.objects.filter(site=site, closed_at=None).first() or make_session(site)


def make_observation(site: Site, *, seat: str = "", **changes: Any) -> Observation:
    """A watch that started at noon, its timers armed, seated if a seat is named."""
    session = changes.pop("session", None) or open_session(site)
    session.last_ticket += 1
    session.save()
    started_at = changes.pop("started_at", NOON)
    chair = Seat.objects.get(site=site, code=seat) if seat else None
    values = {
        "site": site,
        "session": session,
        "recipient": changes.pop("recipient", None) or make_recipient(site),
        "ticket": session.last_ticket,
        "opened_at": started_at,
        "started_at": started_at,
        "due_at": started_at + PERIOD,
        "seat": chair,
        "bay": chair.bay if chair else None,
        "seated_at": started_at if chair else None,
        "is_seat_confirmed": bool(chair),
        **changes,
    }
    observation = Observation.objects.create(**values)
    watch.arm_new(observation, is_late=False, now=started_at)
    return observation


def make_call(observation: Observation, *, now: datetime = NOON, **changes: Any) -> Alert:
    """A running call about a watched person."""
    place = calls.Place(seat=observation.seat)
    call = calls.Call(subject=observation.uuid, place=place, **changes)
    return calls.raise_alert(site=observation.site, call=call, origin=Origin(), now=now)


def make_staff(site: Site, role: str, name: str) -> User:
    """A person with a role and no password, whose hashing would take most of a test's time."""
    person = User.objects.create(username=name)
    Membership.objects.create(user=person, site=site, role=role)
    return person


class Floor:
    """A site with a session, and HTTP callers by role, each with their own token."""

    def __init__(self, **site: Any) -> None:
        self.site = make_site(**site)
        self.session = make_session(self.site)
        self.people: dict[str, User] = {}

    def person(self, role: str) -> User:
        if role not in self.people:
            name = f"{role}-{self.site.pk}"
            self.people[role] = make_staff(self.site, role, name)
            make_token(self.people[role], secret=f"secret-{name}")
        return self.people[role]

    def headers(self, role: str, **more: str) -> dict[str, str]:
        person = self.person(role)
        return {"Authorization": f"Bearer secret-{person.username}", **more}

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        role: str = Role.VACCINATOR,
        key: str = "",
        **headers: str,
    ) -> Any:
        """POST a command; `{site}` in the path is this site."""
        sent = self.headers(role, **{name.replace("_", "-"): v for name, v in headers.items()})
        sent["Idempotency-Key"] = key or str(uuid4())
        url = f"/api/v1/{path.format(site=f'sites/{self.site.uuid}')}"
        return Client().post(url, body or {}, content_type="application/json", headers=sent)

    def get(self, path: str, *, role: str = Role.OBSERVER, language: str = "zh-hans") -> Any:
        url = f"/api/v1/{path.format(site=f'sites/{self.site.uuid}')}"
        return Client().get(url, headers=self.headers(role, **{"Accept-Language": language}))


def event_types(site: Site) -> list[str]:
    """The types of the site's events in order."""
    events = Event.objects.filter(stream__site=site).order_by("seq")
    return list(events.values_list("type", flat=True))


def last_event(site: Site, type_: str) -> Event:
    events = Event.objects.filter(stream__site=site, type=type_)
    return events.order_by("-seq")[0]
