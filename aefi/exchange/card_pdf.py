"""The national card of one case as a page to print: A4, the items in printed order.

The page is made of the card's own rows; nothing is fetched from anywhere.
"""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import Any

from aefi.exchange import card
from aefi.exchange.card import Row
from aefi.exchange.case import CaseFacts

TITLE = "疑似预防接种异常反应个案报告卡"
WIDE = frozenset({"address", "course", "visited_unit", "diagnosis", "reporting_unit"})
"""Items whose value takes the whole width."""
STYLE = """
@page { size: A4; margin: 14mm 14mm 16mm;
  @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt } }
body { font: 9pt/1.35 "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", sans-serif }
h1 { font-size: 14pt; text-align: center; margin: 0 0 4mm }
table { width: 100%; border-collapse: collapse; table-layout: fixed; margin-top: -0.5pt }
th, td { border: 0.5pt solid #000; padding: 1mm 1.5mm; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; white-space: pre-line }
th { font-weight: normal; width: 17% }
p { font-size: 8pt; margin: 2mm 0 0 }
"""


def pdf(facts: CaseFacts) -> bytes:
    """Return the card as a PDF file."""
    from weasyprint import HTML  # noqa: PLC0415 - takes a second that only a print should cost

    drawn: bytes = HTML(string=page(facts), url_fetcher=_fetch_nothing).write_pdf()
    return drawn


def _fetch_nothing(address: str, *_options: Any, **_more: Any) -> dict[str, Any]:
    raise ValueError(f"a card fetches nothing: {address}")


def page(facts: CaseFacts) -> str:
    """Return the card as HTML."""
    tables = [
        _vaccine_table(list(some)) if is_vaccine else _table(list(some))
        for is_vaccine, some in groupby(card.rows(facts), lambda row: "." in row.key)
    ]
    notes = "".join(f"<p>{escape(note)}</p>" for note in card.notes(facts))
    return (
        f'<html lang="zh-Hans"><head><title>{escape(facts.case_number)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{TITLE}</h1>{''.join(tables)}"
        f"<p>* 为关键项目</p>{notes}</body></html>"
    )


def _table(rows: Sequence[Row]) -> str:
    """Return two items on a line; a wide one has a line of its own."""
    lines: list[str] = []
    waiting = ""
    for row in rows:
        if row.key in WIDE:
            lines += [_line(waiting, ""), f'{_head(row)}<td colspan="3">{_value(row)}</td>']
            waiting = ""
        elif waiting:
            lines.append(waiting + _pair(row))
            waiting = ""
        else:
            waiting = _pair(row)
    lines.append(_line(waiting, ""))
    return _whole(line for line in lines if line)


def _line(left: str, right: str) -> str:
    """Return a line whose right half is empty; nothing where the left one is too."""
    return left + (right or "<th></th><td></td>") if left else ""


def _vaccine_table(rows: Sequence[Row]) -> str:
    """Return the items of the vaccines as lines, a column for each vaccine."""
    by_item: dict[str, list[Row]] = {}
    for row in rows:
        by_item.setdefault(row.key.split(".")[2], []).append(row)
    return _whole(
        _head(some[0]) + "".join(f"<td>{_value(row)}</td>" for row in some)
        for some in by_item.values()
    )


def _whole(lines: Iterable[str]) -> str:
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _pair(row: Row) -> str:
    return f"{_head(row)}<td>{_value(row)}</td>"


def _head(row: Row) -> str:
    return f"<th>{row.item.number} {escape(row.item.zh)}{'*' if row.item.is_key else ''}</th>"


def _value(row: Row) -> str:
    return escape(f"{row.value} {row.label}".strip())
