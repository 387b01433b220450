"""`/devices/` over HTTP: enrol once, switch persons, lock, report, retire; HELP goes on working."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password

from alerts.gateways import clock
from alerts.models import Device, Event, Membership, Role
from alerts.permissions.authentication import DEVICE_COOKIE
from alerts.rules.secrets import digest
from tests.callers import Caller
from tests.factories import make_device, make_member, make_site


@pytest.fixture
def lead(world):
    return Caller(make_member(world.site, Role.LEAD, "chen"))


@pytest.fixture
def ann(world):
    """An observer with a badge and a PIN."""
    secrets = {"badge_digest": digest("badge of ann"), "pin_hash": make_password("2580")}
    person = make_member(world.site, Role.OBSERVER, "ann")
    type(person).objects.filter(pk=person.pk).update(**secrets)
    return person


def help_works(caller, world):
    return caller.post(f"sites/{world.site.uuid}/alerts/", {}).status_code == 201


def logged_in(caller):
    return caller.http.session.get("_auth_user_id")


def added(lead, world, **changes):
    body = {"name": "平板 2", "kind": "tablet", **changes}
    return lead.post(f"sites/{world.site.uuid}/devices/", body)


# Enrolment


def test_a_lead_adds_a_device_and_it_enrols_itself_by_the_code(world, lead):
    answer = added(lead, world, area="留观区")
    browser = Caller()

    response = browser.post("devices/enrol/", {"code": answer.json()["enrolment_code"]})

    assert (answer.status_code, response.status_code) == (201, 200)
    cookie = response.cookies[DEVICE_COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
    assert Device.objects.get().area.name == "留观区"
    assert help_works(browser, world)


def test_a_code_enrols_one_browser_only(world, lead):
    code = added(lead, world).json()["enrolment_code"]
    Caller().post("devices/enrol/", {"code": code})

    response = Caller().post("devices/enrol/", {"code": code})

    assert (response.status_code, response.json()["errors"][0]["field"]) == (409, "code")
    assert response.json()["errors"][0]["code"] == "enrolment_code_unknown"
    assert DEVICE_COOKIE not in response.cookies


def test_an_expired_code_is_refused(world, lead):
    code = added(lead, world).json()["enrolment_code"]
    Device.objects.update(enrolment_ends_at=clock.now() - timedelta(seconds=1))

    assert Caller().post("devices/enrol/", {"code": code}).status_code == 409


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": "x" * 65}, {"code": ["a"]}, b"{"])
def test_an_enrolment_without_a_code_is_a_problem(db, body):
    response = Caller().post("devices/enrol/", body)

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"


def test_the_list_shows_devices_and_no_secrets(world, lead):
    code = added(lead, world).json()["enrolment_code"]

    listed = lead.get(f"sites/{world.site.uuid}/devices/")

    assert [device["name"] for device in listed.json()] == ["平板 2"]
    assert listed.json()[0]["holder"] is None
    assert code not in listed.content.decode()
    assert "digest" not in listed.content.decode()


# Switching persons


def test_a_badge_switches_the_person_on_a_tablet(world, tablet, ann):
    response = tablet.post("devices/me/switch/", {"badge": "badge of ann"})

    assert (response.status_code, response.json()["holder"]) == (200, "ann")
    assert logged_in(tablet) == str(ann.pk)
    assert Event.objects.get(type="device.switched").actor == ann


def test_a_pin_switches_the_person_on_a_tablet(tablet, ann):
    response = tablet.post("devices/me/switch/", {"user": "ann", "pin": "2580"})

    assert response.status_code == 200
    assert logged_in(tablet) == str(ann.pk)


@pytest.mark.parametrize("given", [{"badge": "badge of ann"}, {"user": "ann", "pin": "2580"}])
def test_a_tablet_is_no_way_around_the_second_step(world, tablet, ann, settings, given):
    settings.REQUIRE_TOTP = True
    Membership.objects.create(user=ann, site=world.site, role=Role.ADMINISTRATOR)

    response = tablet.post("devices/me/switch/", given)

    assert response.status_code == 400
    assert logged_in(tablet) is None


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"badge": "guess"},
        {"badge": "guess", "user": "ann", "pin": "2580"},
        {"user": "ann", "pin": "1234"},
        {"user": "ann", "pin": ""},
        {"user": "ann"},
        {"user": "nobody", "pin": "2580"},
        {"user": "ann", "pin": "right-horse-9"},
        {"user": "ann", "pin": {"$ne": 1}},
    ],
)
def test_a_wrong_badge_or_pin_lets_nobody_in(tablet, ann, given):
    response = tablet.post("devices/me/switch/", given)

    assert response.status_code == 400
    assert logged_in(tablet) is None


def test_a_person_who_never_chose_a_pin_has_none(world, tablet):
    make_member(world.site, Role.OBSERVER, "bob")

    assert tablet.post("devices/me/switch/", {"user": "bob", "pin": ""}).status_code == 400


def test_a_badge_of_another_site_or_of_somebody_who_left_lets_nobody_in(world, tablet, ann):
    ann.memberships.update(site=make_site(name="elsewhere"))
    assert tablet.post("devices/me/switch/", {"badge": "badge of ann"}).status_code == 400

    ann.memberships.update(site=world.site)
    type(ann).objects.update(is_active=False)
    assert tablet.post("devices/me/switch/", {"badge": "badge of ann"}).status_code == 400


def test_a_pin_is_good_on_enrolled_devices_only(world, ann):
    assert Caller().post("devices/me/switch/", {"user": "ann", "pin": "2580"}).status_code == 401
    browser = Caller(make_member(world.site, Role.LEAD))
    assert browser.post("devices/me/switch/", {"user": "ann", "pin": "2580"}).status_code == 403


def test_too_many_wrong_pins_lock_the_person_out_and_leave_help_working(
    world, tablet, ann, settings
):
    for _attempt in range(settings.AXES_FAILURE_LIMIT):
        tablet.post("devices/me/switch/", {"user": "ann", "pin": "0000"})

    locked = tablet.post("devices/me/switch/", {"user": "ann", "pin": "2580"})

    assert locked.status_code == 429
    assert locked.headers["Content-Type"] == "application/problem+json"
    assert locked.json()["status"] == 429
    assert logged_in(tablet) is None
    assert help_works(tablet, world)
    assert tablet.post("devices/me/switch/", {"badge": "badge of ann"}).status_code == 200


def test_locking_the_screen_logs_out_and_leaves_help_working(world, tablet, ann):
    tablet.post("devices/me/switch/", {"badge": "badge of ann"})

    response = tablet.post("devices/me/lock/")

    assert response.json()["holder"] is None
    assert logged_in(tablet) is None
    assert Event.objects.filter(type="device.switched").last().actor == ann
    assert help_works(tablet, world)


# State and retirement


def test_a_device_reports_its_state(tablet):
    body = {"sound_armed": True, "clock_offset_ms": -1200, "last_seq": 7, "is_trusted": False}

    response = tablet.post("devices/me/state/", body)

    assert response.json()["has_sound"] is True
    assert response.json()["clock_offset_ms"] == -1200
    assert Device.objects.get().last_seq == 7


@pytest.mark.parametrize(
    "body",
    [
        {"clock_offset_ms": 10**13},
        {"clock_offset_ms": "soon"},
        {"last_seq": -1},
        {"last_seq": 2**63},
        {"sound_armed": "loud"},
        {"sound_armed": {}},
        b'{"last_seq": 1e999}',
        b"[]",
    ],
)
def test_an_odd_state_is_a_problem_and_no_fault(tablet, body):
    response = tablet.post("devices/me/state/", body)

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_browser_that_is_no_device_has_no_state(world):
    browser = Caller(make_member(world.site))

    for verb in ("state", "lock"):
        assert browser.post(f"devices/me/{verb}/").status_code == 403


def test_a_retired_tablet_is_dead_at_once_with_its_login(world, tablet, lead, ann):
    tablet.post("devices/me/switch/", {"badge": "badge of ann"})
    device = Device.objects.get()

    response = lead.post(f"devices/{device.uuid}/retire/")

    assert response.json()["retired_at"] is not None
    assert tablet.post(f"sites/{world.site.uuid}/alerts/", {}).status_code == 401
    assert tablet.get(f"sites/{world.site.uuid}/").status_code == 401


def test_a_device_of_another_site_is_not_found(world):
    device = make_device(world.site)
    stranger = Caller(make_member(make_site(name="elsewhere"), Role.ADMINISTRATOR))

    assert stranger.post(f"devices/{device.uuid}/retire/").status_code == 404
    assert Device.objects.get().retired_at is None
