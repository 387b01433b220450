"""What the fault tests do inside the product: make rows, write side by side, report and note it first."""

import json
import os
import sys
import threading
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboards.project.settings")
django.setup()

from django.db import transaction  # noqa: E402

from alerts.gateways import clock  # noqa: E402
from alerts.models import DeviceKind, Duty, Role, Session, Site, Timer, User  # noqa: E402
from alerts.outbox import SYSTEM, Fact, append_event  # noqa: E402
from alerts.services import calls  # noqa: E402
from observation.models import Observation, Recipient  # noqa: E402
from tests.factories import (  # noqa: E402
    make_device,
    make_duty,
    make_member,
    make_session,
    make_site,
    make_token,
)
from tests.faults.stand import Oracle  # noqa: E402

PHYSICIANS = 5


def seed() -> dict[str, object]:
    """A site with a session, five physicians on duty without a device, and a token for each."""
    site = make_site()
    now = clock.now()
    session = make_session(site, opened_at=now)
    names = [f"physician{n}" for n in range(PHYSICIANS)]
    for name in names:
        person = make_member(site, Role.CLINICIAN, name)
        make_duty(session, person, from_at=now)
        make_token(person, f"secret-{name}")
    observer = make_member(site, Role.OBSERVER, "observer")
    make_token(observer, "secret-observer")
    people = {name: str(User.objects.get(username=name).uuid) for name in names}
    return {"site": str(site.uuid), "people": people}


def watches(count: str, first: str, over: str, oracle: str) -> None:
    """Start `count` watches whose ends fall due evenly, from `first` seconds from now `over` seconds."""
    site, session = Site.objects.get(), Session.objects.get()
    now, number = clock.now(), int(count)
    person = Recipient.objects.create(site=site, name="王小明", created_at=now)
    step = timedelta(seconds=float(over) / number)
    ends = [now + timedelta(seconds=float(first)) + step * n for n in range(number)]
    base = Observation.objects.count()
    rows = [
        Observation(
            site=site,
            session=session,
            recipient=person,
            ticket=base + n + 1,
            opened_at=now - timedelta(minutes=40),
            started_at=now - timedelta(minutes=40),
            due_at=end,
        )
        for n, end in enumerate(ends)
    ]
    log = Oracle(Path(oracle))
    log.note("\n".join(str(row.uuid) for row in rows))
    with transaction.atomic():
        Observation.objects.bulk_create(rows)
        Timer.objects.bulk_create(
            Timer(kind="observation.due", subject=str(row.uuid), due_at=row.due_at) for row in rows
        )


def call(count: str, oracle: str) -> None:
    """Raise `count` calls one after the other, each noted before it is made."""
    site = Site.objects.get()
    log = Oracle(Path(oracle))
    for _ in range(int(count)):
        key = uuid4()
        log.note(key)
        seat = site.seats.order_by("pk").first()
        one = calls.Call(uuid=key, place=calls.Place(seat=seat))
        calls.raise_alert(site=site, call=one, origin=SYSTEM, now=clock.now())


def write(threads: str, each: str) -> None:
    """Append events from several threads at once, in transactions of different lengths."""
    site = Site.objects.get()

    def work(name: int) -> None:
        for n in range(int(each)):
            with transaction.atomic():
                Timer.objects.filter(subject=f"{name}").exists()
                fact = Fact("bay.swept", str(site.uuid), {"writer": name, "n": n})
                append_event(site.pk, fact, now=clock.now())

    writers = [threading.Thread(target=work, args=(name,)) for name in range(int(threads))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


def poison() -> None:
    """Make timers that no handler knows and a person whose addresses are no addresses."""
    for number in range(3):
        Timer.objects.create(kind="nobody.knows", subject=f"{number}", due_at=clock.now())
    User.objects.filter(username="physician0").update(contact_urls=["nonsense://\x01"])


def lone_physician() -> None:
    """Leave one physician on duty, with an enrolled phone in hand that can ring."""
    Duty.objects.exclude(user__username="physician0").update(to_at=clock.now())
    holder = User.objects.get(username="physician0")
    now = clock.now()
    make_device(
        Site.objects.get(),
        "phone-secret",
        kind=DeviceKind.PHONE,
        holder=holder,
        enrolled_at=now,
        last_seen_at=now,
        sound_armed_at=now,
    )


def officer() -> None:
    """Add a disease control officer of the site, with a token."""
    make_token(make_member(Site.objects.get(), Role.OFFICER, "officer"), "secret-officer")


def send_home() -> None:
    """End every duty."""
    Duty.objects.update(to_at=clock.now())


if __name__ == "__main__":
    actors = (seed, watches, call, write, poison, officer, send_home, lone_physician)
    actor = {one.__name__: one for one in actors}[sys.argv[1]]
    sys.stdout.write(json.dumps(actor(*sys.argv[2:])))
