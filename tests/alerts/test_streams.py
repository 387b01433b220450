"""Events over HTTP: read on from a number, wait for news without holding a thread."""

import asyncio
import json
import time
from uuid import uuid4

import pytest
from channels.testing import HttpCommunicator

from alerts.api.streams import seconds, whole
from alerts.models import Role
from dashboards.project.asgi import application
from tests.alerts.live_site import asay, bearer, epoch_of, say
from tests.factories import make_member, make_site, make_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(transactional_db):
    return make_site()


@pytest.fixture
def token(site) -> str:
    return make_token(make_member(site, Role.OBSERVER, "wang"))


HOST = (b"host", b"localhost")


def read(client, site, token, **query):
    return client.get(
        f"/api/v1/streams/{site.uuid}/events", query, headers={"Authorization": token}
    )


async def ask(site, token, query: str) -> tuple[int, dict]:
    path = f"/api/v1/streams/{site.uuid}/events?{query}"
    communicator = HttpCommunicator(application, "GET", path, headers=[*bearer(token), HOST])
    answer = await communicator.get_response(timeout=10)
    return answer["status"], json.loads(answer["body"])


def test_events_follow_a_number_in_order(client, site, token):
    for bay in "ABC":
        say(site, "bay.swept", bay=bay)

    body = read(client, site, token, after=1).json()

    assert [event["payload"]["bay"] for event in body["events"]] == ["B", "C"]
    assert [event["seq"] for event in body["events"]] == [2, 3]
    assert body["epoch"] == epoch_of(site)
    assert body["head"] == 3
    assert body["snapshot_needed"] is False


def test_a_reader_may_ask_for_few_at_a_time(client, site, token):
    for _ in range(3):
        say(site)

    body = read(client, site, token, after=0, limit=2).json()

    assert [event["seq"] for event in body["events"]] == [1, 2]
    assert body["head"] == 3


def test_a_reader_of_another_epoch_or_ahead_needs_the_board(client, site, token):
    say(site)

    for query in ({"epoch": str(uuid4())}, {"after": 2}, {"after": 2, "epoch": epoch_of(site)}):
        body = read(client, site, token, **query).json()

        assert body["snapshot_needed"] is True
        assert body["events"] == []


def test_a_reader_of_a_life_that_was_lost_needs_the_board(client, site, token):
    for _ in range(3):
        say(site)
    first, *_ = read(client, site, token, after=0).json()["events"]

    same = read(client, site, token, after=1, link=first["link"]).json()
    other = read(client, site, token, after=1, link="0123456789abcdef").json()
    at_head = read(client, site, token, after=3, link="0123456789abcdef").json()

    assert (same["snapshot_needed"], len(same["events"])) == (False, 2)
    assert [(one["snapshot_needed"], one["events"]) for one in (other, at_head)] == [(True, [])] * 2


def test_strangers_and_other_sites_get_nothing(client, site, token):
    elsewhere = make_site()

    assert client.get(f"/api/v1/streams/{site.uuid}/events").status_code == 401
    assert read(client, elsewhere, token).status_code == 404


@pytest.mark.parametrize("text", [None, "", "x", "-1", "1.5", "٣", "9" * 19])
def test_what_is_no_number_counts_as_none(text):
    assert whole(text, default=7) == 7


@pytest.mark.parametrize(
    ("text", "wait"), [("0", 0), ("2.5", 2.5), ("600", 25), ("-1", 0), ("x", 0), ("nan", 0)]
)
def test_patience_is_bounded(text, wait):
    assert seconds(text) == wait


async def test_a_waiting_reader_gets_the_event_as_it_is_committed(running_hub, site, token):
    asking = asyncio.create_task(ask(site, token, "after=0&wait=8"))
    await asyncio.sleep(0.3)
    assert not asking.done()

    committed = time.monotonic()
    await asay(site, "bay.swept", bay="A")
    status, body = await asking

    assert status == 200
    assert [event["payload"] for event in body["events"]] == [{"bay": "A"}]
    assert time.monotonic() - committed < 2


async def test_patience_ends_with_an_empty_answer(running_hub, site, token):
    status, body = await ask(site, token, "after=0&wait=0.2")

    assert status == 200
    assert body["events"] == []


async def test_what_is_there_already_is_answered_at_once(running_hub, site, token):
    await asay(site)
    began = time.monotonic()

    _status, body = await ask(site, token, "after=0&wait=20")

    assert [event["seq"] for event in body["events"]] == [1]
    assert time.monotonic() - began < 5


async def test_strangers_do_not_wait(running_hub, site):
    began = time.monotonic()

    status, _body = await ask(site, "Bearer nobody", "after=0&wait=20")

    assert status == 401
    assert time.monotonic() - began < 5


async def test_a_hundred_waiting_readers_cost_no_threads(running_hub, site, token):
    import threading

    before = threading.active_count()
    asking = [asyncio.create_task(ask(site, token, "after=0&wait=9")) for _ in range(100)]
    stream = await running_hub.follow(site.uuid)
    while stream.waiting < 100:
        await asyncio.sleep(0.01)

    assert threading.active_count() - before <= 8

    await asay(site)
    answers = await asyncio.gather(*asking)
    assert {status for status, _body in answers} == {200}
    assert all(len(body["events"]) == 1 for _status, body in answers)
