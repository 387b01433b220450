"""Weekly or daily series: when does a count leave the path of its own past.

Every function takes counts with time on the last axis, (n_weeks,) or (n_series, n_weeks), and
returns `Alarms` of the same shape; where the past is too short, the statistic and the threshold are
nan and there is no alarm.
"""

from enum import StrEnum

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from aefi.screening.quasi_poisson import Floats, Prediction, predict
from aefi.screening.results import Alarms

BLOCK = 512
"""Series fitted at a time, to keep memory flat."""


class EarsMethod(StrEnum):
    """The three statistics of the Early Aberration Reporting System."""

    C1 = "C1"
    C2 = "C2"
    C3 = "C3"


class Threshold(StrEnum):
    """How the upper bound of a Farrington prediction is found."""

    NEGATIVE_BINOMIAL = "negative-binomial"
    TWO_THIRDS = "two-thirds"


EARS_THRESHOLDS = {EarsMethod.C1: 3.0, EarsMethod.C2: 3.0, EarsMethod.C3: 2.0}
"""Source: Hutwagner et al. (2003), Journal of Urban Health 80(2 suppl 1):i89-i96."""

EARS_GUARD = 2
"""Days between baseline and tested day for C2 and C3. Source: Hutwagner et al. (2003)."""


def cusum(
    counts: ArrayLike,
    expected: ArrayLike,
    shifted: ArrayLike | None = None,
    *,
    ratio: float = 2.0,
    threshold: float = 5.0,
    reset: bool = False,
) -> Alarms:
    """Return the one-sided Poisson cumulative sum of counts above their reference value.

    Parameters
    ----------
    counts
        Counts (>= 0), time on the last axis.
    expected
        In-control mean mu0 (> 0) of each period; broadcast against the counts.
    shifted
        Mean mu1 (> mu0) that should be found quickly; `ratio` times `expected` by default.
    ratio
        Relative increase to be found when `shifted` is not given.
    threshold
        The sum must exceed it.
    reset
        Start again from zero after each alarm.

    Returns
    -------
    Alarms
        Statistic: the sum after each period (before the reset).

    Raises
    ------
    ValueError
        When a mean is not above 0 or the shifted mean is not above the expected one.

    Notes
    -----
    S_t = max(0, S_{t-1} + Y_t - k_t), k = (mu1 - mu0) / (ln mu1 - ln mu0).

    References
    ----------
    Lucas (1985), Technometrics 27:129-144.

    Examples
    --------
    >>> alarms = cusum([2, 1, 6, 7, 2], expected=2.0, ratio=2.0, threshold=5.0)
    >>> alarms.statistic.round(3).tolist(), alarms.alarm.tolist()
    ([0.0, 0.0, 3.115, 7.229, 6.344], [False, False, False, True, True])
    """
    seen = _counts(counts)
    mu0 = np.broadcast_to(np.asarray(expected, dtype=np.float64), seen.shape)
    mu1 = mu0 * ratio if shifted is None else np.asarray(shifted, dtype=np.float64)
    if not ((mu0 > 0.0) & (mu1 > mu0)).all():
        raise ValueError("means must be above 0, the shifted mean above the expected one")
    step = seen - (mu1 - mu0) / (np.log(mu1) - np.log(mu0))
    sums = np.empty(seen.shape)
    last = np.zeros(seen.shape[:-1])
    for period in range(seen.shape[-1]):
        last = np.maximum(0.0, last + step[..., period])
        sums[..., period] = last
        if reset:
            last = np.where(last > threshold, 0.0, last)
    return Alarms(sums, np.full(seen.shape, float(threshold)), sums > threshold)


