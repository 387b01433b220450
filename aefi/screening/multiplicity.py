"""Many tests at once: the false discovery rate, and one p-value from several dependent ones."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import ndtr

from aefi.screening.arguments import FloatArray, non_negative, refuse
from aefi.screening.results import Values


def benjamini_hochberg(p: ArrayLike) -> FloatArray:
    """Return the Benjamini-Hochberg adjusted p-values (q-values).

    Parameters
    ----------
    p
        P-values of one family, any order, along one dimension; mid-p for discrete tests.

    Returns
    -------
    array
        Adjusted p-values in the same order; those at most q are the discoveries at false
        discovery rate q.

    Notes
    -----
    q_(i) = min over j >= i of m p_(j) / j, at most 1. Valid for independent or positively
    dependent tests.

    References
    ----------
    Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57(1):289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    values = _probabilities(p)
    if values.ndim != 1:
        raise ValueError(f"p must have one dimension: adjust each family alone (got {values.ndim})")
    order = np.argsort(values, kind="stable")
    scaled = values[order] * values.size / np.arange(1, values.size + 1)
    adjusted = np.empty(values.size)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def weights_for_ratio(
    expected: ArrayLike, *, ratio: float, level: float, even: float = 0.5
) -> FloatArray:
    """Return weights of mean 1 by which p-values are divided, most where a ratio can just be found.

    Parameters
    ----------
    expected
        Expected count of every cell of a family, known without its own count.
    ratio
        The ratio that one would not like to miss (> 1).
    level
        Error rate of the family.
    even
        Share of the level that is divided evenly, so that no cell is given up.

    Notes
    -----
    w_i = (m / level) Phi(-theta_i / 2 - c / theta_i), theta_i = 2 (sqrt(ratio e_i) - sqrt(e_i)), c such
    that they average 1. The error rate holds whatever the weights, as long as they do not depend on
    the p-values.

    References
    ----------
    Roeder & Wasserman (2009), Statistical Science 24(4):398-413.

    Examples
    --------
    >>> weights_for_ratio([1, 8, 100], ratio=3, level=0.001).round(1).tolist()
    [0.7, 1.8, 0.5]
    """
    (means,) = non_negative(expected=expected)
    theta = 2 * (np.sqrt(ratio) - 1) * np.sqrt(np.maximum(means, 1e-6))

    def spent(c: float) -> FloatArray:
        return np.asarray(ndtr(-theta / 2 - c / theta)) / level

    if not theta.size or spent(0.0).sum() <= 1:
        return np.ones(theta.size)
    c = brentq(lambda c: float(spent(c).sum()) - 1, 0.0, 50.0 * float(theta.max()))
    return np.asarray(even + (1 - even) * theta.size * spent(c))


def cauchy_combination(p: ArrayLike, weights: ArrayLike | None = None) -> Values:
    """Return one p-value for several of the same cell, whatever their dependence.

    Parameters
    ----------
    p
        P-values along the last axis.
    weights
        Weights of the p-values (>= 0, not all 0), of equal size if not given.

    Returns
    -------
    float or array
        Combined p-value; 0 when one with weight is 0. A p of 1 pulls towards 1 but never hides
        a small one entirely: it is taken as the largest number below 1.

    Notes
    -----
    T = sum w_i tan((1/2 - p_i) pi), p = 1/2 - arctan(T) / pi, in the form that keeps the digits
    of very small p-values. Accurate in the tail, which is where it is read.

    References
    ----------
    Liu & Xie (2020), Journal of the American Statistical Association 115(529):393-402.

    Examples
    --------
    >>> round(cauchy_combination([0.01, 0.2, 0.8]), 4)
    0.0299
    """
    values = np.atleast_1d(_probabilities(p))
    (share,) = non_negative(weights=np.ones(values.shape[-1]) if weights is None else weights)
    if values.shape[-1] == 0 or (share.sum(axis=-1) <= 0).any():
        raise ValueError("p and weights need at least one p-value with a weight above 0")
    share = share / share.sum(axis=-1, keepdims=True)
    inside = np.clip(values, np.finfo(np.float64).tiny, 1 - np.finfo(np.float64).epsneg)
    # tan((1/2 - p) pi) = 1 / tan(p pi); near p = 1 the complement keeps the digits.
    low = np.tan(np.pi * np.minimum(inside, 0.5))
    high = np.tan(np.pi * np.minimum(1 - inside, 0.5))
    statistic = np.sum(share * np.where(inside <= 0.5, 1 / low, -1 / high), axis=-1)
    combined = np.arctan2(1.0, statistic) / np.pi
    certain = ((values == 0) & (share > 0)).any(axis=-1)
    result = np.where(certain, 0.0, combined)
    return result.item() if result.ndim == 0 else result


def _probabilities(p: ArrayLike) -> FloatArray:
    (values,) = non_negative(p=p)
    refuse("p", values, values > 1, "must lie between 0 and 1")
    return values
