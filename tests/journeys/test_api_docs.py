"""The page that explains the API, in a real browser under the product's own policy."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.servers]


def test_somebody_who_writes_a_program_reads_the_api_and_tries_a_request(hall, someone):
    writer = someone().log_in("lead")
    complaints = []
    writer.page.on("console", lambda message: complaints.append((message.type, message.text)))
    writer.page.on("pageerror", lambda error: complaints.append(("error", str(error))))

    writer.page.goto(f"{hall.address}/api/docs/")
    sites = writer.page.locator("#operations-sites-sites_list")
    sites.locator(".opblock-summary-control").click()
    sites.locator(".try-out__btn").click()
    sites.locator(".execute").click()

    answer = sites.locator(".live-responses-table tbody .response-col_status")
    expect(answer.first).to_contain_text("200")
    assert writer.page.locator(".opblock").count() > 60
    assert [text for kind, text in complaints if kind in {"error", "warning"}] == []
