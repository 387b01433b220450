"""A web process killed in the middle of an import: sent again, every report is a case once."""

import threading
import time
from contextlib import suppress

import httpx
import pytest

from tests.faults.conftest import (
    cluster,
    postgres_template,
    sqlite_template,
    stand,
)
from tests.faults.stand import kill, until

__all__ = ["cluster", "postgres_template", "sqlite_template", "stand"]
pytestmark = pytest.mark.servers
REPORTS = 150
OPENED = "aefi_case"


def table(count: int) -> bytes:
    """Return a VAERS table of so many reports."""
    rows = [f"{n},01/02/2021,{n % 80},hives {n}" for n in range(1, count + 1)]
    return "\n".join(["VAERS_ID,RECVDATE,AGE_YRS,SYMPTOM_TEXT", *rows]).encode() + b"\n"


def send(stand) -> httpx.Response:
    headers = stand.headers("officer", **{"Content-Type": "application/octet-stream"})
    path = f"{stand.address}/api/v1/cases/imports/?name=vaers.csv"
    return httpx.post(path, content=table(REPORTS), headers=headers, timeout=120)


def send_and_lose(stand) -> None:
    with suppress(httpx.TransportError):
        send(stand)


def test_an_import_that_was_killed_is_whole_when_it_is_sent_again(stand):
    stand.act("officer")
    web = stand.start_web()
    sending = threading.Thread(target=send_and_lose, args=(stand,))
    sending.start()
    until(lambda: stand.count(OPENED) > 0, seconds=60, what="the first report is a case")
    time.sleep(0.2)
    kill(web)
    sending.join(30)
    before = stand.count(OPENED)

    stand.start_web()
    (answer,) = send(stand).json()
    (again,) = send(stand).json()

    assert 0 < before < REPORTS
    assert (answer["opened"] + answer["known"], answer["refused"]) == (REPORTS, [])
    assert (again["uuid"], stand.count(OPENED)) == (answer["uuid"], REPORTS)
    assert len(set(stand.rows(f"SELECT number FROM {OPENED}"))) == REPORTS
