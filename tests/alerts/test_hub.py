"""The hub: each commit reaches every socket once and in order; slow sockets fall away alone."""

import asyncio
import json
import threading
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from alerts.gateways.frames import Bundle, encode, framed
from alerts.hub.presence import Presence, write_seen
from alerts.hub.reading import Position, frames_after, head_of, moved, pulse
from alerts.hub.socket import TOO_SLOW, Socket
from alerts.hub.stream import REMEMBERED, FollowedStream
from alerts.live import CommitWatch, Loop
from alerts.models import Device, Stream
from alerts.services import heartbeats
from tests.alerts.live_site import asay, now, say
from tests.factories import make_device, make_site

pytestmark = pytest.mark.django_db(transaction=True)


class Screen:
    """A socket's far end: what was shown, and why it was closed."""

    def __init__(self, *, limit: int = 500, reads: bool = True) -> None:
        self.shown: list[dict] = []
        self.closed: list[int] = []
        self.reads = reads
        self.socket = Socket(self.send, self.close, limit=limit)
        self.socket.start()

    async def send(self, bundle: Bundle) -> None:
        if not self.reads:
            await asyncio.Event().wait()
        self.shown.extend(json.loads(text) for text in bundle.texts)

    async def close(self, code: int) -> None:
        self.closed.append(code)

    def seqs(self) -> list[int]:
        return [frame["seq"] for frame in self.shown if frame["type"] == "event"]


async def until(condition, timeout: float = 3) -> None:
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.005)


async def watching(hub, site, **screen) -> Screen:
    far_end = Screen(**screen)
    await hub.attach(site.uuid, far_end.socket)
    return far_end


async def test_a_commit_reaches_every_socket_of_its_site_and_no_other(running_hub):
    site, elsewhere = await sync_to_async(make_site)(), await sync_to_async(make_site)()
    first, second = await watching(running_hub, site), await watching(running_hub, site)
    other = await watching(running_hub, elsewhere)

    await asay(site, "bay.swept", bay="A")

    await until(lambda: first.seqs() == second.seqs() == [1])
    assert other.seqs() == []
    assert first.shown[0]["event_type"] == "bay.swept"
    assert first.shown[0]["payload"] == {"bay": "A"}
    assert first.shown[0]["stream"] == str(site.uuid)


async def test_events_arrive_in_order_without_a_gap_while_many_write(running_hub):
    site = await sync_to_async(make_site)()
    screen = await watching(running_hub, site)

    write = database_sync_to_async(say, thread_sensitive=False)
    writers = [write(site, "bay.swept") for _ in range(40)]
    await asyncio.gather(*writers)

    await until(lambda: len(screen.seqs()) == 40)
    assert screen.seqs() == list(range(1, 41))


async def test_an_event_is_encoded_once_for_all_sockets(running_hub):
    site = await sync_to_async(make_site)()
    stream = await running_hub.follow(site.uuid)
    bundles: list[Bundle] = []
    for _ in range(3):
        socket = Socket(lambda b: bundles.append(b) or asyncio.sleep(0), lambda _code: None)
        socket.start()
        stream.sockets.add(socket)

    await asay(site)

    await until(lambda: len(bundles) == 3)
    assert bundles[0].wire is bundles[1].wire is bundles[2].wire


async def test_a_socket_over_its_bound_is_closed_and_the_others_go_on(running_hub):
    site = await sync_to_async(make_site)()
    slow = await watching(running_hub, site, limit=5, reads=False)
    quick = await watching(running_hub, site)

    for _ in range(12):
        await asay(site)

    await until(lambda: slow.closed == [TOO_SLOW] and len(quick.seqs()) == 12)
    assert slow.socket.is_slow
    assert quick.closed == []


async def test_a_restored_database_makes_every_screen_load_anew(running_hub):
    site = await sync_to_async(make_site)()
    await asay(site)
    screen = await watching(running_hub, site)
    epoch = uuid4()

    await sync_to_async(Stream.objects.filter(site=site).update)(epoch=epoch, seq=0)
    running_hub.knock()

    await until(lambda: screen.shown)
    assert screen.shown[0] == {
        "type": "snapshot_needed",
        "epoch": str(epoch),
        "head": 0,
        "link": screen.shown[0]["link"],
    }


@pytest.mark.parametrize("said", [1, 2])
def test_a_stream_that_lost_commits_comes_back_without_events(said):
    site = make_site()
    for _ in range(said):
        say(site)
    head = head_of(site.uuid)
    lost = Position(head.position.epoch, 1, "0123456789abcdef")

    news = moved({head.stream_id: (site.uuid, lost)})

    assert news == {head.stream_id: (head.position, [])}


async def test_what_was_missed_comes_from_memory_or_from_the_database(running_hub):
    site = await sync_to_async(make_site)()
    for _ in range(3):
        await asay(site)
    screen = await watching(running_hub, site)
    await asay(site)
    await until(lambda: screen.seqs() == [4])
    stream = await running_hub.follow(site.uuid)

    assert stream.remembered(3, 4) is not None
    assert stream.remembered(1, 4) is None
    missed = [frame.seq for frame in await running_hub.missed(stream, 1, 4)]

    assert missed == [2, 3, 4]


