"""Calls in real browsers: raised, shown, answered, escalated, from the board and from a locked screen."""

import time

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.servers]


def test_an_observer_calls_for_seat_a18_in_two_taps_and_the_physician_sees_it(hall, someone):
    hall.seat("A18")
    physician = someone(width=390, height=800).log_in("physician").open("alarm")
    observer = someone().log_in("observer").open("board")
    tile = observer.page.locator("[data-tile]", has_text="A18").first
    tile.wait_for()

    started = time.monotonic()
    tile.click()
    observer.page.click("dialog[open] .help")
    physician.page.wait_for_selector("[data-alert]:has-text('A18')")
    took = time.monotonic() - started

    assert took < 5
    assert physician.page.locator(".alarm-seat").first.inner_text() == "A18"


def test_one_tap_answers_and_the_calling_board_says_who_comes(hall, someone):
    hall.seat("A17")
    physician = someone(width=390, height=800).log_in("physician").open("alarm")
    observer = someone().log_in("observer").open("board")
    observer.page.locator("[data-tile]", has_text="A17").first.click()
    observer.page.click("dialog[open] .help")
    physician.page.wait_for_selector("[data-alert][data-state=paging]")

    physician.page.click(".answer")

    observer.page.wait_for_selector("[data-alert][data-state=acknowledged]")
    assert "李强" in observer.page.locator("[data-alert] .call-reach").inner_text()


def test_the_board_says_who_was_paged_and_reached_before_anybody_answers(hall, someone):
    hall.seat("A16")
    someone(width=390, height=800).log_in("physician").open("alarm")
    observer = someone().log_in("observer").open("board")
    observer.page.locator("[data-tile]", has_text="A16").first.click()
    observer.page.click("dialog[open] .help")

    reach = observer.page.locator("[data-alert] .call-reach")
    expect(reach).to_contain_text("1")
    silent = observer.page.locator("[data-alert] .call-silent")
    silent.wait_for()

    assert "2" in reach.inner_text()
    assert "赵磊" in silent.inner_text()


def test_nobody_answers_and_the_steps_come_in_order(hall, someone):
    observer = someone().log_in("observer").open("board")
    observer.page.locator("[data-help]").first.click()
    observer.page.wait_for_selector("[data-alert][data-state=paging]")
    alert = observer.page.get_attribute("[data-alert]", "data-alert")

    def paged() -> set[str]:
        pages = hall.get("lead", f"alerts/{alert}/").json()["pages"]
        return {page["responder_name"].split(" ")[0] for page in pages if page["responder"]}

    first = paged()
    time.sleep(16)
    second = paged()
    time.sleep(15)
    third = paged()

    assert first == {"李强", "赵磊"}
    assert second == {*first, "周涛", "吴刚"}
    assert third > second


def test_help_and_answering_work_from_the_lock_screen(hall, someone):
    tablet = someone().enrol()
    board = someone().log_in("observer").open("board")
    tablet.page.wait_for_selector("[data-help]")

    tablet.page.click("[data-help]")
    board.page.wait_for_selector("[data-alert]")
    tablet.page.locator("dialog[open] .primary").click()
    tablet.page.locator("[data-alerts] .answer").click()

    board.page.wait_for_selector("[data-alert][data-state=acknowledged]")
    assert board.page.locator("[data-alert]").count() == 1


def test_help_works_after_the_session_has_ended_on_the_server(hall, someone):
    tablet = someone().enrol().log_in("observer").open("board")
    board = someone().log_in("observer2").open("board")
    tablet.page.wait_for_selector("[data-help]")
    tablet.context.clear_cookies(name="sessionid")

    tablet.page.locator("[data-help]").first.click()

    board.page.wait_for_selector("[data-alert]")
    assert board.page.locator("[data-alert]").count() == 1


def test_two_calls_at_once_have_each_a_physician(hall, someone):
    hall.seat("B1")
    hall.seat("B2")
    first = someone(width=390, height=800).log_in("physician").open("alarm")
    second = someone(width=390, height=800).log_in("physician2").open("alarm")
    for seat in ("B1", "B2"):
        hall.post("observer", f"sites/{hall.site}/alerts/", {"seat": seat})
    first.page.wait_for_selector("[data-alert]:has-text('B2')")
    second.page.wait_for_selector("[data-alert]:has-text('B2')")

    first.page.locator("[data-alert]:has-text('B1') .answer").click()
    second.page.locator("[data-alert]:has-text('B2') .answer").click()

    board = someone().log_in("observer").open("board")
    expect(board.page.locator("[data-alert][data-state=acknowledged]")).to_have_count(2)
    words = [card.inner_text() for card in board.page.locator("[data-alert]").all()]
    assert any("B1" in word and "李强" in word for word in words)
    assert any("B2" in word and "赵磊" in word for word in words)


def test_undo_cancels_the_call_and_never_held_the_page_back(hall, someone):
    physician = someone(width=390, height=800).log_in("physician").open("alarm")
    observer = someone().log_in("observer").open("board")
    observer.page.locator("[data-help]").first.click()
    physician.page.wait_for_selector("[data-alert]")

    observer.page.locator("dialog[open] .quiet").first.click()

    physician.page.wait_for_selector("[data-alert]", state="detached")
    assert observer.page.locator("[data-alert]").count() == 0
