"""Poisson processes by the thousand, judged by the ratio itself and not by any boundary of ours."""

import numpy as np

from aefi.screening.sequential import poisson_log_likelihood_ratio

SIMULATIONS = 40_000


def simulate_arrivals(rate, most, seed):
    """Return arrival times of the first `most` events of many Poisson processes."""
    gaps = np.random.default_rng(seed).exponential(1 / rate, (SIMULATIONS, most))
    return np.cumsum(gaps, axis=1)


def first_signals(times, limit, value, *, min_events=1, start=0.0):
    """Return when each simulated process first exceeds the value (inf: never), ratio by ratio.

    A late start looks at its own instant and at every later event.
    """
    counts = np.arange(1, times.shape[1] + 1)
    ratios = np.where(times > 0, times - counts + counts * np.log(counts / times), 0.0)
    ratios[counts <= times] = 0.0
    hits = (ratios > value) & (counts >= min_events) & (times <= limit) & (times >= start)
    when = np.where(hits.any(axis=1), times[np.arange(len(times)), hits.argmax(axis=1)], np.inf)
    if start > 0:
        held = (times < start).sum(axis=1)
        ratio = poisson_log_likelihood_ratio(held, start)
        when = np.where((ratio > value) & (held >= min_events), start, when)
    return when


def is_near(share, chance):
    """Say whether a simulated share is within four standard errors of the chance."""
    return abs(share - chance) <= 4 * np.sqrt(chance * (1 - chance) / SIMULATIONS) + 1e-9
