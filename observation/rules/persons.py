"""Who may be mistaken for whom: names as people write them, namesakes, twins. Pure."""

import re
import unicodedata
from datetime import date
from enum import StrEnum

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_BETWEEN_HAN = re.compile(f"(?<=[{_HAN}])[\\s·・•]+(?=[{_HAN}])")
_COMPOUND = re.compile(
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|"
    "公冶|太叔|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|令狐|百里|呼延|东郭|西门|南门"
)
"""Surnames of two characters."""


class Likeness(StrEnum):
    DUPLICATE = "duplicate"
    NAMESAKE = "namesake"
    TWIN = "twin"


def tidy_name(written: str) -> str:
    """Return a name as it is kept: one width, single blanks, none between Han characters."""
    text = " ".join(unicodedata.normalize("NFKC", written).split())
    return _BETWEEN_HAN.sub("", text)


def name_key(name: str) -> str:
    """Return the form under which spellings of one name agree."""
    return re.sub(r"[\s·・•.'’-]", "", tidy_name(name)).casefold()


def surname(name: str) -> str:
    """Return the surname: the first one or two Han characters, else the last word."""
    text = tidy_name(name)
    if not text:
        return ""
    if re.match(f"[{_HAN}]", text):
        return text[:2] if _COMPOUND.match(text) and len(text) > 2 else text[0]
    return text.split()[-1].casefold()


def likeness(
    name: str, born_on: date | None, *, other_name: str, other_born_on: date | None
) -> Likeness | None:
    """Return how two records may be mistaken for each other, if they may.

    Same name and birth date: perhaps one person twice. Same name: a namesake. Same surname and
    birth date: perhaps twins.
    """
    if not name_key(name) or not name_key(other_name):
        return None
    is_same_day = born_on is not None and born_on == other_born_on
    if name_key(name) == name_key(other_name):
        return Likeness.DUPLICATE if is_same_day else Likeness.NAMESAKE
    return Likeness.TWIN if is_same_day and surname(name) == surname(other_name) else None


def document_key(written: str) -> str:
    """Return the form of a document number under which spellings agree."""
    return re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", written).upper())


def masked(number: str) -> str:
    """Return a document number with all but its last four characters hidden."""
    return "*" * max(0, len(number) - 4) + number[-4:] if number else ""


def age_months(born_on: date | None, *, on: date) -> int | None:
    """Return the age in full months; None without a birth date or before it."""
    if born_on is None or born_on > on:
        return None
    months = (on.year - born_on.year) * 12 + on.month - born_on.month
    return months - (on.day < born_on.day)
