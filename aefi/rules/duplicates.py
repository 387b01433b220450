"""How likely two reports are the same case, with every reason told. Pure.

The score sorts a list for a person who looks; nothing is merged by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from aefi.rules.clocks import CHINA
from aefi.rules.names import pinyin
from observation.rules.lots import normal_number


@dataclass(frozen=True)
class Candidate:
    """What is compared of one report; empty and `None` mean that it is not known."""

    name: str = ""
    birth_date: date | None = None
    sex: str = ""
    lots: frozenset[str] = frozenset()
    given_at: datetime | date | None = None
    onset_at: datetime | date | None = None


@dataclass(frozen=True)
class Reason:
    """What one comparison found and how many points it gave."""

    points: int
    text: str


class Likeness(StrEnum):
    """What a person should do with a pair."""

    LIKELY = "likely"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"


LIKELY_FROM, POSSIBLE_FROM = 70, 45
"""Lowest score of each word, of at most 100. Source: docs/sources.md#duplicate-score."""

NEAR_ONSET = timedelta(hours=24)


@dataclass(frozen=True)
class Match:
    """The score of a pair with its reasons, the weightiest first."""

    score: int
    reasons: tuple[Reason, ...]

    @property
    def likeness(self) -> Likeness:
        if self.score >= LIKELY_FROM:
            return Likeness.LIKELY
        return Likeness.POSSIBLE if self.score >= POSSIBLE_FROM else Likeness.UNLIKELY


def compare(one: Candidate, other: Candidate) -> Match:
    """Return how alike two reports are; the order of the two does not matter."""
    found = [reason for check in _CHECKS if (reason := check(one, other))]
    score = sum(reason.points for reason in found)
    reasons = tuple(sorted(found, key=lambda reason: -abs(reason.points)))
    return Match(max(0, min(100, score)), reasons)


def _by_name(one: Candidate, other: Candidate) -> Reason | None:
    if not one.name.strip() or not other.name.strip():
        return None
    if _plain(one.name) == _plain(other.name):
        return Reason(40, "same name")
    sounds = sorted((pinyin(one.name), pinyin(other.name)))
    if sounds[0] == sounds[1]:
        return Reason(32, "same name by sound")
    if _edits(*sounds) == 1:
        # In characters a near sound is seldom a slip: twins are often named that way.
        is_written = not (one.name.isascii() or other.name.isascii())
        return Reason(5 if is_written else 20, "names one letter apart by sound")
    if _is_family_name_last(one.name, other.name):
        return Reason(28, "same name with the family name first and last")
    return Reason(-40, "different names")


def _plain(name: str) -> str:
    return "".join(name.casefold().split())


def _is_family_name_last(one: str, other: str) -> bool:
    """Names typed in letters come in both orders: Wang Xiaoming, Xiaoming Wang."""
    words = [sorted(pinyin(word) for word in name.split()) for name in (one, other)]
    is_turned = pinyin(_turned(one)) == pinyin(other) or pinyin(one) == pinyin(_turned(other))
    return words[0] == words[1] or is_turned


def _turned(name: str) -> str:
    """Return a name with its last word first."""
    words = name.split()
    return " ".join([*words[-1:], *words[:-1]])


def _edits(one: str, other: str) -> int:
    """Return the least number of letters to change, add or drop."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        last, row[0] = row[0], i
        for j, against in enumerate(other, start=1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (letter != against))
    return row[-1]


def _by_birth_date(one: Candidate, other: Candidate) -> Reason | None:
    if one.birth_date is None or other.birth_date is None:
        return None
    if one.birth_date == other.birth_date:
        return Reason(30, "same birth date")
    if _is_typing_slip(one.birth_date, other.birth_date):
        return Reason(15, "birth dates one slip apart")
    return Reason(-30, "different birth dates")


def _is_typing_slip(one: date, other: date) -> bool:
    """Day and month exchanged, or one digit wrong."""
    if one.year == other.year and (one.month, one.day) == (other.day, other.month):
        return True
    pairs = zip(one.isoformat(), other.isoformat(), strict=True)
    return sum(a != b for a, b in pairs) == 1


def _by_sex(one: Candidate, other: Candidate) -> Reason | None:
    if not one.sex or not other.sex or one.sex == other.sex:
        return None
    return Reason(-20, "different sex")


def _by_lot(one: Candidate, other: Candidate) -> Reason | None:
    lots = [{normal_number(lot) for lot in side.lots} - {""} for side in (one, other)]
    if not lots[0] or not lots[1]:
        return None
    return Reason(10, "same lot") if lots[0] & lots[1] else Reason(-10, "different lots")


def _by_dose(one: Candidate, other: Candidate) -> Reason | None:
    if one.given_at is None or other.given_at is None:
        return None
    if _day(one.given_at) == _day(other.given_at):
        return Reason(10, "vaccinated on the same day")
    return Reason(-10, "vaccinated on different days")


def _by_onset(one: Candidate, other: Candidate) -> Reason | None:
    if one.onset_at is None or other.onset_at is None:
        return None
    if _gap(one.onset_at, other.onset_at) <= NEAR_ONSET:
        return Reason(10, "onsets within 24 h")
    return Reason(-10, "onsets more than 24 h apart")


def _gap(one: datetime | date, other: datetime | date) -> timedelta:
    if isinstance(one, datetime) and isinstance(other, datetime) and one.tzinfo and other.tzinfo:
        return abs(one - other)
    return abs(_day(one) - _day(other))


def _day(value: datetime | date) -> date:
    return value.astimezone(CHINA).date() if isinstance(value, datetime) else value


Check = Callable[[Candidate, Candidate], Reason | None]
_CHECKS: tuple[Check, ...] = (_by_name, _by_birth_date, _by_sex, _by_lot, _by_dose, _by_onset)
