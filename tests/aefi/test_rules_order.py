"""Dates of a case in the wrong order, explained to the minute."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aefi.rules.clocks import CHINA
from aefi.rules.order import PAIRS, WORDS, disorders
from aefi.services.case_order import INSTANTS

GIVEN = datetime(2025, 3, 3, 10, 0, tzinfo=CHINA)
NOW = datetime(2025, 4, 1, tzinfo=CHINA)


def texts(**moments):
    return [disorder.text for disorder in disorders(moments, now=NOW)]


def test_a_plausible_case_is_in_order():
    assert (
        texts(
            born=date(2017, 2, 3),
            reconstituted=GIVEN - timedelta(minutes=30),
            given=GIVEN,
            onset=GIVEN + timedelta(minutes=6),
            discovered=GIVEN + timedelta(minutes=7),
            reported=date(2025, 3, 3),
            received=GIVEN + timedelta(days=1),
            died=None,
        )
        == []
    )


def test_an_onset_before_the_dose_on_the_same_day_is_found():
    assert texts(given=GIVEN, onset=GIVEN - timedelta(minutes=20)) == [
        "vaccination 2025-03-03 10:00 is 20 min after onset 2025-03-03 09:40"
    ]


@pytest.mark.parametrize(
    ("gap", "spoken"),
    [
        (timedelta(minutes=1), "1 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=1), "1 h 0 min"),
        (timedelta(hours=25, minutes=5), "25 h 5 min"),
        (timedelta(days=2), "2 d"),
    ],
)
def test_the_gap_is_spoken(gap, spoken):
    (text,) = texts(given=GIVEN, onset=GIVEN - gap)

    assert f" is {spoken} after " in text


def test_within_one_minute_nothing_is_out_of_order():
    assert texts(given=GIVEN.replace(second=59), onset=GIVEN.replace(second=1)) == []


@pytest.mark.parametrize(
    ("onset", "count"), [(date(2025, 3, 3), 0), (date(2025, 3, 2), 1), (date(2025, 3, 4), 0)]
)
def test_a_date_without_time_is_compared_by_its_day(onset, count):
    assert len(texts(given=GIVEN, onset=onset)) == count


def test_the_day_is_the_day_in_china():
    evening_in_utc = datetime(2025, 3, 2, 16, 30, tzinfo=UTC)  # 3 March, 00:30 in China

    assert texts(given=evening_in_utc, onset=date(2025, 3, 3)) == []
    assert texts(given=evening_in_utc - timedelta(hours=1), onset=date(2025, 3, 1)) == [
        "vaccination 2025-03-02 23:30 is 1 d after onset 2025-03-01"
    ]


@pytest.mark.parametrize(("earlier", "later"), PAIRS)
def test_each_pair_is_checked(earlier, later):
    (found,) = disorders({earlier: date(2025, 3, 4), later: date(2025, 3, 3)}, now=NOW)

    assert (found.earlier, found.later) == (earlier, later)
    assert found.text.startswith(WORDS[earlier])


def test_nothing_lies_in_the_future():
    assert texts(onset=NOW) == []
    assert texts(onset=NOW + timedelta(minutes=1)) == [
        "onset 2025-04-01 00:01 is 1 min after now 2025-04-01 00:00"
    ]


@settings(deadline=None)
@given(st.timedeltas(min_value=timedelta(minutes=-500), max_value=timedelta(minutes=500)))
def test_a_pair_is_in_disorder_exactly_when_the_minutes_are(shift):
    onset = GIVEN + shift
    is_earlier_minute = onset.replace(second=0, microsecond=0) < GIVEN

    assert bool(texts(given=GIVEN, onset=onset)) is is_earlier_minute


def test_every_instant_has_a_word_for_the_reader():
    assert set(INSTANTS) == set(WORDS)
