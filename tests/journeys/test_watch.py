"""The watch in a real browser: seats, due times, reactions, endings, offline."""

import time

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.servers]


def tiles_of(page) -> dict[str, str]:
    """Return what each tile shows: seat → time left, without the seconds that pass while we look."""
    rows = page.locator("[data-tile]").all()
    return {
        row.locator(".tile-seat").inner_text(): row.locator(".tile-time").inner_text()
        for row in rows
    }


def seconds(text: str) -> int:
    minutes, rest = text.split(":")
    return int(minutes) * 60 + int(rest)


def test_due_times_are_the_same_after_the_browser_was_closed(hall, someone):
    for number in range(21, 25):
        hall.seat(f"C{number}")
    before = someone().log_in("observer").open("board")
    before.page.locator("[data-bay=C]").click()
    before.page.wait_for_selector("[data-tile]:has-text('C24')")
    left = {
        seat: seconds(text) for seat, text in tiles_of(before.page).items() if seat.startswith("C")
    }
    looked = time.monotonic()
    before.context.close()

    after = someone().log_in("observer").open("board")
    after.page.locator("[data-bay=C]").click()
    after.page.wait_for_selector("[data-tile]:has-text('C24')")
    passed = time.monotonic() - looked
    again = {
        seat: seconds(text) for seat, text in tiles_of(after.page).items() if seat.startswith("C")
    }

    assert again.keys() == left.keys()
    assert all(abs(left[seat] - again[seat] - passed) <= 2 for seat in left)


def test_three_taps_log_a_reaction_and_a_danger_sign_calls(hall, someone):
    key = hall.seat("D1")
    board = someone().log_in("observer").open("board")
    board.page.locator("[data-bay=D]").click()
    board.page.locator("[data-tile]", has_text="D1").first.click()
    board.page.locator("dialog[open] .sheet-actions .primary").first.click()

    board.page.locator("dialog[open] .sign").first.click()
    board.page.locator("dialog[open] .primary").click()

    board.page.wait_for_selector("[data-alert]")
    board.page.locator("dialog[open] .primary").click()
    found = hall.get("observer", f"observations/{key}/").json()["reactions"][0]
    assert found["signs"] == {"breathing": "yes"}
    assert (
        hall.get("observer", f"sites/{hall.site}/alerts/?state=running").json()[0]["seat"] == "D1"
    )


def test_a_stress_response_is_logged_only_after_danger_signs_were_looked_for(hall, someone):
    key = hall.seat("D2")
    board = someone().log_in("observer").open("board")
    board.page.locator("[data-bay=D]").click()
    board.page.locator("[data-tile]", has_text="D2").first.click()
    board.page.locator("dialog[open] .sheet-actions .primary").first.click()
    board.page.locator("dialog[open] .sheet-end button", has_text="心因性反应").click()
    expect(board.page.locator("dialog[open] fieldset .sign").first).to_be_disabled()

    for row in board.page.locator("dialog[open] .danger-row").all():
        row.locator("button").first.click()
    board.page.locator("dialog[open] fieldset .sign").nth(1).click()
    board.page.locator("dialog[open] .primary").click()
    board.page.locator("dialog[open] .primary").click()

    board.page.wait_for_selector(
        "[data-tile][data-state=alarm]:has-text('D2'), [data-tile][data-state=stress]:has-text('D2')"
    )
    reaction = hall.get("observer", f"observations/{key}/").json()["reactions"][0]
    assert reaction["stress_subtype"] == "vasovagal"
    alert = hall.get("lead", f"sites/{hall.site}/alerts/?state=running").json()[0]
    assert alert["policy"] == "stress"
    assert alert["priority"] == "medium"


def test_the_hall_display_shows_numbers_only(hall, someone):
    hall.seat("F1", name="欧阳测试")
    hall.post("observer", f"sites/{hall.site}/alerts/", {"seat": "F1"})
    display = someone().log_in("lead").open("hall")
    display.page.wait_for_selector(".hall-number")

    words = display.page.locator("main").inner_text()

    assert "欧阳" not in words
    assert "F1" not in words
    assert display.page.locator("[data-alert]").count() == 0
