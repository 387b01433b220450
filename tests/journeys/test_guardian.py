"""A family's phone in a real browser: the same minute as the board, a call for staff, the day after."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.journeys.looks import faults_everywhere

pytestmark = [pytest.mark.browser, pytest.mark.servers]


def address_of(hall, someone, key: str) -> str:
    """Return the address that the family's code holds, as an observer shows it from the tile."""
    observer = someone().log_in("observer").page
    observer.goto(hall.url(f"guardian/{key}"))
    return observer.locator(".slip .mono").inner_text()


def seconds(text: str) -> int:
    minutes, rest = text.split(":")
    return int(minutes) * 60 + int(rest)


def test_a_guardians_phone_shows_the_same_minute_as_the_board(hall, someone):
    key = hall.seat("G1", name="欧阳测试", ago=timedelta(minutes=7))
    address = address_of(hall, someone, key)
    phone = someone(width=390, height=844)
    phone.page.clock.install(time="2020-01-01T00:00:00Z")  # a phone whose own clock is years off
    phone.page.goto(address)
    board = someone().log_in("observer").open("board").page
    board.locator("[data-bay=G]").click()
    tile = board.locator("[data-tile]", has_text="G1").locator(".tile-time")
    expect(phone.page.locator("[data-time]")).to_have_text(re.compile(r"\d+:\d\d"))

    phone.page.clock.run_for(1000)
    shown = seconds(phone.page.locator("[data-time]").inner_text())
    on_board = seconds(tile.inner_text())

    assert abs(shown - on_board) <= 2
    assert "欧阳" not in phone.page.locator("body").inner_text()


def test_a_call_from_the_phone_appears_on_the_board(hall, someone):
    key = hall.seat("G2")
    phone = someone(width=390, height=844).page
    phone.goto(address_of(hall, someone, key))
    board = someone().log_in("observer").open("board").page

    phone.locator(".guardian-help").click()

    card = board.locator("[data-alert]", has_text="G2")
    expect(card).to_contain_text("家属手机呼叫")
    expect(phone.locator("[data-call]")).to_have_attribute("data-state", "called")
    card.locator(".answer").click()
    expect(phone.locator("[data-call]")).to_have_attribute("data-state", "coming")


def test_a_yes_on_day_one_is_a_draft_on_the_officers_worklist(hall, someone):
    key = hall.seat("G3", ago=timedelta(minutes=40))
    phone = someone(width=390, height=844).page
    phone.goto(address_of(hall, someone, key))
    hall.post("observer", f"observations/{key}/release/")
    expect(phone.locator("form.guardian-answer")).to_be_visible()

    phone.get_by_label("有", exact=True).check()
    phone.locator("textarea").fill("手臂红肿并发热")
    phone.locator("input[type=tel]").fill("13800000000")
    phone.locator("form.guardian-answer button.primary").click()

    expect(phone.locator("p[role=status] b")).to_be_visible()
    officer = someone().log_in("officer").page
    officer.goto(f"{hall.address}/cases/?q=13800000000")
    row = officer.locator(".desk-row")
    expect(row).to_contain_text("手臂红肿并发热")
    expect(row).to_contain_text("草稿")


def test_the_page_states_the_end_time_without_script(hall, browser, someone):
    key = hall.seat("G4")
    address = address_of(hall, someone, key)
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    plain = context.new_page()
    plain.goto(address)

    words = plain.locator(".guardian-member").inner_text()
    context.close()

    assert re.search(r"可离场时间\s*\d\d:\d\d", words)
    assert "刷新" in words


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_page_and_slip_are_whole_at_every_width(hall, someone, language):
    open_, over = hall.seat("G5"), hall.seat("G6", ago=timedelta(minutes=40))
    hall.post("observer", f"observations/{over}/release/")
    for key in (open_, over):
        address = address_of(hall, someone, key)
        phone = someone(language=language).page
        phone.goto(address)
        phone.wait_for_load_state("networkidle")
        faults = faults_everywhere(phone)
        assert not faults, "\n".join(faults)
    staff = someone(language=language).log_in("observer").page
    staff.goto(hall.url(f"guardian/{open_}"))

    faults = faults_everywhere(staff)
    assert not faults, "\n".join(faults)
