"""Devices: enrolled once by a code, held by somebody, retired at once."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore

from alerts.models import Device, DeviceKind, Event
from alerts.outbox import SYSTEM
from alerts.permissions.authentication import device_named
from alerts.services import devices
from alerts.services.devices import CodeUnknown
from tests.factories import NOON, make_device, make_site, make_user

MINUTE = timedelta(minutes=1)


@pytest.fixture
def site(db):
    return make_site()


def add(site):
    return devices.add_device(
        site=site, name="平板 2", kind="tablet", area=None, origin=SYSTEM, now=NOON
    )


def hand_to(device, person):
    return devices.hand_to(device=device, person=person, origin=SYSTEM, now=NOON).holder


def test_a_code_makes_a_device_that_is_known_by_its_secret(site):
    device, code = add(site)

    enrolled, secret = devices.enrol(code=code, now=NOON + MINUTE)

    assert enrolled == device == device_named(secret)
    assert enrolled.enrolled_at == NOON + MINUTE
    assert secret not in (enrolled.secret_digest, code)


def test_a_code_works_once(site):
    _device, code = add(site)
    devices.enrol(code=code, now=NOON)

    with pytest.raises(CodeUnknown):
        devices.enrol(code=code, now=NOON)


def test_a_code_is_good_until_just_before_its_end(site):
    _device, code = add(site)

    with pytest.raises(CodeUnknown):
        devices.enrol(code=code, now=NOON + devices.ENROLMENT_PERIOD)

    devices.enrol(code=code, now=NOON + devices.ENROLMENT_PERIOD - MINUTE / 60)


@pytest.mark.parametrize("code", ["", "guess", "x" * 64])
def test_a_code_nobody_was_given_is_refused(site, code):
    make_device(site, enrolment_ends_at=NOON + MINUTE)

    with pytest.raises(CodeUnknown):
        devices.enrol(code=code, now=NOON)


def test_a_device_retired_before_it_enrolled_never_does(site):
    device, code = add(site)
    devices.retire(device=device, origin=SYSTEM, now=NOON)

    with pytest.raises(CodeUnknown):
        devices.enrol(code=code, now=NOON)


def test_no_secret_names_no_device(site):
    make_device(site, secret_digest="")

    assert device_named("") is None


def test_a_retired_device_is_shut_out_with_whoever_is_logged_in_on_it(site):
    lost, other = make_device(site, "lost"), make_device(site, "other")
    logins = {}
    for device in (lost, other):
        login = SessionStore()
        login[devices.LOGIN_DEVICE] = device.pk
        login.create()
        logins[device] = login.session_key

    devices.retire(device=lost, origin=SYSTEM, now=NOON)

    assert device_named("lost") is None
    assert not SessionStore().exists(logins[lost])
    assert SessionStore().exists(logins[other])


def test_retiring_twice_keeps_the_first_instant(site):
    device = make_device(site)

    devices.retire(device=device, origin=SYSTEM, now=NOON)
    devices.retire(device=device, origin=SYSTEM, now=NOON + MINUTE)

    assert Device.objects.get().retired_at == NOON


def test_a_shared_tablet_changes_hands_and_a_locked_phone_stays_with_its_owner(site):
    li = make_user("li")
    tablet = make_device(site, "tablet")
    phone = make_device(site, "phone", kind=DeviceKind.PHONE)

    assert (hand_to(tablet, li), hand_to(tablet, None)) == (li, None)
    assert (hand_to(phone, li), hand_to(phone, None)) == (li, li)
    switched = Event.objects.filter(type="device.switched").order_by("seq")
    assert [event.payload["holder"] for event in switched] == [str(li.uuid), None, str(li.uuid)]


def test_what_a_device_says_of_itself_is_kept_and_what_it_leaves_out_stays(site):
    device = make_device(site)
    everything = {"sound_armed": True, "clock_offset_ms": -250, "is_trusted": True, "last_seq": 9}

    devices.report_state(device, everything, now=NOON)
    devices.report_state(device, {"last_seq": 4}, now=NOON + MINUTE)

    kept = Device.objects.get()
    assert (kept.sound_armed_at, kept.last_seen_at) == (NOON, NOON + MINUTE)
    assert (kept.clock_offset_ms, kept.is_trusted, kept.last_seq) == (-250, True, 9)

    devices.report_state(kept, {"sound_armed": False}, now=NOON)
    assert Device.objects.get().sound_armed_at is None


@pytest.mark.parametrize(
    ("offset", "corrected"),
    [(None, None), (0, NOON), (-60_000, NOON - MINUTE), (60_000, NOON + MINUTE)],
)
def test_a_devices_time_is_corrected_by_its_offset(offset, corrected):
    assert Device(clock_offset_ms=offset).corrected(NOON) == corrected


def test_a_time_beyond_the_calendar_is_not_corrected():
    assert Device(clock_offset_ms=10**12).corrected(NOON.replace(year=9999)) is None


def test_a_device_is_live_for_ten_seconds(site):
    device = make_device(site, last_seen_at=NOON)
    second = timedelta(seconds=1)

    assert Device.objects.live(NOON + 10 * second).get() == device
    assert not Device.objects.live(NOON + 10 * second + second / 1000).exists()
