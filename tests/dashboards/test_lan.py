"""Serving a local network: addresses, TLS with the site's own certificate, the plain trust page."""

import asyncio
import http.server
import json
import os
import socket
import ssl
import threading
from ipaddress import IPv4Address

import httpx
import pytest
from django.core.management.base import CommandError

from dashboards.management import certificates, demo_site, network
from dashboards.management.commands import lan
from dashboards.management.network import Reach
from dashboards.management.plain_site import PlainSite
from tests.factories import make_user

HOTSPOT = IPv4Address("192.168.137.1")
OFFICE = IPv4Address("10.0.0.9")
NOW = lan.real_now()


def interface(name, *locals_, is_up=True, family="inet"):
    flags = ["BROADCAST", "UP", "LOWER_UP"] if is_up else ["BROADCAST"]
    entries = [{"family": family, "local": local} for local in locals_]
    return {"ifname": name, "flags": flags, "addr_info": entries}


def found(*interfaces):
    return [str(a) for a in network.from_ip_tool(json.dumps(interfaces))]


def test_addresses_are_those_a_phone_could_reach():
    addresses = found(
        interface("lo", "127.0.0.1"),
        interface("wlan0", "192.168.137.1", "169.254.3.4"),
        interface("eth0", "10.0.0.9", "8.8.8.8"),
        interface("eth0", "fd00::2", family="inet6"),
        interface("docker0", "172.17.0.1"),
        interface("wlan1", "192.168.2.1", is_up=False),
    )

    assert addresses == ["192.168.137.1", "10.0.0.9"]


def test_without_the_tool_there_is_nothing_to_read():
    assert network.from_ip_tool("") == []


def test_the_way_to_this_machine_itself_is_no_local_network():
    assert network.from_routes(["127.0.0.1"]) == []


def test_a_target_without_a_way_is_passed_over():
    assert network.from_routes(["255.255.255.255"]) == []


@pytest.mark.parametrize(
    ("address", "is_local"),
    [
        ("192.168.1.2", True),
        ("10.200.3.4", True),
        ("172.20.10.2", True),
        ("172.32.0.1", False),
        ("127.0.0.1", False),
        ("169.254.1.1", False),
        ("114.114.114.114", False),
    ],
)
def test_what_counts_as_a_local_address(address, is_local):
    assert network.is_local(IPv4Address(address)) is is_local


def test_the_hotspot_comes_before_the_office_network():
    addresses = sorted([OFFICE, IPv4Address("192.0.2.2"), HOTSPOT], key=network.likelihood)

    assert addresses[:2] == [HOTSPOT, OFFICE]


def test_the_machine_is_named_by_address_host_and_local_name():
    names = network.names_of_machine([HOTSPOT])

    assert names.addresses == (HOTSPOT, IPv4Address("127.0.0.1"))
    assert "localhost" in names.hosts
    assert any(host.endswith(".local") for host in names.hosts)


def test_the_pages_learn_where_devices_find_the_server(tmp_path):
    Reach(HOTSPOT, 8443, 8080).write(tmp_path / "reach.json", authority="A", fingerprint="0F")

    assert json.loads((tmp_path / "reach.json").read_text()) == {
        "secure": "https://192.168.137.1:8443",
        "plain": "http://192.168.137.1:8080",
        "authority": "A",
        "fingerprint": "0F",
    }


@pytest.fixture
def server(tmp_path, settings, monkeypatch):
    """A server on the hotspot whose traces in the environment go with the test."""
    settings.VAR_DIR = tmp_path
    for name in ("AEFI_TLS", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS"):
        monkeypatch.setenv(name, "")
    server = lan.LanServer(8443, 8080, [HOTSPOT])
    server.renew(now=NOW)  # a real handshake judges by the machine's own clock
    return server


@pytest.fixture
def tls_port(server):
    """The port of a real TLS server that presents the certificate."""
    pem = server.folder / "server.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, pem)
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield httpd.server_address[1]
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def handshake(port, context, name):
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        return secure.version()


@pytest.fixture
def trusting(server):
    """What a device knows that has installed the authority."""
    return ssl.create_default_context(cafile=server.folder / "aefi-watch.pem")


@pytest.mark.parametrize("name", ["192.168.137.1", "127.0.0.1", "localhost"])
def test_a_device_with_the_authority_connects_without_a_warning(server, trusting, tls_port, name):
    assert handshake(tls_port, trusting, name) in {"TLSv1.2", "TLSv1.3"}


def test_a_device_without_the_authority_is_warned(tls_port):
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tls_port, ssl.create_default_context(), "192.168.137.1")


def test_an_address_that_is_not_ours_is_refused(trusting, tls_port):
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        handshake(tls_port, trusting, "192.168.137.77")


def test_a_second_look_changes_nothing(server):
    assert server.renew(now=NOW) is False


