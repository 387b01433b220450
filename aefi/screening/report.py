"""The report of a run: one HTML file with its charts inside and their numbers as tables, zh and en."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from aefi.screening import wording
from aefi.screening.findings import Points, Screening, Signal, Without
from aefi.screening.plots import charts
from aefi.screening.reading import Reading
from aefi.screening.tables import CHINESE_REASONS
from aefi.screening.wording import Words, amount, chance

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 "Noto Sans CJK SC", "Noto Sans SC", "Microsoft YaHei", system-ui, sans-serif;
  color: #1c2733; margin: 0 auto; max-width: 1100px; padding: 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; border-bottom: 2px solid #1d4e89; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
.caution { border: 2px solid #8a5a00; background: #fff6e0; padding: .6rem 1rem; }
.en { color: #46535f; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .86rem; margin: .5rem 0; }
th, td { border: 1px solid #c5ced8; padding: .2rem .5rem; text-align: left; vertical-align: top; }
th { background: #eef2f6; } td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
img { max-width: 100%; height: auto; } details { margin: .4rem 0; } summary { cursor: pointer; }
article { border-top: 1px solid #c5ced8; padding-top: .3rem; } .cases { word-break: break-word; font-size: .8rem; }
@media print { details > * { display: block; } article { break-inside: avoid; } }
"""
CHARTS = {
    "forest": Words("首要信号：观察与预期之比", "First signals: observed over expected"),
    "heat": Words("批号 × 年龄组", "Lots by age group"),
    "funnel": Words("各批号的漏斗图", "Funnel plot of lots"),
    "volcano": Words("批号 × 反应的全部格", "All cells of lot and reaction"),
    "weeks": Words("按接种周", "By week of vaccination"),
    "course": Words(
        "首位批号信号的累计过程与序贯界值",
        "Course of the first lot signal, with a sequential boundary",
    ),
}
MOST_EXPLAINED, MOST_CASES, MOST_TABLE_ROWS, MOST_MERGES = 30, 200, 200, 20


def write_report(path: Path, screening: Screening, reading: Reading) -> None:
    """Write the report of a run; it needs no other file."""
    path.write_text(report_html(screening, reading), encoding="utf-8")


def report_html(screening: Screening, reading: Reading | None = None) -> str:
    """Return the whole page."""
    parts = [
        _heading(screening),
        _quality(screening, reading),
        _ranked(screening),
        _charts(screening),
        _explained(screening.signals[:MOST_EXPLAINED]),
        _families(screening),
    ]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>疑似预防接种异常反应信号筛查 AEFI screening</title><style>{STYLE}</style></head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _both(words: Words, tag: str = "p") -> str:
    return f'<{tag}>{escape(words.zh)} <span class="en" lang="en">{escape(words.en)}</span></{tag}>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; what is no text is a number and stands to the right."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    lines = ("".join(_cell(value) for value in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(value: object) -> str:
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    text = amount(value) if isinstance(value, float) else "" if value is None else str(value)
    return f'<td class="n">{text}</td>'


def _heading(screening: Screening) -> str:
    lines = [
        "<h1>疑似预防接种异常反应信号筛查 <span class='en' lang='en'>AEFI screening</span></h1>",
        f'<div class="caution">{_both(wording.CAUTION)}</div>',
    ]
    if screening.is_numerator_only:
        lines.append(_both(wording.NO_DOSES))
    return "\n".join(lines)


def _quality(screening: Screening, reading: Reading | None) -> str:
    lines = [_both(Words("数据质量", "Data quality"), "h2"), "<ul>"]
    lines += [_both(line, "li") for line in wording.data_lines(screening)]
    lines.append("</ul>")
    if reading is not None:
        lines.append(_set_aside(reading))
        lines.append(_merges(reading))
    return "\n".join(lines)


