"""Reading instants that others wrote."""

from datetime import UTC, datetime

import pytest

from alerts.rules.instants import aware_utc


@pytest.mark.parametrize(
    "text", ["2026-11-22T04:00:00Z", "2026-11-22T12:00:00+08:00", "2026-11-22 04:00:00.000+00:00"]
)
def test_an_instant_with_an_offset_is_read_in_utc(text):
    at = aware_utc(text)

    assert at == datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    assert at.tzinfo is UTC


def test_an_instant_in_the_night_the_clocks_go_back_is_told_apart_by_its_offset():
    summer, winter = "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"

    assert (aware_utc(winter) - aware_utc(summer)).total_seconds() == 3600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "noon",
        "2026-11-22T04:00:00",
        "2026-13-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        None,
        float("nan"),
        {},
        "1" * 5000,
    ],
)
def test_what_is_no_instant_with_an_offset_is_none(text):
    assert aware_utc(text) is None
