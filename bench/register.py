"""The register at its full size: worklist, search by any field, indicators of a year, 10,000 cards.

`python bench/register.py --database sqlite --cases 100000`

The floor is the first page's rows by their index, read straight from the database beside the product.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
from house import ROOT, House, house, load
from load import p50
from table import Figure, show

CASES = 100_000
WORKLIST_BAR_MS, SEARCH_BAR_MS, INDICATORS_BAR_MS = 200.0, 300.0, 2000.0
CARDS_BAR_MS = 20_000.0
TEN_THOUSAND = "张00"
"""What the names of the first 10,000 cases begin with."""
WORKER_STARTS_S, GIVEN_UP_S = 8, 300
TIMES = 15
PASSWORD = "hall-of-320-seats"
SEARCHES = {
    "number": "3101042025099999",
    "name": "张050000",
    "lot": "FLU00321",
    "term": "呕吐",
    "nothing": "没有这样的个案",
}
FIRST_PAGE = "SELECT number FROM aefi_case WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 50"


def fill(home: House, many: int) -> None:
    """Write the cases."""
    command = [sys.executable, str(ROOT / "bench" / "register_cases.py"), str(many)]
    subprocess.run(command, env=home.stand.environment(), check=True, timeout=1800)


def officer(home: House) -> httpx.Client:
    """Return a browser in which the officer is logged in."""
    client = httpx.Client(base_url=home.stand.address, timeout=120, follow_redirects=True)
    client.get("/lock/")
    said = {"username": "officer", "password": PASSWORD}
    headers = {"X-CSRFToken": client.cookies["csrftoken"], "Referer": home.stand.address}
    assert client.post("/lock/", data=said, headers=headers).status_code == 200
    return client


def milliseconds(act: Callable[[], object], times: int = TIMES) -> list[float]:
    """Return how long an act took, each time, after one that is not counted."""
    act()
    took = []
    for _time in range(times):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return took


def page(client: httpx.Client, path: str) -> Callable[[], None]:
    def get() -> None:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text[:500]

    return get


@contextmanager
def worker(home: House) -> Iterator[None]:
    """Keep a worker for background jobs, as `aefi run` does."""
    lone = ["--concurrency", "1", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "dashboards.project", "worker"]
    process = subprocess.Popen([*command, *lone], cwd=ROOT, env=home.stand.environment())
    try:
        time.sleep(WORKER_STARTS_S)
        yield
    finally:
        process.terminate()
        process.wait(30)


def cards(client: httpx.Client) -> float:
    """Ask for the workbook of 10,000 cards and fetch it; return the milliseconds until it is here."""
    headers = {"X-CSRFToken": client.cookies["csrftoken"], "Referer": str(client.base_url)}
    began = time.perf_counter()
    asked = client.post("/cases/exports/", data={"q": TEN_THOUSAND}, headers=headers)
    address = str(asked.url)
    while (answer := client.get(f"{address}cards.xlsx")).status_code == 404:
        assert time.perf_counter() - began < GIVEN_UP_S, client.get(address).text
        time.sleep(0.2)
    assert answer.content.startswith(b"PK"), answer.text[:500]
    return (time.perf_counter() - began) * 1000


def measure(home: House, client: httpx.Client) -> list[Figure]:
    """Return the lines of the table: the middle and the slowest of each."""
    floor = p50(milliseconds(lambda: home.stand.rows(FIRST_PAGE)))
    first = milliseconds(page(client, "/cases/"))
    lines = [
        Figure("worklist, first page, p50", p50(first), bar=WORKLIST_BAR_MS, floor=floor),
        Figure("worklist, first page, slowest", max(first), bar=WORKLIST_BAR_MS),
    ]
    for what, words in SEARCHES.items():
        found = milliseconds(page(client, f"/cases/?q={words}"))
        lines.append(Figure(f"search by {what}, p50", p50(found), bar=SEARCH_BAR_MS, floor=floor))
    year = datetime.now(UTC).year
    address = f"/cases/indicators/?since={year}-01-01&until={year}-12-31"
    told = milliseconds(page(client, address), times=3)
    lines.append(Figure("indicators of a year, slowest", max(told), bar=INDICATORS_BAR_MS))
    with worker(home):
        lines.append(Figure("10,000 cards as a workbook", cards(client), bar=CARDS_BAR_MS))
    return lines


def main() -> None:
    """Fill the register and measure it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--cases", type=int, default=CASES)
    options = parser.parse_args()
    os.environ["REQUIRE_TOTP"] = "0"
    before = load()
    with house(options.database) as home:
        fill(home, options.cases)
        client = officer(home)
        lines = measure(home, client)
        client.close()
    title = f"A register of {options.cases:,} cases, {options.database}"
    show(title, lines, load_before=before, load=load)


if __name__ == "__main__":
    main()
