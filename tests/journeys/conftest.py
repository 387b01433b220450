"""The product as the README starts it, and a real Chromium in front of it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browsers import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "hall-of-320-seats"


def spare_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Hall:
    """A running product with its demonstration site."""

    address: str
    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    site: str = ""
    speed: float = 1
    has_second_step: bool = False

    def start(self) -> None:
        environment = {
            k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}
        }
        environment |= {
            "AEFI_VAR_DIR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "dashboards.project.settings",
            "REQUIRE_TOTP": str(int(self.has_second_step)),
        }
        if self.speed != 1:
            environment |= {
                "AEFI_DEMO": "1",
                "AEFI_DEMO_SPEED": str(self.speed),
                "AEFI_DEMO_STARTED": str(time.time()),
            }
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "run", "--port", str(self.port)],
            cwd=ROOT,
            env=environment,
            stdout=(self.folder / "run.log").open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._wait()
        self.site = self.get("observer", "sites/").json()[0]["uuid"]

    def _wait(self) -> None:
        for _try in range(240):
            try:
                if httpx.get(f"{self.address}/health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.25)
        raise AssertionError((self.folder / "run.log").read_text()[-3000:])

    def stop(self) -> None:
        """End the supervisor and all it started."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(15)

    def token(self, who: str) -> str:
        return str(json.loads((self.folder / "demo-logins.json").read_text())[who])

    def get(self, who: str, path: str) -> httpx.Response:
        return self._request("GET", who, path)

    def post(self, who: str, path: str, body: object = None) -> httpx.Response:
        answer = self._request("POST", who, path, body or {})
        assert answer.status_code < 400, answer.text
        return answer

    def _request(self, method: str, who: str, path: str, body: object = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(who)}"}
        return httpx.request(
            method, f"{self.address}/api/v1/{path}", json=body, headers=headers, timeout=30
        )

    def now(self) -> datetime:
        """Return the hall's own time."""
        board = self.get("lead", f"sites/{self.site}/board/").json()
        return datetime.fromisoformat(board["server_time"])

    def seat(self, seat: str, *, name: str = "小明", ago: timedelta | None = None) -> str:
        """Give a dose and seat the recipient; return the key of the observation."""
        dose = {"vaccine": "FLU", "lot": "FLU202601"}
        if ago is not None:
            dose["given_at"] = (self.now() - ago).isoformat()
        body = {"recipient": {"name": name, "born_on": "2019-05-04"}, "doses": [dose]}
        made = self.post("vaccinator", f"sites/{self.site}/observations/", body).json()
        key = made["uuid"] if "uuid" in made else made["observations"][0]["uuid"]
        self.post("observer", f"observations/{key}/seat/", {"seat": seat})
        return str(key)

    def end_calls(self) -> None:
        """Resolve what an earlier test left running."""
        for alert in self.get("physician", f"sites/{self.site}/alerts/?state=running").json():
            self.post("physician", f"alerts/{alert['uuid']}/resolve/")

    def empty(self) -> None:
        """Send everybody home, so that the next test finds every seat free."""
        for tile in self.get("lead", f"sites/{self.site}/board/").json()["tiles"]:
            if tile["ended_at"] is None:
                body = {"kind": "cancelled", "reason": "end of the test"}
                self.post("observer", f"observations/{tile['uuid']}/leave/", body)

    def url(self, page: str) -> str:
        return f"{self.address}/sites/{self.site}/{page}/"


@pytest.fixture(scope="session")
def running_hall(tmp_path_factory: pytest.TempPathFactory):
    port = spare_port()
    hall = Hall(f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("hall"), port)
    hall.start()
    yield hall
    hall.stop()


@pytest.fixture
def fast_hall(tmp_path: Path):
    """A hall of its own whose clock runs twenty times as fast."""
    port = spare_port()
    hall = Hall(f"http://127.0.0.1:{port}", tmp_path, port, speed=20)
    hall.start()
    yield hall
    hall.stop()


@pytest.fixture
def hall(running_hall: Hall):
    running_hall.end_calls()
    yield running_hall
    running_hall.end_calls()
    running_hall.empty()


@dataclass
class Someone:
    """A person at a browser of their own."""

    hall: Hall
    context: BrowserContext
    page: Page

    def log_in(self, who: str) -> "Someone":
        self.page.goto(f"{self.hall.address}/lock/")
        self.page.fill("input[name=username]", who)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("form[method=post] button.primary")
        self.page.wait_for_url(lambda url: "/lock/" not in url)
        return self

    def enrol(self, kind: str = "tablet") -> "Someone":
        """Make this browser an enrolled device of the site."""
        body = {"name": f"{kind}-{id(self)}", "kind": kind}
        code = self.hall.post("lead", f"sites/{self.hall.site}/devices/", body).json()[
            "enrolment_code"
        ]
        self.page.goto(f"{self.hall.address}/enrol/{code}/")
        self.page.click("[data-enrol]")
        self.page.wait_for_url("**/lock/")
        return self

    def open(self, name: str) -> "Someone":
        self.page.goto(self.hall.url(name))
        return self


@pytest.fixture
def someone(hall: Hall, browser_of: Callable[..., Someone]) -> Callable[..., Someone]:
    """Make people with browsers: `someone(width=…, language=…, dark=…)`."""
    return partial(browser_of, hall)


@pytest.fixture
def browser_of(browser: Browser):
    """Make people with browsers at a hall."""
    contexts = []

    def make(
        hall: Hall,
        *,
        width: int = 1024,
        height: int = 768,
        language: str = "zh-CN",
        dark: bool = False,
    ) -> Someone:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=language,
            color_scheme="dark" if dark else "light",
            timezone_id="Asia/Shanghai",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        return Someone(hall, context, page)

    yield make
    for context in contexts:
        context.close()
