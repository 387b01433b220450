"""Names in pinyin and by their initials."""

import pytest

from aefi.rules.names import initials, pinyin


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("王小明", "wangxiaoming"),
        ("吕布", "lvbu"),
        ("Lü Bu", "lvbu"),
        ("WANG Xiao-Ming", "wangxiaoming"),
        ("O'Neil", "oneil"),
        ("", ""),
    ],
)
def test_pinyin_is_what_people_type(name, expected):
    assert pinyin(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("王小明", "WXM"), ("Wang Xiao Ming", "WXM"), ("A. B. Smith", "ABS"), ("", ""), ("-", "")],
)
def test_initials_hide_the_name(name, expected):
    assert initials(name) == expected
