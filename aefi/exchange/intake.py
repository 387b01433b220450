"""Files from elsewhere as reports: the kind told by the content, every refusal with its place. Pure.

A report keeps what its sender calls it, by which it is known when it comes again.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256

from aefi.exchange import e2b_read, fhir_read, stored, vaers
from aefi.exchange.bounds import LONGEST_TEXT, YEARS, values
from aefi.exchange.case import CaseFacts, Refused

MOST_BYTES = 20_000_000
MOST_REPORTS = 2_000
MOST_FILES = 200
LONGEST_REFERENCE = 300
UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Format(StrEnum):
    """What a file holds."""

    VAERS = "vaers"
    E2B = "e2b"
    FHIR = "fhir"
    UNKNOWN = "unknown"


class Table(StrEnum):
    """Which of the three tables of VAERS a file is, by a column that no other has."""

    DATA = "RECVDATE"
    VAX = "VAX_TYPE"
    SYMPTOMS = "SYMPTOM1"


@dataclass(frozen=True)
class SentFile:
    """One file as it came."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Report:
    """A case and what its sender calls it."""

    reference: str
    facts: CaseFacts


@dataclass(frozen=True)
class Trouble:
    """What could not be read: where and why."""

    where: str
    reason: str


@dataclass(frozen=True)
class Delivery:
    """What belongs together and was read together: one message, or the tables of one export."""

    format: Format
    files: tuple[SentFile, ...]
    reports: tuple[Report, ...] = ()
    refused: tuple[Trouble, ...] = ()

    @property
    def name(self) -> str:
        return ", ".join(file.name for file in self.files)

    @property
    def sha256(self) -> str:
        """Return a hash of the contents, whatever the files are called and in which order they came."""
        parts = sorted(sha256(file.content).hexdigest() for file in self.files)
        return parts[0] if len(parts) == 1 else sha256(" ".join(parts).encode()).hexdigest()


def deliveries(files: Iterable[SentFile]) -> list[Delivery]:
    """Return what the files hold; a message that cannot be read gives no report at all."""
    found: list[Delivery] = []
    tables: list[SentFile] = []
    for file in files:
        kind = format_of(file.content)
        if kind == Format.VAERS and len(file.content) <= MOST_BYTES:
            tables.append(file)
        else:
            found.append(_message(kind, file))
    return [*found, _vaers(tuple(tables))] if tables else found


def format_of(content: bytes) -> Format:
    """Tell by its beginning what a file is."""
    start = _text(content[:4096]).lstrip("\ufeff \t\r\n")
    if start.startswith("<"):
        return Format.E2B
    if start.startswith(("{", "[")):
        return Format.FHIR
    return Format.VAERS if "VAERS_ID" in start.partition("\n")[0] else Format.UNKNOWN


def _text(content: bytes) -> str:
    if content.startswith(UTF16):
        return content.decode("utf-16", errors="replace")
    return vaers.text_of(content)


def _message(kind: Format, file: SentFile) -> Delivery:
    try:
        if len(file.content) > MOST_BYTES:
            raise Refused("file", f"larger than {MOST_BYTES // 1_000_000} MB")
        reports = tuple(_checked(one) for one in READERS[kind](file.content))
        _check_number(len(reports))
    except Refused as refusal:
        return Delivery(kind, (file,), refused=(Trouble(refusal.path, refusal.reason),))
    return Delivery(kind, (file,), reports)


def _check_number(reports: int) -> None:
    if reports > MOST_REPORTS:
        raise Refused("file", f"{reports} reports; at most {MOST_REPORTS} at once, split it")


def _unknown(content: bytes) -> Iterator[Report]:
    what = "neither VAERS tables nor E2B(R3) XML nor a FHIR bundle" if content else "it is empty"
    raise Refused("line 1", what)


def _e2b(content: bytes) -> Iterator[Report]:
    for reference, facts in e2b_read.reports_from(content):
        yield Report(reference, facts)


def _fhir(content: bytes) -> Iterator[Report]:
    message = _json(content)
    facts = fhir_read.case_from(message)
    yield Report(fhir_read.reference_from(message), facts)


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise Refused(f"line {error.lineno}", error.msg) from error
    except RecursionError as error:
        raise Refused("line 1", "nested too deeply") from error
    except ValueError as error:
        raise Refused("line 1", "not readable as JSON") from error


READERS: dict[Format, Callable[[bytes], Iterator[Report]]] = {
    Format.E2B: _e2b,
    Format.FHIR: _fhir,
    Format.UNKNOWN: _unknown,
}


def _vaers(files: tuple[SentFile, ...]) -> Delivery:
    try:
        read = vaers.cases_from(_tables(files))
        _check_number(len(read.cases))
    except Refused as refusal:
        return Delivery(Format.VAERS, files, refused=(Trouble(refusal.path, refusal.reason),))
    refused = [Trouble(one.path, one.reason) for one in read.refused]
    reports = []
    for facts in read.cases:
        try:
            reports.append(_checked(Report(facts.case_number, facts)))
        except Refused as refusal:
            refused.append(Trouble(f"VAERS_ID {facts.case_number[:40]}", refusal.reason))
    return Delivery(Format.VAERS, files, tuple(reports), tuple(refused))


def _tables(files: tuple[SentFile, ...]) -> vaers.Tables:
    found: dict[Table, str] = {}
    for file in files:
        text = _text(file.content)
        head = text.partition("\n")[0]
        kind = next((one for one in Table if one in head), None)
        if kind is None:
            raise Refused(f"{file.name} line 1", "no table of VAERS has these columns")
        if kind in found:
            raise Refused(file.name, f"a second {kind.name} table; send one export at a time")
        found[kind] = text
    if Table.DATA not in found:
        raise Refused(
            "file", "the DATA table is missing; the others tell of no report by themselves"
        )
    return vaers.Tables(found[Table.DATA], found.get(Table.VAX, ""), found.get(Table.SYMPTOMS, ""))


def _checked(report: Report) -> Report:
    """Return a report that the register can keep.

    :raises Refused: for what no database takes or no calendar has.
    """
    if len(report.reference) > LONGEST_REFERENCE:
        raise Refused("case number", "longer than any sender's number")
    for path, value in values(report.facts):
        if isinstance(value, date) and value.year not in YEARS:
            raise Refused(path, f"the year {value.year} cannot be")
        if isinstance(value, str) and (len(value) > LONGEST_TEXT or "\0" in value):
            raise Refused(path, "too long, or with a NUL character")
    try:
        written = json.dumps(stored.to_json(report.facts), allow_nan=False, ensure_ascii=False)
        written.encode()
    except ValueError as error:
        raise Refused("report", "holds a number or a letter that cannot be kept") from error
    return report
