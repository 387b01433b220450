"""CUSUM, EARS and Farrington: hand values, another implementation, and what must not matter."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from aefi.screening.aberration import cusum, ears, farrington_flexible
from aefi.screening.quasi_poisson import predict

SURVEILLANCE = [
    [19, 19, 20, 20, 21, 21, 22, 23, 24, 24, 23, 24, 25],
    [5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6],
    [282, 285, 289, 286, 289, 285, 288, 287, 284, 286, 277, 288, 287],
]
"""Upper bounds of `known_series` by R surveillance 1.20.3: farringtonFlexible, range 300:312, b=5,
w=3, noPeriods=10, pastWeeksNotIncluded=26, pThresholdTrend=1, weightsThreshold=2.58, alpha=0.01,
thresholdMethod="nbPlugin" (week 302 of the second series, which it leaves out for too few cases,
filled in)."""


def known_series():
    week = np.arange(312)
    series = [
        week * 7919 % 13 + np.round(10 + 5 * np.sin(week * 2 * np.pi / 52)),
        week * week * 31 % 17 % 5,
        week * 7919 % 101 + np.round(60 * np.exp(0.003 * week)),
    ]
    counts = np.array(series).astype(int)
    counts[:, 150] += 40
    return counts


def test_cusum_adds_what_exceeds_the_reference_value():
    alarms = cusum([2, 1, 6, 7, 2], 2.0, 4.0, threshold=5.0)

    k = 2 / math.log(2)
    assert alarms.statistic == pytest.approx([0, 0, 6 - k, 13 - 2 * k, 15 - 3 * k])
    assert alarms.alarm.tolist() == [False, False, False, True, True]


def test_cusum_may_start_again_after_an_alarm():
    alarms = cusum([9, 9, 1], 2.0, 4.0, threshold=5.0, reset=True)

    k = 2 / math.log(2)
    assert alarms.statistic == pytest.approx([9 - k, 9 - k, 0])


def test_cusum_takes_many_series_and_changing_means():
    counts = np.array([[1, 5, 9], [0, 0, 1]])
    together = cusum(counts, [[1.0, 2.0, 3.0]])

    alone = cusum(counts[0], [1.0, 2.0, 3.0])
    assert together.statistic[0] == pytest.approx(alone.statistic)
    assert together.statistic.shape == together.threshold.shape == together.alarm.shape == (2, 3)


@pytest.mark.parametrize("means", [(0.0, 1.0), (2.0, 2.0), (2.0, 1.0)])
def test_cusum_refuses_means_that_do_not_rise(means):
    with pytest.raises(ValueError, match="above"):
        cusum([1, 2], *means)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=20))
def test_cusum_never_falls_below_zero_and_rises_with_the_counts(counts):
    lower = cusum(counts, 3.0).statistic
    higher = cusum([count + 1 for count in counts], 3.0).statistic

    assert (lower >= 0).all()
    assert (higher >= lower).all()


DAYS = [1, 3, 2, 1, 3, 2, 2, 4, 8, 9]


def test_c1_stands_right_behind_its_baseline():
    alarms = ears(DAYS, method="C1")

    past = DAYS[2:9]
    assert np.isnan(alarms.statistic[:7]).all()
    assert alarms.statistic[9] == pytest.approx((9 - np.mean(past)) / np.std(past, ddof=1))


def test_c2_leaves_two_days_between_and_so_still_sees_a_slow_rise():
    alarms = ears(DAYS, method="C2")

    past = DAYS[0:7]
    assert np.isnan(alarms.statistic[:9]).all()
    assert alarms.statistic[9] == pytest.approx((9 - np.mean(past)) / np.std(past, ddof=1))
    assert alarms.statistic[9] > ears(DAYS, method="C1").statistic[9]


def test_c3_adds_the_last_three_c2_above_one():
    counts = [*DAYS, 2, 7, 3]
    c2 = ears(counts, method="C2").statistic
    c3 = ears(counts, method="C3")

    assert np.isnan(c3.statistic[10])
    assert c3.statistic[11] == pytest.approx(np.maximum(c2[9:12] - 1, 0).sum())
    assert c3.threshold[11] == 2.0


@pytest.mark.parametrize(("today", "statistic"), [(2, 0.0), (3, math.inf), (1, 0.0)])
def test_a_constant_baseline_makes_any_rise_infinite(today, statistic):
    alarms = ears([2] * 7 + [today])

    assert alarms.statistic[-1] == statistic
    assert alarms.alarm[-1] == (today > 2)


def test_a_short_series_has_no_alarm():
    alarms = ears([1, 2, 3])

    assert np.isnan(alarms.statistic).all()
    assert not alarms.alarm.any()


def test_ears_refuses_a_baseline_of_one_day():
    with pytest.raises(ValueError, match="two days"):
        ears([1, 2, 3], baseline=1)


@given(st.lists(st.integers(0, 50), min_size=12, max_size=30), st.integers(1, 9))
@settings(deadline=None)
def test_ears_does_not_depend_on_the_scale(counts, factor):
    scaled = ears([count * factor for count in counts], method="C2").statistic

    assert scaled == pytest.approx(ears(counts, method="C2").statistic, nan_ok=True)


def test_farrington_bounds_equal_those_of_surveillance():
    alarms = farrington_flexible(known_series(), first=299)

    assert alarms.threshold[:, 299:].tolist() == SURVEILLANCE
    assert np.isnan(alarms.threshold[:, :299]).all()


def reference_prediction(counts, group, time):
    """Maximise one quasi-Poisson likelihood directly, without reweighting."""
    columns = [np.ones(len(counts)), *(group == g for g in np.unique(group)[1:]), time]
    matrix = np.column_stack(columns).astype(float)

    def deficit(beta):
        eta = matrix @ beta
        return np.exp(eta).sum() - counts @ eta

    def slope(beta):
        return matrix.T @ (np.exp(matrix @ beta) - counts)

    start = np.r_[np.log(counts.mean()), np.zeros(matrix.shape[1] - 1)]
    found = optimize.minimize(deficit, start, jac=slope, method="BFGS", options={"gtol": 1e-6})
    mean = np.exp(matrix @ found.x)
    pearson = ((counts - mean) ** 2 / mean).sum() / (len(counts) - matrix.shape[1])
    return np.exp(found.x[0]), max(pearson, 1.0)


def test_the_batch_agrees_with_one_likelihood_at_a_time():
    counts = known_series()[:, :230].astype(float)
    group, time = np.arange(230) % 10, np.arange(-230, 0) / 52.0

    past = predict(counts, group, time, reweighting=None)

    for series in range(3):
        mean, dispersion = reference_prediction(counts[series], group, time)
        assert past.mean[series] == pytest.approx(mean, rel=1e-4)
        assert past.dispersion[series] == pytest.approx(dispersion, rel=1e-4)


def test_an_outbreak_of_the_past_does_not_hide_the_next_one():
    quiet = known_series()
    outbreak = quiet.copy()
    outbreak[0, 255:259] += 60

    kept = farrington_flexible(outbreak, first=311, reweighting=None).threshold[0, 311]
    reweighted = farrington_flexible(outbreak, first=311).threshold[0, 311]
    clean = farrington_flexible(quiet, first=311).threshold[0, 311]

    assert clean <= reweighted < kept


def test_an_outbreak_under_way_does_not_raise_its_own_threshold():
    quiet = known_series()
    rising = quiet.copy()
    rising[:, 290:] *= 3

    before = farrington_flexible(quiet, first=311)
    after = farrington_flexible(rising, first=311)

    assert (after.threshold[:, 311] == before.threshold[:, 311]).all()
    assert after.alarm[0, 311]


def test_a_trend_that_predicts_beyond_all_experience_is_dropped():
    counts = np.round(np.exp(np.minimum(np.arange(312), 284) / 40)).astype(int)[np.newaxis]

    bound = farrington_flexible(counts, first=311).threshold[0, 311]
    flat = farrington_flexible(counts, first=311, has_trend=False).threshold[0, 311]

    assert bound == flat


@pytest.mark.parametrize("recent", [(0, 0, 0, 4), (1, 1, 1, 2)])
def test_a_handful_of_cases_is_no_alarm(recent):
    counts = np.zeros(312, dtype=int)
    counts[-4:] = recent

    alarms = farrington_flexible(counts, first=311)

    assert alarms.threshold[311] == 0.0
    assert alarms.alarm[311] == (sum(recent) >= 5)


def test_the_score_is_one_at_the_threshold():
    counts = known_series()[0]
    counts[-1] = farrington_flexible(counts, first=311).threshold[311]

    alarms = farrington_flexible(counts, first=311)

    assert alarms.statistic[311] == pytest.approx(1.0)
    assert not alarms.alarm[311]


def test_series_do_not_touch_each_other():
    counts = known_series()

    together = farrington_flexible(counts, first=305, threshold="two-thirds").threshold
    alone = [
        farrington_flexible(row, first=305, threshold="two-thirds").threshold for row in counts
    ]

    assert together == pytest.approx(np.array(alone), nan_ok=True)


@pytest.mark.parametrize("threshold", ["negative-binomial", "two-thirds"])
def test_false_alarms_come_about_as_often_as_asked_for(threshold):
    counts = stats.nbinom(6, 0.25).rvs(size=(150, 300), random_state=7)

    alarms = farrington_flexible(counts, first=290, alpha=0.05, threshold=threshold)

    assert 0.03 < alarms.alarm[:, 290:].mean() < 0.09


def test_farrington_refuses_a_week_without_its_past():
    with pytest.raises(ValueError, match="no 263 weeks"):
        farrington_flexible(np.ones(300), first=200)


@pytest.mark.parametrize("counts", [[-1, 2], 3, [math.nan]])
def test_what_is_no_series_is_refused(counts):
    with pytest.raises(ValueError, match="series of numbers"):
        ears(counts)