async def test_beats_tell_the_head_the_time_and_the_pager(running_hub):
    site = await sync_to_async(make_site)()
    await sync_to_async(heartbeats.record)("pager test", lag_ms=12.5, now=now())
    await asay(site)
    screen = await watching(running_hub, site)

    await until(lambda: any(frame["type"] == "beat" for frame in screen.shown))

    beat = next(frame for frame in screen.shown if frame["type"] == "beat")
    assert beat["head"] == 1
    assert beat["timer_lag_ms"] == 12.5
    assert 0 <= beat["pager_age_ms"] < 10_000
    assert beat["rate"] == 1.0
    assert beat["server_time"].endswith("+00:00")


async def test_waiting_ends_with_the_next_event_or_with_patience(running_hub):
    site = await sync_to_async(make_site)()
    stream = await running_hub.follow(site.uuid)

    waiting = asyncio.create_task(stream.wait_beyond(0, 5))
    await asyncio.sleep(0.05)
    await asay(site)
    async with asyncio.timeout(1):
        await waiting

    await stream.wait_beyond(1, 0.05)
    assert stream.waiting == 0


def test_memory_is_bounded():
    site = make_site()
    stream = FollowedStream(site.uuid, head_of(site.uuid))
    say(site)
    frame = frames_after(stream.stream_id, site.uuid, 0)[0]

    stream.advance(Position(stream.position.epoch, 1), [frame] * (REMEMBERED + 5))

    assert len(stream._recent) == REMEMBERED


def test_only_streams_that_moved_are_read():
    quiet, busy = make_site(), make_site()
    heads = [head_of(site.uuid) for site in (quiet, busy)]
    say(busy)
    known = {
        head.stream_id: (site.uuid, head.position)
        for head, site in zip(heads, (quiet, busy), strict=True)
    }

    news = moved(known)

    assert list(news) == [heads[1].stream_id]
    assert [frame.seq for frame in news[heads[1].stream_id][1]] == [1]


def test_without_a_pager_the_pulse_is_unknown():
    facts = pulse()

    assert facts["pager_age_ms"] is None
    assert facts["timer_lag_ms"] is None


def test_frames_keep_chinese_as_it_is_and_waste_no_bytes():
    assert encode({"place": "门口", "n": 1}) == '{"place":"门口","n":1}'


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536])
def test_ready_frames_are_what_a_peer_reads(size):
    peer = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN)

    peer.receive_data(framed("a" * size) + framed("末"))

    first, second = peer.events_received()
    assert (first.fin, first.opcode, first.data) == (True, Opcode.TEXT, b"a" * size)
    assert second.data.decode() == "末"


async def test_what_the_network_takes_goes_at_once_and_never_past_what_waits():
    sent, open_ = [], True

    def write(frames):
        if open_:
            sent.append(frames)
        return open_

    async def send(bundle):
        await released.wait()
        sent.append(bundle.wire)

    released = asyncio.Event()
    socket = Socket(send, lambda _code: asyncio.sleep(0), write=write)
    bundles = [Bundle([text]) for text in ("greeted", "at once", "waits", "behind it", "again")]
    socket.offer(bundles[0])
    assert sent == []
    socket.start()
    released.set()
    await asyncio.sleep(0.01)
    socket.offer(bundles[1])
    assert len(sent) == 2
    open_ = False
    released.clear()
    socket.offer(bundles[2])
    await asyncio.sleep(0.01)
    open_ = True
    socket.offer(bundles[3])
    assert len(sent) == 2
    released.set()
    await asyncio.sleep(0.01)
    socket.offer(bundles[4])

    assert sent == [bundle.wire for bundle in bundles]
    await socket.stop()


def test_devices_heard_from_are_written_in_one_bundle():
    site = make_site()
    tablet, phone = make_device(site, "one"), make_device(site, "two", last_seq=7)
    presence = Presence()
    presence.heard(tablet.pk, 41)
    presence.heard(tablet.pk, 40)
    presence.heard(phone.pk)

    write_seen(presence.take())

    tablet.refresh_from_db()
    phone.refresh_from_db()
    assert tablet.last_seq == 41
    assert phone.last_seq == 7
    assert set(Device.objects.live(now())) == {tablet, phone}
    assert presence.take() == {}


def test_in_the_demonstration_ten_seconds_of_silence_are_real_ones(settings):
    settings.IS_DEMO, settings.DEMO_SPEED = True, 60.0
    settings.DEMO_STARTED = now().timestamp()
    tablet = make_device(make_site())

    write_seen({tablet.pk: 0})

    tablet.refresh_from_db()
    ahead = (tablet.last_seen_at - now()).total_seconds()
    assert 590 <= ahead < 660


def test_a_foreign_commit_knocks_within_a_moment():
    knocked = threading.Event()
    watch = CommitWatch(knocked.set)
    watch.start()
    try:
        site = make_site()
        knocked.wait(1)
        knocked.clear()

        say(site)

        assert knocked.wait(0.5)
    finally:
        watch.stop()
    assert not watch.is_alive()


def test_a_loop_survives_whatever_its_step_raises():
    seen: list[int] = []
    done = threading.Event()

    def step() -> float:
        seen.append(len(seen))
        if len(seen) == 1:
            raise RuntimeError("broken")
        done.set()
        return 10.0

    loop = Loop("test", step)
    loop.start()

    assert done.wait(2)
    loop.stop()
    assert len(seen) == 2


def test_a_knock_ends_the_wait_of_a_loop():
    passes = threading.Semaphore(0)

    def step() -> float:
        passes.release()
        return 10.0

    loop = Loop("test", step)
    loop.start()
    assert passes.acquire(timeout=1)

    loop.knock()

    assert passes.acquire(timeout=0.5)
    loop.stop()
