"""Puts a campaign with one bad lot into a running product; prints what the test needs to know."""

import json
import sys

import django


def main(password: str) -> None:
    django.setup()
    from alerts.gateways import clock
    from alerts.models import Role
    from tests.aefi.campaigns import make_campaign
    from tests.factories import make_member, make_session, make_token
    from tests.floor_factories import make_observation

    now = clock.now()
    campaign = make_campaign(now=now)
    campaign.officer.set_password(password)
    campaign.officer.save()
    site, lot = campaign.sites[1], campaign.bad
    make_session(site, opened_at=now)
    watched = make_observation(site, started_at=now, seat="A2")
    watched.doses.create(lot=lot, vaccine=lot.vaccine, given_at=now, entered_at=now)
    for role in (Role.VACCINATOR, Role.OBSERVER):
        person = make_member(site, role, f"screened-{role}")
        person.set_password(password)
        person.save()
        make_token(person, secret=f"secret-{role}")
    make_token(campaign.officer, secret="secret-officer")
    facts = {
        "officer": campaign.officer.username,
        "site": str(site.uuid),
        "lot": lot.number,
        "watched": str(watched.uuid),
    }
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1])