def test_a_new_address_renews_the_certificate_under_the_same_authority(server):
    before = (server.folder / "authority.pem").read_bytes()
    server.chosen = [OFFICE]

    assert server.renew(now=NOW) is True

    assert server.reach.secure == "https://10.0.0.9:8443"
    assert (server.folder / "authority.pem").read_bytes() == before


def test_the_processes_learn_of_a_new_address(server):
    server.chosen = [OFFICE]
    server.renew(now=NOW)

    hosts = os.environ["ALLOWED_HOSTS"].split(",")
    assert hosts[0] == "10.0.0.9"
    assert "192.168.137.1" not in hosts
    assert os.environ["AEFI_TLS"] == "1"


def test_the_environment_keeps_what_the_site_has_set():
    names = certificates.Names((HOTSPOT,), ("laptop",))

    told = lan.environment(names, 8443, ["aefi.example.cn"], ["https://aefi.example.cn"])

    assert told["ALLOWED_HOSTS"] == "192.168.137.1,laptop,aefi.example.cn"
    assert told["CSRF_TRUSTED_ORIGINS"].split(",") == [
        "https://192.168.137.1:8443",
        "https://laptop:8443",
        "https://aefi.example.cn",
    ]


def test_the_web_process_serves_tls_to_the_network_and_the_rest_stays_inside(server):
    web, trust, *others = server.children()

    pem = str(server.folder / "server.pem")
    assert web.command[-4:] == ["--ssl-certfile", pem, "--ssl-keyfile", pem]
    assert "0.0.0.0" in web.command
    assert trust.command[trust.command.index("--port") + 1] == "8080"
    assert {child.name for child in others} >= {"pager"}
    assert all("0.0.0.0" not in child.command for child in others)


def test_the_terminal_shows_address_and_fingerprint(server, capsys):
    lan.print_addresses(server.reach, server.authority)

    shown = capsys.readouterr().out
    assert "https://192.168.137.1:8443/" in shown
    assert "http://192.168.137.1:8080/" in shown
    assert certificates.fingerprint(server.authority.certificate) in shown


def test_an_odd_address_is_explained():
    with pytest.raises(CommandError, match="is not an IPv4 address"):
        lan.address("laptop")


@pytest.mark.parametrize(
    ("password", "is_demo"), [("hall-of-320-seats", True), ("another-horse-7", False)]
)
@pytest.mark.django_db
def test_the_published_password_is_noticed(password, is_demo):
    person = make_user("admin")
    person.set_password(password)
    person.save()

    assert demo_site.has_demo_logins() is is_demo


async def pages(scope, receive, send):
    """Stands for the product: answers with the headers it was given."""
    seen = json.dumps([key.decode() for key, _value in scope["headers"]]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": seen})


def ask(path, *, method="GET", host="192.168.137.1:8080", **headers):
    site = PlainSite(pages, secure_port=8443, fallback="192.168.137.1")
    transport = httpx.ASGITransport(app=site)

    async def once():
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(once())


@pytest.fixture
def hosts(settings):
    settings.ALLOWED_HOSTS = ["192.168.137.1", "laptop.local"]


@pytest.mark.parametrize(
    "path", ["/trust/", "/trust/aefi-watch.crt", "/static/dashboards/base.css"]
)
def test_what_a_device_needs_to_trust_us_is_served_plainly(hosts, path):
    assert ask(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/lock/", "/api/v1/sites/", "/enrol/abc/?x=1", "/static/admin/a.css", "/trustworthy"]
)
def test_everything_else_is_sent_to_https(hosts, path):
    response = ask(path)

    assert response.status_code == 307
    assert response.headers["location"] == f"https://192.168.137.1:8443{path}"
    assert response.headers["cache-control"] == "no-store"


def test_the_bare_address_shows_the_trust_page(hosts):
    assert ask("/").headers["location"] == "/trust/"


def test_a_device_is_sent_back_to_the_name_it_asked_for(hosts):
    location = ask("/lock/", host="laptop.local:8080").headers["location"]

    assert location == "https://laptop.local:8443/lock/"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080"])
def test_a_strange_name_is_never_redirected_to(hosts, host):
    assert ask("/lock/", host=host).headers["location"] == "https://192.168.137.1:8443/lock/"


@pytest.mark.parametrize("path", ["/trust/", "/lock/"])
def test_nothing_is_taken_over_a_plain_line(hosts, path):
    assert ask(path, method="POST").status_code == 405


def test_cookies_and_tokens_of_a_plain_line_are_dropped(hosts):
    response = ask(
        "/trust/", **{"Cookie": "aefi_device=x", "Authorization": "y", "X-Forwarded-Proto": "https"}
    )

    assert {"cookie", "authorization", "x-forwarded-proto"} & set(response.json()) == set()
    assert "host" in response.json()
