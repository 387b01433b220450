"""Binomial and conditional sequential tests against enumeration, simulation and by hand."""

from itertools import product
from math import isclose, log

import numpy as np
import pytest

from aefi.screening.sequential import (
    binomial_critical_value,
    binomial_log_likelihood_ratio,
    conditional_critical_value,
    conditional_log_likelihood_ratio,
)
from tests.aefi.screening.simulation import SIMULATIONS, first_signals, is_near, simulate_arrivals


def enumerate_binomial(events, z, value, least):
    """Return the chance of a signal over every sequence of exposed and unexposed events."""
    p0, total = 1 / (1 + z), 0.0
    for sequence in product((0, 1), repeat=events):
        exposed = np.cumsum(sequence)
        n = np.arange(1, events + 1)
        ratio = binomial_log_likelihood_ratio(exposed, n, controls_per_case=z)
        if ((ratio > value) & (exposed >= least)).any():
            total += p0 ** exposed[-1] * (1 - p0) ** (events - exposed[-1])
    return total


@pytest.mark.parametrize(
    ("events", "z", "alpha", "least"),
    [(5, 1, 0.05, 1), (11, 1, 0.05, 1), (10, 3.5, 0.05, 1), (9, 0.5, 0.2, 1), (11, 2, 0.1, 4)],
)
def test_binomial_alpha_by_enumeration_is_the_largest_possible(events, z, alpha, least):
    critical = binomial_critical_value(events, controls_per_case=z, alpha=alpha, min_events=least)

    exact = enumerate_binomial(events, z, critical.value, least)
    looser = enumerate_binomial(events, z, critical.value * (1 - 1e-9), least)

    assert isclose(critical.alpha, exact, rel_tol=1e-12)
    assert critical.alpha <= alpha < looser


def test_binomial_of_five_pairs_by_hand():
    # Only five of five exposed is rarer than 5 %: chance 1/32; four of four (LLR 4 ln 2) is not.
    critical = binomial_critical_value(5, controls_per_case=1, alpha=0.05)

    assert isclose(critical.value, 4 * log(2), rel_tol=1e-11)
    assert critical.value >= binomial_log_likelihood_ratio(4, 4, controls_per_case=1)
    assert critical.alpha == 1 / 32


def test_simulated_binomial_surveillance():
    critical = binomial_critical_value(80, controls_per_case=2.5, alpha=0.05, min_events=3)
    hits = np.random.default_rng(8).random((SIMULATIONS, 80)) < 1 / 3.5

    exposed, n = hits.cumsum(axis=1), np.arange(1, 81)
    ratio = binomial_log_likelihood_ratio(exposed, n, controls_per_case=2.5)
    signals = ((ratio > critical.value) & (exposed >= 3)).any(axis=1)

    assert is_near(signals.mean(), critical.alpha)


def test_too_few_events_for_any_signal_are_refused_with_the_reason():
    with pytest.raises(ValueError, match=r"all 4 events are exposed by chance with 0.0625"):
        binomial_critical_value(4, controls_per_case=1, alpha=0.05)


def test_binomial_level_out_of_reach_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="even signalling at every excess"):
        binomial_critical_value(10, controls_per_case=1, alpha=0.05, min_events=9)


@pytest.mark.parametrize(
    "arguments",
    [
        {"events": 0, "controls_per_case": 1, "alpha": 0.05},
        {"events": 10.5, "controls_per_case": 1, "alpha": 0.05},
        {"events": 10, "controls_per_case": 0, "alpha": 0.05},
        {"events": 10, "controls_per_case": 1, "alpha": 1.5},
    ],
)
def test_binomial_refuses_what_cannot_be(arguments):
    with pytest.raises(ValueError, match="must"):
        binomial_critical_value(**arguments)


def test_exposed_events_are_among_all_events():
    with pytest.raises(ValueError, match="exposed cannot be more"):
        binomial_log_likelihood_ratio(3, 2, controls_per_case=1)


def test_conditional_ratio_is_the_binomial_one_of_the_same_events():
    # Given all events, those of the surveillance are binomial with chance r / (1 + r).
    one = conditional_log_likelihood_ratio(10, 0.2, history_events=20)
    other = binomial_log_likelihood_ratio(10, 30, controls_per_case=1 / 0.2)

    assert isclose(one, other, rel_tol=1e-12)
    assert conditional_log_likelihood_ratio(4, 0.2, history_events=20) == 0.0
    assert conditional_log_likelihood_ratio(1, 0.0, history_events=20) == np.inf


@pytest.mark.parametrize(
    ("events", "history", "least"), [(20, 20, 2), (10, 3, 1), (60, 200, 1), (1, 5, 1), (40, 1, 5)]
)
def test_simulated_surveillance_after_a_limited_history(events, history, least):
    critical = conditional_critical_value(
        events, history_events=history, alpha=0.05, min_events=least
    )
    rng = np.random.default_rng(4)
    past = rng.gamma(history, 1.0, (SIMULATIONS, 1))
    ratio_of_times = rng.exponential(1.0, (SIMULATIONS, events)).cumsum(axis=1) / past

    counts = np.arange(1, events + 1)
    ratio = conditional_log_likelihood_ratio(counts, ratio_of_times, history_events=history)
    signals = ((ratio > critical.value) & (counts >= least)).any(axis=1)

    assert isclose(critical.alpha, 0.05, rel_tol=1e-9)
    assert is_near(signals.mean(), 0.05)


def test_one_event_after_a_history_by_hand():
    # P(P / V < r) = 1 - (1 + r)^-c for one event, so r = 0.95^(-1/5) - 1 at alpha = 0.05.
    r = 0.95 ** (-1 / 5) - 1

    critical = conditional_critical_value(1, history_events=5, alpha=0.05)

    expected = conditional_log_likelihood_ratio(1, r, history_events=5)
    assert isclose(critical.value, expected, rel_tol=1e-9)


def test_a_long_history_is_as_good_as_a_known_rate():
    # The Poisson test that ends with its tenth event, by its own boundaries.
    critical = conditional_critical_value(10, history_events=10**8, alpha=0.05)
    arrivals = simulate_arrivals(1.0, 10, seed=21)

    when = first_signals(arrivals, np.inf, critical.value)

    assert is_near(np.isfinite(when).mean(), 0.05)


def test_a_shorter_history_asks_for_less_only_slightly():
    values = [
        conditional_critical_value(30, history_events=c, alpha=0.05).value
        for c in (5, 20, 100, 10_000)
    ]

    assert max(values) - min(values) < 1.4
    assert all(2 < value < 4 for value in values)


@pytest.mark.parametrize("events", [0, 3, 1501])
def test_conditional_length_has_limits(events):
    with pytest.raises(ValueError, match="events must"):
        conditional_critical_value(events, history_events=10, alpha=0.05, min_events=4)


def test_conditional_level_out_of_reach_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="even signalling at every excess"):
        conditional_critical_value(2, history_events=10, alpha=0.9, min_events=2)
