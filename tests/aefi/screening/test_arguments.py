"""What the screening functions accept, and what they answer when they do not."""

import numpy as np
import pytest

from aefi.screening.arguments import (
    as_given,
    checked_alpha,
    checked_amount,
    checked_count,
    non_negative,
    whole,
)


def test_lists_scalars_and_integers_become_one_shape_of_floats():
    a, b = non_negative(a=[1, 2, 3], b=np.int64(4))

    assert a.dtype == b.dtype == np.float64
    assert b.tolist() == [4.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (-1, r"n must not be negative.*\(got -1\)"),
        (float("inf"), r"n must be finite.*\(got inf\)"),
        (float("nan"), "n must be finite: leave out what is unknown"),
        ([[1, 2], [3, -4]], r"\(got -4\)"),
        (None, "n must be finite"),
    ],
)
def test_a_number_that_cannot_be_is_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        non_negative(n=wrong)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="shape"):
        non_negative(a=[1, 2], b=[1, 2, 3])


def test_whole_numbers_may_come_as_floats():
    (n,) = whole(n=[2.0, 1e9])

    assert n.tolist() == [2.0, 1e9]


def test_a_weight_is_not_a_count():
    with pytest.raises(ValueError, match=r"n must be whole.*\(got 0.5\)"):
        whole(n=[1, 0.5])


def test_scalars_come_back_as_python_numbers():
    assert type(as_given(np.array(1.5))) is float
    assert type(as_given(np.array(True))) is bool
    assert as_given(np.array([1.5])).shape == (1,)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, float("nan")])
def test_alpha_lies_between_its_limits(alpha):
    with pytest.raises(ValueError, match="alpha must lie between 0 and 1"):
        checked_alpha(alpha)


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan")])
def test_an_amount_is_finite_and_above_its_least(value):
    with pytest.raises(ValueError, match="length must be a finite number above 0"):
        checked_amount("length", value)


@pytest.mark.parametrize("value", [0, -3, 2.5, float("inf"), float("nan")])
def test_a_count_is_whole_and_at_least_one(value):
    with pytest.raises(ValueError, match="events must be a whole number"):
        checked_count("events", value)


def test_numbers_that_fit_come_back():
    assert checked_alpha(0.05) == 0.05
    assert checked_amount("length", 3) == 3.0
    assert checked_count("events", 3.0) == 3
