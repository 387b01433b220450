"""Rows for tests: plain functions with defaults that say what matters."""

from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.models import (
    AccessToken,
    Area,
    AreaKind,
    Bay,
    Device,
    Duty,
    DutyRole,
    Membership,
    Role,
    Seat,
    Session,
    Site,
    Stream,
    User,
)
from alerts.rules.secrets import digest

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
"""Noon in Shanghai: the instant at which tests begin unless they say otherwise."""


def make_site(**changes: Any) -> Site:
    """A site with an observation area, bay A with ten seats and bay B with ten."""
    site = Site.objects.create(**{"name": "徐汇接种点", "county_code": "310104", **changes})
    Stream.objects.create(site=site)
    area = Area.objects.create(
        site=site, name="留观区", name_en="Observation area", kind=AreaKind.OBSERVATION
    )
    for column, code in enumerate("AB"):
        bay = Bay.objects.create(site=site, area=area, code=code, column=column)
        for number in range(1, 11):
            Seat.objects.create(site=site, bay=bay, code=f"{code}{number}", column=number)
    return site


def make_user(username: str = "wang", **changes: Any) -> User:
    return User.objects.create_user(username, password="right-horse-9", **changes)


def make_member(site: Site, role: str = Role.OBSERVER, username: str = "", **changes: Any) -> User:
    """A person with one role at the site."""
    user = make_user(username or role)
    Membership.objects.create(user=user, site=site, role=role, **changes)
    return user


def make_session(site: Site, **changes: Any) -> Session:
    values = {"name": "上午", "opened_at": NOON - timedelta(hours=3), **changes}
    return Session.objects.create(site=site, **values)


def make_duty(session: Session, user: User, role: str = DutyRole.PHYSICIAN, **changes: Any) -> Duty:
    values = {"from_at": NOON - timedelta(hours=1), "area": session.site.areas.first(), **changes}
    return Duty.objects.create(session=session, user=user, role=role, **values)


def make_device(site: Site, secret: str = "device-secret", **changes: Any) -> Device:
    values = {"name": "平板 1", "secret_digest": digest(secret), "enrolled_at": NOON, **changes}
    return Device.objects.create(site=site, **values)


def make_token(user: User, secret: str = "token-secret", **changes: Any) -> str:
    """A token of the user with every scope; returns the `Authorization` header."""
    values = {"name": "test", "scopes": ["read", "write", "import"], "created_at": NOON, **changes}
    AccessToken.objects.create(user=user, digest=digest(secret), **values)
    return f"Bearer {secret}"
