"""Every page in both languages, light and dark, from a phone of 320 px to a wall of 1920 px."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import Hall, spare_port
from tests.journeys.looks import faults_everywhere

pytestmark = [pytest.mark.browser, pytest.mark.servers]

LEAD_PAGES = [
    "board", "check-in", "station", "hall", "lead", "muster", "paper", "floor-sheet", "devices", "persons", "alarm",
]  # fmt: skip


@pytest.fixture(params=["zh-CN", "en-GB"])
def lead(request, hall, someone) -> Page:
    """A session lead's browser in one language, over a hall with people and a call in it."""
    for seat in ("A1", "A2", "B3"):
        hall.seat(seat)
    hall.post("observer", f"sites/{hall.site}/alerts/", {"seat": "A1"})
    return someone(language=request.param).log_in("lead").page


def settle(page: Page) -> None:
    """Wait until the page has its first frame from the server."""
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("name", LEAD_PAGES)
def test_a_page_of_the_site_is_whole_at_every_width(hall, lead, name):
    lead.goto(hall.url(name))
    settle(lead)

    faults = faults_everywhere(lead)
    assert not faults, "\n".join(faults)


def test_the_desk_is_whole_at_every_width(hall, lead):
    facts = {
        "patient_name": "欧阳明日香",
        "events": [{"term": "局部红肿"}],
        "vaccines": [{"name": "流感疫苗", "lot": "FLU202601"}],
    }
    made = hall.post("lead", f"sites/{hall.site}/cases/", {"facts": facts}).json()

    for path in ("cases/", "cases/indicators/", f"cases/{made['uuid']}/"):
        lead.goto(f"{hall.address}/{path}")
        for one in lead.locator("details").all():
            one.evaluate("(element) => { element.open = true; }")

        faults = faults_everywhere(lead)
        assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_officers_pages_are_whole_at_every_width(hall, someone, language):
    facts = {
        "patient_name": "欧阳明日香",
        "birth_date": "2019-05-04",
        "events": [{"term": "局部红肿"}],
        "vaccines": [{"name": "流感疫苗", "lot": "FLU202601"}],
    }
    twice = [hall.post("lead", f"sites/{hall.site}/cases/", {"facts": facts}) for _ in range(2)]
    key = twice[1].json()["uuid"]
    officer = someone(language=language).log_in("officer").page

    for path in ("duplicates/", f"{key}/", f"{key}/copy/", f"{key}/handing/", f"{key}/investigation/",
                 f"{key}/assess/causality/", f"{key}/assess/brighton/", f"{key}/assess/severity/"):  # fmt: skip
        officer.goto(f"{hall.address}/cases/{path}")
        for one in officer.locator("details").all():
            one.evaluate("(element) => { element.open = true; }")

        faults = faults_everywhere(officer)
        assert not faults, "\n".join(faults)


def test_taking_cases_in_and_away_is_whole_at_every_width(hall, someone):
    page = someone(language="zh-CN").log_in("officer").page
    for path in ("cases/import/", "cases/exports/", "cases/"):
        page.goto(f"{hall.address}/{path}")
        if path == "cases/import/":
            name = f"{'很长的文件名' * 9}.csv"
            sent = {"name": name, "mimeType": "text/csv", "buffer": b"VAERS_ID,RECVDATE\n1,x\n"}
            page.locator("input[type=file]").set_input_files([sent])
            page.locator("form[enctype] button").click()
            page.wait_for_selector("table")
        for one in page.locator("details").all():
            one.evaluate("(element) => { element.open = true; }")

        faults = faults_everywhere(page)
        assert not faults, "\n".join(faults)


def open_sheet(page: Page) -> None:
    page.locator("[data-bay=B]").click()
    page.locator("[data-tile]", has_text="B3").first.click()
    page.wait_for_selector("dialog[open] .sheet-actions")


def open_reaction(page: Page) -> None:
    open_sheet(page)
    page.locator("dialog[open] .sheet-actions .primary").first.click()
    page.wait_for_selector("dialog[open] .sign")


def open_overview(page: Page) -> None:
    page.locator(".tabs button").first.click()
    page.wait_for_timeout(300)


def open_help(page: Page) -> None:
    page.locator("[data-help]").first.click()
    page.wait_for_selector("dialog[open]")


@pytest.mark.parametrize("opened", [open_overview, open_sheet, open_reaction, open_help])
def test_what_opens_on_the_board_is_whole_at_every_width(
    hall, lead, opened: Callable[[Page], None]
):
    lead.goto(hall.url("board"))
    lead.wait_for_selector("[data-tile]")
    opened(lead)

    faults = faults_everywhere(lead)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_run_sheet_is_whole_at_every_width(hall, someone, language):
    key = hall.seat("A4")
    call = hall.post("observer", f"sites/{hall.site}/alerts/", {"seat": "A4"}).json()["uuid"]
    physician = someone(language=language).log_in("physician").page
    physician.goto(hall.url(f"alarm/{call}/run-sheet"))
    settle(physician)

    assert key
    faults = faults_everywhere(physician)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("path", ["lock/", "trust/", "enrol/unknown-code/"])
def test_a_page_before_the_log_in_is_whole_at_every_width(hall, someone, path, language):
    anybody = someone(language=language).page
    anybody.goto(f"{hall.address}/{path}")
    settle(anybody)

    faults = faults_everywhere(anybody)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_lock_screen_of_a_tablet_is_whole_at_every_width(hall, someone, language):
    tablet = someone(language=language).enrol().page
    settle(tablet)

    faults = faults_everywhere(tablet)
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="module")
def strict_hall(tmp_path_factory):
    """A hall of its own that asks officers and administrators for a code."""
    port = spare_port()
    folder = tmp_path_factory.mktemp("strict")
    hall = Hall(f"http://127.0.0.1:{port}", folder, port, has_second_step=True)
    hall.start()
    yield hall
    hall.stop()


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_second_step_is_whole_at_every_width(strict_hall, browser_of, language):
    administrator = browser_of(strict_hall, language=language).log_in("admin").page
    administrator.wait_for_selector("[data-page=second-step] code")

    faults = faults_everywhere(administrator)
    assert not faults, "\n".join(faults)
