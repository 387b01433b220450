"""Rows out of CSV files as they come: in a folder, a zip or gzipped, in any of four encodings.

Nothing that stands in a file raises: what cannot be used is a `Problem` with file, line and column.
"""

import csv
import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import IO, Any, cast

LONGEST_VALUE_KEPT = 200
WESTERN, CHINESE = "cp1252", "gb18030"


class Reason(StrEnum):
    """Why a value, a row or a file was not used."""

    UNREADABLE = "the file cannot be read"
    WRONG_COLUMNS = "the file lacks a column that is needed"
    UNKNOWN_FILE = "the columns are those of no known table"
    BROKEN_ROW = "the row cannot be taken apart"
    SHORT_ROW = "the row has too few columns"
    UNQUOTED = "commas inside unquoted text: columns from here on were not used"
    NO_NUMBER = "the row has no report number"
    NO_REPORT = "no report has this number"
    NO_VACCINE = "the report names no vaccine"
    NO_REACTION = "the report names no reaction"
    NO_DOSES = "the number of doses is not a number above 0"
    BAD_DATE = "not a date"
    FUTURE_DATE = "the date lies in the future"
    EARLY_ONSET = "the onset lies before the vaccination"
    BAD_AGE = "not an age"
    NEGATIVE_AGE = "the age is below 0"
    GREAT_AGE = "the age is above 110 years"
    DIFFERENT = "the report was read before with another value"


CHINESE_REASONS = {
    Reason.UNREADABLE: "文件无法读取",
    Reason.WRONG_COLUMNS: "文件缺少必需的列",
    Reason.UNKNOWN_FILE: "列名不属于任何已知表格",
    Reason.BROKEN_ROW: "该行无法解析",
    Reason.SHORT_ROW: "该行列数不足",
    Reason.UNQUOTED: "未加引号的文本含逗号：此列及其后各列未使用",
    Reason.NO_NUMBER: "该行没有报告编号",
    Reason.NO_REPORT: "没有此编号的报告",
    Reason.NO_VACCINE: "报告未写疫苗",
    Reason.NO_REACTION: "报告未写反应",
    Reason.NO_DOSES: "接种剂次不是大于 0 的数",
    Reason.BAD_DATE: "不是日期",
    Reason.FUTURE_DATE: "日期在未来",
    Reason.EARLY_ONSET: "发病早于接种",
    Reason.BAD_AGE: "不是年龄",
    Reason.NEGATIVE_AGE: "年龄小于 0",
    Reason.GREAT_AGE: "年龄大于 110 岁",
    Reason.DIFFERENT: "同一报告此前读到的值不同",
}

OF_A_WHOLE_ROW = frozenset(
    {
        Reason.UNREADABLE,
        Reason.WRONG_COLUMNS,
        Reason.UNKNOWN_FILE,
        Reason.BROKEN_ROW,
        Reason.SHORT_ROW,
        Reason.NO_NUMBER,
        Reason.NO_REPORT,
        Reason.NO_VACCINE,
        Reason.NO_REACTION,
        Reason.NO_DOSES,
    }
)
"""The other reasons cost one value: the rest of the row is used."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something set aside: where it stands, what it says and why it was not used."""

    file: str
    line: int
    column: str
    value: str
    reason: Reason

    @property
    def is_row(self) -> bool:
        """Say whether the whole row was set aside and not one value of it."""
        return self.reason in OF_A_WHOLE_ROW

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" + (f", {self.column}" if self.column else "")
        return f"{where}: {self.reason}" + (f" ({self.value!r})" if self.value else "")


@dataclass(frozen=True)
class Source:
    """A file of some rows: its name and how to open its bytes."""

    name: str
    open: Callable[[], AbstractContextManager[IO[bytes]]]


@dataclass
class Row:
    """One row by the names of its columns; `note` files what is wrong with a value of it."""

    file: str
    line: int
    values: dict[str, str]
    problems: list[Problem] = field(repr=False)

    def get(self, column: str) -> str:
        """Return a value without the blanks round it; empty where the column is missing."""
        return self.values.get(column, "").strip()

    def note(self, reason: Reason, column: str = "") -> None:
        """File a problem of a column, or of the row."""
        value = self.get(column)[:LONGEST_VALUE_KEPT] if column else ""
        self.problems.append(Problem(self.file, self.line, column, value, reason))


