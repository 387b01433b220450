"""The second opinion: a regression that left the lot out agrees where the strata say the same."""

import pytest

from aefi.screening import wording
from aefi.screening.expected import RateModel
from aefi.screening.plan import Plan
from aefi.screening.screen import run
from aefi.screening.simulate import Campaign, Plant, lot_name, simulate

PLANTED = Campaign(
    lots=20, sites=5, weeks=12, doses=150_000, reports=1_500, plants=(Plant(lot=4, ratio=3.0),)
)


@pytest.fixture(scope="module")
def made():
    return simulate(PLANTED)


@pytest.mark.parametrize("model", list(RateModel))
def test_a_lot_with_three_times_the_rate_is_outside_what_the_model_leads_to_expect(made, model):
    found = run(made.doses, made.reports, Plan(model=model, scan_tree=False, scan_times=False))

    best = next(one for one in found.signals if dict(one.target) == {"lot": lot(4)})
    told = best.modelled
    assert told.low < told.expected < told.high < told.observed
    assert told.expected == pytest.approx(best.expected, rel=0.35)
    assert told.p < 0.01
    assert "regression" in wording.modelled_line(best).en


def lot(number):
    return str(lot_name(PLANTED, number))


def test_an_age_group_of_a_lot_counts_its_own_doses_only(made):
    found = run(made.doses, made.reports, Plan(scan_tree=False, scan_times=False))

    whole = [one for one in found.signals if one.modelled and len(one.target) == 1]
    parts = [one for one in found.signals if one.modelled and "age_group" in dict(one.target)]
    assert all(one.modelled.observed <= whole[0].modelled.observed for one in parts)
    assert whole[0].modelled.observed >= whole[0].observed


def test_without_doses_or_a_model_there_is_no_second_opinion(made):
    plain = {"scan_tree": False, "scan_times": False}
    runs = [
        run(None, made.reports, Plan(**plain)),
        run(made.doses, made.reports, Plan(model=None, **plain)),
    ]

    assert [one.modelled for found in runs for one in found.signals] == [
        None for found in runs for _ in found.signals
    ]


def test_the_same_facts_give_the_same_opinion(made):
    first, second = (run(made.doses, made.reports, Plan(scan_tree=False)) for _ in range(2))

    assert first.signals == second.signals
