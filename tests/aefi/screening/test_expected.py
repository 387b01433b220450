"""Expected reactions from doses: bad lots stand out, time and age alone do not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from aefi.screening.expected import (
    Doses,
    SystematicError,
    calibrated_p,
    expect_reactions,
    fit_systematic_error,
)

MODELS = ["regression", "boosting"]


def make_doses(lots=40, rows=60, *, seed=1):
    """Lots come one after the other: each is used for a few weeks of the year."""
    rng = np.random.default_rng(seed)
    lot = np.repeat(np.arange(lots), rows)
    size = lot.size
    return Doses(
        lot=lot,
        age=rng.integers(0, 6, size),
        sex=rng.integers(0, 2, size),
        site=rng.integers(0, 4, size),
        dose_number=rng.integers(1, 3, size),
        week=np.clip(lot * 40 // lots + rng.integers(0, 10, size), 0, 51),
        weekday=rng.integers(0, 7, size),
        doses=rng.integers(20, 60, size).astype(float),
    )


def true_rates(doses):
    """Let age and season move the rate several-fold, and no lot."""
    return 0.01 * np.exp(0.4 * doses.age + 0.8 * np.sin(doses.week / 8))


def drawn(rates, doses, seed=2):
    return np.random.default_rng(seed).poisson(rates * doses.doses)


@pytest.mark.parametrize("model", MODELS)
def test_time_and_age_alone_make_no_lot_stand_out(model):
    doses = make_doses()
    found = expect_reactions(doses, drawn(true_rates(doses), doses), model=model).by_lot

    crude = found.observed / np.bincount(doses.lot, doses.doses)
    assert crude.max() > 2.5 * crude.min()
    assert found.p.min() > 0.05 / 40
    assert np.mean((found.observed < found.low) | (found.observed > found.high)) <= 0.1


@pytest.mark.parametrize("model", MODELS)
def test_a_bad_lot_stands_out_and_does_not_explain_itself(model):
    doses = make_doses()
    rates = true_rates(doses) * np.where(doses.lot == 17, 3.0, 1.0)

    found = expect_reactions(doses, drawn(rates, doses), model=model).by_lot

    truth = (true_rates(doses) * doses.doses)[doses.lot == 17].sum()
    assert found.lot[np.argmin(found.p)] == 17
    assert found.p[17] < 1e-6
    assert found.expected[17] == pytest.approx(truth, rel=0.2)


def test_the_reactions_of_a_lot_do_not_move_its_own_expectation():
    doses = make_doses()
    counts = drawn(true_rates(doses), doses)
    worse = counts + 50 * (doses.lot == 17)

    before, after = (expect_reactions(doses, seen).by_row for seen in (counts, worse))

    assert after[doses.lot == 17] == pytest.approx(before[doses.lot == 17], rel=1e-12)
    assert not np.allclose(after, before)


def test_lots_that_stray_widen_what_is_ordinary():
    doses = make_doses(lots=80)
    own = np.random.default_rng(4).gamma(4.0, 0.25, 80)[doses.lot]

    strayed = expect_reactions(doses, drawn(true_rates(doses) * own, doses))
    steady = expect_reactions(doses, drawn(true_rates(doses), doses))

    assert strayed.dispersion == pytest.approx(0.25, rel=0.5)
    assert steady.dispersion < 0.03
    assert np.mean(strayed.by_lot.p < 0.05) < 0.15


def test_the_tail_is_that_of_a_gamma_mixture():
    doses = make_doses(lots=80)
    own = np.random.default_rng(4).gamma(4.0, 0.25, 80)[doses.lot]
    found = expect_reactions(doses, drawn(true_rates(doses) * own, doses)).by_lot

    shape = 1.0 / found.dispersion[3]
    rates = np.linspace(0, 8, 20001)[1:]
    weights = stats.gamma.pdf(rates, shape, scale=1.0 / shape)
    tails = stats.poisson.sf(found.observed[3] - 1, rates * found.expected[3])
    assert found.p[3] == pytest.approx((weights * tails).sum() / weights.sum(), rel=1e-3)
    assert found.mid_p[3] < found.p[3]


def test_expected_and_observed_reactions_add_up_alike():
    doses = make_doses()
    counts = drawn(true_rates(doses), doses)

    found = expect_reactions(doses, counts)

    assert found.by_row.sum() == pytest.approx(counts.sum(), rel=0.01)
    assert found.by_lot.expected.sum() == pytest.approx(found.by_row.sum())


@pytest.mark.parametrize("model", MODELS)
def test_the_order_of_rows_changes_nothing(model):
    doses = make_doses(lots=12)
    counts = drawn(true_rates(doses), doses)
    order = np.random.default_rng(0).permutation(counts.size)
    columns = {name: getattr(doses, name)[order] for name in Doses.__dataclass_fields__}

    straight = expect_reactions(doses, counts, model=model)
    mixed = expect_reactions(Doses(**columns), counts[order], model=model)

    assert mixed.by_row == pytest.approx(straight.by_row[order], rel=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_no_reactions_at_all_expect_none(model):
    doses = make_doses(lots=5)

    found = expect_reactions(doses, np.zeros(doses.lot.size), model=model)

    assert (found.by_row == 0.0).all()
    assert (found.by_lot.p == 1.0).all()


def test_a_reaction_where_none_was_ever_seen_is_nearly_impossible():
    doses = make_doses(lots=5)

    found = expect_reactions(doses, (np.arange(doses.lot.size) == 0).astype(float)).by_lot

    assert found.p[0] < 1e-9


@pytest.mark.parametrize(
    ("changes", "reactions", "why"),
    [
        ({"lot": np.zeros(300, int)}, np.zeros(300), "two at least"),
        ({}, np.zeros(299), "one number per row"),
        ({}, np.full(300, -1.0), "none below 0"),
    ],
)
def test_impossible_requests_say_why(changes, reactions, why):
    with pytest.raises(ValueError, match=why):
        expect_reactions(replace(make_doses(lots=5), **changes), reactions)


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"age": np.zeros(3, int)}, "equally long"), ({"doses": np.zeros(300)}, "needs doses")],
)
def test_doses_must_be_a_table(changes, why):
    with pytest.raises(ValueError, match=why):
        replace(make_doses(lots=5), **changes)


def test_negative_controls_without_bias_leave_a_p_value_as_it_is():
    error = SystematicError(mean=0.0, deviation=0.0)

    assert calibrated_p(0.6, 0.3, error) == pytest.approx(stats.norm.sf(2.0))


def test_bias_seen_in_negative_controls_takes_a_signal_away():
    rng = np.random.default_rng(8)
    errors = rng.uniform(0.1, 0.3, 200)
    ratios = 0.4 + 0.25 * rng.standard_normal(200) + errors * rng.standard_normal(200)

    found = fit_systematic_error(ratios, errors)

    assert found.mean == pytest.approx(0.4, abs=0.07)
    assert found.deviation == pytest.approx(0.25, abs=0.06)
    assert np.mean(calibrated_p(ratios, errors, found) < 0.05) < 0.1
    assert np.mean(stats.norm.sf(ratios / errors) < 0.05) > 0.4


@given(st.floats(-2, 2), st.floats(0.05, 1), st.floats(-3, 3))
@settings(deadline=None)
def test_calibration_does_not_depend_on_where_zero_is(ratio, error, shift):
    here = calibrated_p(ratio, error, SystematicError(0.1, 0.2))
    there = calibrated_p(ratio + shift, error, SystematicError(0.1 + shift, 0.2))

    assert there == pytest.approx(here, rel=1e-6)


@pytest.mark.parametrize(
    ("ratios", "errors"), [([0.1], [0.2]), ([0.1, np.inf], [0.2, 0.2]), ([0.1, 0.2], [0.2, 0.0])]
)
def test_too_few_or_broken_negative_controls_are_refused(ratios, errors):
    with pytest.raises(ValueError, match="at least two"):
        fit_systematic_error(ratios, errors)
