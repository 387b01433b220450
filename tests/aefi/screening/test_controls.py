"""Negative controls take away what uneven reporting brings in, and leave a real excess standing."""

import numpy as np
import pytest

from aefi.screening import wording
from aefi.screening.bias import Bias, chance, fit_bias
from aefi.screening.cells import predictive_p
from aefi.screening.plan import Plan
from aefi.screening.screen import run
from aefi.screening.simulate import Campaign, Plant, lot_name, simulate

CONTROLS = tuple(f"Reaction {number:03d}" for number in range(2, 12))
UNEVEN = Campaign(lots=30, weeks=12, doses=300_000, reports=6_000, lot_bias=0.4)


def counts(rng, *, mean: float, deviation: float, cells: int = 400):
    expected = rng.gamma(2.0, 3.0, cells)
    return rng.poisson(expected * np.exp(rng.normal(mean, deviation, cells))), expected


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 0.0), (0.0, 0.5), (0.3, 0.3), (-0.2, 0.8)])
def test_the_spread_of_controls_is_found_again(mean, deviation):
    seen, expected = counts(np.random.default_rng(3), mean=mean, deviation=deviation)

    found = fit_bias(seen.astype(float), expected, np.zeros(expected.size))

    assert found.mean == pytest.approx(mean, abs=0.1)
    assert found.deviation == pytest.approx(deviation, abs=0.15)
    assert (found.cells, found.reports) == (400, seen.sum())


def test_too_few_controls_tell_nothing():
    few, many = np.full(9, 5.0), np.full(40, 0.2)

    assert fit_bias(few, few, few) is None
    assert fit_bias(np.zeros(40), many, many) is None


def test_controls_never_make_a_signal():
    seen, mean = np.array([1.0, 5.0, 30.0]), np.array([1.0, 1.0, 10.0])
    plain = predictive_p(seen, mean, mean / 10)

    for bias in (Bias(-1.0, 0.0, 10, 20), Bias(0.0, 0.5, 10, 20), Bias(0.7, 0.2, 10, 20)):
        assert (chance(seen, mean, mean / 10, bias) >= plain).all()
    assert (chance(seen, mean, mean / 10, Bias(0.0, 0.5, 10, 20)) > plain)[1:].all()
    assert chance(seen, mean, mean / 10, None) == pytest.approx(plain)


def test_with_even_reporting_controls_change_next_to_nothing():
    made = simulate(Campaign(lots=30, weeks=12, doses=300_000, reports=6_000))

    found = run(made.doses, made.reports, Plan(by=("lot",), controls=CONTROLS, scan_tree=False))

    assert all(one.bias.deviation < 0.15 for one in found.families if one.bias)


@pytest.mark.parametrize("seed", [1, 2])
def test_lots_that_are_reported_more_eagerly_are_no_signals_once_calibrated(seed):
    made = simulate(Campaign(**{**vars(UNEVEN), "seed": seed}))
    plan = {"by": ("lot",), "scan_times": False, "scan_tree": False}

    crude = run(made.doses, made.reports, Plan(**plan))
    calibrated = run(made.doses, made.reports, Plan(**plan, controls=CONTROLS))

    assert len(crude.signals) >= 3
    assert len(calibrated.signals) <= 1
    assert 0.2 < calibrated.families[0].bias.deviation < 0.7
    assert "factor" in wording.controls_line(calibrated).en
    assert wording.controls_line(crude) is None


def test_a_real_excess_stands_out_of_the_bias():
    plant = Plant(lot=7, ratio=12.0, reaction=0)
    made = simulate(Campaign(**{**vars(UNEVEN), "plants": (plant,), "seed": 5}))

    found = run(made.doses, made.reports, Plan(by=("lot",), controls=CONTROLS))

    name = str(lot_name(UNEVEN, 7))
    assert name in found.signals[0].name
    assert found.signals[0].gone_below <= found.signals[0].observed


def test_controls_nobody_reported_are_said_to_tell_nothing():
    made = simulate(Campaign(lots=5, doses=20_000, reports=200))

    found = run(made.doses, made.reports, Plan(controls=("Fracture",)))

    assert all(one.bias is None for one in found.families)
    assert "too few" in wording.controls_line(found).en
