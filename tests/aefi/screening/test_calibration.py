"""A few runs of every row of the calibration: gross errors show at once, in a minute at most.

The promises themselves need a thousand runs: docs/calibration.md.
"""

import json

import numpy as np
import pytest
from scipy import stats

from bench.calibration import __main__ as bench
from bench.calibration import report
from bench.calibration.rows import ROWS

FEW = {"discoveries": 6}
BY_CHANCE = 1e-3
BY_KEY = {row.key: row for row in ROWS}


@pytest.mark.parametrize("key", BY_KEY)
def test_no_row_is_far_from_its_bar(key):
    row, runs = BY_KEY[key], FEW.get(key, 20)
    values = np.array([row.trial(4_000_000 + turn)["value"] for turn in range(runs)])

    if key == "discoveries":
        assert values.mean() <= 0.3
    elif row.at_most:
        assert stats.binom.sf(values.sum() - 1, runs, row.bar) > BY_CHANCE
    else:
        assert stats.binom.cdf(values.sum(), runs, row.bar) > BY_CHANCE


def test_most_planted_pairs_are_found():
    found = [BY_KEY["discoveries"].trial(5_000_000 + turn)["planted found"] for turn in range(3)]

    assert np.mean(found) >= 0.5


def test_the_same_seed_is_the_same_run():
    trial = BY_KEY["confounded"].trial

    assert trial(11) == trial(11)


def test_an_interrupted_row_goes_on_where_it_stopped(tmp_path):
    asked = []
    row = report.Row("x", "", "", 0.5, True, 5, lambda seed: asked.append(seed) or {"value": 0.0})
    bench.work_through(row, 3, 2, tmp_path)
    with (tmp_path / "x-3.jsonl").open("a") as file:
        file.write('{"val')

    runs = bench.work_through(row, 3, 5, tmp_path)

    assert asked == [3_000_000 + turn for turn in range(5)]
    assert len(runs) == len((tmp_path / "x-3.jsonl").read_text().splitlines()) == 5


def test_intervals_are_exact_for_shares_of_runs():
    result = report.Result.of(
        BY_KEY["family-wise"], 1, [{"value": float(n < 2)} for n in range(40)]
    )

    assert result.is_share
    assert stats.binom.sf(1, 40, result.low) == pytest.approx(0.025)
    assert stats.binom.cdf(2, 40, result.high) == pytest.approx(0.025)


@pytest.mark.parametrize(
    ("figure", "runs", "word"),
    [
        (0.05, 1000, "met"),
        (0.08, 1000, "missed"),
        (0.05, 40, "met, shortened"),
        (0.08, 40, "missed, shortened"),
    ],
)
def test_a_verdict_says_when_runs_are_wanting(figure, runs, word):
    result = report.Result("family-wise", 1, runs, figure, 0.0, 1.0, True, {})

    assert report.verdict(BY_KEY["family-wise"], result) == word


def test_a_row_that_was_not_run_is_listed_as_not_run():
    lines = [line for line in report.text([]).splitlines() if line.startswith("| ")][1:]

    assert len(lines) == len(ROWS)
    assert all("| not run |" in line for line in lines)


def test_the_committed_page_is_that_of_the_committed_results():
    results = report.kept()

    assert report.REPORT.read_text("utf-8") == report.text(results)
    assert {one.row for one in results} <= set(BY_KEY)
    for one in map(json.loads, report.RESULTS.read_text("utf-8").splitlines()):
        assert 0 <= one["figure"] <= 1
        assert one["runs"] > 0
