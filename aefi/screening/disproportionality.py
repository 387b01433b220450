"""Disproportionality: how much more often a reaction is reported than expected.

Counts are of reports, not of mentions or persons:

                       reaction    all other reactions
    target lot            a               b
    all other lots        c               d

Target may be a lot, a vaccine or any group. All functions take scalars or arrays that broadcast
and return the same. No cell is ever padded: a zero cell gives the exact limit, 0 or infinity,
with the interval (0, inf); where nothing at all is known (0/0) the value is 1, no departure,
again with (0, inf). A high ratio is a reason to look, never evidence of cause.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from aefi.screening.arguments import FloatArray, as_given, non_negative, refuse, whole
from aefi.screening.results import Estimate, ObservedToExpected, Values
from aefi.screening.tails import hypergeometric_right_tail

TWO_SIDED_95 = float(special.ndtri(0.975))
EVANS_LEAST_REPORTS, EVANS_LEAST_PRR, EVANS_LEAST_CHI_SQUARED = 3, 2.0, 4.0
"""Source: Evans, Waller & Davis (2001), doi 10.1002/pds.677."""


def prr(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> Estimate:
    """Return the proportional reporting ratio with its 95 % interval.

    Parameters
    ----------
    a, b, c, d
        Counts of reports (>= 0), laid out as in the module docstring.

    Returns
    -------
    Estimate
        Ratio (dimensionless); 0 when only `a` is 0, `inf` when only `c` is 0, 1 when nothing is
        known, each with the interval (0, inf).

    Notes
    -----
    PRR = [a / (a + b)] / [c / (c + d)]; se(ln PRR) = sqrt(1/a - 1/(a + b) + 1/c - 1/(c + d));
    interval PRR exp(-+1.96 se).

    References
    ----------
    Evans, Waller & Davis (2001), Pharmacoepidemiology and Drug Safety 10(6):483-486.

    Examples
    --------
    >>> ratio = prr(a=12, b=88, c=30, d=2970)
    >>> round(ratio.value, 2), round(ratio.low, 2), round(ratio.high, 2)
    (12.0, 6.33, 22.74)
    >>> prr(a=4, b=6, c=0, d=90)
    Estimate(value=inf, low=0.0, high=inf)
    """
    a, b, c, d = non_negative(a=a, b=b, c=c, d=d)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = b / (a * (a + b)) + d / (c * (c + d))
    return _ratio(a * (c + d), c * (a + b), variance)


def ror(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> Estimate:
    """Return the reporting odds ratio with its 95 % interval.

    Parameters
    ----------
    a, b, c, d
        Counts of reports (>= 0), laid out as in the module docstring.

    Returns
    -------
    Estimate
        Ratio (dimensionless); 0 when only `ad` is 0, `inf` when only `bc` is 0, 1 when both are,
        each with the interval (0, inf). No half is added to any cell.

    Notes
    -----
    ROR = ad / (bc); se(ln ROR) = sqrt(1/a + 1/b + 1/c + 1/d); interval ROR exp(-+1.96 se).

    References
    ----------
    van Puijenbroek et al. (2002), Pharmacoepidemiology and Drug Safety 11(1):3-10.

    Examples
    --------
    >>> ratio = ror(a=12, b=88, c=30, d=2970)
    >>> round(ratio.value, 2), round(ratio.low, 2), round(ratio.high, 2)
    (13.5, 6.69, 27.25)
    """
    a, b, c, d = non_negative(a=a, b=b, c=c, d=d)
    with np.errstate(divide="ignore"):
        variance = 1 / a + 1 / b + 1 / c + 1 / d
    return _ratio(a * d, b * c, variance)


def yates_chi_squared(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> Values:
    """Return the chi-squared statistic of the table with Yates's correction.

    Parameters
    ----------
    a, b, c, d
        Counts of reports (>= 0), laid out as in the module docstring.

    Returns
    -------
    float or array
        Statistic with one degree of freedom; 0 when a margin is empty.

    Notes
    -----
    N (|ad - bc| - N/2)^2 / [(a + b)(c + d)(a + c)(b + d)], and 0 where |ad - bc| <= N/2: the
    correction never overshoots, which the bare formula would.

    References
    ----------
    Yates (1934), Supplement to the Journal of the Royal Statistical Society 1(2):217-235.

    Examples
    --------
    >>> round(yates_chi_squared(a=12, b=88, c=30, d=2970), 2)
    79.58
    """
    a, b, c, d = non_negative(a=a, b=b, c=c, d=d)
    total = a + b + c + d
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    distance = np.maximum(np.abs(a * d - b * c) - total / 2, 0)
    known = margins > 0
    return as_given(
        np.where(known, total * distance * distance / np.where(known, margins, 1.0), 0.0)
    )


def evans_criteria(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> Values:
    """Say whether the pair meets Evans's three criteria for a signal.

    Parameters
    ----------
    a, b, c, d
        Counts of reports (>= 0), laid out as in the module docstring.

    Returns
    -------
    bool or array of bool
        True at a >= 3, PRR >= 2 and chi-squared (Yates) >= 4; an infinite PRR counts.

    Notes
    -----
    The limits themselves belong to the signal.

    References
    ----------
    Evans, Waller & Davis (2001), Pharmacoepidemiology and Drug Safety 10(6):483-486.

    Examples
    --------
    >>> evans_criteria(a=12, b=88, c=30, d=2970), evans_criteria(a=2, b=0, c=0, d=500)
    (True, False)
    """
    enough = np.asarray(a, dtype=np.float64) >= EVANS_LEAST_REPORTS
    ratio = np.asarray(prr(a, b, c, d).value) >= EVANS_LEAST_PRR
    clear = np.asarray(yates_chi_squared(a, b, c, d)) >= EVANS_LEAST_CHI_SQUARED
    return as_given(np.asarray(enough & ratio & clear))


def fisher_right_tail(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> Values:
    """Return Fisher's exact one-sided p: the chance of `a` or more given all margins.

    Parameters
    ----------
    a, b, c, d
        Whole counts of reports (>= 0), laid out as in the module docstring.

    Returns
    -------
    float or array
        Probability; 1 when the margins leave no smaller `a`.

    Notes
    -----
    P(X >= a), X hypergeometric. The first term comes from deviances (Loader), the rest from the
    ratio of neighbours, summed away from the mode, so that p keeps about 11 digits down to 1e-300
    and for counts of 10^7.

    References
    ----------
    Fisher (1935), Journal of the Royal Statistical Society 98(1):39-82.

    Examples
    --------
    >>> round(fisher_right_tail(a=3, b=1, c=1, d=3), 6)
    0.242857
    """
    cells = whole(a=a, b=b, c=c, d=d)
    flat = hypergeometric_right_tail(*(cell.ravel() for cell in cells))
    return as_given(flat.reshape(cells[0].shape))


def information_component(observed: ArrayLike, expected: ArrayLike) -> Estimate:
    """Return the shrunken information component with its 95 % credibility interval.

    Parameters
    ----------
    observed
        Count of reports (>= 0).
    expected
        Expected count (>= 0) from margins, strata or doses; 0 is allowed and shrunk like any other.

    Returns
    -------
    Estimate
        IC, IC025 and IC975, in bits (log2 of the reporting ratio).

    Notes
    -----
    IC = log2[(O + 1/2) / (E + 1/2)]; the limits are the 2.5 % and 97.5 % quantiles of
    Gamma(O + 1/2, rate E + 1/2), exact, not the published approximation. This is the 2013 measure,
    not the older BCPNN of 1998 or 2006.

    References
    ----------
    Noren, Hopstadius & Bate (2013), Statistical Methods in Medical Research 22(1):57-69.

    Examples
    --------
    >>> ic = information_component(observed=12, expected=1.4)
    >>> round(ic.value, 3), round(ic.low, 3), round(ic.high, 3)
    (2.718, 1.788, 3.419)
    """
    observed, expected = non_negative(observed=observed, expected=expected)
    shape, rate = observed + 0.5, expected + 0.5
    low = _per_distinct(lambda s: special.gammaincinv(s, 0.025), shape) / rate
    high = _per_distinct(lambda s: special.gammaincinv(s, 0.975), shape) / rate
    return Estimate(*(as_given(np.log2(ratio)) for ratio in (shape / rate, low, high)))


def observed_to_expected(observed: ArrayLike, expected: ArrayLike) -> ObservedToExpected:
    """Return observed over expected with exact limits and one-sided probabilities.

    Parameters
    ----------
    observed
        Whole count (>= 0).
    expected
        Expected count (>= 0), taken as known. With 0 nothing can happen by chance: an observed
        event then gives the ratio `inf` with both limits `inf` and p = 0, none gives 1 with
        (0, inf).

    Returns
    -------
    ObservedToExpected
        Ratio, exact 95 % limits, p = P(Poisson(E) >= O) and mid-p = P(> O) + P(= O) / 2.

    Notes
    -----
    low = chi2(0.025; 2 O) / (2 E), high = chi2(0.975; 2 O + 2) / (2 E) (Garwood). Use mid-p where
    many discrete tests are compared: p is uniform only for large counts.

    References
    ----------
    Garwood (1936), Biometrika 28(3/4):437-442.

    Examples
    --------
    >>> ratio = observed_to_expected(observed=10, expected=4)
    >>> round(ratio.value, 2), round(ratio.low, 3), round(ratio.high, 3), round(ratio.p, 5)
    (2.5, 1.199, 4.598, 0.00813)
    """
    (observed,) = whole(observed=observed)
    observed, expected = non_negative(observed=observed, expected=expected)
    low = _per_distinct(lambda o: special.gammaincinv(np.maximum(o, 1), 0.025), observed)
    low = np.where(observed > 0, low, 0.0)
    high = _per_distinct(lambda o: special.gammainccinv(o + 1, 0.025), observed)
    at_least = np.where(observed > 0, special.gammainc(np.maximum(observed, 1), expected), 1.0)
    mid_p = (at_least + special.gammainc(observed + 1, expected)) / 2
    return ObservedToExpected(
        value=as_given(_quotient(observed, expected)),
        low=as_given(np.where(observed > 0, _quotient(low, expected), 0.0)),
        high=as_given(_quotient(high, expected)),
        p=as_given(at_least),
        mid_p=as_given(mid_p),
    )


def expected_from_strata(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> Values:
    """Return the expected count of the pair, summed over strata.

    Parameters
    ----------
    a, b, c, d
        Counts of reports (>= 0) with the strata along the last axis.

    Returns
    -------
    float or array
        Expected count of `a`; an empty stratum adds nothing. One stratum gives the crude one.

    Notes
    -----
    E = sum over strata of (a + b)(a + c) / N, so a difference between strata (age, sex, season)
    is not taken for a difference between lots. Thin strata cost power.

    References
    ----------
    DuMouchel (1999), The American Statistician 53(3):177-190.

    Examples
    --------
    >>> expected_from_strata(a=[4, 1], b=[16, 9], c=[6, 9], d=[24, 81])
    5.0
    """
    a, b, c, d = np.atleast_1d(*non_negative(a=a, b=b, c=c, d=d))
    total = a + b + c + d
    return as_given(np.sum((a + b) * (a + c) / np.where(total > 0, total, 1.0), axis=-1))


def mantel_haenszel_rate_ratio(
    events: ArrayLike, doses: ArrayLike, other_events: ArrayLike, other_doses: ArrayLike
) -> Estimate:
    """Return the rate ratio adjusted for strata, with its 95 % interval.

    Parameters
    ----------
    events, doses
        Events and doses (or person-time) of the target, strata along the last axis.
    other_events, other_doses
        The same of the comparison. A stratum without doses on one side adds nothing.

    Returns
    -------
    Estimate
        Ratio of rates; 0, `inf` or 1 with (0, inf) where one side or both have no comparable event.

    Notes
    -----
    RR = sum(a T0 / T) / sum(b T1 / T); var(ln RR) = sum[(a + b) T1 T0 / T^2] / [sum(a T0 / T)
    sum(b T1 / T)], with a, b events, T1, T0 doses and T = T1 + T0 of a stratum.

    References
    ----------
    Greenland & Robins (1985), Biometrics 41(1):55-68.

    Examples
    --------
    >>> ratio = mantel_haenszel_rate_ratio([10, 5], [1000, 1000], [5, 10], [1000, 4000])
    >>> round(ratio.value, 2), round(ratio.low, 2), round(ratio.high, 2)
    (2.0, 0.93, 4.29)
    """
    a, t1, b, t0 = np.atleast_1d(
        *non_negative(
            events=events, doses=doses, other_events=other_events, other_doses=other_doses
        )
    )
    reason = "need doses in their stratum: correct the doses or leave the stratum out"
    refuse("events", a, (a > 0) & (t1 == 0), reason)
    refuse("other_events", b, (b > 0) & (t0 == 0), reason)
    total = np.where(t1 + t0 > 0, t1 + t0, 1.0)
    share1, share0 = t1 / total, t0 / total
    numerator, denominator = (a * share0).sum(axis=-1), (b * share1).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = ((a + b) * share1 * share0).sum(axis=-1) / (numerator * denominator)
    return _ratio(numerator, denominator, variance)


def _ratio(numerator: FloatArray, denominator: FloatArray, variance: FloatArray) -> Estimate:
    """Return a ratio with its log-normal 95 % interval; (0, inf) where a side is zero."""
    value = _quotient(numerator, denominator)
    known = (numerator > 0) & (denominator > 0)
    with np.errstate(over="ignore"):
        factor = np.exp(TWO_SIDED_95 * np.sqrt(np.where(known, variance, 0.0)))
        low, high = np.where(known, value / factor, 0.0), np.where(known, value * factor, np.inf)
    return Estimate(as_given(value), as_given(low), as_given(high))


def _quotient(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Return the quotient; `inf` over zero, and 1 for zero over zero."""
    safe = np.where(denominator > 0, denominator, 1.0)
    limit = np.where(numerator > 0, np.inf, 1.0)
    with np.errstate(over="ignore"):
        return np.where(denominator > 0, numerator / safe, limit)


def _per_distinct(function: Callable[[FloatArray], Any], values: FloatArray) -> FloatArray:
    """Apply a costly function once per distinct value."""
    distinct, places = np.unique(values, return_inverse=True)
    return np.asarray(function(distinct), dtype=np.float64)[places].reshape(values.shape)
