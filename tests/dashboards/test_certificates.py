"""The site's own authority: what it signs, how long, and how it is kept."""

import plistlib
import ssl
import stat
from datetime import timedelta
from io import StringIO
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from django.core.management import call_command
from django.core.management.base import CommandError

from dashboards.management import certificates
from dashboards.management.certificates import Names
from tests.factories import NOON

ADDRESSES = tuple(map(ip_address, ("192.168.137.1", "10.42.0.1", "fd00::7")))
NAMES = Names(ADDRESSES, ("laptop", "laptop.local", "localhost"))
DAY = timedelta(days=1)


@pytest.fixture
def authority():
    return certificates.make_authority("AEFI Watch CA", now=NOON)


@pytest.fixture
def server(authority):
    return certificates.issue(authority, NAMES, now=NOON)


def verify(server, authority, *, name, now=NOON):
    """Verify the chain as a browser does; raises where a browser warns."""
    store = Store([authority.certificate])
    verifier = PolicyBuilder().store(store).time(now).build_server_verifier(name)
    return verifier.verify(server.certificate, [])


def lifetime(identity):
    return identity.certificate.not_valid_after_utc - identity.certificate.not_valid_before_utc


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_browser_accepts_the_chain_for_every_address(server, authority, address):
    chain = verify(server, authority, name=x509.IPAddress(address))

    assert chain == [server.certificate, authority.certificate]


@pytest.mark.parametrize("host", NAMES.hosts)
def test_a_browser_accepts_the_chain_for_every_host_name(server, authority, host):
    assert verify(server, authority, name=x509.DNSName(host))[0] == server.certificate


def test_another_address_is_not_vouched_for(server, authority):
    with pytest.raises(VerificationError):
        verify(server, authority, name=x509.IPAddress(ip_address("192.168.137.2")))


def test_another_sites_authority_is_not_accepted(server):
    stranger = certificates.make_authority("AEFI Watch CA", now=NOON)

    with pytest.raises(VerificationError):
        verify(server, stranger, name=x509.DNSName("laptop"))


def test_a_tablet_whose_clock_is_behind_accepts_the_chain(server, authority):
    early = NOON - DAY + timedelta(minutes=1)

    assert verify(server, authority, name=x509.DNSName("laptop"), now=early)


def test_both_keys_are_p256(server, authority):
    keys = [server.key, authority.key]

    assert [key.curve.name for key in keys] == ["secp256r1", "secp256r1"]


def test_the_authority_lasts_ten_years_and_signs_servers_only(authority):
    end = authority.certificate.not_valid_after_utc
    limits = authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints)

    assert end.date() == NOON.date().replace(year=NOON.year + 10)
    assert limits.critical
    assert limits.value == x509.BasicConstraints(ca=True, path_length=0)


def test_a_server_certificate_lasts_no_longer_than_browsers_take(server):
    assert lifetime(server) == timedelta(days=397)


def test_a_server_certificate_never_outlives_its_authority(authority):
    late = authority.certificate.not_valid_after_utc - 100 * DAY

    server = certificates.issue(authority, NAMES, now=late)

    assert server.certificate.not_valid_after_utc == authority.certificate.not_valid_after_utc


def test_a_server_certificate_may_serve_and_nothing_else(server):
    extensions = server.certificate.extensions
    usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    limits = extensions.get_extension_for_class(x509.BasicConstraints).value

    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert limits.ca is False


def test_the_certificate_holds_every_name(server):
    held = certificates.names_in(server.certificate)

    assert set(held.addresses) == set(NAMES.addresses)
    assert set(held.hosts) == set(NAMES.hosts)


@pytest.mark.parametrize(
    ("days", "is_good"), [(0, True), (365, True), (366, False), (396, False), (400, False)]
)
def test_a_certificate_is_good_until_thirty_days_before_its_end(server, authority, days, is_good):
    now = NOON + days * DAY

    assert certificates.is_good(server, authority, NAMES, now=now) is is_good


def test_a_certificate_is_good_for_fewer_names_but_not_for_a_new_one(server, authority):
    fewer = Names(ADDRESSES[:1])
    more = Names((*ADDRESSES, ip_address("172.20.10.2")))
    renamed = Names(ADDRESSES, ("tablet-server",))

    assert certificates.is_good(server, authority, fewer, now=NOON)
    assert not certificates.is_good(server, authority, more, now=NOON)
    assert not certificates.is_good(server, authority, renamed, now=NOON)


def test_a_certificate_of_another_authority_is_not_good(server):
    stranger = certificates.make_authority("AEFI Watch CA", now=NOON)

    assert not certificates.is_good(server, stranger, NAMES, now=NOON)


def test_a_certificate_of_the_future_is_not_good(server, authority):
    assert not certificates.is_good(server, authority, NAMES, now=NOON - 2 * DAY)


