"""Sequential tests against published tables, enumeration, simulation and their own laws."""

import csv
from math import isclose, log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from aefi.screening.sequential import (
    group_critical_value,
    poisson_critical_value,
    poisson_log_likelihood_ratio,
    poisson_performance,
)
from aefi.screening.sequential.poisson import signal_times
from tests.aefi.screening.simulation import SIMULATIONS, first_signals, is_near, simulate_arrivals

TABLE = Path(__file__).parents[2] / "reference" / "poisson_maxsprt.csv"


def published():
    """Return rows of the published table as numbers."""
    with TABLE.open() as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return [{name: float(value) for name, value in row.items()} for row in rows]


def test_log_likelihood_ratio_of_an_excess_by_hand():
    assert isclose(poisson_log_likelihood_ratio(10, 4.0), 4 - 10 + 10 * log(10 / 4))
    assert poisson_log_likelihood_ratio(4, 4.0) == 0.0
    assert poisson_log_likelihood_ratio(3, 4.0) == 0.0
    assert poisson_log_likelihood_ratio(1, 0.0) == np.inf
    assert poisson_log_likelihood_ratio(0, 0.0) == 0.0


@pytest.mark.parametrize("value", [1e-9, 0.01, 1.0, 3.5, 40.0])
def test_each_count_signals_just_before_its_time(value):
    counts = np.array([1, 2, 5, 50, 5000])

    times = signal_times(value, counts)

    assert (poisson_log_likelihood_ratio(counts, times * (1 - 1e-9)) > value * (1 - 1e-6)).all()
    assert np.allclose(poisson_log_likelihood_ratio(counts, times), value, rtol=1e-5, atol=1e-11)


@pytest.mark.parametrize(
    ("limit", "least", "value"),
    [(1, 1, 2.853937), (2, 1, 3.046977), (10, 1, 3.467952), (100, 1, 3.952321)],
)
def test_critical_values_of_kulldorff_2011_table(limit, least, value):
    critical = poisson_critical_value(limit, alpha=0.05, min_events=least)

    assert isclose(critical.value, value, abs_tol=5e-7)
    assert isclose(critical.alpha, 0.05, rel_tol=1e-9)


def test_critical_values_agree_with_the_published_tables():
    rows = [row for row in published() if row["upper_limit"] <= 60]

    for row in rows:
        critical = poisson_critical_value(
            row["upper_limit"], alpha=0.05, min_events=int(row["min_events"]), start=row["start"]
        )

        # The tables with a late start are rounded up to six decimals.
        tolerance = 2e-6 if row["start"] else 1e-9
        assert isclose(critical.value, row["critical_value"], abs_tol=tolerance), row
        assert critical.alpha <= 0.05 + 1e-12
    assert len(rows) > 150


def test_critical_value_of_a_long_surveillance():
    critical = poisson_critical_value(1000, alpha=0.05)

    assert isclose(critical.value, 4.32491732176988, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("least", "start", "alpha"), [(1, 0.0, 0.05), (4, 0.0, 0.05), (1, 3.0, 0.05), (3, 2.0, 0.2)]
)
def test_simulated_false_signals_come_as_often_as_alpha_says(least, start, alpha):
    critical = poisson_critical_value(12, alpha=alpha, min_events=least, start=start)
    arrivals = simulate_arrivals(1.0, 60, seed=11)

    when = first_signals(arrivals, 12, critical.value, min_events=least, start=start)

    assert is_near(np.isfinite(when).mean(), critical.alpha)


def test_late_start_takes_the_largest_alpha_below():
    # Published: 2.545178 for T = 5, D = 1; there the fourth event stops signalling at the start.
    critical = poisson_critical_value(5, alpha=0.05, start=1.0)
    looser = poisson_performance(5, critical.value - 1e-9, 1.0, start=1.0)

    assert isclose(critical.value, 1 - 4 + 4 * log(4), rel_tol=1e-9)
    assert poisson_log_likelihood_ratio(4, 1.0) <= critical.value
    assert critical.alpha < 0.05 < looser.power


def test_a_look_at_the_end_only_is_the_exact_poisson_test():
    critical = poisson_critical_value(2, alpha=0.3, start=2.0)

    assert isclose(critical.alpha, stats.poisson.sf(3, 2), rel_tol=1e-12)
    assert stats.poisson.sf(2, 2) > 0.3


@pytest.mark.parametrize("alpha", [1e-6, 0.0048, 0.3])
def test_small_alphas_keep_their_digits(alpha):
    critical = poisson_critical_value(10, alpha=alpha)

    assert isclose(critical.alpha, alpha, rel_tol=1e-8)
    power = poisson_performance(10, critical.value, 1.0).power
    assert isclose(power, alpha, rel_tol=1e-8)


@settings(max_examples=15, deadline=None)
@given(st.floats(1, 30), st.floats(0.01, 0.2))
def test_longer_surveillance_and_smaller_alpha_ask_for_more(limit, alpha):
    value = poisson_critical_value(limit, alpha=alpha).value

    assert poisson_critical_value(limit * 1.5, alpha=alpha).value > value
    assert poisson_critical_value(limit, alpha=alpha / 2).value > value


