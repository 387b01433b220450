"""The demonstration site: a hall of 320 seats, its team, its lots. Safe to load again and again."""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.db.models import QuerySet

from aefi.models import DutyContact
from aefi.rules.clock_rules import Proof
from alerts.models import (
    Area,
    AreaKind,
    Bay,
    DutyRole,
    Membership,
    Role,
    Seat,
    SeatKind,
    Session,
    Site,
    SiteKind,
    Specialty,
    User,
)
from alerts.outbox import SYSTEM
from alerts.rules.secrets import digest
from alerts.services.devices import add_device
from alerts.services.duty import open_session, start_duty
from alerts.services.sites import create_site, create_token
from observation.models import Lot, LotIssue, Vaccine

PASSWORD = "hall-of-320-seats"  # noqa: S105 - a demonstration's password is no secret
PIN = "2468"
BAYS, COLUMNS, ROWS = "ABCDEFGH", 8, 5


@dataclass(frozen=True)
class Colleague:
    """One member of the demonstration's team."""

    username: str
    name: str
    role: str
    specialty: str = ""
    duty: str = ""
    bay: str = ""


TEAM = (
    Colleague("observer", "王芳 (观察员)", Role.OBSERVER, duty=DutyRole.OBSERVER, bay="A"),
    Colleague("observer2", "刘敏 (观察员)", Role.OBSERVER, duty=DutyRole.OBSERVER, bay="B"),
    Colleague("vaccinator", "陈静 (接种员)", Role.VACCINATOR, duty=DutyRole.VACCINATOR),
    Colleague("physician", "李强 (急诊)", Role.CLINICIAN, Specialty.EMERGENCY, DutyRole.PHYSICIAN),
    Colleague(
        "physician2", "赵磊 (儿科)", Role.CLINICIAN, Specialty.PAEDIATRICS, DutyRole.PAEDIATRICIAN
    ),
    Colleague("backup", "周涛 (麻醉)", Role.CLINICIAN, Specialty.ANAESTHESIA, DutyRole.BACKUP),
    Colleague("nurse", "孙丽 (护士)", Role.CLINICIAN, Specialty.NURSING, DutyRole.NURSE),
    Colleague(
        "psychologist", "钱宁 (心理)", Role.CLINICIAN, Specialty.PSYCHOLOGY, DutyRole.PSYCHOLOGIST
    ),
    Colleague("lead", "吴刚 (负责人)", Role.LEAD, duty=DutyRole.LEAD),
    Colleague("officer", "郑洁 (疾控)", Role.OFFICER),
    Colleague("admin", "冯伟 (管理员)", Role.ADMINISTRATOR),
)

VACCINES = (
    ("HPV2", "双价人乳头瘤病毒疫苗", "HPV vaccine, bivalent"),
    ("FLU", "流感病毒裂解疫苗", "Influenza vaccine, split virion"),
    ("COV", "新型冠状病毒灭活疫苗", "COVID-19 vaccine, inactivated"),
)
CONTACTS = {
    Proof.HEALTH_ADMINISTRATION_TOLD: "区卫生健康委值班室 (演示)",
    Proof.DRUG_REGULATOR_TOLD: "区市场监管局值班室 (演示)",
    Proof.CARD_ACCEPTED: "区疾控中心值班室 (演示)",
}


def has_demo_logins() -> bool:
    """Say whether anybody can log in with the demonstration's published password."""
    people = User.objects.filter(username__in=[who.username for who in TEAM], is_active=True)
    return any(check_password(PASSWORD, person.password) for person in people)


def has_own_site() -> bool:
    """Say whether there is a site that is not the demonstration's."""
    return Site.objects.exclude(pk__in=_demo_sites()).exists()


def _demo_sites() -> QuerySet[Site]:
    return Site.objects.filter(county_code="310104", name="徐汇体育馆接种点")


@dataclass(frozen=True)
class DemoSite:
    """What a newcomer needs to log in."""

    site: Site
    logins: dict[str, dict[str, str]]
    enrolment_code: str


