"""A screening run from a line list to its ranked list: what is planted is found, and said rightly."""

import csv
import json
import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from aefi.screening import export
from aefi.screening.plan import Plan
from aefi.screening.reading import NothingToRead, read
from aefi.screening.screen import run
from aefi.screening.simulate import Campaign, Plant, simulate

TODAY = date(2026, 11, 22)
COLUMNS = ["report_id", "vaccine", "lot", "age_years", "sex", "given_on", "onset_on", "reaction"]
LOTS = [f"L{number:03d}" for number in range(12)]
REACTIONS = ["Pyrexia", "Headache", "Rash", "Dizziness", "Nausea", "Injection site pain"]


def reports(*, planted: int = 25, seed: int = 3) -> list[dict[str, str]]:
    """A quiet background of one vaccine in twelve lots, and `planted` abscesses in one of them."""
    chance = random.Random(seed)
    rows = [
        row(f"R{number}", chance.choice(LOTS), chance.choice(REACTIONS), chance)
        for number in range(1500)
    ]
    rows += [
        row(f"R{number}", chance.choice(LOTS), "Abscess", chance) for number in range(1500, 1512)
    ]
    return rows + [row(f"P{number}", "L004", "Abscess", chance) for number in range(planted)]


def row(key: str, lot: str, reaction: str, chance: random.Random) -> dict[str, str]:
    given = date(2026, 6, 1) + timedelta(days=chance.randrange(60))
    age = str(chance.choice([4, 8, 15, 30, 50]))
    facts = [key, "HPV2", lot, age, chance.choice("MF"), given, given + timedelta(days=1), reaction]
    return dict(zip(COLUMNS, map(str, facts), strict=True))


def write(folder: Path, rows: list[dict[str, str]], name: str = "reports.csv") -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return folder


def screened(folder: Path, rows: list[dict[str, str]]):
    reading = read(write(folder, rows), today=TODAY)
    return run(reading.doses, reading.reports, Plan(seed=1))


def test_what_is_said_to_end_a_signal_does_end_it_and_nothing_less(tmp_path):
    said = screened(tmp_path / "all", reports(planted=25)).signals[0]
    spare = said.observed - said.gone_below

    fewer = screened(tmp_path / "fewer", reports(planted=25 - spare)).signals
    too_few = screened(tmp_path / "too few", reports(planted=25 - spare - 1)).signals

    assert [signal.target for signal in fewer if signal.event == "Abscess"] == [said.target]
    assert [signal for signal in too_few if signal.event == "Abscess"] == []


def test_a_planted_lot_stands_at_the_top_and_is_explained(tmp_path):
    first = screened(tmp_path, reports()).signals[0]

    assert first.event == "Abscess"
    assert "L004" in first.name
    assert first.observed >= 25 > first.expected
    values = export.signal_values(first, 1)
    assert "L004" in values["why_en"]
    assert "L004" in values["why_zh"]


def test_without_a_planted_lot_nothing_is_listed(tmp_path):
    assert screened(tmp_path, reports(planted=0)).signals == ()


def test_the_order_of_the_rows_changes_nothing(tmp_path):
    rows = reports()
    shuffled = random.Random(9).sample(rows, len(rows))

    one, other = screened(tmp_path / "a", rows), screened(tmp_path / "b", shuffled)

    assert export.to_json(one) == export.to_json(other)


def test_without_doses_a_rate_is_never_formed(tmp_path):
    found = screened(tmp_path, reports())

    assert found.is_numerator_only
    assert all(signal.rate_per_100_000 is None for signal in found.signals)
    assert "per_100_000" not in export.to_json(found) + export.to_csv(found)


def test_spellings_of_a_lot_are_one_lot_and_the_merge_is_shown(tmp_path):
    rows = reports()
    for index, one in enumerate(rows):
        if one["lot"] == "L004" and index % 2:
            one["lot"] = "l-004"

    reading = read(write(tmp_path, rows), today=TODAY)

    assert any("l-004" in str(merge).lower() for merge in reading.merges)
    [merged] = [s for s in run(None, reading.reports, Plan(seed=1)).signals if s.event == "Abscess"]
    assert merged.observed >= 25


@pytest.mark.parametrize(("field", "value"), [("age_years", "-3"), ("given_on", "2031-01-01")])
def test_an_impossible_value_is_set_aside_with_its_place_and_the_rest_is_read(
    tmp_path, field, value
):
    rows = reports()
    rows[7][field] = value

    reading = read(write(tmp_path, rows), today=TODAY)

    [problem] = reading.problems
    assert (problem.line, problem.column) == (9, field)
    assert len(reading.reports) == len(rows)


def test_a_file_of_other_columns_is_refused_in_words(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")

    with pytest.raises(NothingToRead, match=r"other\.csv"):
        read(tmp_path, today=TODAY)


def test_the_command_prints_json_and_tells_what_is_missing(tmp_path, capsys):
    write(tmp_path / "in", reports())

    call_command("screen", str(tmp_path / "in"), "--format", "json", "--out", str(tmp_path / "out"))

    assert json.loads(capsys.readouterr().out)["signals"][0]["event"] == "Abscess"
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"report.html", "signals.csv"}
    with pytest.raises(CommandError):
        call_command("screen", str(tmp_path / "nowhere"))


def test_the_doses_of_a_signal_are_those_that_were_given():
    plant = Plant(lot=2, ratio=12.0, reaction=3)
    campaign = Campaign(
        lots=8, sites=4, weeks=12, doses=40_000, reports=900, plants=(plant,), seed=5
    )
    told = simulate(campaign)

    signals = run(told.doses, told.reports, Plan(seed=1)).signals

    of_lots = [signal for signal in signals if list(dict(signal.target)) == ["lot"]]
    given = {
        lot.number: told.doses.doses[told.doses.lot == n].sum()
        for n, lot in enumerate(told.doses.lots)
    }
    assert of_lots
    for signal in of_lots:
        assert any(signal.size == pytest.approx(given[lot]) for lot in given if lot in signal.name)
        assert sum(part.size for part in signal.strata) <= signal.size + 1e-6
