"""The report tells every row once and marks nothing as met that was not run."""

import json
from dataclasses import asdict, replace

import pytest

from tests.faults import report
from tests.faults.results import Result, kept
from tests.faults.rows import BOTH, ROWS, SERVER, Row, rows_of

RAN = Result("12", SERVER, "tests/a.py::test_x", "met", "0 lost", 12, 60.0, 1, "2026-11-22")
ROW = Row("12", "kills", "0 lost", BOTH, proofs=("tests/a.py::test_x",))


def test_every_row_is_listed_exactly_once_in_each_mode_it_names():
    rows = report.text([]).splitlines()
    for row in ROWS:
        mine = [line for line in rows if line.startswith(f"| {row.key} |")]
        assert len(mine) == len(row.modes)
    numbers = [int(row.key) for row in ROWS if row.key.isdigit()]
    assert numbers == list(range(1, 35))


def test_what_was_not_run_is_said_to_be_not_run():
    lines = [line for line in report.text([]).splitlines() if line.startswith("| ")][1:]

    assert all("| not run |" in line for line in lines)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "met"),
        ({"factor": 20}, "met, shortened"),
        ({"outcome": "missed"}, "missed"),
        ({"outcome": "failed"}, "failed"),
        ({"outcome": "skipped"}, "not run"),
        ({"row": "13"}, "not run"),
        ({"test": "tests/b.py::test_y"}, "met in part"),
    ],
)
def test_a_verdict_is_no_better_than_the_run(changes, word):
    assert report.verdict(ROW, SERVER, [replace(RAN, **changes)]) == word


def test_a_row_whose_tests_leave_something_out_is_met_in_part():
    assert report.verdict(replace(ROW, lacks="no replay"), SERVER, [RAN]) == "met in part"


def test_a_missed_bar_names_its_cause_and_a_met_one_does_not():
    row = replace(ROW, cause="two cores")
    lines = [report.line(row, SERVER, [replace(RAN, outcome=word)]) for word in ("missed", "met")]

    assert ["(two cores)" in line for line in lines] == [True, False]


def test_every_bar_that_is_missed_names_its_cause():
    results = kept(report.RESULTS)
    missed = [
        row for row in ROWS for mode in row.modes if report.verdict(row, mode, results) == "missed"
    ]

    assert [row.key for row in missed if not row.cause] == []


def test_the_last_word_of_a_test_counts(tmp_path):
    path = tmp_path / "kept.jsonl"
    first = replace(RAN, outcome="failed")
    path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in (first, RAN)))

    assert kept(path) == [RAN]


def test_the_committed_report_and_table_are_those_of_the_committed_results():
    results = kept(report.RESULTS)

    assert report.REPORT.read_text("utf-8") == report.text(results)
    assert report.summary(results) in report.README.read_text("utf-8")


def test_every_proof_named_is_there():
    for row in ROWS:
        for proof in row.proofs:
            path, _, name = proof.partition("::")
            assert (report.ROOT / path).exists(), proof
            assert not name or f"def {name}" in (report.ROOT / path).read_text("utf-8"), proof


def test_a_test_is_known_by_the_start_of_its_name():
    assert [row.key for row in rows_of("tests/faults/test_races.py::test_row_15_a[sqlite]")] == [
        "15"
    ]
