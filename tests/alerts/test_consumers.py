"""The socket of a site: who may open it, the greeting, the replay, what screens report."""

import time
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from alerts.hub import centre, reading
from alerts.hub.centre import REPLAY_LIMIT
from alerts.models import Event, Page, Receipt, Role, Stream
from alerts.models.stream import LINK
from alerts.outbox import SYSTEM
from alerts.permissions.authentication import DEVICE_COOKIE
from alerts.services import calls, devices
from tests.alerts.live_site import (
    anext_of,
    asay,
    bearer,
    closed_with,
    cookie,
    epoch_of,
    hello,
    now,
    open_socket,
    say,
)
from tests.factories import (
    make_device,
    make_duty,
    make_member,
    make_session,
    make_site,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db(transaction=True)


class Floor:
    """A site with an observer, her token, and a tablet."""

    def __init__(self) -> None:
        self.site = make_site()
        self.observer = make_member(self.site, Role.OBSERVER, "wang")
        self.token = make_token(self.observer)
        self.tablet = make_device(self.site, "tablet-secret", holder=self.observer)

    def call(self, site=None):
        site = site or self.site
        call = calls.Call(place=calls.Place(seat=site.seats.get(code="A8")))
        return calls.raise_alert(site=site, call=call, origin=SYSTEM, now=now())


@pytest.fixture
def floor(transactional_db) -> Floor:
    return Floor()


async def opened(floor, **options):
    """A socket of the observer's, by her token unless told otherwise."""
    socket = await open_socket(floor.site.uuid, **{"headers": bearer(floor.token), **options})
    assert socket.accepted
    return socket


async def test_a_stranger_is_told_that_he_is_unknown(running_hub, floor):
    socket = await open_socket(floor.site.uuid)

    assert socket.accepted
    assert await closed_with(socket) == 4401


async def test_a_revoked_token_opens_nothing(running_hub, floor):
    await sync_to_async(floor.observer.access_tokens.update)(revoked_at=now())
    socket = await open_socket(floor.site.uuid, headers=bearer(floor.token))

    assert await closed_with(socket) == 4401


async def test_another_site_is_not_there(running_hub, floor):
    elsewhere = await sync_to_async(make_site)()
    for site_uuid in (elsewhere.uuid, uuid4()):
        socket = await open_socket(site_uuid, headers=bearer(floor.token))

        assert await closed_with(socket) == 4404


async def test_a_token_bound_to_one_site_opens_no_other_of_its_user(running_hub, floor):
    elsewhere = await sync_to_async(make_site)()
    token = await sync_to_async(floor.observer.access_tokens.get)()
    await sync_to_async(token.sites.add)(elsewhere)

    socket = await open_socket(floor.site.uuid, headers=bearer(floor.token))

    assert await closed_with(socket) == 4404


async def test_a_token_that_may_not_read_watches_nothing(running_hub, floor):
    importer = await sync_to_async(make_token)(floor.observer, "importer", scopes=["import"])

    socket = await open_socket(floor.site.uuid, headers=bearer(importer))

    assert await closed_with(socket) == 4404


async def test_a_person_without_a_role_here_watches_on_the_sites_own_tablet(running_hub, floor):
    helper = Client()
    await sync_to_async(helper.force_login)(
        await sync_to_async(make_user)("helper"), "django.contrib.auth.backends.ModelBackend"
    )
    cookies = {DEVICE_COOKIE: "tablet-secret", "sessionid": helper.cookies["sessionid"].value}

    socket = await opened(floor, headers=cookie(**cookies))

    assert (await hello(socket, floor.site))["type"] == "welcome"
    await socket.disconnect()


async def test_a_page_of_another_origin_is_refused(running_hub, floor):
    headers = [*bearer(floor.token), (b"origin", b"https://elsewhere.example")]
    socket = await open_socket(floor.site.uuid, headers=headers)

    assert not socket.accepted


async def test_a_page_of_our_own_is_welcome(running_hub, floor):
    headers = [*bearer(floor.token), (b"origin", b"http://localhost:8000")]
    socket = await open_socket(floor.site.uuid, headers=headers)

    welcome = await hello(socket, floor.site)

    assert welcome["head"] == 0
    await socket.disconnect()


async def test_a_browser_comes_in_with_its_session(running_hub, floor):
    client = Client()
    await sync_to_async(client.force_login)(
        floor.observer, "django.contrib.auth.backends.ModelBackend"
    )
    session = cookie(sessionid=client.cookies["sessionid"].value)
    socket = await open_socket(floor.site.uuid, headers=session)

    assert (await hello(socket, floor.site))["type"] == "welcome"
    await socket.disconnect()


async def test_a_tablet_comes_in_with_its_own_cookie_and_sees_its_site_only(running_hub, floor):
    tablet = cookie(**{DEVICE_COOKIE: "tablet-secret"})
    socket = await open_socket(floor.site.uuid, headers=tablet)
    assert (await hello(socket, floor.site))["type"] == "welcome"
    await socket.disconnect()

    elsewhere = await sync_to_async(make_site)()
    socket = await open_socket(elsewhere.uuid, headers=tablet)
    assert await closed_with(socket) == 4404


async def test_a_token_may_come_as_a_subprotocol(running_hub, floor):
    secret = floor.token.removeprefix("Bearer ")
    socket = await open_socket(floor.site.uuid, subprotocols=["bearer", secret])

    assert socket.subprotocol == "bearer"
    assert (await hello(socket, floor.site))["type"] == "welcome"
    await socket.disconnect()


async def test_the_welcome_tells_time_epoch_head_and_rate(running_hub, floor):
    await asay(floor.site)
    socket = await opened(floor)

    welcome = await hello(socket, floor.site)

    assert welcome["epoch"] == await sync_to_async(epoch_of)(floor.site)
    assert welcome["head"] == 1
    assert welcome["rate"] == 1.0
    assert abs((now() - now().fromisoformat(welcome["server_time"])).total_seconds()) < 5
    await socket.disconnect()


async def test_exactly_what_was_missed_is_replayed_and_then_life_goes_on(running_hub, floor):
    for bay in "ABC":
        await asay(floor.site, "bay.swept", bay=bay)
    epoch = await sync_to_async(epoch_of)(floor.site)
    socket = await opened(floor)

    await hello(socket, floor.site, epoch=epoch, last_seq=1)
    replayed = [await anext_of(socket, "event") for _ in range(2)]
    await asay(floor.site, "bay.swept", bay="D")
    live = await anext_of(socket, "event")

    assert [event["payload"]["bay"] for event in replayed] == ["B", "C"]
    assert [event["seq"] for event in (*replayed, live)] == [2, 3, 4]
    await socket.disconnect()


@pytest.mark.parametrize("last_seq", [None, 0, 5, -1, "1", True])
async def test_a_screen_of_another_epoch_loads_the_board_anew(running_hub, floor, last_seq):
    await asay(floor.site)
    socket = await opened(floor)

    await hello(socket, floor.site, epoch=uuid4(), last_seq=last_seq)

    assert (await anext_of(socket, "snapshot_needed", "event"))["head"] == 1
    await socket.disconnect()


async def test_a_screen_ahead_of_the_server_loads_the_board_anew(running_hub, floor):
    epoch = await sync_to_async(epoch_of)(floor.site)
    socket = await opened(floor)

    await hello(socket, floor.site, epoch=epoch, last_seq=9)

    assert (await anext_of(socket, "snapshot_needed"))["head"] == 0
    await socket.disconnect()


def link_of(site, seq):
    return Event.objects.get(stream__site=site, seq=seq).hash[:LINK]


@pytest.mark.parametrize("head", [2, 3])
async def test_a_number_that_a_fail_over_gave_out_again_leads_to_the_board(
    running_hub, floor, head
):
    for _ in range(head):
        await asay(floor.site)
    epoch = await sync_to_async(epoch_of)(floor.site)
    socket = await opened(floor)

    await hello(socket, floor.site, epoch=epoch, last_seq=2, link="0123456789abcdef")

    assert (await anext_of(socket, "snapshot_needed", "event"))["head"] == head
    await socket.disconnect()


async def test_a_screen_of_the_same_life_gets_what_it_missed(running_hub, floor):
    for _ in range(3):
        await asay(floor.site)
    epoch = await sync_to_async(epoch_of)(floor.site)
    link = await sync_to_async(link_of)(floor.site, 2)
    socket = await opened(floor)

    welcome = await hello(socket, floor.site, epoch=epoch, last_seq=2, link=link)
    event = await anext_of(socket, "snapshot_needed", "event")

    assert (event["seq"], event["follows"]) == (3, link)
    assert event["link"] == welcome["link"] == await sync_to_async(link_of)(floor.site, 3)
    await socket.disconnect()


async def test_a_screen_far_behind_loads_the_board_anew(running_hub, floor):
    await sync_to_async(Stream.objects.filter(site=floor.site).update)(seq=REPLAY_LIMIT + 1)
    epoch = await sync_to_async(epoch_of)(floor.site)
    socket = await opened(floor)

    await hello(socket, floor.site, epoch=epoch, last_seq=0)

    assert (await anext_of(socket, "snapshot_needed"))["head"] == REPLAY_LIMIT + 1
    await socket.disconnect()


@pytest.fixture
def talkative(running_hub, floor, monkeypatch):
    """A hall in which something happens, and is known, while a screen is being greeted."""

    def pulse():
        stream = running_hub._streams[floor.site.uuid]
        say(floor.site)
        for _ in range(500):
            if stream.position.seq > 1:
                break
            time.sleep(0.01)
        return reading.pulse()

    monkeypatch.setattr(centre, "pulse", pulse)
    say(floor.site)


@pytest.mark.parametrize("device", [True, False])
@pytest.mark.parametrize("last_seq", [None, 0])
async def test_what_happens_during_the_greeting_comes_once_and_after_it(
    talkative, floor, last_seq, device
):
    epoch = await sync_to_async(epoch_of)(floor.site)
    own = {"headers": cookie(**{DEVICE_COOKIE: "tablet-secret"})} if device else {}
    socket = await opened(floor, **own)

    welcome = await hello(socket, floor.site, epoch=epoch, last_seq=last_seq)

    kind = "snapshot_needed" if last_seq is None else "event"
    first = await anext_of(socket, "snapshot_needed", "event")
    assert (welcome["head"], first["type"], first.get("seq", first.get("head"))) == (1, kind, 1)
    assert (await anext_of(socket, "event"))["seq"] == 2
    await socket.disconnect()


@pytest.mark.parametrize(
    "text",
    [
        "junk",
        "[]",
        "null",
        '{"type": "shout"}',
        '{"type": ["hello"]}',
        '{"type": "hello", "streams": 7}',
        '{"type": "receipt", "page": "x", "kind": "displayed"}',
        '{"type": "receipt", "kind": "acknowledged"}',
        '{"type": "receipt", "kind": ["displayed"]}',
        "[" * 100_000,
    ],
)
async def test_a_malformed_frame_is_answered_and_ignored(running_hub, floor, text):
    socket = await opened(floor)

    await socket.send_to(text_data=text)

    assert (await anext_of(socket, "error"))["message"]
    assert (await hello(socket, floor.site))["type"] == "welcome"
    await socket.disconnect()


async def test_bytes_and_a_second_greeting_are_errors_too(running_hub, floor):
    socket = await opened(floor)
    await socket.send_to(bytes_data=b"\x00")
    assert (await anext_of(socket, "error"))["message"]
    await hello(socket, floor.site)

    await socket.send_json_to({"type": "hello", "streams": []})

    assert "greeted" in (await anext_of(socket, "error"))["message"]
    await socket.disconnect()


async def test_a_displayed_page_is_proved_once_and_every_screen_learns_it(running_hub, floor):
    def somebody_on_duty():
        make_duty(make_session(floor.site), floor.observer, from_at=now())
        floor.call()
        return Page.objects.get(channel="screen")

    page = await sync_to_async(somebody_on_duty)()
    socket = await opened(floor, headers=cookie(**{DEVICE_COOKIE: "tablet-secret"}))
    await hello(socket, floor.site)

    for _ in range(2):
        receipt = {"type": "receipt", "page": str(page.uuid), "kind": "displayed"}
        await socket.send_json_to(receipt)
    event = await anext_of(socket, "event")
    await socket.send_json_to({"type": "receipt", "page": str(uuid4()), "kind": "displayed"})
    refused = await anext_of(socket, "error", "event")

    assert event["event_type"] == "page.receipt"
    assert event["payload"]["kind"] == "displayed"
    assert event["payload"]["responder"] == str(floor.observer.uuid)
    assert refused["type"] == "error"
    receipt = await sync_to_async(Receipt.objects.get)()
    assert receipt.device_id == floor.tablet.pk
    await socket.disconnect()


async def test_a_token_that_may_only_read_proves_nothing(running_hub, floor):
    reader = await sync_to_async(make_token)(floor.observer, "reader", scopes=["read"])
    socket = await opened(floor, headers=bearer(reader))

    await socket.send_json_to({"type": "receipt", "page": str(uuid4()), "kind": "displayed"})

    assert (await anext_of(socket, "error"))["message"] == "This token may not write."
    await socket.disconnect()


async def test_a_page_of_another_site_takes_no_receipt(running_hub, floor):
    def called_elsewhere():
        elsewhere = make_site()
        floor.call(elsewhere)
        return Page.objects.get()

    page = await sync_to_async(called_elsewhere)()
    socket = await opened(floor)

    await socket.send_json_to({"type": "receipt", "page": str(page.uuid), "kind": "sounded"})

    assert (await anext_of(socket, "error"))["message"]
    assert await Receipt.objects.acount() == 0
    await socket.disconnect()


async def test_a_tablet_that_speaks_is_heard(running_hub, floor):
    socket = await opened(floor, headers=cookie(**{DEVICE_COOKIE: "tablet-secret"}))
    await hello(socket, floor.site)

    await socket.send_json_to({"type": "seen", "seq": 17})
    await anext_of(socket, "beat")
    await anext_of(socket, "beat", timeout=4)

    await floor.tablet.arefresh_from_db()
    assert floor.tablet.last_seq == 17
    assert (now() - floor.tablet.last_seen_at).total_seconds() < 5
    await socket.disconnect()


async def test_a_socket_that_left_is_forgotten(running_hub, floor):
    socket = await opened(floor)
    await hello(socket, floor.site)
    stream = await running_hub.follow(floor.site.uuid)
    assert len(stream.sockets) == 1

    await socket.disconnect()

    assert not stream.sockets


async def retire(floor, device):
    return await sync_to_async(devices.retire)(device=device, origin=SYSTEM, now=now())


async def test_the_socket_of_a_retired_device_closes_at_once(running_hub, floor):
    lost = await opened(floor, headers=cookie(**{DEVICE_COOKIE: "tablet-secret"}))
    other = await opened(floor)
    for socket in (lost, other):
        await hello(socket, floor.site)
        await anext_of(socket, "snapshot_needed")

    await retire(floor, floor.tablet)

    assert await closed_with(lost) == 4401
    assert (await anext_of(other, "event"))["event_type"] == "device.retired"
    await asay(floor.site)
    assert (await anext_of(other, "event"))["event_type"] == "bay.swept"
    await other.disconnect()


async def test_a_device_retired_before_its_greeting_is_not_greeted(running_hub, floor):
    lost = await opened(floor, headers=cookie(**{DEVICE_COOKIE: "tablet-secret"}))

    await retire(floor, floor.tablet)
    await lost.send_json_to({"type": "hello", "streams": []})

    assert await closed_with(lost) == 4401
