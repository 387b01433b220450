"""`aefi init`: make a site of one's own, without any demonstration login."""

import sys
from getpass import getpass
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from alerts.models import SiteKind
from dashboards.management.new_site import NotMade, Plan, draw_password, make_site


class Command(BaseCommand):
    help = "Make a site with its areas, bays, seats and first administrator; never overwrites."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="as the reports name it")
        parser.add_argument("--name-en", default="")
        parser.add_argument("--kind", choices=SiteKind.values, default=SiteKind.CLINIC)
        parser.add_argument("--county", default="", help="GB/T 2260 code, six digits")
        parser.add_argument("--hotline", default="")
        parser.add_argument("--bays", type=int, default=1, help="A, B, C … in the observation area")
        parser.add_argument("--seats", type=int, default=20, help="in each bay")
        parser.add_argument("--admin", required=True, help="login of the first administrator")
        parser.add_argument("--admin-name", default="")
        parser.add_argument(
            "--password-file", help="its first line; typed, or drawn where nobody types"
        )
        parser.add_argument("--further", action="store_true", help="beside the sites there are")

    def handle(self, *_args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        password, is_drawn = password_from(options["password_file"])
        try:
            site = make_site(plan_from(options, password), is_further=options["further"])
        except NotMade as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("Made: {name}, key {key}.").format(name=site.name, key=site.uuid))
        self.stdout.write(_("Administrator: {name}").format(name=options["admin"]))
        if is_drawn:
            self.stdout.write(_("Password, shown this once: {word}").format(word=password))
        self.stdout.write(_("Next: aefi doctor, then aefi lan, or the services."))


def plan_from(options: dict[str, Any], password: str) -> Plan:
    """Return the plan that the options ask for."""
    return Plan(
        name=options["name"].strip(),
        name_en=options["name_en"],
        kind=options["kind"],
        county_code=options["county"],
        hotline=options["hotline"],
        bays=options["bays"],
        seats=options["seats"],
        admin=options["admin"],
        admin_name=options["admin_name"],
        password=password,
    )


def password_from(path: str | None) -> tuple[str, bool]:
    """Return the password, and whether it was drawn and must be shown."""
    if path:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        return (lines[0] if lines else ""), False
    if not sys.stdin.isatty():
        return draw_password(), True
    typed = getpass(_("Password (empty: one is drawn): "))
    if typed and typed != getpass(_("Again: ")):
        raise CommandError(_("The two differ; nothing was changed."))
    return (typed, False) if typed else (draw_password(), True)
