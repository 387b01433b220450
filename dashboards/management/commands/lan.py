"""`aefi lan`: serve the phones and tablets of a hotspot or local network over TLS."""

import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any

import segno
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboards.management import certificates
from dashboards.management.certificates import Identity, Names
from dashboards.management.commands.run import MANAGE, Child, Supervisor, children_for, prepare
from dashboards.management.demo_site import has_demo_logins
from dashboards.management.network import Reach, lan_addresses, names_of_machine

EVERYWHERE = "0.0.0.0"  # noqa: S104 - reaching the local network is what the command is for
LOOK_AGAIN_EVERY = 30.0
"""Seconds between looks for a new address or a certificate near its end."""


class Command(BaseCommand):
    help = "Serve phones and tablets over this machine's hotspot or local network."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", action="append", type=address, help="instead of searching")
        parser.add_argument("--port", type=int, default=8443, help="of the product, over TLS")
        parser.add_argument("--trust-port", type=int, default=8080, help="of the trust page")
        parser.add_argument("--demo", action="store_true", help="with the demonstration site")

    def handle(self, *_args: Any, **options: Any) -> None:
        server = LanServer(options["port"], options["trust_port"], options["address"])
        supervisor = Supervisor()
        try:
            server.renew(now=real_now())
        except certificates.AuthorityUnreadable as error:
            raise CommandError(str(error)) from error
        prepare(server.reach.secure, ["migrate", "load_demo"] if options["demo"] else ["migrate"])
        if not options["demo"] and has_demo_logins():
            raise CommandError(
                "This database holds the demonstration's logins, and their password is published. "
                "Add --demo to serve it all the same, or set AEFI_VAR_DIR to a new folder."
            )
        print_addresses(server.reach, server.authority)
        supervisor.keep(server.children(), also=server.look)


class LanServer:
    """The addresses, the certificate, and the processes that serve under them."""

    def __init__(self, port: int, trust_port: int, chosen: list[IPv4Address] | None) -> None:
        self.port, self.trust_port = port, trust_port
        self.chosen = chosen
        self.folder = Path(settings.VAR_DIR) / "ca"
        self.own_hosts = list(settings.ALLOWED_HOSTS)
        self.own_origins = list(settings.CSRF_TRUSTED_ORIGINS)
        self.look_at = time.monotonic() + LOOK_AGAIN_EVERY
        self.serving: list[Child] = []

    def renew(self, *, now: datetime) -> bool:
        """Make or renew what is needed for the addresses of now; say whether anything changed.

        :raises CommandError: when this machine is on no local network.
        """
        addresses = self.chosen or lan_addresses()
        if not addresses:
            raise CommandError(
                "This machine is on no local network: switch on its hotspot or Wi-Fi, "
                "or name an address with --address."
            )
        names = names_of_machine(addresses)
        before = server_file(self.folder)
        self.reach = Reach(addresses[0], self.port, self.trust_port)
        self.authority = certificates.open_authority(self.folder, authority_name(now), now=now)
        certificates.open_server(self.folder, self.authority, names, now=now)
        self._leave_word(names)
        return server_file(self.folder) != before

    def _leave_word(self, names: Names) -> None:
        """Write what the pages show, and what the processes started from now on obey."""
        authority = self.authority.certificate
        certificates.export(self.folder, authority)
        self.reach.write(
            self.folder / "reach.json",
            authority=certificates.common_name(authority),
            fingerprint=certificates.fingerprint(authority),
        )
        os.environ.update(environment(names, self.port, self.own_hosts, self.own_origins))

    def children(self) -> list[Child]:
        """Return the processes: those of `aefi run`, web over TLS, and the trust page."""
        pem = str(self.folder / certificates.SERVER_FILE)
        tls = ["--ssl-certfile", pem, "--ssl-keyfile", pem]
        web, *others = children_for(EVERYWHERE, self.port, *tls)
        trust = Child("trust", self._trust_command())
        self.serving = [web, trust]
        return [web, trust, *others]

    def _trust_command(self) -> list[str]:
        ports = ["--port", str(self.trust_port), "--secure-port", str(self.port)]
        fallback = ["--fallback", str(self.reach.address)]
        return [*MANAGE, "trust_page", "--host", EVERYWHERE, *ports, *fallback]

    def look(self) -> None:
        """Now and then, see whether the certificate still fits; serve the new one if not."""
        if time.monotonic() < self.look_at:
            return
        self.look_at = time.monotonic() + LOOK_AGAIN_EVERY
        try:
            has_changed = self.renew(now=real_now())
        except CommandError as error:
            print(f"   lan | {error}")
            return
        if has_changed:
            print_addresses(self.reach, self.authority)
            self.serving[1].command = self._trust_command()
            for child in self.serving:
                child.end()


def real_now() -> datetime:
    """Return the time by which devices judge a certificate: never the demonstration's."""
    return datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251


def address(text: str) -> IPv4Address:
    """Return an address of the command line."""
    try:
        return IPv4Address(text)
    except AddressValueError as error:
        raise CommandError(f"{text!r} is not an IPv4 address like 192.168.137.1.") from error


def authority_name(now: datetime) -> str:
    """Return the name under which devices list the authority."""
    return f"AEFI Watch {now:%Y-%m-%d}"


def server_file(folder: Path) -> bytes:
    """Return the present certificate, to see whether it is replaced."""
    path = folder / certificates.SERVER_FILE
    return path.read_bytes() if path.exists() else b""


def environment(
    names: Names, port: int, own_hosts: Iterable[str], own_origins: Iterable[str]
) -> dict[str, str]:
    """Return what the web process must be told to answer under `names` over TLS."""
    hosts = [*map(str, names.addresses), *names.hosts]
    origins = [f"https://{host}:{port}" for host in hosts]
    return {
        "AEFI_TLS": "1",
        "ALLOWED_HOSTS": ",".join(dict.fromkeys([*hosts, *own_hosts])),
        "CSRF_TRUSTED_ORIGINS": ",".join(dict.fromkeys([*origins, *own_origins])),
    }


def print_addresses(reach: Reach, authority: Identity) -> None:
    """Print the code to scan, the addresses, and the fingerprint to compare with."""
    segno.make(f"{reach.plain}/").terminal(compact=True)
    print(f"Each device, once: join the network, scan this code   {reach.plain}/")
    print(f"From then on                                          {reach.secure}/")
    print(
        f"On this computer                                      https://localhost:{reach.secure_port}/"
    )
    print(f"Certificate   {certificates.common_name(authority.certificate)}")
    print(f"SHA-256       {certificates.fingerprint(authority.certificate)}", flush=True)
