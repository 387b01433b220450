"""Refusals of a file in the reader's language: every reason the readers give, and what they do not."""

import ast
from pathlib import Path

import pytest
from django.utils import translation

from aefi import exchange
from dashboards.import_words import place_words, reason_words

SAMPLES = {
    "cannot read 'x1'": "'x1'",
    "'2026' has no time zone": "2026",
    "MCCI_IN200100UV01 is expected, not html": "html",
    "C.1.1 case number is missing": "C.1.1",
    "unit 'lb' is not kg": "lb",
    "'a' is not one of b, c": "b, c",
    "'7' is not an outcome": "7",
    "'x' is neither serious nor non-serious": "x",
    "'x' is no reason for seriousness": "x",
    "'g' is not mL": "mL",
    "a Bundle is expected": "Bundle",
    "an Immunization is expected": "Immunization",
    "larger than 20 MB": "20",
    "2500 reports; at most 2000 at once, split it": "2000",
    "3 fields under 35 columns": "35",
    "a second VAX table; send one export at a time": "VAX",
    "the year 9999 cannot be": "9999",
}


@pytest.mark.parametrize(("reason", "kept"), SAMPLES.items())
def test_a_reason_is_told_in_chinese_with_what_it_names(reason, kept):
    with translation.override("zh-hans"):
        told = reason_words(reason)

    assert told != reason
    assert kept in told
    with translation.override("en"):
        assert kept in reason_words(reason)


def fixed_reasons():
    """Yield the reasons without a value in them that the code of the exchange raises."""
    for path in sorted(Path(exchange.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_call = isinstance(node, ast.Call) and node.args
            name = getattr(node.func, "id", getattr(node.func, "attr", "")) if is_call else ""
            if name in {"Refused", "refuse"} and isinstance(node.args[-1], ast.Constant):
                yield node.args[-1].value


def test_no_fixed_reason_of_the_readers_is_left_in_english():
    workbooks = {"the keys of the items are expected", "this is no XLSX workbook"}

    with translation.override("zh-hans"):
        left = {reason for reason in fixed_reasons() if reason_words(reason) == reason}

    assert left <= workbooks


def test_what_a_parser_says_stays_as_it_is():
    with translation.override("zh-hans"):
        assert reason_words("Opening and ending tag mismatch") == "Opening and ending tag mismatch"


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("line 12", "第 12 行"),
        ("DATA line 3", "DATA 第 3 行"),
        ("file", "文件"),
        ("entry[0].x", "entry[0].x"),
    ],
)
def test_a_place_has_its_line_in_chinese_and_its_path_as_it_is(where, told):
    with translation.override("zh-hans"):
        assert place_words(where) == told