def _set_aside(reading: Reading) -> str:
    rows, values = reading.rows_set_aside, reading.values_set_aside
    words = Words(
        f"读入 {reading.numbers_read} 份报告；未使用 {rows} 行、{values} 个值（见 set_aside.csv）",
        f"{reading.numbers_read} reports read; {rows} rows and {values} values set aside (set_aside.csv)",
    )
    table = _table(
        ("原因", "reason", "n", "首个位置 first place"),
        (
            (
                CHINESE_REASONS[reason],
                reason.value,
                n,
                f"{first.file}, {first.line}, {first.column}",
            )
            for reason, n, first in reading.reasons()
        ),
    )
    return _both(words) + (table if reading.problems else "")


def _merges(reading: Reading) -> str:
    if not reading.merges:
        return ""
    words = Words(
        f"{len(reading.merges)} 个批号有多种写法，已合并",
        f"{len(reading.merges)} lots were written in more than one way and were merged",
    )
    rows = (
        (one.product, one.number, ", ".join(f"{word} ({n})" for word, n in one.spellings))
        for one in reading.merges[:MOST_MERGES]
    )
    table = _table(("产品 product", "批号 lot", "写法 written as (n)"), rows)
    return f"<details><summary>{escape(words.zh)} {escape(words.en)}</summary>{table}</details>"


def _ranked(screening: Screening) -> str:
    title = _both(
        Words("信号（按下限与严重程度排序）", "Signals, ranked by lower limit and seriousness"),
        "h2",
    )
    if not screening.signals:
        return title + _both(
            Words("没有信号：没有超出偶然的情况。", "No signal: nothing beyond chance.")
        )
    heads = ["#", "对象 target", "反应 reaction", "观察 observed", "预期 expected", "倍 ratio"]
    heads += ["未分层 crude", "IC025", "EB05", "q", "严重 serious", "同源 one source"]
    if not screening.is_numerator_only:
        heads.append("每 10 万剂 per 100,000 doses")
    rows = (
        _row(rank, signal, is_numerator_only=screening.is_numerator_only)
        for rank, signal in enumerate(screening.signals, start=1)
    )
    more = Words(
        f"另有 {screening.collapsed} 个嵌套信号并入上列信号，{screening.left_off} 个未列出。",
        f"{screening.collapsed} nested signals are told under these; {screening.left_off} are not listed.",
    )
    return title + _table(heads, rows) + _both(more)


def _row(rank: int, signal: Signal, *, is_numerator_only: bool) -> list[object]:
    event = wording.event_words(signal.event)
    name = event.zh if event.zh == event.en else f"{event.zh} {event.en}"
    row: list[object] = [
        rank,
        " · ".join(value for _, value in signal.target),
        name,
        signal.observed,
        signal.expected,
        signal.ratio,
        signal.observed / signal.crude_expected if signal.crude_expected > 0 else float("inf"),
        round(signal.ic025, 2),
        signal.eb05,
        chance(signal.q),
        signal.serious,
        ", ".join(one.name for one in sources(signal)),
    ]
    return row if is_numerator_only else [*row, signal.rate_per_100_000]


def sources(signal: Signal) -> list[Without]:
    """Return the site or reporter without whom the signal would not be there."""
    return [one for one in signal.without if one.kind in {"site", "reporter"} and one.ic025 <= 0]


def _charts(screening: Screening) -> str:
    lines = [_both(Words("图", "Charts"), "h2")]
    for name, drawing in charts(screening).items():
        words = CHARTS[name]
        data = base64.b64encode(drawing).decode("ascii")
        lines += [
            f"<figure><figcaption>{_both(words, 'h3')}</figcaption>",
            f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(words.zh)} {escape(words.en)}">',
            f"<details><summary>数值 numbers</summary>{_numbers(screening, name)}</details></figure>",
        ]
    return "\n".join(lines)


