"""`aefi token create USER`: make a token for a machine; `list` and `revoke` too."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from alerts.gateways import clock
from alerts.models import AccessToken, Site, User
from alerts.services.sites import SCOPES, create_token


class Command(BaseCommand):
    help = "Make, list and revoke API tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create")
        create.add_argument("user")
        create.add_argument("--name", default="machine")
        create.add_argument(
            "--site", action="append", default=[], help="UUID; all of the user's when left out"
        )
        create.add_argument("--scope", action="append", choices=SCOPES, default=[])
        verbs.add_parser("list")
        revoke = verbs.add_parser("revoke")
        revoke.add_argument("id", type=int)

    def handle(self, *_args: Any, **options: Any) -> None:
        verbs = {"create": self._create, "list": self._list, "revoke": self._revoke}
        verbs[options["verb"]](options)

    def _create(self, options: dict[str, Any]) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}; make one on the admin page.")
        secret = create_token(
            user=user,
            name=options["name"],
            sites=Site.objects.filter(uuid__in=options["site"]),
            scopes=options["scope"] or SCOPES,
            now=clock.now(),
        )
        self.stdout.write(secret)

    def _list(self, _options: dict[str, Any]) -> None:
        for token in AccessToken.objects.select_related("user").order_by("pk"):
            state = "revoked" if token.revoked_at else "live"
            self.stdout.write(f"{token.pk}\t{token.user.username}\t{token.name}\t{state}")

    def _revoke(self, options: dict[str, Any]) -> None:
        rows = AccessToken.objects.filter(pk=options["id"], revoked_at=None)
        if not rows.update(revoked_at=clock.now()):
            raise CommandError("There is no live token with this number; see `aefi token list`.")
