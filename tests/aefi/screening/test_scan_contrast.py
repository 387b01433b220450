"""A lot's onset days against other lots': exact at small counts, and blind to what all lots share."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from aefi.screening.scan import contrast_scan

COURSE = np.array([0.5, 0.25, 0.12, 0.06, 0.03, 0.02, 0.01, 0.01])


def test_the_run_of_days_that_crowds_is_named_with_what_was_to_be_expected():
    own, others = np.array([5, 3, 0, 0, 12, 10, 0, 0]), np.array([60, 30, 12, 8, 4, 3, 2, 1])

    found = contrast_scan(own, others, max_length=3)

    assert (found.start, found.end, found.observed) == (4.0, 5.0, 22.0)
    assert found.expected == pytest.approx(30 * 29 / 150)
    assert found.p_value < 1e-6


def test_its_p_value_is_the_share_of_all_divisions_that_are_as_unlikely():
    own, others = np.array([3, 0, 1]), np.array([2, 4, 3])
    pooled, drawn, total = own + others, 4, 13

    def least(counts):
        runs = [(a, b) for a in range(3) for b in range(a + 1, 4) if b - a <= 2]
        chances = [
            stats.hypergeom.sf(sum(counts[a:b]) - 1, total, sum(pooled[a:b]), drawn)
            for a, b in runs
            if sum(counts[a:b]) >= 2
        ]
        return min(chances, default=1.0)

    exact = sum(
        stats.multivariate_hypergeom.pmf(counts, pooled, drawn)
        for counts in product(*(range(many + 1) for many in pooled))
        if sum(counts) == drawn and least(counts) <= least(own) * (1 + 1e-9)
    )

    found = contrast_scan(own, others, max_length=2, min_cases=2)

    assert found.p_value == pytest.approx(exact, abs=4 * np.sqrt(exact / 20_000))


def test_where_lots_share_one_course_it_is_as_rare_as_its_p_value_says():
    rng, runs = np.random.default_rng(8), 400
    p = []
    for turn in range(runs):
        own, others = (rng.multinomial(many, COURSE) for many in (20, 110))
        found = contrast_scan(own, others, max_length=4, replicates=999, seed=turn)
        p.append(1.0 if found is None else found.p_value)

    for level in (0.01, 0.05, 0.2):
        assert stats.binom.sf(sum(one <= level for one in p) - 1, runs, level) > 0.001


def test_nothing_is_drawn_where_no_run_alone_is_unlikely_enough():
    assert contrast_scan([4, 2, 1], [40, 20, 10], max_length=2, limit=0.005) is None
    assert contrast_scan([0, 0], [4, 5], max_length=2) is None


def test_the_same_seed_gives_the_same_p_value():
    own, others = [9, 3, 6, 0], [60, 30, 15, 7]

    first, again = (contrast_scan(own, others, max_length=2, seed=3) for _ in range(2))

    assert first == again
