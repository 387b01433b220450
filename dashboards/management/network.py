"""Which addresses devices on the local network reach this machine under."""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from dashboards.management.certificates import Names, parsed_hosts, replace_file

LOOPBACK = IPv4Address("127.0.0.1")
INSIDE_ONLY = ("docker", "br-", "veth", "virbr", "cni", "podman", "lxc")
"""Interfaces that lead to containers of this machine and never to a phone."""
NEIGHBOURS = {
    "10.255.255.254": "any network of class A",
    "172.31.255.254": "any network of class B",
    "192.168.255.254": "any network of class C",
    "10.42.0.254": "a hotspot of Linux",
    "192.168.137.254": "a hotspot of Windows",
    "192.168.2.254": "a hotspot of macOS",
    "192.168.43.254": "a hotspot of Android",
    "172.20.10.14": "a hotspot of iOS",
}
"""Asking for the way to these sends nothing and shows the address that would be used."""
DISCARD_PORT = 9
PATIENCE = 3.0


@dataclass(frozen=True)
class Reach:
    """Where devices find the server: over TLS, and the page that helps them trust it."""

    address: IPv4Address
    secure_port: int
    plain_port: int

    @property
    def secure(self) -> str:
        """The origin of the product."""
        return f"https://{self.address}:{self.secure_port}"

    @property
    def plain(self) -> str:
        """The origin of the trust page."""
        return f"http://{self.address}:{self.plain_port}"

    def write(self, path: Path, *, authority: str, fingerprint: str) -> None:
        """Leave word for the pages, which run in another process."""
        facts = {"secure": self.secure, "plain": self.plain}
        facts |= {"authority": authority, "fingerprint": fingerprint}
        replace_file(path, json.dumps(facts, indent=1).encode(), mode=0o644)


def lan_addresses() -> list[IPv4Address]:
    """Return this machine's addresses on local networks, the one most likely meant first."""
    found = from_ip_tool(_ip_tool()) or [*from_routes(NEIGHBOURS), *from_host_name()]
    return sorted(dict.fromkeys(found), key=likelihood)


def from_ip_tool(listing: str) -> list[IPv4Address]:
    """Return the addresses in the JSON of `ip -j addr` that a phone could reach."""
    interfaces = json.loads(listing) if listing else []
    return [
        IPv4Address(entry["local"])
        for interface in interfaces
        if "UP" in interface["flags"] and not interface["ifname"].startswith(INSIDE_ONLY)
        for entry in interface["addr_info"]
        if entry["family"] == "inet" and is_local(IPv4Address(entry["local"]))
    ]


def from_routes(targets: Iterable[str]) -> list[IPv4Address]:
    """Return the addresses from which this machine would speak to `targets`; sends nothing."""
    return [address for target in targets if (address := _way_to(target)) is not None]


def from_host_name() -> list[IPv4Address]:
    """Return the local addresses that the machine's own name stands for."""
    try:
        entries = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    except OSError:
        return []
    found = [IPv4Address(str(entry[4][0])) for entry in entries]
    return [address for address in found if is_local(address)]


def is_local(address: IPv4Address) -> bool:
    """Say whether this is an address of a local network, not of the machine itself."""
    return address.is_private and not address.is_loopback and not address.is_link_local


def likelihood(address: IPv4Address) -> int:
    """Put home and hotspot networks first, then the large ones, then the rest."""
    order = ("192.168.", "10.", "172.")
    text = str(address)
    return next((i for i, start in enumerate(order) if text.startswith(start)), len(order))


def names_of_machine(addresses: Iterable[IPv4Address]) -> Names:
    """Return what this machine is asked for as: addresses, host name and `.local` name."""
    host = socket.gethostname().partition(".")[0]
    hosts = parsed_hosts([host, f"{host}.local", socket.gethostname(), "localhost"])
    return Names((*addresses, LOOPBACK), hosts)


def _way_to(target: str) -> IPv4Address | None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect((target, DISCARD_PORT))
        except OSError:
            return None
        address = IPv4Address(probe.getsockname()[0])
    return address if is_local(address) else None


def _ip_tool() -> str:
    """Return what `ip -j addr` says; nothing where there is no such tool."""
    tool = shutil.which("ip")
    if tool is None:
        return ""
    command = [tool, "-j", "addr"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)  # noqa: S603 - no shell, no input
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
