"""The second step of logging in: a code from an authenticator app, for those who see many people's records."""

from django.conf import settings
from django_otp.plugins.otp_totp.models import TOTPDevice

from alerts.models import Role, User

ROLES = (Role.OFFICER, Role.ADMINISTRATOR)


def is_needed(person: User) -> bool:
    """Say whether the person's password alone does not log them in."""
    if not settings.REQUIRE_TOTP:
        return False
    has_wide_role = person.memberships.filter(ended_at=None, role__in=ROLES).exists()
    return has_wide_role or person.is_staff or person.is_superuser


def app_of(person: User) -> TOTPDevice:
    """Return the person's authenticator; unconfirmed until a first code from it was right."""
    apps = TOTPDevice.objects.filter(user=person)
    confirmed = apps.filter(confirmed=True).first()
    return confirmed or apps.get_or_create(user=person, confirmed=False, name="app")[0]


def is_right(person: User, code: str) -> bool:
    """Check a code, each one once; wrong ones make the person wait longer and longer."""
    app = app_of(person)
    if not app.verify_token(code):
        return False
    if not app.confirmed:
        app.confirmed = True
        app.save(update_fields=["confirmed"])
    return True
