"""The rows of the fault and load suite as data: what each asks, in which modes, and where it is shown.

`make faults` runs what is named in `proofs`; the report lists every row, run or not.
"""

from dataclasses import dataclass

EMBEDDED, SERVER = "SQLite", "PostgreSQL"
BOTH = (EMBEDDED, SERVER)

KILLS = "tests/faults/test_kills.py::"
RACES = "tests/faults/test_races.py::"
LINKS = "tests/faults/test_links.py::"
LOADS = "tests/faults/test_loads.py::"
STALLS = "tests/faults/test_stalls.py::"
PAGERS = "tests/faults/test_pagers.py::"
SCREENS = "tests/faults/test_screens.py::"
CLOCKS = "tests/faults/test_clocks.py::"
SOAK = "tests/faults/test_soak.py::"
BENCH = "bench/"


@dataclass(frozen=True)
class Row:
    """One promise: what is done to the system, the bar, the tests that show it, what they leave out."""

    key: str
    what: str
    bar: str
    modes: tuple[str, ...] = BOTH
    proofs: tuple[str, ...] = ()
    lacks: str = ""
    cause: str = ""
    """Why the bar of speed is missed where it is."""


PER_CALL = (
    "29 ms of processor time a call with one screen: Django, DRF, rows and pages for five people"
)
TWO_CORES = f"server, reporter and screens share two cores; {PER_CALL}"