def ears(
    counts: ArrayLike,
    *,
    method: EarsMethod | str = EarsMethod.C1,
    baseline: int = 7,
    guard: int = EARS_GUARD,
    threshold: float | None = None,
) -> Alarms:
    """Return the EARS statistic C1, C2 or C3: a day against the week before it.

    Parameters
    ----------
    counts
        Daily counts, time on the last axis.
    method
        "C1": baseline right before the day. "C2": `guard` days between. "C3": the last three C2.
    baseline
        Days of the baseline (>= 2).
    guard
        Days left out before the day for C2 and C3.
    threshold
        The statistic must exceed it; 3 for C1 and C2, 2 for C3 by default.

    Returns
    -------
    Alarms
        Statistic in standard deviations; infinite where a count rises above a constant baseline.

    Raises
    ------
    ValueError
        When the baseline has fewer than two days.

    Notes
    -----
    C1, C2 = (Y_t - mean) / sd (n - 1) of the baseline; C3_t = sum of max(0, C2_i - 1) over
    i = t - 2, t - 1, t.

    References
    ----------
    Hutwagner et al. (2003), Journal of Urban Health 80(2 suppl 1):i89-i96.

    Examples
    --------
    >>> alarms = ears([1, 3, 2, 1, 3, 2, 2, 8])
    >>> round(float(alarms.statistic[-1]), 4), bool(alarms.alarm[-1])
    (7.3485, True)
    """
    chosen = EarsMethod(method)
    if baseline < 2:
        raise ValueError("a baseline needs at least two days")
    seen = _counts(counts)
    statistic = (
        _standardised(seen, baseline, 0)
        if chosen is EarsMethod.C1
        else _standardised(seen, baseline, guard)
    )
    if chosen is EarsMethod.C3:
        statistic = _last_three(np.maximum(statistic - 1.0, 0.0))
    limit = EARS_THRESHOLDS[chosen] if threshold is None else threshold
    limits = np.where(np.isnan(statistic), np.nan, limit)
    return Alarms(statistic, limits, statistic > limits)


def farrington_flexible(
    counts: ArrayLike,
    *,
    first: int | None = None,
    years_back: int = 5,
    frequency: int = 52,
    half_window: int = 3,
    periods: int = 10,
    excluded_weeks: int = 26,
    alpha: float = 0.01,
    has_trend: bool = True,
    threshold: Threshold | str = Threshold.NEGATIVE_BINOMIAL,
    reweighting: float | None = 2.58,
    min_cases: int = 5,
    min_weeks: int = 4,
) -> Alarms:
    """Return weeks above what the same season of past years predicts, for many series at once.

    Parameters
    ----------
    counts
        Weekly counts, (n_weeks,) or (n_series, n_weeks).
    first
        First week tested (its place); the first with `years_back` full years before it by default.
    years_back, frequency
        Years of history and weeks per year.
    half_window
        Weeks on either side of the tested week of the year that form its own period.
    periods
        Periods of the year in the model, that one included.
    excluded_weeks
        Latest weeks left out, so that an outbreak under way does not raise its own threshold.
    alpha
        One-sided chance of a week above the threshold.
    has_trend
        Model a log-linear trend; dropped for a series where it predicts above all it was shown.
    threshold
        "negative-binomial": quantile at the predicted mean and dispersion. "two-thirds": normal
        quantile on the 2/3-power scale, with the error of the prediction.
    reweighting
        Anscombe residuals above this lose weight as outbreaks of the past; None to keep all.
    min_cases, min_weeks
        No alarm with fewer cases than this in this many weeks up to the tested one.

    Returns
    -------
    Alarms
        Statistic: (Y - mu) / (U - mu), the exceedance score; threshold: U, in cases.

    Raises
    ------
    ValueError
        When a tested week has too short a past.

    Notes
    -----
    Quasi-Poisson, log link: ln mu = intercept + trend + period; dispersion >= 1. One design serves
    all series of a week; the weighted least squares of all series are solved in one batch.

    References
    ----------
    Noufaily et al. (2013), Statistics in Medicine 32:1206-1222.
    Farrington et al. (1996), Journal of the Royal Statistical Society A 159:547-563.

    Examples
    --------
    >>> weeks = np.arange(52 * 6)
    >>> counts = np.round(20 + 6 * np.sin(weeks * 2 * np.pi / 52)).astype(int)
    >>> counts[-1] = 60
    >>> alarms = farrington_flexible(counts, first=52 * 6 - 2)
    >>> alarms.alarm[-2:].tolist()
    [False, True]
    """
    seen = np.atleast_2d(_counts(counts))
    chosen = Threshold(threshold)
    earliest = years_back * frequency + half_window
    start = earliest if first is None else first
    if start < earliest:
        raise ValueError(f"week {start} has no {earliest} weeks before it")
    statistic, bounds = np.full(seen.shape, np.nan), np.full(seen.shape, np.nan)
    for week in range(start, seen.shape[1]):
        rows = np.arange(week - earliest, week - excluded_weeks)
        group = _season(week - rows, frequency, half_window, periods)
        for block in range(0, seen.shape[0], BLOCK):
            part = slice(block, block + BLOCK)
            trend = (rows - week) / frequency if has_trend else None
            past = predict(seen[part][:, rows], group, trend, reweighting=reweighting)
            bounds[part, week] = _upper_bound(past, alpha, chosen)
            statistic[part, week] = _exceedance(seen[part, week], past.mean, bounds[part, week])
    alarm = (seen > bounds) & (_recent(seen, min_weeks) >= min_cases)
    shape = np.shape(counts)
    return Alarms(statistic.reshape(shape), bounds.reshape(shape), alarm.reshape(shape))


