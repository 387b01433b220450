"""The site's own certificate authority, and the certificate it gives this machine.

A laptop on a hotspot has no public name, so no public authority will vouch for it. Devices trust
this one instead. Nothing here reads a clock.
"""

import os
import plistlib
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Address = IPv4Address | IPv6Address

AUTHORITY_PERIOD = timedelta(days=3653)
"""Ten years: a new authority means another walk to every device."""
SERVER_PERIOD = timedelta(days=397)
"""The longest that browsers take (CA/Browser Forum, Baseline Requirements, 6.3.2)."""
RENEW_BEFORE = timedelta(days=30)
BACKDATED_BY = timedelta(days=1)
"""Tablets whose clock is behind must not find a certificate of the future."""

HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
AUTHORITY_FILE, SERVER_FILE = "authority.pem", "server.pem"


class AuthorityUnreadable(Exception):
    """The stored authority is damaged; replacing it unasked would cut off every device."""


@dataclass(frozen=True)
class Names:
    """What this machine is called by its devices."""

    addresses: tuple[Address, ...]
    hosts: tuple[str, ...] = ()

    @property
    def general(self) -> list[x509.GeneralName]:
        """The names as a certificate holds them."""
        hosts: list[x509.GeneralName] = [x509.DNSName(host) for host in self.hosts]
        return [*hosts, *(x509.IPAddress(address) for address in self.addresses)]


@dataclass(frozen=True)
class Identity:
    """A certificate with its private key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        """Key and certificate in one document, so that one rename replaces both."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return key + self.certificate.public_bytes(Encoding.PEM)


def make_authority(name: str, *, now: datetime) -> Identity:
    """Return a new certificate authority, good for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(name)
    builder = _builder(subject, key, now=now, until=now + AUTHORITY_PERIOD).issuer_name(subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
    return Identity(key, builder.sign(key, hashes.SHA256()))


def issue(authority: Identity, names: Names, *, now: datetime) -> Identity:
    """Return a new certificate for this machine under all its names."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    until = min(now - BACKDATED_BY + SERVER_PERIOD, issuer.not_valid_after_utc)
    builder = _builder(_subject("AEFI Watch"), key, now=now, until=until)
    builder = builder.issuer_name(issuer.subject)
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(signs_certificates=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName(names.general), False),
        (signer, False),
    ]
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, critical=is_critical)
    return Identity(key, builder.sign(authority.key, hashes.SHA256()))


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(subject_name=subject, public_key=key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - BACKDATED_BY).not_valid_after(until)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(identifier, critical=False)


def _subject(name: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "AEFI Watch")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def names_in(certificate: x509.Certificate) -> Names:
    """Return the names that a certificate vouches for."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = tuple(
        address
        for address in found.get_values_for_type(x509.IPAddress)
        if isinstance(address, IPv4Address | IPv6Address)
    )
    return Names(addresses, tuple(found.get_values_for_type(x509.DNSName)))


def is_good(server: Identity, authority: Identity, names: Names, *, now: datetime) -> bool:
    """Say whether the certificate is this authority's, has all `names` and 30 days left."""
    certificate = server.certificate
    held = names_in(certificate)
    has_names = set(names.addresses) <= set(held.addresses) and set(names.hosts) <= set(held.hosts)
    is_now = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc
    left = certificate.not_valid_after_utc - now
    return has_names and is_now and left > RENEW_BEFORE and _is_signed_by(certificate, authority)


def _is_signed_by(certificate: x509.Certificate, authority: Identity) -> bool:
    try:
        certificate.verify_directly_issued_by(authority.certificate)
    except (InvalidSignature, ValueError):
        return False
    return True


def as_profile(authority: x509.Certificate) -> bytes:
    """Return the authority as a configuration profile of iOS and iPadOS.

    The same authority gives the same identifiers, so that a second installation replaces the first.
    """
    print_ = authority.fingerprint(hashes.SHA256()).hex()
    name = common_name(authority)
    payload = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"org.aefi-watch.authority.{print_[:16]}",
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_OID, print_)).upper(),
        "PayloadDisplayName": name,
        "PayloadCertificateFileName": "aefi-watch.crt",
        "PayloadContent": authority.public_bytes(Encoding.DER),
    }
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"org.aefi-watch.profile.{print_[:16]}",
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, print_)).upper(),
        "PayloadDisplayName": name,
        "PayloadDescription": "Lets this device trust the vaccination site's own server.",
        "PayloadContent": [payload],
    }
    return plistlib.dumps(profile)


def common_name(certificate: x509.Certificate) -> str:
    """Return the name under which a device lists the certificate."""
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 fingerprint as devices show it: pairs of hex digits."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def open_authority(folder: Path, name: str, *, now: datetime) -> Identity:
    """Return the authority kept in `folder`; make one at first, and when the old one runs out.

    :raises AuthorityUnreadable: when the file is there and damaged.
    """
    path = folder / AUTHORITY_FILE
    if path.exists():
        authority = _stored(path)
        if authority is None:
            raise AuthorityUnreadable(
                f"{path} is damaged. Put back its copy, or delete it: then every device "
                "must install the new certificate."
            )
        if authority.certificate.not_valid_after_utc - now > RENEW_BEFORE:
            return authority
    authority = make_authority(name, now=now)
    replace_file(path, authority.pem, mode=0o600)
    return authority


def open_server(folder: Path, authority: Identity, names: Names, *, now: datetime) -> Identity:
    """Return this machine's certificate; a new one when a name is missing or its end is near."""
    path = folder / SERVER_FILE
    stored = _stored(path) if path.exists() else None
    if stored is not None and is_good(stored, authority, names, now=now):
        return stored
    server = issue(authority, names, now=now)
    replace_file(path, server.pem, mode=0o600)
    return server


def export(folder: Path, authority: x509.Certificate) -> None:
    """Write the authority, without its key, in the forms that devices install."""
    for suffix, content in exports(authority).items():
        replace_file(folder / f"aefi-watch.{suffix}", content, mode=0o644)


def exports(authority: x509.Certificate) -> dict[str, bytes]:
    """Return the authority by file suffix: DER for phones and Windows, PEM, and the iOS profile."""
    return {
        "crt": authority.public_bytes(Encoding.DER),
        "pem": authority.public_bytes(Encoding.PEM),
        "mobileconfig": as_profile(authority),
    }


def _stored(path: Path) -> Identity | None:
    """Return what is kept at `path`; None when it is damaged or key and certificate differ."""
    content = path.read_bytes()
    try:
        key = load_pem_private_key(content, password=None)
        certificate = x509.load_pem_x509_certificate(content)
    except ValueError:
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    return Identity(key, certificate) if key.public_key() == certificate.public_key() else None


def replace_file(path: Path, content: bytes, *, mode: int) -> None:
    """Replace a file in one move: a cut in the power leaves the old one or the new one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def parsed_hosts(hosts: Iterable[str]) -> tuple[str, ...]:
    """Return the host names that a certificate can hold, in lower case, each once."""
    plain = (host.strip(".").lower() for host in hosts)
    return tuple(dict.fromkeys(host for host in plain if HOST.fullmatch(host)))
