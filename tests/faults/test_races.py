"""Rows 15, 19 and 20: many at once, and still every event in order, one alert, one winner."""

import asyncio
import json
import time
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest
import websockets

from tests.faults.stand import FACTOR, running

pytestmark = pytest.mark.servers

EVENTS = 20_000 // FACTOR
WRITERS = 8
SAME = 50
RACES = 1000 // FACTOR


async def behind_writers(stand, each: int) -> list[tuple[int, str]]:
    """Watch the site's socket while processes write; return the events in the order they came."""
    address = f"ws://127.0.0.1:{stand.port}/ws/sites/{stand.seed['site']}/"
    streams = [{"id": stand.seed["site"], "epoch": "", "last_seq": None}]
    seen: list[tuple[int, str]] = []
    async with (
        asyncio.timeout(120),
        websockets.connect(address, additional_headers=stand.headers("observer")) as socket,
    ):
        await socket.send(json.dumps({"type": "hello", "streams": streams}))
        assert json.loads(await socket.recv())["type"] == "welcome"
        for _process in range(2):
            stand.begin("write", WRITERS // 2, each)
        while sum(type_ == "bay.swept" for _seq, type_ in seen) < each * WRITERS:
            frame = json.loads(await socket.recv())
            if frame["type"] == "event":
                seen.append((frame["seq"], frame["event_type"]))
    return seen


def test_row_15_a_reader_behind_many_writers_misses_nothing(stand, proof):
    stand.start_web()

    seen = asyncio.run(behind_writers(stand, EVENTS // WRITERS))

    first = seen[0][0]
    proof(f"{len(seen)} events of {WRITERS} writers: 0 missed")
    assert [seq for seq, _type in seen] == list(range(first, first + len(seen)))
    numbers = [n for (n,) in stand.rows("SELECT seq FROM alerts_event ORDER BY seq")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= EVENTS


async def post_same(stand, key: str) -> list[httpx.Response]:
    path = f"{stand.address}/api/v1/sites/{stand.seed['site']}/alerts/"
    headers = stand.headers("observer", **{"Idempotency-Key": key})
    limits = httpx.Limits(max_connections=SAME)
    async with httpx.AsyncClient(timeout=60, limits=limits, headers=headers) as client:
        return await asyncio.gather(*(client.post(path, json={"seat": "A8"}) for _ in range(SAME)))


def test_row_19_the_same_call_sent_fifty_times_at_once_is_one(stand, proof):
    stand.start_web()

    answers = asyncio.run(post_same(stand, str(uuid4())))

    proof(f"{len(answers)} posts, {stand.count('alerts_alert')} call", factor=1)
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert sum("idempotent-replay" in answer.headers for answer in answers) == SAME - 1
    assert stand.count("alerts_alert") == 1
    assert stand.count("alerts_event WHERE type = 'alert.raised'") == 1


async def race(stand, client: httpx.AsyncClient, *, offset: float) -> str:
    """Raise a call and have two physicians answer at the instant at which its next step is due."""
    site = stand.seed["site"]
    path = f"{stand.address}/api/v1/sites/{site}/alerts/"
    raised = await client.post(path, json={"seat": "A8"}, headers=stand.headers("observer"))
    alert = raised.json()
    due_at = datetime.fromisoformat(alert["next_step_at"]) + timedelta(seconds=offset)
    await asyncio.sleep(max(0.0, due_at.timestamp() - time.time()))
    answer = f"{stand.address}/api/v1/alerts/{alert['uuid']}/acknowledge/"
    answers = await asyncio.gather(
        *(client.post(answer, json={}, headers=stand.headers(f"physician{n}")) for n in (0, 1))
    )
    assert [one.status_code for one in answers] == [200, 200], [one.text for one in answers]
    return str(alert["uuid"])


async def races(stand) -> list[str]:
    async with httpx.AsyncClient(timeout=60) as client:
        running_races = []
        for n in range(RACES):
            running_races.append(
                asyncio.create_task(race(stand, client, offset=(n % 11 - 5) / 100))
            )
            await asyncio.sleep(0.15)
        return await asyncio.gather(*running_races)


def test_row_20_an_answer_and_an_escalation_at_once_have_one_winner(stand, proof):
    stand.start_web()
    with running(stand, "pager"):
        raced = asyncio.run(races(stand))
        time.sleep(1.5)

    proof(f"{len(set(raced))} races: one winner each, no page after the answer")
    assert len(set(raced)) == RACES
    firsts = stand.rows("SELECT alert_id, count(*) FROM alerts_responder WHERE is_first GROUP BY 1")
    assert [count for _alert, count in firsts] == [1] * RACES
    for subject in raced:
        sql = f"SELECT type FROM alerts_event WHERE subject = '{subject}' ORDER BY seq"
        types = [type_ for (type_,) in stand.rows(sql)]
        answered = types.index("alert.acknowledged")
        assert types.count("alert.acknowledged") == 1, types
        assert types[answered:].count("alert.joined") == 1, types
        assert "alert.paged" not in types[answered:], types
        assert "alert.exhausted" not in types[answered:], types