def _numbers(screening: Screening, name: str) -> str:
    """Return the same numbers as a chart shows."""
    pictures = screening.pictures
    if name == "weeks":
        marks = ["▲" if one else "" for one in pictures.waves]
        weeks = zip(pictures.weeks, pictures.all_reports, pictures.best_reports, marks, strict=True)
        heads = (
            "周 week",
            "全部 all",
            "首位信号 best signal",
            "多于前七周 above the 7 weeks before",
        )
        return _table(heads, weeks)
    if name == "forest":
        rows = ((s.name, s.observed, s.expected, s.ratio) for s in screening.signals[:15])
        return _table(("信号 signal", "观察 observed", "预期 expected", "倍 ratio"), rows)
    if name == "course" and pictures.course is not None:
        told = pictures.course
        course = zip(told.periods, told.observed, told.expected, told.boundary, strict=True)
        heads = ("时段 period", "累计观察 observed", "累计预期 expected", "界值 boundary")
        return _table(heads, course)
    points = {"heat": pictures.heat, "funnel": pictures.lots, "volcano": pictures.cells}[name]
    return _points_table(points)


def _points_table(points: Points) -> str:
    rows = zip(points.names, points.observed, points.expected, strict=True)
    ranked = sorted(rows, key=lambda row: (-(row[1] - row[2]), row[0]))
    shown = ((name, int(seen), mean) for name, seen, mean in ranked[:MOST_TABLE_ROWS])
    note = f"<p>{len(ranked)} 行，列出前 {MOST_TABLE_ROWS} rows, first {MOST_TABLE_ROWS}</p>"
    table = _table(("名称 name", "观察 observed", "预期 expected"), shown)
    return table + (note if len(ranked) > MOST_TABLE_ROWS else "")


def _explained(signals: Sequence[Signal]) -> str:
    if not signals:
        return ""
    lines = [_both(Words("逐个说明", "Each signal explained"), "h2")]
    lines += [_article(rank, signal) for rank, signal in enumerate(signals, start=1)]
    return "\n".join(lines)


def _article(rank: int, signal: Signal) -> str:
    lines = [f"<article><h3>{rank}. {escape(signal.name)}</h3>", _both(wording.why(signal))]
    lines.append(_both(wording.end_of(signal)))
    if signal.strata:
        lines.append(_strata(signal))
    if signal.without or signal.masked_by:
        lines.append(_sensitivity(signal))
    if modelled := wording.modelled_line(signal):
        lines.append(_both(modelled))
    if signal.covers:
        names = "; ".join(signal.covers)
        lines.append(f"<p>包含 covers: {escape(names)}</p>")
    cases = " ".join(signal.cases[:MOST_CASES])
    more = f" … ({len(signal.cases)})" if len(signal.cases) > MOST_CASES else ""
    lines.append(
        f"<details><summary>病例 cases (n = {len(signal.cases)})</summary>"
        f'<p class="cases">{escape(cases)}{more}</p></details></article>'
    )
    return "\n".join(lines)


def _strata(signal: Signal) -> str:
    size = "报告 reports" if signal.is_numerator_only else "剂次 doses"
    rows = ((part.name, part.size, part.observed, part.expected) for part in signal.strata)
    table = _table(("层 stratum", size, "观察 observed", "预期 expected"), rows)
    return f"<details><summary>分层 strata</summary>{table}</details>"


def _sensitivity(signal: Signal) -> str:
    names = {
        "copies": Words("计入重复", "copies counted"),
        "comparator": Words("去掉最大比较对象", "without the largest comparator"),
    }
    checks = [*signal.without, *([signal.masked_by] if signal.masked_by else [])]
    rows = []
    for one in checks:
        kind = wording.DIMENSIONS[one.kind]
        words = names.get(one.kind, Words(f"去掉{kind.zh}", f"without {kind.en}"))
        label = f"{words.zh} {words.en}: {one.name}"
        rows.append((label, one.observed, one.expected, round(one.ic025, 2)))
    table = _table(("核对 check", "观察 observed", "预期 expected", "IC025"), rows)
    return f"<details open><summary>稳健性 sensitivity</summary>{table}</details>"


def _families(screening: Screening) -> str:
    title = _both(Words("检验的格", "Cells tested"), "h2")
    heads = ("族 family", "格 cells", "信号 signals", "未分层会有 without strata", "水平 level")
    rows = (
        (str(f.family), f.cells, f.signals, f.crude_signals, f.level) for f in screening.families
    )
    return title + _table(heads, rows)
