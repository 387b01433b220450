"""Screen a folder of reports for lots, ages, sites and sessions that stand out."""

from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from aefi.screening import export, wording
from aefi.screening.expected import RateModel
from aefi.screening.findings import Screening, Signal
from aefi.screening.plan import DIMENSIONS, Plan
from aefi.screening.reading import NothingToRead, Reading, read, write_set_aside
from aefi.screening.report import write_report
from aefi.screening.screen import run
from alerts.gateways import clock

MOST_ROWS, MOST_REASONS = 40, 12
WIDTH_WITHOUT_A_SCREEN = 160


class Command(BaseCommand):
    help = (
        "Screen VAERS tables or a line list (folder, zip, CSV) for signals by lot, age group, site "
        "and session. Without --doses only shares of reports are compared and no rate is formed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the path and what can be chosen."""
        parser.add_argument("path", type=Path, help="folder, zip or CSV file of reports")
        parser.add_argument("--doses", type=Path, help="CSV file of doses given")
        parser.add_argument("--by", default=",".join(Plan().by), help=", ".join(DIMENSIONS))
        parser.add_argument("--out", type=Path, help="folder for the report and the tables")
        parser.add_argument("--format", choices=("table", "json", "csv"), default="table")
        parser.add_argument("--ages", help="lower ends of the age groups, such as 0,6,18,60")
        parser.add_argument("--period", type=int, default=0, help="days that are compared as one")
        parser.add_argument(
            "--alpha", type=float, default=Plan().alpha, help="chance of any signal"
        )
        parser.add_argument(
            "--controls",
            default="",
            help="reactions that no vaccine causes, ';' between: the list is calibrated by them",
        )
        parser.add_argument(
            "--model",
            choices=[*RateModel, "none"],
            default="regression",
            help="second opinion on lots",
        )
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *, path: Path, **options: Any) -> None:
        """Read, screen, write and print; a wrong input is told in words."""
        plan = plan_of(options)
        console = Console(file=cast("IO[str]", self.stderr._out), stderr=True)
        with _progress(console) as progress:
            bar = progress.add_task("reading", total=1.0)
            try:
                today = timezone.localdate(clock.now()) + timedelta(days=1)
                reading = read(path, today=today, doses=options["doses"])
            except NothingToRead as error:
                raise CommandError(str(error)) from error
            screening = run(
                reading.doses,
                reading.reports,
                plan,
                progress=lambda what, share: progress.update(
                    bar, description=what, completed=share
                ),
            )
        out = options["out"]
        if out is not None:
            _write(out, reading, screening)
        self._print(reading, screening, options["format"], out)

    def _print(self, reading: Reading, screening: Screening, form: str, out: Path | None) -> None:
        if form != "table":
            text = export.to_json(screening) if form == "json" else export.to_csv(screening)
            self.stdout.write(text)
            return
        is_screen = self.stdout.isatty()
        console = Console(
            file=cast("IO[str]", self.stdout._out),
            width=None if is_screen else WIDTH_WITHOUT_A_SCREEN,
        )
        print_reading(console, reading)
        print_signals(console, screening)
        if out is not None:
            console.print(
                f"Written to {out}: report.html, signals.json, signals.csv, set_aside.csv"
            )


def plan_of(options: dict[str, Any]) -> Plan:
    """Return the plan that the options ask for.

    :raises CommandError: when they ask for what cannot be done.
    """
    try:
        edges = options["ages"]
        changes: dict[str, Any] = (
            {"age_edges": tuple(float(e) for e in edges.split(","))} if edges else {}
        )
        return Plan(
            by=tuple(name.strip() for name in options["by"].split(",") if name.strip()),
            alpha=options["alpha"],
            period_days=options["period"],
            seed=options["seed"],
            model=None if options["model"] == "none" else RateModel(options["model"]),
            controls=tuple(filter(None, map(str.strip, options["controls"].split(";")))),
            **changes,
        )
    except ValueError as error:
        raise CommandError(str(error)) from error


def print_reading(console: Console, reading: Reading) -> None:
    """Print how much was read and what was set aside."""
    console.print(
        f"{reading.numbers_read} reports read, {len(reading.reports)} with a vaccine and a reaction; "
        f"{reading.rows_set_aside} rows and {reading.values_set_aside} values set aside"
    )
    for reason, count, first in reading.reasons()[:MOST_REASONS]:
        console.print(f"  {count} × {reason}; first: {first}", style="yellow", markup=False)
    if reading.merges:
        best = reading.merges[0]
        spellings = ", ".join(word for word, _ in best.spellings[:6])
        console.print(
            f"{len(reading.merges)} lots were written in more than one way; most often "
            f"{best.number} ({spellings})",
            markup=False,
        )


def print_signals(console: Console, screening: Screening) -> None:
    """Print the state of the data and the ranked table."""
    for line in wording.data_lines(screening):
        console.print(f"  {line.en}", markup=False)
    if screening.is_numerator_only:
        console.print(wording.NO_DOSES.en, style="bold")
    if not screening.signals:
        console.print("No signal: nothing stands out beyond chance.")
    else:
        console.print(_table(screening))
        for rank, signal in enumerate(screening.signals[:3], start=1):
            console.print(
                f"{rank}. {wording.why(signal).en} {wording.end_of(signal).en}", markup=False
            )
        console.print(wording.CAUTION.en, style="bold")
    more = len(screening.signals) - MOST_ROWS
    if more > 0:
        console.print(f"{more} more in the report.")


def _table(screening: Screening) -> Table:
    table = Table(title="Signals, best first", title_justify="left")
    for name in ("#", "what", "reaction"):
        table.add_column(name, justify="right" if name == "#" else "left", overflow="fold")
    heads = ["obs.", "exp.", "ratio", "crude", "IC025", "EB05", "q", "serious"]
    for name in heads if screening.is_numerator_only else [*heads, "per 100,000 doses"]:
        table.add_column(name, justify="right", no_wrap=True)
    for rank, signal in enumerate(screening.signals[:MOST_ROWS], start=1):
        table.add_row(*_row(rank, signal))
    return table


def _row(rank: int, signal: Signal) -> list[str]:
    crude = signal.observed / signal.crude_expected if signal.crude_expected > 0 else float("inf")
    rate = signal.rate_per_100_000
    return [
        str(rank),
        " · ".join(value for _, value in signal.target),
        wording.event_words(signal.event).en,
        str(signal.observed),
        wording.amount(signal.expected),
        wording.amount(signal.ratio),
        wording.amount(crude),
        f"{signal.ic025:.2f}",
        "" if signal.eb05 is None else f"{signal.eb05:.2f}",
        wording.chance(signal.q),
        str(signal.serious),
        *([] if rate is None else [wording.amount(rate)]),
    ]


def _write(out: Path, reading: Reading, screening: Screening) -> None:
    """Write the report and the tables.

    :raises CommandError: when the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "signals.json").write_text(export.to_json(screening), encoding="utf-8")
        (out / "signals.csv").write_text(export.to_csv(screening), encoding="utf-8-sig")
        write_set_aside(reading.problems, out / "set_aside.csv")
        write_report(out / "report.html", screening, reading)
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error}") from error


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
