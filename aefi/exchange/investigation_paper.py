"""The national investigation form of one case as a page to print, its sheets behind it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from aefi.exchange import card, paper
from aefi.exchange.card import Row
from aefi.exchange.case import CaseFacts
from aefi.rules.forms import Item
from aefi.rules.investigation_form import INVESTIGATION_2010, NEEDED, SECTIONS, SHEETS, Section

TITLE = "疑似预防接种异常反应个案调查表"
SHEET_TITLES = {
    "interview": "访谈记录",
    "vial": "疫苗、稀释液及标本",
    "cold_chain": "冷链记录",
    "panel_member": "调查诊断专家组成员",
}
Sheets = Mapping[str, Sequence[Mapping[str, str]]]


def page(facts: CaseFacts, form: Mapping[str, str], sheets: Sheets) -> str:
    """Return the form as HTML: the case, the form item by item, then every sheet that was kept."""
    parts = [
        "<h2>一、基本情况</h2>",
        paper.tables(card.rows(facts)),
        *_sections(form, vaccines=len(facts.suspects)),
        *_kept(sheets),
    ]
    return paper.page(facts.case_number, TITLE, parts, [INVESTIGATION_2010])


def pdf(facts: CaseFacts, form: Mapping[str, str], sheets: Sheets) -> bytes:
    """Return the form as a PDF file."""
    return paper.drawn(page(facts, form, sheets))


def _sections(form: Mapping[str, str], *, vaccines: int) -> Iterator[str]:
    for section in SECTIONS:
        yield f"<h2>{escape(section.zh)}</h2>"
        times = range(1, max(1, min(section.times, vaccines)) + 1)
        rows = [row for number in times for row in _rows(section, number, form)]
        yield paper.table(rows) if section.times == 1 else paper.vaccine_table(rows)


def _rows(section: Section, number: int, form: Mapping[str, str]) -> Iterator[Row]:
    for item in section.items:
        key = f"{section.key}.{number}.{item.key}"
        printed = Item(item.key, item.number, item.zh, item.en, key in NEEDED, codes=item.codes)
        yield _row(key, printed, form.get(key, ""))


def _row(key: str, item: Item, value: str) -> Row:
    code = item.codes.find(value) if item.codes and value else None
    return Row(key, item, value, code.zh if code else "")


def _kept(sheets: Sheets) -> Iterator[str]:
    for kind, items in SHEETS.items():
        for number, data in enumerate(sheets.get(kind, ()), 1):
            yield f"<h2>{SHEET_TITLES[kind]} {number}</h2>"
            yield paper.table([_row(item.key, item, data.get(item.key, "")) for item in items])
