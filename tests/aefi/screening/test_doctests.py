"""The examples in the docstrings of the screening functions are run as they stand."""

import doctest
import importlib

import pytest

MODULES = [
    "disproportionality",
    "multiplicity",
    "sequential.binomial",
    "sequential.conditional",
    "sequential.poisson",
    "sequential.spending",
    "shrinkage",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name):
    module = importlib.import_module(f"aefi.screening.{name}")

    outcome = doctest.testmod(module)

    assert outcome.attempted > 0
    assert outcome.failed == 0
