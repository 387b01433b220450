"""Two reports of one case: names in characters and pinyin, dates, lots, and the reasons."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aefi.rules.duplicates import Candidate, Likeness, Match, compare

NOON = datetime(2025, 6, 6, 4, 0, tzinfo=UTC)
CASE = Candidate(
    name="王小明",
    birth_date=date(2017, 2, 3),
    sex="M",
    lots=frozenset({"EN6201"}),
    given_at=NOON,
    onset_at=NOON + timedelta(minutes=6),
)


def against(**changes):
    return compare(CASE, replace(CASE, **changes))


def texts(match):
    return [reason.text for reason in match.reasons]


def test_the_same_case_twice_is_likely_and_says_why():
    match = against()

    assert (match.score, match.likeness) == (100, Likeness.LIKELY)
    assert texts(match) == [
        "same name",
        "same birth date",
        "same lot",
        "vaccinated on the same day",
        "onsets within 24 h",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("王小明", "same name"),
        (" 王 小明", "same name"),
        ("王晓明", "same name by sound"),
        ("Wang Xiaoming", "same name by sound"),
        ("WANG XIAO-MING", "same name by sound"),
        ("Xiaoming Wang", "same name with the family name first and last"),
        ("Xiao Ming Wang", "same name with the family name first and last"),
        ("wang xiaomin", "names one letter apart by sound"),
        ("wang xiaomeng", "names one letter apart by sound"),
        ("ang xiaoming", "names one letter apart by sound"),
        ("wang xiaomang x", "different names"),
        ("gnimoaix gnaw", "different names"),
        ("Zhang San", "different names"),
    ],
)
def test_names_agree_by_character_or_by_sound(name, expected):
    assert expected in texts(against(name=name))


def test_a_name_in_letters_may_end_with_the_family_name():
    match = compare(Candidate(name="Wang Xiaoming"), Candidate(name="Xiaoming Wang"))

    assert texts(match) == ["same name with the family name first and last"]


@pytest.mark.parametrize(
    ("birth_date", "expected"),
    [
        (date(2017, 2, 3), "same birth date"),
        (date(2017, 3, 2), "birth dates one slip apart"),
        (date(2011, 2, 3), "birth dates one slip apart"),
        (date(2017, 2, 8), "birth dates one slip apart"),
        (date(2017, 2, 14), "different birth dates"),
    ],
)
def test_a_slip_in_a_birth_date_is_forgiven_in_part(birth_date, expected):
    assert expected in texts(against(birth_date=birth_date))


@pytest.mark.parametrize(
    ("lots", "expected"),
    [
        ({"en 6201"}, "same lot"),
        ({"EN-62O1"}, "same lot"),
        ({"EN6201", "FK1"}, "same lot"),
        ({"EN6202"}, "different lots"),
    ],
)
def test_lots_are_compared_as_they_are_meant(lots, expected):
    assert expected in texts(against(lots=frozenset(lots)))


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (timedelta(hours=24), "onsets within 24 h"),
        (timedelta(hours=24, minutes=1), "onsets more than 24 h apart"),
    ],
)
def test_onsets_are_near_within_a_day(gap, expected):
    assert expected in texts(against(onset_at=CASE.onset_at + gap))


def test_a_date_without_time_is_compared_by_its_day():
    assert "onsets within 24 h" in texts(against(onset_at=date(2025, 6, 7)))
    assert "vaccinated on the same day" in texts(against(given_at=date(2025, 6, 6)))
    assert "vaccinated on different days" in texts(against(given_at=date(2025, 6, 7)))


def test_what_is_not_known_counts_neither_way():
    assert compare(CASE, Candidate()).reasons == ()
    assert compare(Candidate(lots=frozenset({"-"})), CASE).reasons == ()


def test_twins_are_not_one_case():
    twin = against(name="王大明")

    assert twin.likeness == Likeness.UNLIKELY
    assert "different names" in texts(twin)


def test_a_brother_of_another_sex_is_less_alike():
    assert against(sex="F").score == against().score - 20
    assert against(sex="").score == against().score


@pytest.mark.parametrize(
    ("changes", "likeness"),
    [
        ({"birth_date": None}, Likeness.LIKELY),
        ({"name": "", "birth_date": date(2017, 2, 3)}, Likeness.POSSIBLE),
        ({"name": "wang xiaomin"}, Likeness.LIKELY),
        ({"name": "王小敏"}, Likeness.POSSIBLE),
        ({"birth_date": date(1999, 12, 24)}, Likeness.UNLIKELY),
    ],
)
def test_the_score_has_a_word(changes, likeness):
    assert against(**changes).likeness == likeness


@pytest.mark.parametrize(
    ("score", "likeness"),
    [
        (70, Likeness.LIKELY),
        (69, Likeness.POSSIBLE),
        (45, Likeness.POSSIBLE),
        (44, Likeness.UNLIKELY),
    ],
)
def test_each_word_begins_at_its_score(score, likeness):
    assert Match(score, ()).likeness == likeness


names = st.sampled_from(
    ["", "王小明", "王晓明", "Wang Xiaoming", "Xiaoming Wang", "李雷", "wangxm"]
)
days = st.one_of(st.none(), st.dates(min_value=date(2010, 1, 1), max_value=date(2025, 1, 1)))
moments = st.one_of(days, st.datetimes(timezones=st.just(UTC), min_value=datetime(2020, 1, 1)))
candidates = st.builds(
    Candidate,
    name=names,
    birth_date=days,
    sex=st.sampled_from(["", "M", "F"]),
    lots=st.frozensets(st.sampled_from(["EN6201", "en-6201", "FK1", ""]), max_size=2),
    given_at=moments,
    onset_at=moments,
)


@settings(deadline=None)
@given(candidates, candidates)
def test_the_order_of_the_two_does_not_matter(one, other):
    assert compare(one, other) == compare(other, one)


@settings(deadline=None)
@given(candidates)
def test_nothing_is_more_like_a_report_than_itself(one):
    itself = compare(one, one)

    assert all(reason.points > 0 for reason in itself.reasons)


@settings(deadline=None)
@given(candidates, candidates)
def test_a_score_is_the_sum_of_its_reasons_within_bounds(one, other):
    match = compare(one, other)

    assert match.score == max(0, min(100, sum(reason.points for reason in match.reasons)))
