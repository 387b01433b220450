"""What one visit costs a server: rows, bytes, log, CPU. The arithmetic of docs/scaling.md stands on it.

`python bench/visit_cost.py --visits 300`

Each visit is a check-in with one dose, a scan of the seat, its end falling due, and a release, over
HTTP against a web process and a pager on a PostgreSQL of its own, with nobody else. CPU time is what
the processes used, so another load on the machine changes it little.
"""

import argparse
import time
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
from house import House, cpu_seconds, house, load, seat_code
from table import Figure, show

WARM_UP = 10


class Books:
    """What PostgreSQL and the processes have used so far."""

    def __init__(self, hall: House) -> None:
        self.hall = hall
        self.connection = psycopg.connect(hall.stand.url, autocommit=True)
        self.postmaster = int((self.hall_data() / "postmaster.pid").read_text().split()[0])

    def hall_data(self) -> Path:
        found = self.connection.execute("SHOW data_directory").fetchone()
        return Path(str(found[0]))

    def ask(self, sql: str) -> float:
        return float(self.connection.execute(sql).fetchone()[0])

    def postgres_cpu(self) -> float:
        """Return the CPU seconds of every server process, the ended ones by their parent's account."""
        seconds = cpu_seconds(self.postmaster)
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == self.postmaster:
                seconds += cpu_seconds(int(stat.parent.name))
        return seconds

    def read(self) -> dict[str, float]:
        return {
            "web": cpu_seconds(self.hall.web.pid),
            "pager": cpu_seconds(self.hall.pager.pid),
            "postgres": self.postgres_cpu(),
            "wal": self.ask("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"),
            "commits": self.ask("SELECT xact_commit FROM pg_stat_database WHERE datname = 'aefi'"),
            "events": self.ask("SELECT count(*) FROM alerts_event"),
        }

    def size(self) -> float:
        """Return the bytes of all rows and indexes, packed."""
        self.connection.execute("VACUUM FULL")
        return self.ask("SELECT pg_database_size('aefi')")


class Desk:
    """Somebody who carries people through their visit, one after the other."""

    def __init__(self, hall: House) -> None:
        self.hall = hall
        self.http = httpx.Client(timeout=30)

    def post(self, who: str, path: str, body: object) -> dict[str, object]:
        headers = {**self.hall.bearer(who), "Idempotency-Key": str(uuid4())}
        address = f"{self.hall.stand.address}/api/v1/{path}"
        answer = self.http.post(address, json=body, headers=headers)
        assert answer.status_code < 400, answer.text
        return answer.json()

    def visit(self, number: int) -> None:
        given_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 31 * 60))
        visit = {
            "recipient": {"name": f"人{number}", "born_on": "2019-05-04"},
            "doses": [{"vaccine": "FLU", "lot": "FLU202601", "given_at": given_at}],
        }
        path = f"sites/{self.hall.site}/observations/"
        tile = self.post("vaccinator", path, {"visits": [visit]})["observations"][0]
        key = tile["uuid"]
        self.post("observer", f"observations/{key}/seat/", {"seat": seat_code(number % 300)})
        self.post("observer", f"observations/{key}/release/", {})


def measured(hall: House, visits: int) -> list[Figure]:
    desk, books = Desk(hall), Books(hall)
    for number in range(WARM_UP):
        desk.visit(number)
    size = books.size()
    idle, began = books.read(), time.monotonic()
    time.sleep(5)
    rest = {k: (v - idle[k]) / (time.monotonic() - began) for k, v in books.read().items()}
    before, began = books.read(), time.monotonic()
    for number in range(WARM_UP, WARM_UP + visits):
        desk.visit(number)
    took = time.monotonic() - began
    after = books.read()
    per = {k: (after[k] - before[k] - rest[k] * took) / visits for k in after}
    stored = (books.size() - size) / visits
    return [
        Figure("CPU of web per visit", per["web"] * 1000),
        Figure("CPU of pager per visit", per["pager"] * 1000),
        Figure("CPU of PostgreSQL per visit", per["postgres"] * 1000),
        Figure("commits per visit", per["commits"], "×"),
        Figure("events per visit", per["events"], "×"),
        Figure("write-ahead log per visit", per["wal"] / 1024, "KiB"),
        Figure("rows and indexes per visit, packed", stored / 1024, "KiB"),
        Figure("CPU of web at rest, per second", rest["web"] * 1000),
        Figure("CPU of pager at rest, per second", rest["pager"] * 1000),
        Figure("CPU of PostgreSQL at rest, per second", rest["postgres"] * 1000),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=300)
    arguments = parser.parse_args()
    before = load()
    with house("postgres") as hall:
        figures = measured(hall, arguments.visits)
    show("One visit on a server", figures, load_before=before, load=load)


if __name__ == "__main__":
    main()