def test_the_authority_is_made_once_and_its_key_is_for_the_owner_only(tmp_path):
    folder = tmp_path / "ca"

    first = certificates.open_authority(folder, "AEFI Watch CA", now=NOON)
    second = certificates.open_authority(folder, "AEFI Watch CA", now=NOON + 300 * DAY)

    assert first.certificate == second.certificate
    assert stat.S_IMODE((folder / "authority.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_an_authority_near_its_end_is_replaced(tmp_path):
    old = certificates.open_authority(tmp_path, "AEFI Watch CA", now=NOON)
    late = old.certificate.not_valid_after_utc - 29 * DAY

    new = certificates.open_authority(tmp_path, "AEFI Watch CA", now=late)

    assert new.certificate != old.certificate


@pytest.mark.parametrize("content", [b"", b"not a certificate", b"-----BEGIN PRIVATE KEY-----"])
def test_a_damaged_authority_is_never_replaced_unasked(tmp_path, content):
    path = tmp_path / "authority.pem"
    path.write_bytes(content)

    with pytest.raises(certificates.AuthorityUnreadable, match=r"authority\.pem is damaged"):
        certificates.open_authority(tmp_path, "AEFI Watch CA", now=NOON)
    assert path.read_bytes() == content


def test_an_authority_with_somebody_elses_key_counts_as_damaged(tmp_path, authority):
    other = certificates.Identity(ec.generate_private_key(ec.SECP256R1()), authority.certificate)
    (tmp_path / "authority.pem").write_bytes(other.pem)

    with pytest.raises(certificates.AuthorityUnreadable):
        certificates.open_authority(tmp_path, "AEFI Watch CA", now=NOON)


def test_the_server_certificate_is_kept_while_it_is_good(tmp_path, authority):
    first = certificates.open_server(tmp_path, authority, NAMES, now=NOON)
    second = certificates.open_server(tmp_path, authority, NAMES, now=NOON + DAY)

    assert first.certificate == second.certificate
    assert stat.S_IMODE((tmp_path / "server.pem").stat().st_mode) == 0o600


def test_a_new_address_brings_a_new_certificate(tmp_path, authority):
    moved = Names((ip_address("192.168.43.10"),), NAMES.hosts)
    certificates.open_server(tmp_path, authority, NAMES, now=NOON)

    server = certificates.open_server(tmp_path, authority, moved, now=NOON)

    assert verify(server, authority, name=x509.IPAddress(ip_address("192.168.43.10")))


def test_a_certificate_near_its_end_is_renewed(tmp_path, authority):
    certificates.open_server(tmp_path, authority, NAMES, now=NOON)
    late = NOON + 370 * DAY

    server = certificates.open_server(tmp_path, authority, NAMES, now=late)

    assert server.certificate.not_valid_after_utc - late > 390 * DAY


def test_a_damaged_server_certificate_is_made_again(tmp_path, authority):
    (tmp_path / "server.pem").write_bytes(b"half a fi")

    server = certificates.open_server(tmp_path, authority, NAMES, now=NOON)

    assert verify(server, authority, name=x509.DNSName("laptop"))


def test_the_exports_hold_the_certificate_and_never_the_key(tmp_path, authority):
    certificates.export(tmp_path, authority.certificate)

    crt = (tmp_path / "aefi-watch.crt").read_bytes()
    pem = (tmp_path / "aefi-watch.pem").read_bytes()
    assert x509.load_der_x509_certificate(crt) == authority.certificate
    assert ssl.PEM_cert_to_DER_cert(pem.decode()) == crt
    for path in tmp_path.iterdir():
        assert b"PRIVATE KEY" not in path.read_bytes()


def test_the_profile_carries_the_authority_as_a_root(authority):
    profile = plistlib.loads(certificates.as_profile(authority.certificate))

    payload = profile["PayloadContent"][0]
    assert profile["PayloadType"] == "Configuration"
    assert payload["PayloadType"] == "com.apple.security.root"
    assert payload["PayloadContent"] == authority.certificate.public_bytes(Encoding.DER)


def test_a_second_installation_of_the_profile_replaces_the_first(authority):
    once, again = (plistlib.loads(certificates.as_profile(authority.certificate)) for _ in "ab")

    assert once["PayloadUUID"] == again["PayloadUUID"]
    assert once["PayloadUUID"] != once["PayloadContent"][0]["PayloadUUID"]


def test_the_fingerprint_reads_as_devices_show_it(authority):
    shown = certificates.fingerprint(authority.certificate)

    assert len(shown.split(":")) == 32
    assert shown == shown.upper()


def test_host_names_a_certificate_cannot_hold_are_left_out():
    hosts = certificates.parsed_hosts(
        ["Laptop", "laptop.", "接种点-1", "", "my pc", "laptop.local"]
    )

    assert hosts == ("laptop", "laptop.local")


def test_a_server_behind_a_proxy_gets_a_certificate_under_all_its_names(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    out = StringIO()

    call_command("certificate", "Hall.local", "10.0.0.5", stdout=out)

    pem = (tmp_path / "ca" / "server.pem").read_bytes()
    held = certificates.names_in(x509.load_pem_x509_certificate(pem))
    assert (held.hosts, [str(one) for one in held.addresses]) == (("hall.local",), ["10.0.0.5"])
    assert b"PRIVATE KEY" in pem
    assert (tmp_path / "ca" / "aefi-watch.crt").exists()
    assert str(tmp_path / "ca" / "server.pem") in out.getvalue()


def test_a_name_that_no_certificate_can_hold_is_refused(settings, tmp_path):
    settings.VAR_DIR = tmp_path

    with pytest.raises(CommandError, match="not a name"):
        call_command("certificate", "not a name")
