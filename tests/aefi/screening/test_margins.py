"""What age and period by themselves lead to expect, and weights that spend alpha where it tells."""

import numpy as np
import pytest

from aefi.screening.cells import predictive_p
from aefi.screening.margins import relative_rates
from aefi.screening.multiplicity import weights_for_ratio
from aefi.screening.plan import Event, Family, Plan


def test_rates_that_are_a_product_of_age_and_week_are_found_again():
    age, week = (x.ravel() for x in np.meshgrid(np.arange(4), np.arange(10), indexing="ij"))
    sizes = np.random.default_rng(2).uniform(1e5, 9e5, age.size)
    truth = np.array([3.0, 1.0, 0.5, 2.0])[age] * np.linspace(4, 1, 10)[week]

    found = relative_rates(sizes * truth * 1e-3, sizes, [age, week])

    mean = (sizes * truth).sum() / sizes.sum()
    assert found == pytest.approx(truth / mean, rel=0.01)


def test_a_group_without_events_is_rare_and_not_impossible():
    group = np.array([0, 1])

    [many, none] = relative_rates(np.array([50.0, 0.0]), np.array([100.0, 4.0]), [group])

    assert 0 < none < 1 < many


def test_weights_average_one_and_give_no_cell_up():
    expected = np.random.default_rng(3).gamma(1.0, 10.0, 300)

    weights = weights_for_ratio(expected, ratio=3.0, level=0.01)

    assert weights.mean() == pytest.approx(1.0)
    assert weights.min() >= 0.5
    assert 3 < expected[weights.argmax()] < 20


def test_without_cells_there_are_no_weights():
    assert weights_for_ratio([], ratio=3.0, level=0.01).size == 0


def test_a_mean_known_exactly_gives_the_poisson_tail_and_a_doubtful_one_more():
    exact, doubtful = (
        predictive_p(np.array([9.0]), np.array([3.0]), np.array([v])) for v in (0, 2)
    )

    assert exact[0] == pytest.approx(0.0038, abs=2e-4)
    assert doubtful[0] > 2 * exact[0]


def test_half_of_alpha_is_for_lots_in_one_age_group():
    families = Plan().families(has_doses=True)
    weights = {str(one): one.weight for one in families}
    total = sum(weights.values()) + Plan().scans(has_doses=True)

    assert weights[str(Family(("lot", "age_group"), Event.ANY))] / total == 0.5
    assert min(weights.values()) == 1
