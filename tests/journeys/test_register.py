"""From a reaction on the floor to a closed case, in a real browser; and the night's late reports in order."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from lxml import etree
from playwright.sync_api import expect

from tests.journeys.looks import faults_everywhere
from tests.shared import shared

SCHEMA = "data/e2b-r3/schemas/multicacheschemas/MCCI_IN200100UV01.xsd"
pytestmark = [pytest.mark.browser, pytest.mark.servers]


def act(page, name, **said):
    """Fill and send one of the verbs on the page of a case."""
    form = page.locator(f"details.case-act:has(input[name=act][value={name}])")
    form.evaluate("(element) => { element.open = true; }")
    for field, value in said.items():
        control = form.locator(f"[name={field}]")
        if control.evaluate("(element) => element.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    form.locator("button.primary").click()


def log_reaction(hall, someone, seat):
    """Log a reaction at a seat with three taps, as an observer does."""
    hall.seat(seat, name="欧阳测试")
    board = someone().log_in("observer").open("board").page
    board.locator(f"[data-bay={seat[0]}]").click()
    board.locator("[data-tile]", has_text=seat).first.click()
    board.locator("dialog[open] .sheet-actions .primary").first.click()
    board.locator("dialog[open] .sign").first.click()
    board.locator("dialog[open] .primary").click()
    board.wait_for_selector("[data-alert]")


def fetched(page, link):
    """Return the body that a link of the page leads to, with the page's own log-in."""
    address = page.url.split("/cases/")[0] + page.locator(link).get_attribute("href")
    answer = page.request.get(address)
    assert answer.status == 200, answer.text()
    return answer.body()


def test_a_reaction_of_the_hall_becomes_a_case_that_an_officer_closes(hall, someone):
    log_reaction(hall, someone, "E1")
    lead = someone(width=1280).log_in("lead").page
    lead.goto(f"{hall.address}/cases/new/")
    lead.locator("li.desk-row", has_text="E1").last.locator("button").click()  # the newest
    lead.wait_for_url("**/cases/*-*/")
    assert "欧阳测试" in lead.locator(".facts").inner_text()
    act(lead, "submit")
    expect(lead.locator("h1")).to_contain_text("已报县级")

    officer = someone(width=1280).log_in("officer").page
    officer.goto(lead.url)
    act(officer, "facts", outcome="recovered", reason="电话随访，已痊愈")
    expect(officer.locator("h1")).to_contain_text("2")
    conclusion = {"kind": "final", "code": "2", "reason": "布莱顿一级"}
    act(officer, "classify", **conclusion, concluded_by="3")
    expect(officer.locator("[role=alert]")).to_contain_text("只有专家组")
    act(officer, "classify", **conclusion, concluded_by="2", damage_grade="9")
    expect(officer.locator("ul.list").last).to_contain_text("布莱顿一级")
    done_at = (hall.now() + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")
    act(officer, "file", proof="card_accepted", reference="3101042026110001", done_at=done_at)
    expect(officer.locator("section", has_text="法定时限").first).to_contain_text("已完成")

    taken = {kind: fetched(officer, f"a[href$='/{kind}/']") for kind in ("fhir", "card", "e2b")}
    assert not any("欧阳测试".encode() in body for body in taken.values())
    types = {one["resource"]["resourceType"] for one in json.loads(taken["fhir"])["entry"]}
    assert {"AdverseEvent", "Immunization"} <= types
    assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(taken["card"])).namelist()

    act(officer, "close", reason="其余项目无法取得")
    expect(officer.locator("h1")).to_contain_text("已结案")
    schema = etree.XMLSchema(etree.parse(str(shared(SCHEMA))))
    schema.assertValid(etree.fromstring(taken["e2b"]))


def test_the_nights_late_reports_stand_in_the_order_of_their_limits(hall, someone):
    now = hall.now()
    numbers = {}
    for name, hours in (("晚报甲", 30), ("晚报乙", 60), ("晚报丙", 2), ("晚报丁", 47)):
        facts = {
            "patient_name": name,
            "events": [{"term": "发热"}],
            "discovered_at": (now - timedelta(hours=hours)).isoformat(),
        }
        made = hall.post("lead", f"sites/{hall.site}/cases/", {"facts": facts}).json()
        numbers[name] = made["number"]

    officer = someone(width=390, height=844).log_in("officer").page
    officer.locator("nav a[href='/cases/']").click()

    shown = officer.locator(".desk-row").all_inner_texts()
    order = [name for text in shown for name in numbers if numbers[name] in text]
    assert order == ["晚报乙", "晚报丁", "晚报甲", "晚报丙"]
    assert numbers["晚报乙"] in shown[0]
    assert "已超时" in shown[0]


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_pages_that_open_a_case_are_whole_at_every_width(hall, someone, language):
    log_reaction(hall, someone, "F1")
    lead = someone(language=language).log_in("lead").page
    lead.goto(f"{hall.address}/cases/new/")
    for one in lead.locator("details").all():
        one.evaluate("(element) => { element.open = true; }")
    faults = faults_everywhere(lead)
    assert not faults, "\n".join(faults)

    lead.fill("textarea[name=words]", "网传接种后死亡")
    lead.locator("form:has(textarea[name=words]) button.primary").click()
    lead.wait_for_url("**/two-hours/")
    faults = faults_everywhere(lead)
    assert not faults, "\n".join(faults)
