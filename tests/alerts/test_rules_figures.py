"""Durations in one line of numbers."""

import pytest

from alerts.rules.figures import quantile, spread_of


def test_nothing_has_no_spread():
    assert spread_of([]) is None


def test_the_quantiles_are_values_that_occurred():
    found = spread_of(range(1, 101))

    assert (found.count, found.mean, found.longest) == (100, 50.5, 100)
    assert (found.p50, found.p95, found.p99) == (50, 95, 99)


@pytest.mark.parametrize(("share", "value"), [(0.0, 3), (0.5, 3), (0.51, 7), (1.0, 7)])
def test_a_quantile_of_two_values(share, value):
    assert quantile([3, 7], share) == value


def test_a_clock_that_was_set_back_counts_as_no_time():
    assert spread_of([-5.0, 1.0]).mean == 0.5
