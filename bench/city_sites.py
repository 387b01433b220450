"""Make the sites of a city in a benchmark's database: seats, an open session, a team on duty, a lot.

Run by `city.py` in the product's environment with the number of sites; prints the keys of the sites.
"""

import json
import os
import sys
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboards.project.settings")

import django

django.setup()

from alerts.gateways import clock  # noqa: E402
from alerts.models import (  # noqa: E402
    AccessToken,
    AreaKind,
    DutyRole,
    Membership,
    Role,
    Session,
    Site,
    User,
)
from alerts.outbox import SYSTEM  # noqa: E402
from alerts.services.duty import open_session, start_duty  # noqa: E402
from dashboards.management.new_site import Plan, make_site  # noqa: E402
from observation.models import Lot, LotIssue  # noqa: E402

TEAM = {
    "lead": (Role.LEAD, None),
    "observer": (Role.OBSERVER, DutyRole.OBSERVER),
    "physician": (Role.CLINICIAN, DutyRole.PHYSICIAN),
    "vaccinator": (Role.VACCINATOR, None),
}
BAYS, SEATS = 8, 40


def city_site(number: int, *, now: datetime) -> Site:
    """Make one site whose staff are the demonstration's people."""
    name = f"城市接种点 {number + 1}"
    admin = f"admin-{number + 1}"
    plan = Plan(name=name, admin=admin, password="hall-of-320-seats", bays=BAYS, seats=SEATS)
    site = make_site(plan, is_further=True)
    lot = Lot.objects.get(number="FLU202601")
    LotIssue.objects.create(lot=lot, site=site, issued_at=now)
    lead = User.objects.get(username="lead")
    session = open_session(site=site, name=name, lead=lead, origin=SYSTEM, now=now)
    for username, (role, duty) in TEAM.items():
        join(session, User.objects.get(username=username), role, duty, now=now)
    return site


def join(session: Session, person: User, role: str, duty: str | None, *, now: datetime) -> None:
    """Let a person, and their tokens, work at the session's site."""
    site = session.site
    Membership.objects.create(user=person, site=site, role=role)
    for token in AccessToken.objects.filter(user=person).exclude(sites=None):
        token.sites.add(site)
    if duty is not None:
        area = site.areas.get(kind=AreaKind.OBSERVATION)
        start_duty(
            session=session, user=person, role=duty, area=area, bay=None, origin=SYSTEM, now=now
        )


def main() -> None:
    """Make as many sites as asked for beside the demonstration's own."""
    now = clock.now()
    sites = [city_site(number, now=now) for number in range(int(sys.argv[1]))]
    print(json.dumps([str(site.uuid) for site in sites]))


if __name__ == "__main__":
    main()
