"""False discovery rate and the combination of dependent p-values."""

from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from aefi.screening.multiplicity import benjamini_hochberg, cauchy_combination

probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(probabilities)
def test_adjusted_values_agree_with_scipy(p):
    assert np.allclose(benjamini_hochberg(p), stats.false_discovery_control(p), rtol=1e-12)


def test_the_example_of_benjamini_and_hochberg():
    # Their 1995 table: fifteen p-values, four discoveries at q = 0.05.
    p = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
        0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
    ]  # fmt: skip

    assert (benjamini_hochberg(p) <= 0.05).sum() == 4


@given(probabilities, st.randoms())
def test_order_of_the_family_does_not_matter(p, random):
    places = list(range(len(p)))
    random.shuffle(places)

    adjusted = benjamini_hochberg(p)

    assert benjamini_hochberg([p[i] for i in places]).tolist() == adjusted[places].tolist()


@given(probabilities)
def test_adjustment_never_lowers_a_value_nor_changes_the_ranking(p):
    adjusted = benjamini_hochberg(p)

    assert (adjusted >= np.array(p) * (1 - 1e-12)).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


def test_an_empty_family_stays_empty():
    assert benjamini_hochberg([]).shape == (0,)


@pytest.mark.parametrize("p", [[0.5, 1.1], [-0.1], [float("nan")]])
def test_a_p_value_that_cannot_be_is_refused(p):
    with pytest.raises(ValueError, match="p must"):
        benjamini_hochberg(p)


def test_families_are_adjusted_one_by_one():
    with pytest.raises(ValueError, match="one dimension"):
        benjamini_hochberg([[0.1, 0.2]])


def test_combination_by_its_definition():
    p = np.array([0.01, 0.2, 0.8])
    statistic = np.tan((0.5 - p) * np.pi).mean()

    combined = cauchy_combination(p)

    assert isclose(combined, 0.5 - np.arctan(statistic) / np.pi, rel_tol=1e-12)


@given(st.floats(1e-300, 1), st.integers(1, 6))
def test_equal_values_combine_to_themselves(p, times):
    assert isclose(cauchy_combination([p] * times), p, rel_tol=1e-9)


def test_very_small_values_keep_their_digits():
    # In the far tail the statistic is the mean of 1 / (pi p).
    assert isclose(cauchy_combination([1e-200, 0.5]), 2e-200, rel_tol=1e-9)
    assert isclose(cauchy_combination([1e-200, 1e-200, 0.5]), 1.5e-200, rel_tol=1e-9)


def test_a_certain_signal_is_not_hidden_by_a_certain_nothing():
    assert cauchy_combination([0.0, 1.0]) == 0.0
    assert cauchy_combination([1.0, 1.0]) > 0.999


@given(st.lists(st.floats(1e-12, 0.999), min_size=2, max_size=6))
def test_lowering_one_value_never_raises_the_combination(p):
    lowered = [p[0] / 2, *p[1:]]

    assert cauchy_combination(lowered) <= cauchy_combination(p) * (1 + 1e-12)


def test_weights_shift_the_combination_towards_the_heavier():
    evenly = cauchy_combination([0.001, 0.5])

    assert cauchy_combination([0.001, 0.5], weights=[3, 1]) < evenly
    assert isclose(cauchy_combination([0.001, 0.5], weights=[1, 0]), 0.001, rel_tol=1e-9)
    assert cauchy_combination([0.0, 0.5], weights=[0, 1]) == pytest.approx(0.5)


def test_rows_are_combined_one_by_one():
    rows = cauchy_combination([[0.01, 0.2], [0.3, 0.4]])

    assert rows.shape == (2,)
    assert isclose(rows[0], cauchy_combination([0.01, 0.2]))


def test_dependent_values_still_hold_their_level():
    rng = np.random.default_rng(6)
    shared_part = rng.standard_normal((40_000, 1))
    z = 0.8 * shared_part + 0.6 * rng.standard_normal((40_000, 5))

    rejected = cauchy_combination(stats.norm.sf(z)) <= 0.01

    assert rejected.mean() < 0.0125


@pytest.mark.parametrize(("p", "weights"), [([], None), ([0.1], [0.0]), ([0.1, 0.2], [0.0, 0.0])])
def test_nothing_to_combine_is_refused(p, weights):
    with pytest.raises(ValueError, match="at least one p-value"):
        cauchy_combination(p, weights)
