"""A site as its people will use it: areas, bays with seats, the first administrator. No demo login."""

import secrets
import string
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from alerts.models import Area, AreaKind, Bay, Membership, Role, Seat, Site, SiteKind, User
from alerts.services.sites import create_site

AREAS = (
    (AreaKind.REGISTRATION, "登记区", "Registration"),
    (AreaKind.VACCINATION, "接种区", "Vaccination"),
    (AreaKind.OBSERVATION, "留观区", "Observation"),
    (AreaKind.EMERGENCY, "急救区", "Emergency"),
)
BAYS_ABREAST, SEATS_ABREAST = 4, 8
MOST_BAYS, MOST_SEATS = len(string.ascii_uppercase), 200
EASY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are mistaken for each other on paper."""


class NotMade(Exception):
    """The site was not made, and nothing was changed; the text says why."""


@dataclass(frozen=True)
class Plan:
    """What the new site is to be."""

    name: str
    admin: str
    password: str
    name_en: str = ""
    kind: str = SiteKind.CLINIC
    county_code: str = ""
    hotline: str = ""
    bays: int = 1
    seats: int = 20
    admin_name: str = ""


def draw_password() -> str:
    """Return a password of four groups that can be read out and typed."""
    groups = ("".join(secrets.choice(EASY_LETTERS) for _letter in range(5)) for _group in range(4))
    return "-".join(groups)


@transaction.atomic
def make_site(plan: Plan, *, is_further: bool = False) -> Site:
    """Make the site with everything it needs to open.

    :raises NotMade: when something of it exists, or the plan is impossible.
    """
    _check(plan, is_further=is_further)
    site = create_site(
        name=plan.name,
        name_en=plan.name_en,
        kind=plan.kind,
        county_code=plan.county_code,
        hotline=plan.hotline,
    )
    for kind, name, name_en in AREAS:
        Area.objects.create(site=site, name=name, name_en=name_en, kind=kind)
    for index in range(plan.bays):
        _make_bay(site, index, plan.seats)
    Membership.objects.create(user=_administrator(plan), site=site, role=Role.ADMINISTRATOR)
    return site


def _check(plan: Plan, *, is_further: bool) -> None:
    if Site.objects.exists() and not is_further:
        raise NotMade(
            _("There is a site already; nothing was changed. Add another with --further.")
        )
    if Site.objects.filter(name=plan.name).exists():
        raise NotMade(_("A site of this name exists: {name}.").format(name=plan.name))
    if User.objects.filter(username=plan.admin).exists():
        raise NotMade(_("A login of this name exists: {name}.").format(name=plan.admin))
    if not (1 <= plan.bays <= MOST_BAYS and 1 <= plan.seats <= MOST_SEATS):
        limits = {"bays": MOST_BAYS, "seats": MOST_SEATS}
        raise NotMade(_("A site has 1 to {bays} bays of 1 to {seats} seats.").format(**limits))
    try:
        validate_password(plan.password)
    except ValidationError as error:
        raise NotMade(" ".join(error.messages)) from error


def _make_bay(site: Site, index: int, seats: int) -> None:
    hall = site.areas.get(kind=AreaKind.OBSERVATION)
    code = string.ascii_uppercase[index]
    row, column = divmod(index, BAYS_ABREAST)
    bay = Bay.objects.create(site=site, area=hall, code=code, column=column, row=row)
    Seat.objects.bulk_create(
        Seat(
            site=site,
            bay=bay,
            code=f"{code}{number + 1}",
            column=number % SEATS_ABREAST,
            row=number // SEATS_ABREAST,
        )
        for number in range(seats)
    )


def _administrator(plan: Plan) -> User:
    return User.objects.create_user(
        plan.admin,
        password=plan.password,
        display_name=plan.admin_name,
        is_staff=True,
        is_superuser=True,
    )
