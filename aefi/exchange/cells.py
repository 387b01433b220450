"""Cells of a CSV file that a spreadsheet opens: none is taken for a formula. Pure."""

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO

STARTS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def plain(cell: object) -> str:
    """Return a cell's text; an apostrophe goes before what would be a formula."""
    text = "" if cell is None else str(cell)
    is_harmless = not text.startswith(STARTS) or NUMBER.fullmatch(text)
    return text if is_harmless else f"'{text}"


def table(lines: Iterable[Iterable[object]]) -> str:
    """Return the lines as CSV, in UTF-8 with the mark by which a spreadsheet knows it."""
    stream = StringIO()
    stream.write("\ufeff")
    csv.writer(stream).writerows([plain(cell) for cell in line] for line in lines)
    return stream.getvalue()


def guarded(text: str) -> str:
    """Return a CSV text whose cells are no formulas."""
    return table(_lines(text))


def _lines(text: str) -> Iterator[list[str]]:
    yield from csv.reader(StringIO(text, newline=""))
