"""Three faints in one bay: the lead sees the question, declares the group, and the clock runs."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.journeys.looks import faults_everywhere

pytestmark = [pytest.mark.browser, pytest.mark.servers]

SIGNS = {"dizzy": "yes", "pale": "yes"}


def faint(hall, seat):
    """Seat somebody and report that they turned dizzy and pale."""
    key = hall.seat(seat)
    hall.post("observer", f"observations/{key}/reactions/", {"signs": SIGNS})


@pytest.fixture
def quiet_hall(hall):
    """A hall in which no group of an earlier test waits for a word."""
    yield hall
    for card in hall.get("lead", f"sites/{hall.site}/groups/").json():
        if card["state"] != "undeclared":
            hall.post("lead", f"groups/{card['uuid']}/undeclare/", {"reason": "end of the test"})


def test_three_faints_in_a_bay_become_a_declared_group_with_its_clock(quiet_hall, someone):
    hall = quiet_hall
    lead = someone(language="en").log_in("lead").open("lead")
    observer = someone(language="en").log_in("observer").open("board")
    display = someone(language="en").log_in("observer").open("hall")
    lead.page.wait_for_selector(".wall-clock")
    observer.page.wait_for_selector("[data-help]")
    display.page.wait_for_selector(".hall-clock")

    for seat in ("E1", "E2", "E3"):
        faint(hall, seat)
    card = lead.page.locator("[data-group][data-state=proposed]")
    card.wait_for()

    expect(card).to_have_count(1)
    assert card.locator("[data-hypothesis]").count() == 4
    assert "E" in card.locator("h2").inner_text()
    assert card.locator("[data-clock]").count() == 0

    seen = observer.page.locator("[data-group]")
    seen.wait_for()
    assert seen.locator("form").count() == 0

    card.locator("[name=reason]").fill("Three in one row within minutes")
    card.locator("[value=declare]").click()

    declared = lead.page.locator("[data-group][data-state=declared]")
    clock = declared.locator("[data-clock] .digits")
    expect(clock).to_have_text(re.compile(r"^1:59:\d\d$"))
    expect(observer.page.locator("[data-group][data-state=declared] [data-clock]")).to_have_count(1)
    assert "Three in one row" in declared.inner_text()
    assert display.page.locator("[data-group]").count() == 0
    for page in (lead.page, observer.page, display.page):
        assert not re.search("psychogenic|hysteri|心因|癔症", page.content(), re.IGNORECASE)


def test_what_the_lead_says_is_no_group_leaves_every_screen_and_stays_away(quiet_hall, someone):
    hall = quiet_hall
    for seat in ("F1", "F2", "F3"):
        faint(hall, seat)
    lead = someone(width=390, height=800).log_in("lead").open("lead")
    board = someone().log_in("observer").open("board")
    card = lead.page.locator("[data-group]")
    card.wait_for()
    board.page.wait_for_selector("[data-group]")

    card.locator("[name=reason]").fill("一家三口，空腹")
    card.locator("[value=undeclare]").click()

    expect(lead.page.locator("[data-group]")).to_have_count(0)
    expect(board.page.locator("[data-group]")).to_have_count(0)
    board.page.reload()
    board.page.wait_for_selector("[data-help]")
    time.sleep(1)
    assert board.page.locator("[data-group]").count() == 0
    states = {one["state"] for one in hall.get("lead", f"sites/{hall.site}/groups/").json()}
    assert states == {"undeclared"}


def test_an_officer_reports_the_group_from_the_desk_and_its_clock_stops_in_the_hall(
    quiet_hall, someone
):
    hall = quiet_hall
    for seat in ("F1", "F2", "F3"):
        faint(hall, seat)
    lead = someone(language="zh-CN").log_in("lead").open("lead").page
    card = lead.locator("[data-group][data-state=proposed]")
    expect(card).to_have_count(1)
    card.locator("[name=reason]").fill("三人同区先后晕倒")
    card.locator("[value=declare]").click()
    declared = lead.locator("[data-group][data-state=declared]")
    declared.locator("[data-clock] .digits").wait_for()
    key = declared.get_attribute("data-group")

    officers = [someone(language=one).log_in("officer").page for one in ("zh-CN", "en-GB")]
    for officer in officers:
        officer.goto(f"{hall.address}/cases/groups/")
        assert faults_everywhere(officer) == []
        officer.click(f"a[href*='{key}']")
        assert faults_everywhere(officer) == []
    for _duty in range(3):
        duty = officer.locator(".two-hour-call").first
        duty.locator("[name=reference]").fill("王主任")
        duty.locator("button").click()
    expect(officer.locator(".two-hour-call")).to_have_count(0)

    expect(declared.locator("[data-clock]")).to_contain_text("✓")
