"""Signals as plain values, for JSON, CSV and tables. Without doses no rate appears anywhere."""

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from io import StringIO
from typing import Any

from aefi.screening import wording
from aefi.screening.findings import Screening, Signal

COLUMNS = (
    "rank",
    "family",
    "lot",
    "age_group",
    "sex",
    "dose_number",
    "site",
    "session",
    "event",
    "observed",
    "expected",
    "ratio",
    "crude_expected",
    "ic",
    "ic025",
    "eb05",
    "p",
    "q",
    "score",
    "serious",
    "not_compared",
    "why_zh",
    "why_en",
    "end_zh",
    "end_en",
    "cases",
)
RATE_COLUMNS = ("doses", "per_100_000_doses")


def as_values(screening: Screening) -> dict[str, Any]:
    """Return a whole run as values that JSON can hold."""
    return {
        "is_numerator_only": screening.is_numerator_only,
        "caution": asdict(wording.CAUTION),
        "data_quality": asdict(screening.quality)
        | {"text": [asdict(line) for line in wording.data_lines(screening)]},
        "families": [asdict(one) for one in screening.families],
        "collapsed": screening.collapsed,
        "left_off": screening.left_off,
        "signals": [signal_values(s, rank) for rank, s in enumerate(screening.signals, start=1)],
    }


def signal_values(signal: Signal, rank: int) -> dict[str, Any]:
    """Return one signal as values."""
    values = asdict(signal)
    size = values.pop("size")
    values["target"] = dict(signal.target)
    why, end = wording.why(signal), wording.end_of(signal)
    values |= {"rank": rank, "why_zh": why.zh, "why_en": why.en, "end_zh": end.zh, "end_en": end.en}
    if signal.is_numerator_only:
        values["reports_compared"] = size
    else:
        values |= {"doses": size, "per_100_000_doses": signal.rate_per_100_000}
    plain: dict[str, Any] = finite(values)
    return plain


def to_json(screening: Screening) -> str:
    """Return a run as JSON, the same bytes for the same run."""
    return json.dumps(as_values(screening), ensure_ascii=False, indent=1, sort_keys=True)


def to_csv(screening: Screening) -> str:
    """Return the signals as a CSV table."""
    columns = COLUMNS if screening.is_numerator_only else (*COLUMNS, *RATE_COLUMNS)
    out = StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for rank, signal in enumerate(screening.signals, start=1):
        values = signal_values(signal, rank)
        values |= values["target"] | {"cases": " ".join(signal.cases)}
        writer.writerow({name: _plain(value) for name, value in values.items()})
    return out.getvalue()


def _plain(value: object) -> object:
    """Return text that no spreadsheet takes for a formula."""
    is_formula = isinstance(value, str) and value[:1] in {"=", "+", "-", "@"}
    return f"'{value}" if is_formula else value


def finite(value: Any) -> Any:
    """Return the values with null for what is no number: JSON knows no infinity."""
    if isinstance(value, dict):
        return {name: finite(one) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
