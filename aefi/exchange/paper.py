"""National forms as A4 pages to print: tables of printed items with what is known of them.

Pages are made of the form's own rows; nothing is fetched from anywhere.
"""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import Any

from aefi.exchange.card import Row

WIDE = frozenset({"address", "course", "visited_unit", "diagnosis", "reporting_unit"})
"""Items whose value takes the whole width."""
STYLE = """
@page { size: A4; margin: 14mm 14mm 16mm;
  @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt } }
body { font: 9pt/1.35 "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", sans-serif }
h1 { font-size: 14pt; text-align: center; margin: 0 0 4mm }
h2 { font-size: 10.5pt; margin: 4mm 0 1.5mm }
table { width: 100%; border-collapse: collapse; table-layout: fixed; margin-top: -0.5pt }
th, td { border: 0.5pt solid #000; padding: 1mm 1.5mm; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; white-space: pre-line }
th { font-weight: normal; width: 17% }
p { font-size: 8pt; margin: 2mm 0 0 }
"""


def drawn(page: str) -> bytes:
    """Return a page of HTML as a PDF file."""
    from weasyprint import HTML  # noqa: PLC0415 - takes a second that only a print should cost

    file: bytes = HTML(string=page, url_fetcher=_fetch_nothing).write_pdf()
    return file


def _fetch_nothing(address: str, *_options: Any, **_more: Any) -> dict[str, Any]:
    raise ValueError(f"a form fetches nothing: {address}")


def page(number: str, title: str, parts: Iterable[str], notes: Iterable[str]) -> str:
    """Return a form as HTML; `parts` are HTML already, the rest is text."""
    below = "".join(f"<p>{escape(note)}</p>" for note in ("* 为关键项目", *notes))
    return (
        f'<html lang="zh-Hans"><head><title>{escape(number)}</title><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{''.join(parts)}{below}</body></html>"
    )


def tables(rows: Iterable[Row]) -> str:
    """Return the rows of a card: items in pairs, those of vaccines with a column for each."""
    return "".join(
        vaccine_table(list(some)) if is_vaccine else table(list(some))
        for is_vaccine, some in groupby(rows, lambda row: "." in row.key)
    )


def table(rows: Sequence[Row]) -> str:
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


def vaccine_table(rows: Sequence[Row]) -> str:
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
