"""Reporting windows: a flag, never a refusal."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aefi.rules.clocks import CHINA
from aefi.rules.scope import WINDOWS, Flag, add_months, flag_for, windows_for

GIVEN = datetime(2025, 3, 3, 10, 0, tzinfo=CHINA)
MINUTE = timedelta(minutes=1)


def china(year, month, day, hour=10, minute=0):
    return datetime(year, month, day, hour, minute, tzinfo=CHINA)


def flag(event, onset_at, vaccine=""):
    return flag_for(event, vaccine=vaccine, given_at=GIVEN, onset_at=onset_at)


@pytest.mark.parametrize(
    ("event", "last_within", "first_outside"),
    [
        ("anaphylactic_shock", china(2025, 3, 4), china(2025, 3, 4) + timedelta(seconds=1)),
        ("syncope", china(2025, 3, 4), china(2025, 3, 4, 10, 1)),
        ("fever", china(2025, 3, 8, 23, 59), china(2025, 3, 9, 0)),
        ("local_redness", china(2025, 3, 8, 23, 59), china(2025, 3, 9, 0)),
        ("febrile_convulsion", china(2025, 3, 18, 23), china(2025, 3, 19, 0)),
        ("guillain_barre", china(2025, 4, 14, 23), china(2025, 4, 15, 0)),
        ("brachial_neuritis", china(2025, 6, 3, 23), china(2025, 6, 4, 0)),
    ],
)
def test_the_last_moment_of_a_window_is_within(event, last_within, first_outside):
    assert flag(event, last_within) == Flag.WITHIN
    assert flag(event, first_outside) == Flag.OUTSIDE


@pytest.mark.parametrize(
    ("onset_at", "expected"),
    [
        (china(2025, 4, 2, 23), Flag.OUTSIDE),
        (china(2025, 4, 3, 0), Flag.WITHIN),
        (china(2026, 3, 3, 23), Flag.WITHIN),
        (china(2026, 3, 4, 0), Flag.OUTSIDE),
    ],
)
def test_bcg_events_are_listed_from_one_month_to_twelve(onset_at, expected):
    assert flag("bcg_lymphadenitis", onset_at, vaccine="BCG") == expected


def test_bcg_events_are_listed_for_bcg_only():
    assert flag("bcg_lymphadenitis", china(2025, 6, 3), vaccine="MMR") == Flag.NOT_LISTED
    assert windows_for("bcg_lymphadenitis", "MMR") == ()


def test_an_event_that_is_not_listed_is_still_a_report():
    assert flag("other", china(2025, 3, 3, 11)) == Flag.NOT_LISTED


def test_twenty_minutes_before_the_dose_are_seen_although_the_day_is_the_same():
    assert flag("syncope", GIVEN - 20 * MINUTE) == Flag.BEFORE_DOSE
    assert flag("syncope", GIVEN) == Flag.WITHIN


@pytest.mark.parametrize(("given_at", "onset_at"), [(None, GIVEN), (GIVEN, None)])
def test_a_missing_time_is_said(given_at, onset_at):
    assert flag_for("fever", given_at=given_at, onset_at=onset_at) == Flag.TIME_MISSING


def test_days_are_days_in_china_whatever_zone_the_instants_are_in():
    evening_in_utc = datetime(2025, 3, 8, 16, 0, tzinfo=UTC)  # 9 March 00:00 in China

    assert flag("fever", evening_in_utc - MINUTE) == Flag.WITHIN
    assert flag("fever", evening_in_utc) == Flag.OUTSIDE


def test_each_event_is_listed_once():
    assert len({window.event for window in WINDOWS}) == len(WINDOWS) == 27


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2025, 12, 15), 1, date(2026, 1, 15)),
        (date(2025, 5, 5), 0, date(2025, 5, 5)),
    ],
)
def test_months_are_months_of_the_calendar(day, months, expected):
    assert add_months(day, months) == expected


events = st.sampled_from([window.event for window in WINDOWS if not window.vaccines])
delays = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=500))


@settings(deadline=None)
@given(events, delays, delays)
def test_waiting_longer_never_brings_an_event_back_into_its_window(event, delay, more):
    if flag(event, GIVEN + delay) == Flag.OUTSIDE:
        assert flag(event, GIVEN + delay + more) == Flag.OUTSIDE
