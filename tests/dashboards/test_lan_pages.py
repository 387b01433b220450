"""The trust page and the page of devices, as a device and a site lead see them."""

import html
import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from alerts.models import Device, DeviceKind, Event, Role
from alerts.rules.secrets import digest
from dashboards.management import certificates
from tests.factories import NOON, make_device, make_member, make_site
from tests.floor_factories import frozen

pytestmark = pytest.mark.django_db

REACH = {
    "secure": "https://192.168.137.1:8443",
    "plain": "http://192.168.137.1:8080",
    "authority": "AEFI Watch 2026-11-22",
    "fingerprint": "0F:1E:2D",
}


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    with frozen(NOON):
        yield


@pytest.fixture
def served(tmp_path, settings):
    """The server as `aefi lan` runs it."""
    settings.VAR_DIR = tmp_path
    settings.SERVED_OVER_TLS = True
    settings.ALLOWED_HOSTS = ["192.168.137.1", "localhost", "testserver"]
    authority = certificates.make_authority("AEFI Watch CA", now=NOON)
    certificates.export(tmp_path / "ca", authority.certificate)
    (tmp_path / "ca" / "reach.json").write_text(json.dumps(REACH))
    return authority


@pytest.fixture
def site():
    return make_site()


@pytest.fixture
def lead(client, site):
    """The client of a site lead who is logged in."""
    client.force_login(make_member(site, Role.LEAD), "django.contrib.auth.backends.ModelBackend")
    return client


def text(response):
    return html.unescape(response.content.decode())


def page_of(site):
    return f"/sites/{site.uuid}/devices/"


def device_at(site, name, **changes):
    values = {"name": name, "last_seen_at": NOON, "sound_armed_at": NOON, **changes}
    return make_device(site, f"secret of {name}", **values)


def get(client, address, **more):
    return client.get(address, HTTP_ACCEPT_LANGUAGE="en", **more)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("aefi-watch.crt", "application/x-x509-ca-cert"),
        ("aefi-watch.pem", "application/x-pem-file"),
        ("aefi-watch.mobileconfig", "application/x-apple-aspen-config"),
    ],
)
def test_the_certificate_is_handed_out_in_each_form(client, served, name, kind):
    response = client.get(f"/trust/{name}")

    assert response.status_code == 200
    assert response["Content-Type"] == kind
    assert name in response["Content-Disposition"]


@pytest.mark.parametrize("name", ["authority.pem", "server.pem", "reach.json", "nothing.crt"])
def test_nothing_else_of_the_folder_is_handed_out(client, served, tmp_path, name):
    (tmp_path / "ca" / "authority.pem").write_bytes(served.pem)
    (tmp_path / "ca" / "server.pem").write_bytes(served.pem)

    assert client.get(f"/trust/{name}").status_code == 404


def test_a_path_out_of_the_folder_is_not_found(client, served):
    assert client.get("/trust/..%2Fsecret_key").status_code == 404


def test_the_plain_page_says_how_and_names_nobody(client, served, site):
    device_at(site, "Tablet 1")
    client.cookies["aefi_device"] = "secret of Tablet 1"

    response = get(client, "/trust/", headers={"host": "192.168.137.1:8080"})

    shown = text(response)
    assert "Certificate Trust Settings" in shown
    assert REACH["fingerprint"] in shown
    assert 'href="https://192.168.137.1:8443/trust/"' in shown
    assert "Tablet 1" not in shown
    assert "csrfmiddlewaretoken" not in shown
    assert not response.cookies


def test_the_plain_page_may_try_the_secure_address_and_no_other(client, served):
    response = get(client, "/trust/", headers={"host": "192.168.137.1:8080"})

    policy = response["Content-Security-Policy"]
    assert "connect-src 'self' ws: wss: https://192.168.137.1:8443" in policy
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_languages_of_the_plain_page_need_no_cookie(client, served):
    english = client.get("/trust/?lang=en")
    chinese = client.get("/trust/?lang=zh-hans", HTTP_ACCEPT_LANGUAGE="en")

    assert english["Content-Language"] == "en"
    assert '<html lang="en">' in text(english)
    assert '<html lang="zh-hans">' in text(chinese)