ROWS = (
    Row("1", "A call to the displayed frame, 1 screen", "p50 ≤ 10 ms, p99 ≤ 50 ms",
        proofs=("bench/page_latency.py",), cause=PER_CALL),
    Row("2", "The same, the last of 100 screens", "p99 ≤ 100 ms",
        proofs=("bench/page_latency.py",), cause=PER_CALL),
    Row("3", "The same, the last of 1,000 screens", "p99 ≤ 250 ms; SQLite ≤ 400 ms",
        proofs=("bench/page_latency.py",), cause=PER_CALL),
    Row("4", "Server CPU for a call at 1,000 screens", "≤ 40 ms", proofs=("bench/page_latency.py",),
        cause=f"{PER_CALL}; the rest is writing to 1,000 sockets"),
    Row("5", "20 calls a second, 100 screens, 10 minutes", "none lost, p99 ≤ 200 ms, memory + < 5 %",
        proofs=(LOADS + "test_row_05",), cause=TWO_CORES),
    Row("6", "200 calls within a second", "all delivered ≤ 3 s, order kept",
        proofs=(LOADS + "test_row_06",), cause=TWO_CORES),
    Row("7", "An answer to the silence of every one of 100 screens", "p99 ≤ 150 ms",
        proofs=(LOADS + "test_row_07",)),
    Row("8", "An escalation step due to its page on a screen", "late p99 ≤ 100 ms, max ≤ 500 ms",
        proofs=(LOADS + "test_row_08",)),
    Row("9", "50,000 live timers, 60 due a second, 10 minutes",
        "late p99 ≤ 100 ms, max ≤ 1 s, none early", proofs=("bench/timers.py",)),
    Row("10", "5,000 timers due in the same second", "all fired ≤ 3 s", proofs=("bench/timers.py",)),
    Row("11", "A start with 2,000 overdue timers", "all fired ≤ 3 s, none lost, none twice",
        proofs=(KILLS + "test_row_11",)),
    Row("12", "100 kills of the pager, 5,000 timers", "0 lost, 0 twice, late ≤ restart + 1 s",
        proofs=(KILLS + "test_row_12",)),
    Row("13", "100 kills of the dispatcher, 5,000 pages", "0 lost; ≤ 1 repeat a kill on the wire",
        proofs=(KILLS + "test_row_13",)),
    Row("14", "100 kills of the web process, 100 screens",
        "every screen gets every number; resume p99 ≤ 2 s", proofs=(LINKS + "test_row_14",)),
    Row("15", "8 to 32 writers at once, 20,000 events, a reader behind them",
        "0 missed, strictly increasing", proofs=(RACES + "test_row_15",)),
    Row("16", "Redis killed, flushed, away for 5 minutes", "page path p99 ± 20 %, 0 lost", (SERVER,),
        proofs=(STALLS + "test_row_16",),
        cause="not found; every page came, the slowest took twice as long while Redis was away"),
    Row("17", "PostgreSQL restarted at once during 10 calls a second",
        "0 answered calls lost; back ≤ 5 s after the database; clients told ≤ 8 s", (SERVER,),
        proofs=(STALLS + "test_row_17",)),
    Row("18", "A failover that loses the last 2 s of commits",
        "reporters say it again; 0 lost, none twice", (SERVER,), proofs=(STALLS + "test_row_18",),
        lacks="an older copy of the data is put back; no standby is promoted"),
    Row("19", "The same call 50 times at once under one key", "1 call, 50 equal answers",
        proofs=(RACES + "test_row_19",)),
    Row("20", "1,000 races: answer, escalation, second answer",
        "one winner, no page after the answer", proofs=(RACES + "test_row_20",)),
    Row("21", "A tablet without network 1, 10, 60, 600 s during 200 events",
        "the whole again ≤ 1 s after the network", proofs=(LINKS + "test_row_21",)),
    Row("22", "A link that is open on one side only",
        "alarm ≤ 8 s; the server takes channel 2 ≤ 12 s", proofs=(SCREENS + "test_row_22",)),
    Row("23", "One screen of 100 that does not read",
        "the others' p99 + < 10 %; it is closed and comes back", proofs=(LINKS + "test_row_23",),
        cause="the p99 of 60 calls is the slowest of them, on two cores shared with screens and other work"),
    Row("24", "The wall clock set by ± 5 s and ± 1 h, and slewed",
        "none early by > 50 ms, none missed; alarm ≤ 2 s", proofs=(CLOCKS + "test_row_24",)),
    Row("25", "One of two pagers stopped for 60 s", "late ≤ 1.5 s; nothing twice after it goes on",
        (SERVER,), proofs=(PAGERS + "test_row_25",)),
    Row("26", "Every server process stopped", "every open screen shouts ≤ 8 s",
        proofs=(SCREENS + "test_row_26",)),
    Row("27", "A tab frozen for 10 minutes, then shown",
        "right ≤ 500 ms after; a page meanwhile took channel 2 ≤ 15 s",
        proofs=(SCREENS + "test_row_27",)),
    Row("28", "A poisoned timer, a poisoned page", "others unharmed; set aside and shown ≤ 5 s",
        proofs=(PAGERS + "test_row_28",)),
    Row("29", "Nobody on duty; everyone declines", "exhausted ≤ 1 s, ≤ 60 s; never silent",
        proofs=(PAGERS + "test_row_29",)),
    Row("30", "An endpoint that hangs for 60 s", "screens' p99 unchanged; attempt cut at 2 s",
        proofs=(PAGERS + "test_row_30",),
        cause="not found: the p99 is the slowest of few calls, and moved the other way in the run before"),
    Row("31", "A socket 25 h old (faked clock)", "still receives", proofs=(CLOCKS + "test_row_31",)),
    Row("32", "8 h of 40,000 watches, 300 calls, a random fault each minute",
        "0 lost; p99 ≤ 100 ms outside the faults", proofs=(SOAK + "test_row_32",)),
    Row("33", "A drill: a call in at most 2 taps", "median ≤ 5 s, the seat always right", (EMBEDDED,),
        proofs=("tests/journeys/test_calls.py::test_an_observer_calls_for_seat_a18_in_two_taps",),
        lacks="the taps are a machine's; a person's time is taken in a drill at the site"),
    Row("34", "The chain of events", "any edit or deletion is found; replay rebuilds all",
        proofs=("tests/alerts/test_audit.py::", "tests/alerts/test_replay.py::",
                "tests/observation/services/test_replay.py::")),
    Row("A", "The database stalls behind a lock", "the caller is told ≤ 5 s, screens shout, then all go on",
        (SERVER,), proofs=(STALLS + "test_fault_a",)),
    Row("B", "The disk is full", "the caller is told; 0 answered calls lost; goes on once there is room",
        (EMBEDDED,), proofs=(STALLS + "test_fault_b",)),
    Row("C", "A lease left by a dead dispatcher", "the page leaves after the lease, marked by one owner",
        proofs=("tests/alerts/test_dispatcher.py::test_a_claimed_page",
                "tests/alerts/test_dispatcher.py::test_who_lost_the_lease")),
    Row("D", "Commands repeated and out of order", "one effect each, promises of the call hold",
        proofs=("tests/alerts/test_alert_machine.py::",
                LINKS + "test_fault_d")),
)  # fmt: skip
"""Numbers are those of the suite; letters are faults of its second table that have no number."""

BY_KEY = {row.key: row for row in ROWS}


def rows_of(nodeid: str) -> list[Row]:
    """Return the rows that a test is a proof of."""
    return [row for row in ROWS if any(nodeid.startswith(proof) for proof in row.proofs)]
