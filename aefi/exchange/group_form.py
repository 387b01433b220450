"""A group as the national registration form: header and rows, and the same as an XLSX sheet. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO

from openpyxl import Workbook

from aefi.exchange import card
from aefi.exchange.case import CaseFacts
from aefi.rules.forms import Item
from aefi.rules.group_form import GROUP_2010, GroupForm

SHEET = "AEFI"


@dataclass(frozen=True)
class Person:
    """One row: the case, and what only the register around it knows. Codes as the form prints them."""

    facts: CaseFacts
    investigated_on: date | None = None
    concluded_by: str = ""
    concluded_at: str = ""
    damage_grade: str = ""


def row_of(person: Person, number: int) -> dict[str, str]:
    """Return the columns of one person by their keys; empty where a fact is not known."""
    facts = person.facts
    suspects = facts.suspects
    dose = card.vaccine_values(suspects[0]) if suspects else {}
    expires = suspects[0].expires_on if suspects else None
    own = {
        "number": str(number),
        "expires_on": expires.isoformat() if expires else "",
        "correct": "",
        "investigated_on": person.investigated_on.isoformat() if person.investigated_on else "",
        "concluded_by": person.concluded_by,
        "concluded_at": person.concluded_at,
        "final_class": facts.final_class,
        "damage_grade": person.damage_grade,
    }
    told = {**dose, **card.values(facts), **own}
    return {item.key: told.get(item.key, "") for item in GROUP_2010.columns}


def missing(header: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the key items that are empty, each with the number of its row."""
    above = [item.en for item in GROUP_2010.header if item.is_key and not header.get(item.key)]
    below = [
        f"{row['number']}: {item.en}"
        for row in rows
        for item in GROUP_2010.columns
        if item.is_key and not row[item.key]
    ]
    return above + below


def workbook(
    header: Mapping[str, str],
    rows: Sequence[Mapping[str, str]],
    form: GroupForm = GROUP_2010,
) -> bytes:
    """Return the form as one sheet: header lines, then printed labels, keys and a line for each person."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    lines = [
        ["群体性疑似预防接种异常反应登记表", form.version],
        *([_label(item), header.get(item.key, "")] for item in form.header),
        [],
        [_label(item) for item in form.columns],
        [item.key for item in form.columns],
        *([row[item.key] for item in form.columns] for row in rows),
    ]
    for line in lines:
        sheet.append(card.text_cells(sheet, line))
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _label(item: Item) -> str:
    return f"{item.zh}{'*' if item.is_key else ''}"