def _counts(counts: ArrayLike) -> Floats:
    seen = np.asarray(counts, dtype=np.float64)
    if seen.ndim == 0 or not (seen >= 0.0).all():
        raise ValueError("counts must be a series of numbers, none below 0")
    return seen


def _standardised(counts: Floats, baseline: int, guard: int) -> Floats:
    """Return (Y - mean) / sd of the baseline that ends `guard` days before each day."""
    statistic = np.full(counts.shape, np.nan)
    lead = baseline + guard
    if counts.shape[-1] <= lead:
        return statistic
    past = sliding_window_view(counts, baseline, axis=-1)[..., : counts.shape[-1] - lead, :]
    above = counts[..., lead:] - past.mean(axis=-1)
    spread = past.std(axis=-1, ddof=1)
    flat = np.where(above > 0.0, np.inf, 0.0)
    statistic[..., lead:] = np.divide(above, spread, out=flat, where=spread > 0.0)
    return statistic


def _last_three(values: Floats) -> Floats:
    sums = np.full(values.shape, np.nan)
    if values.shape[-1] >= 3:
        sums[..., 2:] = sliding_window_view(values, 3, axis=-1).sum(axis=-1)
    return sums


def _season(
    weeks_ago: NDArray[np.int64], frequency: int, half_window: int, periods: int
) -> NDArray[np.int64]:
    """Return the period of each past week: 0 round the tested week, the rest cut evenly."""
    offset = weeks_ago % frequency
    between = frequency - 2 * half_window - 1
    group = 1 + (offset - half_window - 1) * (periods - 1) // between
    near = (offset <= half_window) | (offset >= frequency - half_window)
    return np.where(near, 0, group)


def _upper_bound(past: Prediction, alpha: float, threshold: Threshold) -> Floats:
    mean, dispersion = past.mean, past.dispersion
    if threshold is Threshold.TWO_THIRDS:
        spread = dispersion + mean * past.log_variance
        error = np.sqrt(4.0 / 9.0 * np.cbrt(mean) * spread)
        bound = (mean ** (2.0 / 3.0) + special.ndtri(1.0 - alpha) * error) ** 1.5
        return np.asarray(bound)
    overdispersed = dispersion > 1.0 + 1e-9
    excess = np.where(overdispersed, dispersion - 1.0, 1.0)
    mixed = stats.nbinom.ppf(1.0 - alpha, np.maximum(mean / excess, 1e-12), 1.0 / (1.0 + excess))
    return np.where(overdispersed, mixed, stats.poisson.ppf(1.0 - alpha, mean))


def _exceedance(counts: Floats, mean: Floats, bounds: Floats) -> Floats:
    flat = np.where(counts > mean, np.inf, 0.0)
    return np.asarray(np.divide(counts - mean, bounds - mean, out=flat, where=bounds > mean))


def _recent(counts: Floats, weeks: int) -> Floats:
    """Return the cases of the last weeks, the tested one included."""
    sums = np.cumsum(np.pad(counts, ((0, 0), (weeks, 0))), axis=1)
    return np.asarray(sums[:, weeks:] - sums[:, :-weeks])