def test_an_unknown_language_is_passed_over(client, served):
    assert get(client, "/trust/?lang=xx").status_code == 200


def test_an_enrolled_device_learns_which_devices_sound_instead(client, served, site):
    nurse = make_member(site, Role.CLINICIAN, "sun")
    device_at(site, "Phone of the nurse", kind=DeviceKind.PHONE, holder=nurse)
    device_at(site, "Tablet 1")
    device_at(site, "Silent tablet", sound_armed_at=None)
    device_at(site, "Tablet in the cupboard", last_seen_at=NOON - timedelta(minutes=1))
    device_at(site, "Lost tablet", retired_at=NOON)
    device_at(make_site(name="浦东接种点"), "Tablet of another site")
    client.cookies["aefi_device"] = "secret of Silent tablet"

    shown = text(get(client, "/trust/", secure=True))

    assert re.findall(r"<li>([^<]* · [^<]*)</li>", shown) == [
        "Phone of the nurse · Clinician",
        "Tablet 1 · Shared tablet",
    ]
    assert not re.search(r"\bsun\b", shown)


def test_a_site_without_a_sounding_device_is_told_so(lead, served):
    assert "None. Press “Start shift”" in text(get(lead, "/trust/", secure=True))


def test_a_stranger_sees_no_device(client, served, site):
    device_at(site, "Tablet 1")

    shown = text(get(client, "/trust/", secure=True))

    assert "Tablet 1" not in shown
    assert "Log in or enrol this device" in shown


def test_without_an_own_certificate_there_is_nothing_to_install(client, served, settings):
    settings.SERVED_OVER_TLS = False

    shown = text(get(client, "/trust/"))

    assert "Nothing to install" in shown
    assert "trust.js" not in shown


def test_a_lead_adds_a_device_and_gets_its_code_once(lead, served, site):
    form = {"name": "Tablet 7", "kind": "tablet", "area": site.areas.get().pk}

    response = lead.post(page_of(site), form, secure=True, headers={"host": "192.168.137.1:8443"})

    device = Device.objects.get()
    shown = text(response)
    code = re.search(r"https://192\.168\.137\.1:8443/enrol/([\w-]+)/", shown).group(1)
    assert (device.name, device.area) == ("Tablet 7", site.areas.get())
    assert device.enrolment_digest == digest(code)
    assert shown.count('src="data:image/svg+xml') == 2
    assert code not in text(lead.get(page_of(site), secure=True))


def test_the_code_enrols_the_device_that_scans_it(lead, client, served, site):
    added = lead.post(page_of(site), {"name": "Tablet 7", "kind": "tablet"}, secure=True)
    code = re.search(r"/enrol/([\w-]+)/", text(added)).group(1)

    body = {"code": code}
    answer = client.post("/api/v1/devices/enrol/", body, "application/json", secure=True)

    assert answer.status_code == 200
    assert answer.cookies["aefi_device"]["secure"]
    assert Device.objects.get().enrolled_at == NOON


@pytest.mark.parametrize("host", ["localhost:8443", "127.0.0.1:8443", "[::1]:8443"])
def test_a_code_made_on_the_laptop_leads_to_its_network_address(lead, served, site, settings, host):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    form = {"name": "Tablet 7", "kind": "tablet"}

    shown = text(lead.post(page_of(site), form, secure=True, headers={"host": host}))

    assert "https://192.168.137.1:8443/enrol/" in shown
    assert "http://192.168.137.1:8080/" in shown


def test_a_device_without_a_name_is_not_added(lead, served, site):
    response = lead.post(page_of(site), {"name": "", "kind": "tablet"}, secure=True)

    assert response.status_code == 200
    assert not Device.objects.exists()