@pytest.mark.parametrize(
    "arguments",
    [
        {"upper_limit": 1, "alpha": 0.05, "min_events": 4},
        {"upper_limit": 0.01, "alpha": 0.05},
    ],
)
def test_a_level_out_of_reach_is_refused_with_the_reason(arguments):
    with pytest.raises(ValueError, match=r"no critical value gives alpha 0\.05: even signalling"):
        poisson_critical_value(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"upper_limit": 0, "alpha": 0.05}, "upper_limit must be"),
        ({"upper_limit": 10, "alpha": 0}, "alpha must lie"),
        ({"upper_limit": 10, "alpha": 0.05, "min_events": 0}, "min_events must be"),
        ({"upper_limit": 10, "alpha": 0.05, "start": 11}, "start must lie"),
        ({"upper_limit": float("nan"), "alpha": 0.05}, "upper_limit must be"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        poisson_critical_value(**arguments)


def test_performance_agrees_with_the_published_example():
    # R Sequential 4.5.1, help page: Performance.Poisson(SampleSize=10, cv=3.467952, RR=2).
    result = poisson_performance(10, poisson_critical_value(10, alpha=0.05), 2.0)

    assert isclose(result.power, 0.6850634, abs_tol=5e-8)
    assert isclose(result.expected_time_to_signal, 4.130985, abs_tol=1e-6)
    assert isclose(result.expected_sample_size, 5.979353, abs_tol=1e-6)


@pytest.mark.parametrize(
    ("risk", "least", "start"), [(2.0, 1, 0.0), (3.0, 4, 0.0), (1.5, 1, 2.0), (10.0, 2, 1.0)]
)
def test_performance_agrees_with_simulation(risk, least, start):
    value, limit = 3.0, 8.0
    arrivals = simulate_arrivals(risk, int(limit * risk + 60), seed=5)
    when = first_signals(arrivals, limit, value, min_events=least, start=start)
    has_signal = np.isfinite(when)

    result = poisson_performance(limit, value, risk, min_events=least, start=start)

    assert is_near(has_signal.mean(), result.power)
    assert isclose(when[has_signal].mean(), result.expected_time_to_signal, rel_tol=0.03)
    ends = np.where(has_signal, when, limit)
    assert isclose(ends.mean(), result.expected_sample_size, rel_tol=0.02)


def test_one_event_rule_has_a_closed_form():
    # With a huge value only the first event, coming before t, can signal within so short a time.
    limit, value = 0.001, 3.0
    chance = 1 - np.exp(-2 * limit)

    result = poisson_performance(limit, value, 2.0)

    assert isclose(result.power, chance, rel_tol=1e-9)
    mean_end = chance / 2
    assert isclose(result.expected_sample_size, mean_end, rel_tol=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.floats(1, 6), st.floats(1, 4))
def test_a_higher_risk_is_found_more_often_and_sooner(value, risk):
    less, more = (poisson_performance(10, value, rate) for rate in (risk, risk * 1.2))

    assert less.power < more.power or more.power > 1 - 1e-12
    assert more.expected_sample_size < less.expected_sample_size


def test_a_signal_that_cannot_come_takes_for_ever():
    result = poisson_performance(1, 700.0, 1.0, min_events=200)

    assert result.power == 0.0
    assert result.expected_time_to_signal == np.inf
    assert isclose(result.expected_sample_size, 1.0)


def test_a_risk_so_high_that_nothing_survives_is_found_at_once():
    result = poisson_performance(100, 4.0, 30.0)

    assert isclose(result.power, 1.0, rel_tol=1e-12)
    assert 0 < result.expected_time_to_signal < 0.5


def test_performance_takes_a_critical_value_as_it_comes():
    critical = poisson_critical_value(5, alpha=0.05)

    assert poisson_performance(5, critical, 2.0) == poisson_performance(5, critical.value, 2.0)


@pytest.mark.parametrize(("value", "risk"), [(-1.0, 2.0), (float("nan"), 2.0), (3.0, 0.0)])
def test_performance_refuses_what_cannot_be(value, risk):
    with pytest.raises(ValueError, match="must be a finite"):
        poisson_performance(10, value, risk)


def test_two_looks_by_direct_summation():
    looks = [3.0, 7.0]
    critical = group_critical_value(looks, alpha=0.05)
    first, second = (
        next(c for c in range(100) if poisson_log_likelihood_ratio(c, mu) > critical.value)
        for mu in looks
    )

    quiet = sum(
        stats.poisson.pmf(k, 3.0) * stats.poisson.cdf(second - 1 - k, 4.0) for k in range(first)
    )

    assert isclose(critical.alpha, 1 - quiet, rel_tol=1e-10)
    assert critical.alpha <= 0.05
    # The critical value is itself a possible ratio, and calling it a signal would break alpha.
    ratios = [poisson_log_likelihood_ratio(first - 1, 3.0)]
    ratios.append(poisson_log_likelihood_ratio(second - 1, 7.0))
    assert isclose(max(ratios), critical.value, rel_tol=1e-11)
    assert max(ratios) <= critical.value


@pytest.mark.parametrize("least", [1, 5])
def test_simulated_group_looks(least):
    looks = np.array([1.0, 2.5, 4.0, 8.0])
    critical = group_critical_value(looks, alpha=0.05, min_events=least)
    gaps = np.diff(looks, prepend=0.0)

    counts = np.random.default_rng(2).poisson(gaps, (SIMULATIONS, 4)).cumsum(axis=1)
    signals = (poisson_log_likelihood_ratio(counts, looks) > critical.value) & (counts >= least)

    assert is_near(signals.any(axis=1).mean(), critical.alpha)


def test_more_looks_ask_for_more_and_never_as_much_as_continuous():
    few = group_critical_value([5.0, 10.0], alpha=0.05).value
    many = group_critical_value(np.arange(0.5, 10.1, 0.5), alpha=0.05).value

    assert few < many < poisson_critical_value(10, alpha=0.05).value


@pytest.mark.parametrize("times", [[], [0.0, 1.0], [2.0, 2.0], [3.0, 1.0], [1.0, float("inf")]])
def test_looks_must_rise(times):
    with pytest.raises(ValueError, match="look_times must"):
        group_critical_value(times, alpha=0.05)
