"""The report of the suite: every row in every mode it names, run or plainly not run."""

import re
from pathlib import Path

from tests.faults.results import FAILED, MISSED, SKIPPED, Result, kept
from tests.faults.rows import ROWS, Row

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "faults.jsonl"
REPORT = ROOT / "docs" / "faults.md"
README = ROOT / "README.md"
START, END = "<!-- faults: start -->", "<!-- faults: end -->"
NOT_RUN = "not run"
HEAD = """# What it survives, and how fast

Written by `make faults` from `docs/faults.jsonl`; rows and bars are `tests/faults/rows.py`. Nothing here is
marked as met that was not run. "1/20" is a run shortened by that factor; a bar of speed belongs to a quiet
machine with two cores. Oracles stand outside: the reporter's own log, written through before it sends, and what
the screen or the endpoint received. The runs kept so far shared two cores with other work: their times are upper
bounds, and a bar of speed that they miss is to be measured again on a quiet machine.

"""
COLUMNS = "| row | fault or load | bar | database | verdict | figure | length | seed | seconds | run on |\n"
RULE = "|---|---|---|---|---|---|---|---|---|---|\n"


def verdict(row: Row, mode: str, results: list[Result]) -> str:
    """Return one row's standing in one mode, the worst word first."""
    mine = [one for one in results if (one.row, one.mode) == (row.key, mode)]
    ran = [one for one in mine if one.outcome != SKIPPED]
    if not ran:
        return NOT_RUN
    if any(one.outcome == FAILED for one in ran):
        return "failed"
    if any(one.outcome == MISSED for one in ran):
        return "missed"
    shown = [any(one.test.startswith(proof) for one in ran) for proof in row.proofs]
    if row.lacks or not all(shown) or len(ran) < len(mine):
        return "met in part"
    return "met, shortened" if any(one.factor > 1 for one in ran) else "met"


def line(row: Row, mode: str, results: list[Result]) -> str:
    """Return the row of the report's table."""
    mine = [one for one in results if (one.row, one.mode) == (row.key, mode)]
    figures = [one.figure for one in mine if one.figure]
    told = verdict(row, mode, results)
    figures += [f"({words})" for words in (row.lacks, row.cause * (told == "missed")) if words]
    factor = max((one.factor for one in mine), default=1)
    cells = [
        row.key,
        row.what,
        row.bar,
        mode,
        told,
        "; ".join(dict.fromkeys(figures)),
        ("whole" if factor == 1 else f"1/{factor:g}") if mine else "",
        ", ".join(sorted({str(one.seed) for one in mine if one.seed is not None})),
        f"{sum(one.seconds for one in mine):.0f}" if mine else "",
        max((one.run_on for one in mine), default=""),
    ]
    return "| " + " | ".join(cells) + " |\n"


def text(results: list[Result]) -> str:
    """Return the whole report."""
    lines = [line(row, mode, results) for row in ROWS for mode in row.modes]
    return HEAD + COLUMNS + RULE + "".join(lines)


def summary(results: list[Result]) -> str:
    """Return the README's table: how many row-and-mode pairs stand how, and which."""
    groups: dict[str, list[str]] = {}
    for row in ROWS:
        for mode in row.modes:
            groups.setdefault(verdict(row, mode, results), []).append(f"{row.key} {mode}")
    order = ("met", "met, shortened", "met in part", "missed", "failed", NOT_RUN)
    rows = [
        f"| {word} | {len(groups[word])} | {folded(groups[word])} |"
        for word in order
        if word in groups
    ]
    return "\n".join([START, "| verdict | rows × databases | which |", "|---|---|---|", *rows, END])


def folded(names: list[str]) -> str:
    """Return row numbers, those of one database only with its name."""
    modes: dict[str, list[str]] = {}
    for name in names:
        key, _, mode = name.partition(" ")
        modes.setdefault(key, []).append(mode)
    whole = {row.key: len(row.modes) for row in ROWS}
    return ", ".join(k if len(m) == whole[k] else f"{k} ({', '.join(m)})" for k, m in modes.items())


def write() -> None:
    """Write the report and the README's table."""
    results = kept(RESULTS)
    REPORT.write_text(text(results), "utf-8")
    readme = README.read_text("utf-8")
    table = summary(results)
    between = re.compile(f"{START}.*?{END}", re.DOTALL)
    README.write_text(between.sub(lambda _: table, readme), "utf-8")


if __name__ == "__main__":
    write()
