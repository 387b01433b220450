"""`aefi certificate NAME`: a certificate for a server behind a proxy, from the site's own authority."""

from ipaddress import ip_address
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboards.management import certificates
from dashboards.management.certificates import Names
from dashboards.management.commands.lan import authority_name, real_now


class Command(BaseCommand):
    help = "Make or renew the certificate for the names and addresses by which devices reach it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="+", help="hall.example or 10.0.0.5")

    def handle(self, *_args: Any, **options: Any) -> None:
        now, folder = real_now(), Path(settings.VAR_DIR) / "ca"
        names = names_from(options["name"])
        try:
            authority = certificates.open_authority(folder, authority_name(now), now=now)
        except certificates.AuthorityUnreadable as error:
            raise CommandError(str(error)) from error
        certificates.open_server(folder, authority, names, now=now)
        certificates.export(folder, authority.certificate)
        self.stdout.write(f"{folder / certificates.SERVER_FILE}")
        self.stdout.write(f"SHA-256 {certificates.fingerprint(authority.certificate)}")


def names_from(words: list[str]) -> Names:
    """Return addresses and host names apart."""
    addresses, hosts = [], []
    for word in words:
        try:
            addresses.append(ip_address(word))
        except ValueError:
            hosts.append(word.lower())
    good = certificates.parsed_hosts(hosts)
    if odd := set(hosts) - set(good):
        raise CommandError(f"No certificate can hold: {', '.join(sorted(odd))}.")
    return Names(tuple(addresses), good)