def sources_of(path: Path, problems: list[Problem]) -> list[Source]:
    """Return the CSV files of a folder, a zip or one file, by name."""
    if path.is_dir():
        inside = sorted(one for one in path.iterdir() if one.is_file())
        return [source for one in inside for source in _sources_of_file(one, problems)]
    return _sources_of_file(path, problems)


def _sources_of_file(path: Path, problems: list[Problem]) -> list[Source]:
    name = path.name.lower()
    if name.endswith(".zip"):
        return _zipped(path, problems)
    if name.endswith(".csv.gz"):
        return [Source(path.name, lambda: cast("IO[bytes]", gzip.open(path, "rb")))]
    return [Source(path.name, lambda: path.open("rb"))] if name.endswith(".csv") else []


def _zipped(path: Path, problems: list[Problem]) -> list[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(n for n in archive.namelist() if n.lower().endswith(".csv"))
    except (OSError, zipfile.BadZipFile) as error:
        problems.append(Problem(path.name, 0, "", str(error), Reason.UNREADABLE))
        return []
    return [Source(f"{path.name}/{name}", _opener(path, name)) for name in names]


def _opener(path: Path, name: str) -> Callable[[], AbstractContextManager[IO[bytes]]]:
    return lambda: zipfile.Path(path, name).open("rb")


def header_of(source: Source, problems: list[Problem]) -> list[str]:
    """Return the column names of a file, in capitals as VAERS writes them; empty if unreadable."""
    try:
        with source.open() as handle:
            first = next(csv.reader(_decoded(handle, WESTERN)), [])
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, csv.Error) as error:
        problems.append(Problem(source.name, 1, "", str(error), Reason.UNREADABLE))
        return []
    return [name.strip() for name in first]


def rows_of(
    source: Source,
    problems: list[Problem],
    *,
    encoding: str,
    safe_columns: int | None = None,
) -> Iterator[Row]:
    """Yield the rows of a file; a row with too many columns keeps the first `safe_columns`."""
    try:
        with source.open() as handle:
            reader = csv.reader(_decoded(handle, encoding))
            header = [name.strip() for name in next(reader, [])]
            for line, values in _lines(reader, source.name, problems):
                row = _row(source.name, line, header, values, safe_columns, problems)
                if row is not None:
                    yield row
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        problems.append(Problem(source.name, 0, "", str(error), Reason.UNREADABLE))


def _lines(reader: Any, name: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Yield what the reader can take apart, with the line on which the row begins."""
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(Problem(name, line, "", str(error), Reason.BROKEN_ROW))
            continue
        if any(values):
            yield line, values


def _row(
    name: str,
    line: int,
    header: list[str],
    values: list[str],
    safe_columns: int | None,
    problems: list[Problem],
) -> Row | None:
    """Return the row by column, or nothing when it is too short to be trusted."""
    row = Row(name, line, dict(zip(header, values, strict=False)), problems)
    if len(values) > len(header):
        kept = len(header) if safe_columns is None else safe_columns
        row.values = dict(zip(header[:kept], values, strict=False))
        problems.append(
            Problem(name, line, header[min(kept, len(header) - 1)], "", Reason.UNQUOTED)
        )
    elif len(values) < len(header):
        row.note(Reason.SHORT_ROW, header[len(values)])
        return None
    return row


def _decoded(handle: IO[bytes], fallback: str) -> Iterable[str]:
    """Yield the lines, each as UTF-8 if it is that and in the fallback encoding if not."""
    buffered = handle if isinstance(handle, BufferedReader) else BufferedReader(handle)  # type: ignore[type-var]
    start = buffered.peek(4)[:4]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return TextIOWrapper(buffered, "utf-16", errors="replace", newline="")
    if start.startswith(b"\xef\xbb\xbf"):
        buffered.read(3)
    return (_text(line, fallback).replace("\0", "") for line in buffered)


def _text(line: bytes, fallback: str) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode(fallback, errors="replace")
