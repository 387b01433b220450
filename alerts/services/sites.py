"""Changes to a site: its first rows, its tokens, an evacuation."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from alerts.models import AccessToken, Site, Stream, User
from alerts.outbox import Fact, Origin, append_event
from alerts.rules.secrets import digest

SCOPES = ("read", "write", "import")


@transaction.atomic
def create_site(**values: object) -> Site:
    """Return a new site with its stream of events."""
    site = Site.objects.create(**values)
    Stream.objects.create(site=site)
    return site


def draw_secret() -> tuple[str, str]:
    """Return a new secret, and the digest under which it is kept."""
    secret = secrets.token_urlsafe(32)
    return secret, digest(secret)


@transaction.atomic
def create_token(
    *,
    user: User,
    name: str,
    sites: Iterable[Site] = (),
    scopes: Iterable[str] = SCOPES,
    now: datetime,
) -> str:
    """Return a new token's secret, which is shown once and kept as a digest."""
    secret, kept = draw_secret()
    token = AccessToken.objects.create(
        user=user, name=name, digest=kept, scopes=list(scopes), created_at=now
    )
    token.sites.set(sites)
    return secret


@transaction.atomic
def start_evacuation(*, site_id: int, origin: Origin, now: datetime) -> Site:
    """Turn every board of the site into its muster list; timers run on."""
    site = Site.objects.select_for_update().get(pk=site_id)
    if site.evacuating_since is None:
        site.evacuating_since = now
        site.save(update_fields=["evacuating_since"])
        fact = Fact("site.evacuation_started", str(site.uuid), {"at": now.isoformat()})
        append_event(site.pk, fact, now=now, origin=origin)
    return site


@transaction.atomic
def end_evacuation(*, site_id: int, origin: Origin, now: datetime) -> Site:
    """Give the boards back to the watch."""
    site = Site.objects.select_for_update().get(pk=site_id)
    if site.evacuating_since is not None:
        site.evacuating_since = None
        site.save(update_fields=["evacuating_since"])
        append_event(site.pk, Fact("site.evacuation_ended", str(site.uuid)), now=now, origin=origin)
    return site
