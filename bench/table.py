"""How a benchmark says what it found: a small table, the bar beside the figure, and the command."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.faults.results import MET, MISSED, Result, keep, today
from tests.faults.rows import EMBEDDED, SERVER


@dataclass(frozen=True)
class Figure:
    """One measured number in its unit, its bar, and the floor of the same run where there is one."""

    what: str
    measured: float
    unit: str = "ms"
    bar: float | None = None
    floor: float | None = None
    row: str = ""
    """The row of the fault and load suite that it speaks for."""

    @property
    def is_met(self) -> bool:
        return self.bar is None or self.measured <= self.bar

    def cells(self) -> list[str]:
        ratio = f"{self.measured / self.floor:.2f}" if self.floor else ""
        verdict = "" if self.bar is None else ("meets" if self.is_met else "MISSES")
        bar = "" if self.bar is None else f"{self.bar:g} {self.unit}"
        under = "" if self.floor is None else f"{self.floor:.1f} {self.unit}"
        return [self.what, f"{self.measured:.1f} {self.unit}", bar, verdict, under, ratio]


def show(
    title: str,
    figures: list[Figure],
    *,
    load_before: str,
    load: Callable[[], str],
    factor: float = 1,
    seconds: float = 0,
) -> None:
    """Print the figures, the command line and the machine's load before and after; keep the rows."""
    table = Table(title=title, title_justify="left")
    for heading in ("what", "measured", "bar", "", "floor", "ratio"):
        table.add_column(heading, justify="left" if heading == "what" else "right", no_wrap=True)
    for figure in figures:
        table.add_row(*figure.cells())
    console = Console(width=120)
    console.print(table)
    command = " ".join(["python", os.path.relpath(sys.argv[0]), *sys.argv[1:]])
    remember(figures, factor=factor, seconds=seconds)
    console.print(f"{command}   (load {load_before} before, {load()} after)", highlight=False)


def remember(figures: list[Figure], *, factor: float, seconds: float) -> None:
    """Keep, for `make faults`, what each row of the suite was found to be."""
    mode = SERVER if "postgres" in sys.argv else EMBEDDED
    for row in sorted({figure.row for figure in figures} - {""}, key=int):
        mine = [figure for figure in figures if figure.row == row]
        told = "; ".join(f"{one.what} {one.measured:.1f} {one.unit}".strip() for one in mine)
        word = MET if all(one.is_met for one in mine) else MISSED
        test = os.path.relpath(sys.argv[0])
        keep(Result(row, mode, test, word, told, None, round(seconds), factor, today()))
