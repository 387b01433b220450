"""A technical fault in a real browser: staff read what it is, the public display does not."""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.servers]
SET_ASIDE = """
INSERT INTO alerts_timer (kind, subject, generation, due_at, state, attempts, error)
VALUES ('nobody.knows', 'x', 1, ?, 'quarantined', 3, 'x')
"""


@pytest.fixture
def timer_set_aside(hall):
    """A timer whose handler failed three times; the watchdog finds it within a second."""

    def carry_out(sql: str, *values: str) -> None:
        with closing(sqlite3.connect(hall.folder / "aefi.sqlite3", timeout=10)) as rows, rows:
            rows.execute(sql, values)

    carry_out(SET_ASIDE, hall.now().strftime("%Y-%m-%d %H:%M:%S.%f"))
    yield
    carry_out("DELETE FROM alerts_timer WHERE kind = 'nobody.knows'")


def test_staff_read_the_fault_and_the_display_keeps_it_to_itself(hall, someone, request):
    board = someone().log_in("observer").open("board")
    display = someone().log_in("lead").open("hall")
    request.getfixturevalue("timer_set_aside")

    expect(board.page.locator(".link-fault")).to_contain_text("计时任务", timeout=15_000)
    late = someone().log_in("observer").open("board")
    expect(late.page.locator(".link-fault")).to_be_visible(timeout=15_000)
    assert display.page.locator(".link-fault").count() == 0
