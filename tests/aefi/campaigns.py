"""A made-up campaign as rows of the product: doses at some sites, one lot with many rashes."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from aefi.models import ScreeningRun, Signal
from alerts.models import Membership, Role, Session, Site, User
from observation.models import Dose, Lot, LotIssue, Observation, Reaction, Recipient
from tests.factories import NOON, make_site
from tests.floor_factories import make_lot, make_vaccine

DAYS_AGO = (28, 21, 14, 7)
PER_LOT, ORDINARY_ONE_IN, BAD_ONE_IN = 20, 37, 8


@dataclass
class Campaign:
    """Sites of one region, their lots, and the officer who oversees them."""

    sites: list[Site]
    lots: list[Lot]
    officer: User
    bad: Lot | None = None
    given: int = 0
    reactions: list[Reaction] = field(default_factory=list)


def make_campaign(*, lots: int = 6, bad: bool = True, now: datetime = NOON) -> Campaign:
    """Weekly sessions at three sites; one dose in 37 is followed by a reaction, one in 8 of one lot by a rash."""
    sites = [make_site(name=f"接种点{n}", county_code="310104") for n in "甲乙丙"]
    vaccine = make_vaccine("FLU4")
    found = [make_lot(None, f"L{n:03d}", vaccine=vaccine) for n in range(lots)]
    LotIssue.objects.bulk_create(
        LotIssue(lot=lot, site=site, issued_at=now) for lot in found for site in sites
    )
    officer = make_officer("3101")
    campaign = Campaign(sites, found, officer, found[2] if bad else None)
    for site in sites:
        for days in DAYS_AGO:
            _session(campaign, site, now - timedelta(days=days))
    return campaign


def make_officer(region: str, username: str = "") -> User:
    """A disease control officer of a region, without a password."""
    person = User.objects.create(username=username or f"officer-{region}")
    Membership.objects.create(user=person, region=region, role=Role.OFFICER)
    return person


def make_signal(run: ScreeningRun, **changes: Any) -> Signal:
    """A signal of a run as a worker would have stored it."""
    values = {
        "rank": 1,
        "kind": "lot",
        "cluster": "lot=x;event=any",
        "reaction": "any",
        "observed": 12,
        "expected": 3.0,
        "crude_expected": 4.0,
        "statistic": 4.0,
        "lower_bound": 0.9,
        "p": 0.0001,
        "q": 0.001,
        "error_control": 0.005,
        "doses": 240.0,
        "sentence_zh": "批号 L002 报告偏多。",
        "sentence_en": "Lot L002 has more reports.",
        **changes,
    }
    return Signal.objects.create(run=run, **values)


def _session(campaign: Campaign, site: Site, at: datetime) -> None:
    session = Session.objects.create(site=site, name="上午", opened_at=at, closed_at=at)
    people, lots = [], []
    for lot in campaign.lots:
        for n in range(PER_LOT):
            people.append(Recipient(site=site, born_on=date(2010 + n % 9, 3, 1), created_at=at))
            lots.append(lot)
    Recipient.objects.bulk_create(people)
    visits = [
        Observation(
            site=site,
            session=session,
            recipient=person,
            ticket=ticket,
            opened_at=at,
            started_at=at,
            due_at=at + timedelta(minutes=30),
            ended_at=at + timedelta(minutes=31),
            end_kind="complete",
        )
        for ticket, person in enumerate(people, start=1)
    ]
    Observation.objects.bulk_create(visits)
    pairs = list(zip(visits, lots, strict=True))
    Dose.objects.bulk_create(
        Dose(observation=v, vaccine=lot.vaccine, lot=lot, given_at=at, entered_at=at)
        for v, lot in pairs
    )
    seen = [_reaction(campaign, visit, lot, n, at) for n, (visit, lot) in enumerate(pairs)]
    Reaction.objects.bulk_create(row for row in seen if row is not None)
    campaign.given += len(pairs)


def _reaction(
    campaign: Campaign, visit: Observation, lot: Lot, n: int, at: datetime
) -> Reaction | None:
    number = campaign.given + n
    is_bad = lot == campaign.bad and number % BAD_ONE_IN == 0
    if not is_bad and number % ORDINARY_ONE_IN:
        return None
    ordinary = ("arm_sore", "dizzy", "rash")[number // ORDINARY_ONE_IN % 3]
    sign = "rash" if is_bad else ordinary
    row = Reaction(
        site=visit.site,
        session=visit.session,
        observation=visit,
        signs={sign: "yes"},
        seen_at=at + timedelta(minutes=9),
        entered_at=at + timedelta(minutes=9),
    )
    campaign.reactions.append(row)
    return row
