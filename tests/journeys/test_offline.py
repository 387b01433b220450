"""Ten minutes without a network: forty people go home, one call for help; nothing is lost or doubled."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.servers]

CUT = timedelta(minutes=10)
SEATS = [f"H{number}" for number in range(1, 41)]


@pytest.fixture
def cut_off(fast_hall, browser_of):
    """A board over forty people who may leave, and its network cut; with their keys by seat."""
    keys = {seat: fast_hall.seat(seat, ago=timedelta(minutes=40)) for seat in SEATS}
    board = browser_of(fast_hall).log_in("observer").open("board")
    board.page.locator("[data-bay=H]").click()
    expect(board.page.locator("[data-tile][data-state=may-leave]")).to_have_count(40)
    board.context.set_offline(True)
    return board, keys


def release(board, seat: str) -> None:
    board.page.locator(f"[data-tile]:has(.tile-seat:text-is('{seat}'))").first.click()
    board.page.locator("dialog[open] .sheet-actions .primary").nth(1).click()
    board.page.wait_for_selector("dialog[open]", state="detached")


def call_for_help(board) -> None:
    board.page.locator("[data-help]").first.click()
    card = board.page.locator("[data-alert]").first
    card.wait_for(timeout=2_000)
    assert card.locator(".call-silent").count() == 1
    board.page.keyboard.press("Escape")


def running(hall) -> list[dict]:
    return hall.get("observer", f"sites/{hall.site}/alerts/?state=running").json()


def releases_of(hall, key: str) -> list[dict]:
    history = hall.get("observer", f"observations/{key}/").json()["history"]
    return [event for event in history if event["type"] == "observation.ended"]


def test_forty_releases_and_a_call_of_ten_minutes_offline_arrive_once(fast_hall, cut_off):
    board, keys = cut_off
    began = fast_hall.now()
    for seat in SEATS[:20]:
        release(board, seat)
    call_for_help(board)
    for seat in SEATS[20:]:
        release(board, seat)
    while fast_hall.now() - began < CUT:
        board.page.wait_for_timeout(500)
    assert [releases_of(fast_hall, key) for key in keys.values()] == [[]] * 40
    assert running(fast_hall) == []

    board.context.set_offline(False)
    expect(board.page.locator("[data-alert] .call-silent b")).to_have_count(0, timeout=30_000)
    expect(board.page.locator("[data-tile]")).to_have_count(0, timeout=90_000)

    ended = [releases_of(fast_hall, key) for key in keys.values()]
    assert [len(events) for events in ended] == [1] * 40
    assert {events[0]["source"] for events in ended} == {"offline"}
    numbers = [events[0]["seq"] for events in ended]
    tapped = [datetime.fromisoformat(events[0]["device_at"]) for events in ended]
    assert numbers == sorted(numbers)
    assert tapped == sorted(tapped)
    assert len(running(fast_hall)) == 1
