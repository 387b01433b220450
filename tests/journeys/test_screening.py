"""One bad lot: the nightly job puts it on top, the officer holds it, and the hall stops using it."""

import json
import os
import subprocess
import sys
import time

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.journeys.conftest import PASSWORD, ROOT

pytestmark = [pytest.mark.browser, pytest.mark.servers]
PATIENCE = 60


class Screened:
    """A campaign inside the running product."""

    def __init__(self, hall):
        self.hall = hall
        self.facts = json.loads(
            self.run([sys.executable, "-m", "tests.journeys.screening_campaign", PASSWORD])
        )

    def run(self, command):
        """Run a command against the product's own database and broker."""
        env = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
        env |= {
            "AEFI_VAR_DIR": str(self.hall.folder),
            "DJANGO_SETTINGS_MODULE": "dashboards.project.settings",
        }
        done = subprocess.run(
            command, cwd=ROOT, env=env, check=True, capture_output=True, text=True, timeout=120
        )
        return done.stdout

    def ask(self, method, who, path, body=None):
        headers = {"Authorization": f"Bearer secret-{who}"}
        url = f"{self.hall.address}/api/v1/{path}"
        return httpx.request(method, url, json=body, headers=headers, timeout=30)

    def screen_tonight(self):
        """Have beat's nightly task carried out by the product's own worker."""
        celery = [sys.executable, "-m", "celery", "-A", "dashboards.project"]
        self.run([*celery, "call", "aefi.tasks.screen_nightly"])
        for _try in range(PATIENCE * 2):
            runs = self.ask("GET", "officer", "screening-runs/").json()
            if runs and runs[0]["state"] in {"done", "failed"}:
                return runs[0]
            time.sleep(0.5)
        raise AssertionError(runs)

    def check_dose(self):
        planned = {"vaccine": "FLU4", "lot": self.facts["lot"]}
        return self.ask("POST", "vaccinator", f"sites/{self.facts['site']}/dose-checks/", planned)


@pytest.fixture(scope="module")
def screened(running_hall):
    return Screened(running_hall)


def test_a_bad_lot_is_found_at_night_and_held_from_the_signals_page(screened, someone):
    tonight = screened.screen_tonight()
    assert (tonight["state"], tonight["night_of"] is not None) == ("done", True)
    assert screened.check_dose().status_code == 200
    observer = someone(width=390, height=800).log_in("screened-observer")
    observer.page.goto(f"{screened.hall.address}/sites/{screened.facts['site']}/board/")
    tile = observer.page.locator(f"[data-tile='{screened.facts['watched']}']")
    tile.wait_for()
    officer = someone(width=1280).log_in(screened.facts["officer"]).page
    officer.click("nav a[href='/signals/']")

    best = officer.locator("[data-signal='1']")
    assert screened.facts["lot"] in best.locator("h2").inner_text()
    best.locator("h2 a").click()
    expect(officer.locator("[data-strata] tbody tr").first).to_be_visible()
    officer.check("input[value=hold_lot]")
    officer.fill("textarea[name=reason]", "皮疹聚集，先停用")
    officer.click(".signal-decide button.primary")
    held_at = time.monotonic()

    expect(officer.locator("[data-history] [data-decision=hold_lot]")).to_have_count(1)
    refused = screened.check_dose()
    assert (refused.status_code, time.monotonic() - held_at < 2) == (409, True)
    assert refused.json()["type"].endswith("lot_held")
    expect(tile).to_contain_text("批号已暂停", timeout=2000)
    board = screened.ask("GET", "observer", f"sites/{screened.facts['site']}/board/").json()
    assert screened.facts["watched"] in json.dumps(board)
    officer.click("a[href*='/recipients/']")
    expect(officer.locator("[data-recipients]")).to_contain_text("留观中")


def test_an_officer_asks_for_a_run_and_sees_it_finish_by_itself(screened, someone):
    officer = (
        someone(width=320, height=700, language="en-GB").log_in(screened.facts["officer"]).page
    )
    officer.goto(f"{screened.hall.address}/signals/")

    officer.click("[data-ask]")

    officer.wait_for_url("**/signals/?run=*")
    expect(officer.locator("[data-run-state=done]")).to_be_visible(timeout=PATIENCE * 1000)
    for address in ("/signals/", officer.locator("[data-signal] h2 a").first.get_attribute("href")):
        officer.goto(f"{screened.hall.address}{address}")
        assert officer.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert Axe().run(officer).response["violations"] == []
    officer.goto(f"{screened.hall.address}/signals/")
    assert "Asked for by" in officer.locator("section.card").first.inner_text()
