"""How a signal grew week by week, and the boundary that a sequential test would have set."""

import numpy as np
import pytest

from aefi.screening.course import ALPHA
from aefi.screening.plan import Plan
from aefi.screening.plots import charts
from aefi.screening.report import report_html
from aefi.screening.screen import run
from aefi.screening.sequential.poisson import (
    fewest_to_signal,
    group_critical_value,
    poisson_log_likelihood_ratio,
)
from aefi.screening.simulate import Campaign, Plant, simulate

PLANTED = Campaign(
    lots=20, sites=5, weeks=12, doses=150_000, reports=1_500, plants=(Plant(lot=4, ratio=3.0),)
)


@pytest.fixture(scope="module")
def found():
    made = simulate(PLANTED)
    return run(made.doses, made.reports, Plan(by=("lot",), scan_tree=False, scan_times=False))


def test_the_course_ends_where_the_signal_stands(found):
    best, course = found.signals[0], found.pictures.course

    assert course.name == best.name
    assert (course.observed[-1], course.expected[-1]) == (
        best.observed,
        pytest.approx(best.expected),
    )
    assert list(course.observed) == sorted(course.observed)
    assert list(course.expected) == sorted(course.expected)


def test_the_first_period_past_the_boundary_is_the_one_that_crossed(found):
    course = found.pictures.course
    past = [
        period
        for period, seen, least in zip(
            course.periods, course.observed, course.boundary, strict=True
        )
        if seen >= least
    ]

    assert course.crossed == past[0]


def test_one_report_fewer_would_be_no_signal_at_any_look(found):
    course = found.pictures.course
    looks = np.unique(course.expected)
    critical = group_critical_value(looks, alpha=ALPHA)

    assert 0.03 < critical.alpha <= ALPHA
    for at, least in zip(course.expected, course.boundary, strict=True):
        ratios = poisson_log_likelihood_ratio(np.array([least - 1, least]), at)
        assert ratios[0] <= critical.value < ratios[1]
        assert fewest_to_signal(critical.value, at) == least


def test_chart_and_numbers_stand_in_the_report(found):
    assert b"sequential boundary" in charts(found)["course"]
    html = report_html(found)
    assert "sequential boundary" in html
    assert str(found.pictures.course.boundary[-1]) in html


def test_without_a_signal_there_is_no_course():
    made = simulate(Campaign(lots=4, doses=5_000, reports=30))

    found = run(made.doses, made.reports, Plan(scan_tree=False, scan_times=False))

    assert (found.signals, found.pictures.course) == ((), None)
