"""Fixtures for every test."""

import json
import os
from pathlib import Path

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connection, connections

from alerts.hub import hub
from tests.browsers import browser
from tests.callers import Caller
from tests.factories import make_device
from tests.world import World

__all__ = ["browser"]
TOO_LATE = [r"not within [\d.]+ s", r"TimeoutError", r"Locator expected", r"TimeoutExpired"]
"""How a test of real processes says that something did not come in time (docs/adr/0047-a-second-try.md)."""
COUNTS_FILE = Path(__file__).with_name("counts.json")
"""How many tests each pass of `make test` has, by its expression of markers."""


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def tablet(world) -> Caller:
    """The site's enrolled tablet with nobody logged in."""
    return Caller(device=make_device(world.site))


@pytest_asyncio.fixture
async def running_hub(transactional_db):
    """The process's hub between start and stop, on this test's event loop."""
    await hub.start()
    yield hub
    await hub.stop()
    await sync_to_async(connections.close_all)()


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hashing a password slowly is the point in the hall and a waste in a test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def one_step(settings):
    """Whatever the database, log-ins of a test need no second step unless it is about that."""
    settings.REQUIRE_TOTP = False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what is about one database to the pass that runs on it: row locks, the host's clock."""
    other = "sqlite" if connection.vendor == "postgresql" else "postgres"
    elsewhere = [item for item in items if item.get_closest_marker(other)]
    items[:] = [item for item in items if item not in elsewhere]
    config.hook.pytest_deselected(items=elsewhere)
    if "FAULTS_RESULTS" not in os.environ:
        for item in items:
            allow_second_try(item)


def allow_second_try(item: pytest.Item) -> None:
    """Let a test of real processes run again when it waited in vain, and only then."""
    if item.get_closest_marker("browser") or item.get_closest_marker("servers"):
        item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=TOO_LATE))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a failure, and so is a pass of fewer tests than the committed count."""
    config = session.config
    is_worker = hasattr(config, "workerinput")
    if os.environ.get("CI") != "true" or config.option.collectonly or is_worker:
        return
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", [])
    ran = len(reporter.stats.get("passed", []))
    counts = json.loads(COUNTS_FILE.read_text())
    is_whole = config.args == ["tests"] and not config.option.ignore
    if skipped or (is_whole and ran < counts.get(config.option.markexpr, 0)):
        reporter.write_line(f"CI: {len(skipped)} skipped, {ran} passed; neither may fall short.")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