def test_an_area_of_another_site_is_refused(lead, served, site):
    elsewhere = make_site(name="浦东接种点").areas.get()
    form = {"name": "Tablet 7", "kind": "tablet", "area": elsewhere.pk}

    lead.post(page_of(site), form, secure=True)

    assert not Device.objects.exists()


def test_the_list_shows_when_a_device_was_seen_its_sound_and_its_trust(lead, served, site):
    device_at(site, "A trusted", is_trusted=True)
    device_at(site, "B silent", sound_armed_at=None, is_trusted=False)
    device_at(site, "C away", last_seen_at=NOON - timedelta(hours=2))
    device_at(site, "D unused", last_seen_at=None, sound_armed_at=None)
    device_at(site, "E waiting", last_seen_at=None, enrolled_at=None, sound_armed_at=None)

    rows = re.findall(r"<tr>(.*?)</tr>", text(get(lead, page_of(site))), re.DOTALL)[1:]

    cells = [re.sub(r"<[^>]+>|\s+", " ", row) for row in rows]
    expected = [
        ("A trusted", "now", "sound on", "trusted"),
        ("B silent", "now", "sound off", "not trusted"),
        ("C away", "11-22 10:00", "sound on", "not checked"),
        ("D unused", "never", "sound off", "not checked"),
        ("E waiting", "waits for enrolment", "sound off", "not checked"),
    ]
    for words, row in zip(expected, cells, strict=True):
        assert all(word in row for word in words), (words, row)


def test_a_lost_device_is_shut_out_in_one_tap(lead, served, site):
    lost = device_at(site, "Tablet 1")

    response = lead.post(f"{page_of(site)}{lost.uuid}/retire/", follow=True)

    lost.refresh_from_db()
    assert lost.retired_at == NOON
    assert lost.secret_digest == ""
    assert Event.objects.filter(type="device.retired").count() == 1
    assert "Tablet 1 · <time>12:00</time>" in text(response)


def test_a_device_of_another_site_cannot_be_retired(lead, served, site):
    other = device_at(make_site(name="浦东接种点"), "Tablet 1")

    response = lead.post(f"{page_of(site)}{other.uuid}/retire/")

    other.refresh_from_db()
    assert response.status_code == 404
    assert other.retired_at is None


def test_a_link_alone_retires_nothing(lead, served, site):
    device = device_at(site, "Tablet 1")

    assert lead.get(f"{page_of(site)}{device.uuid}/retire/").status_code == 405


def test_retiring_twice_is_not_found(lead, served, site):
    gone = device_at(site, "Tablet 1", retired_at=NOON)

    assert lead.post(f"{page_of(site)}{gone.uuid}/retire/").status_code == 404


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.CLINICIAN, Role.VACCINATOR, Role.OFFICER])
def test_other_roles_do_not_open_the_page(client, served, site, role):
    client.force_login(make_member(site, role), "django.contrib.auth.backends.ModelBackend")

    assert client.get(page_of(site)).status_code == 403
    assert client.post(page_of(site), {"name": "x", "kind": "tablet"}).status_code == 403
    assert not Device.objects.exists()


def test_another_sites_page_is_not_found(lead, served):
    assert lead.get(page_of(make_site(name="浦东接种点"))).status_code == 404
    assert lead.get(f"/sites/{uuid4()}/devices/").status_code == 404


def test_nobody_logged_in_is_asked_to_log_in(client, served, site):
    device_at(site, "Tablet 1")
    client.cookies["aefi_device"] = "secret of Tablet 1"

    response = client.get(page_of(site))

    assert response.status_code == 302
    assert response["Location"].startswith("/lock/?next=")


def test_a_form_from_another_page_is_refused(site, served, client):
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(make_member(site, Role.LEAD), "django.contrib.auth.backends.ModelBackend")

    response = strict.post(page_of(site), {"name": "x", "kind": "tablet"}, secure=True)

    assert response.status_code == 403
    assert not Device.objects.exists()


def test_without_tls_the_page_warns(lead, site):
    assert "cannot use this address safely" in text(get(lead, page_of(site)))