@transaction.atomic
def load_demo_site(*, now: datetime) -> DemoSite:
    """Return the demonstration site, with an open session and its team on duty."""
    site = _demo_sites().first() or _new_site()
    team = {who.username: _person(site, who) for who in TEAM}
    _lots(site, now=now)
    session = Session.objects.filter(site=site, closed_at=None).first()
    if session is None:
        name = f"{now.astimezone(ZoneInfo(site.timezone)):%m-%d} 儿童专场"
        session = open_session(site=site, name=name, lead=team["lead"], origin=SYSTEM, now=now)
    for who in TEAM:
        _duty(session, who, team[who.username], now=now)
    _device, code = add_device(
        site=site, name="演示平板", kind="tablet", area=None, origin=SYSTEM, now=now
    )
    return DemoSite(site, _logins(site, team, now=now), code)


def _new_site() -> Site:
    site = create_site(
        name="徐汇体育馆接种点",
        name_en="Xuhui Gymnasium vaccination site",
        kind=SiteKind.TEMPORARY,
        county_code="310104",
        hotline="021-00000000",
    )
    for proof, name in CONTACTS.items():
        DutyContact.objects.get_or_create(
            region="310104", proof=proof, defaults={"name": name, "phone": "021-00000000"}
        )
    Area.objects.create(site=site, name="接种区", name_en="Vaccination", kind=AreaKind.VACCINATION)
    Area.objects.create(site=site, name="急救区", name_en="Emergency", kind=AreaKind.EMERGENCY)
    hall = Area.objects.create(
        site=site, name="留观区", name_en="Observation", kind=AreaKind.OBSERVATION
    )
    for index, code in enumerate(BAYS):
        bay = Bay.objects.create(site=site, area=hall, code=code, column=index % 4, row=index // 4)
        Seat.objects.bulk_create(_seat(site, bay, number) for number in range(COLUMNS * ROWS))
    return site


def _seat(site: Site, bay: Bay, number: int) -> Seat:
    kind = SeatKind.RECLINER if number >= COLUMNS * ROWS - 2 else SeatKind.CHAIR
    column, row = number % COLUMNS, number // COLUMNS
    return Seat(
        site=site, bay=bay, code=f"{bay.code}{number + 1}", kind=kind, column=column, row=row
    )


def _person(site: Site, who: Colleague) -> User:
    person = User.objects.filter(username=who.username).first()
    if person is None:
        person = User.objects.create_user(
            who.username,
            password=PASSWORD,
            display_name=who.name,
            badge_digest=digest(f"badge-{who.username}"),
            is_staff=who.role == Role.ADMINISTRATOR,
            is_superuser=who.role == Role.ADMINISTRATOR,
        )
        person.set_pin(PIN)
        Membership.objects.create(user=person, site=site, role=who.role, specialty=who.specialty)
    return person


def _duty(session: Session, who: Colleague, person: User, *, now: datetime) -> None:
    if not who.duty or who.duty == DutyRole.LEAD:
        return
    area = session.site.areas.get(kind=AreaKind.OBSERVATION)
    bay = session.site.bays.filter(code=who.bay).first()
    start_duty(
        session=session, user=person, role=who.duty, area=area, bay=bay, origin=SYSTEM, now=now
    )


def _lots(site: Site, *, now: datetime) -> None:
    for code, name, name_en in VACCINES:
        vaccine, _new = Vaccine.objects.get_or_create(
            code=code, defaults={"name": name, "name_en": name_en}
        )
        for number in (1, 2):
            lot, _new = Lot.objects.get_or_create(
                vaccine=vaccine,
                number=f"{code}2026{number:02d}",
                defaults={"expires_on": (now + timedelta(days=300)).date()},
            )
            LotIssue.objects.get_or_create(lot=lot, site=site, defaults={"issued_at": now})


def _logins(site: Site, team: dict[str, User], *, now: datetime) -> dict[str, dict[str, str]]:
    """Return the logins; the tokens are made once and kept in a file only its owner can read."""
    path = Path(settings.VAR_DIR) / "demo-logins.json"
    tokens: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    known = {who for who in tokens if _is_live(team.get(who))}
    for who, person in team.items():
        if who not in known:
            tokens[who] = create_token(user=person, name=f"demo {secrets.token_hex(3)}", now=now)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(tokens, file, indent=1)
    return {
        who: {"name": str(team[who]), "password": PASSWORD, "pin": PIN, "token": tokens[who]}
        for who in team
    }


def _is_live(person: User | None) -> bool:
    return person is not None and person.access_tokens.filter(revoked_at=None).exists()
