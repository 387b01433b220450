"""Binomial and hypergeometric probabilities that keep their relative precision far out in the tail.

Log-gamma differences lose digits as counts grow (at 10^7 reports, half of them); deviance and
Stirling remainder do not. Method: Loader (2000), "Fast and accurate computation of binomial
probabilities".
"""

import math

import numpy as np

from aefi.screening.arguments import FloatArray

SMALL = 16
STIRLING_REMAINDERS = np.array(
    [0.0]
    + [
        math.log(math.factorial(n)) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2 * math.pi)
        for n in range(1, SMALL)
    ]
)
ROWS_AT_ONCE = 1 << 16
NEGLIGIBLE = 1e-20


def hypergeometric_right_tail(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> FloatArray:
    """Return the chance of `a` or more in the first cell given all margins; flat arrays."""
    result = np.ones(a.shape)
    certain = (a == 0) | (d == 0)
    for rows in np.array_split(np.flatnonzero(~certain), 1 + a.size // ROWS_AT_ONCE):
        result[rows] = _right_tail(a[rows], b[rows], c[rows], d[rows])
    return result


def _right_tail(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
    # Sum away from the mode, so that the terms fall and the smaller of the two tails is summed.
    rightward = b * c < (a + 1) * (d + 1)
    tail = np.exp(log_hypergeometric(a, b, c, d))
    tail[rightward] *= _falling_sum(b[rightward], c[rightward], a[rightward], d[rightward])
    left = ~rightward
    a, b, c, d = a[left], b[left], c[left], d[left]
    first = tail[left] * (a * d) / ((b + 1) * (c + 1))
    tail[left] = 1 - first * _falling_sum(a - 1, d - 1, b + 1, c + 1)
    return np.clip(tail, 0.0, 1.0)


def _falling_sum(
    up1: FloatArray, up2: FloatArray, down1: FloatArray, down2: FloatArray
) -> FloatArray:
    """Sum 1 + r0 + r0 r1 + ... with r_i = (up1 - i)(up2 - i) / ((down1 + i + 1)(down2 + i + 1))."""
    total, term = np.ones(up1.shape), np.ones(up1.shape)
    start, width = 0, 16
    active = np.arange(up1.size)
    while active.size:
        i = np.arange(start, start + width)
        rising = (down1[active, None] + i + 1) * (down2[active, None] + i + 1)
        falling = np.maximum(up1[active, None] - i, 0) * np.maximum(up2[active, None] - i, 0)
        terms = term[active, None] * np.cumprod(falling / rising, axis=1)
        total[active] += terms.sum(axis=1)
        term[active] = terms[:, -1]
        active = active[term[active] > NEGLIGIBLE * total[active]]
        start, width = start + width, min(2 * width, 4096)
    return total


def log_hypergeometric(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
    """Return the log probability of the table given its margins."""
    column, rest, total = a + c, b + d, a + b + c + d
    share, other = column / total, rest / total
    return (
        log_binomial(a, a + b, share, other)
        + log_binomial(c, c + d, share, other)
        - log_binomial(column, total, share, other)
    )


def log_binomial(x: FloatArray, n: FloatArray, p: FloatArray, q: FloatArray) -> FloatArray:
    """Return the log probability of x successes in n trials; q is 1 - p in full precision."""
    y = n - x
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = (
            _stirling_remainder(n)
            - _stirling_remainder(x)
            - _stirling_remainder(y)
            - _deviance(x, n * p)
            - _deviance(y, n * q)
            + 0.5 * (np.log(n) - np.log(2 * np.pi) - np.log(x) - np.log(y))
        )
        none, every = n * np.where(p < 0.5, np.log1p(-p), np.log(q)), n * np.log(p)
    return np.where(n == 0, 0.0, np.where(x == 0, none, np.where(y == 0, every, inner)))


def _stirling_remainder(n: FloatArray) -> FloatArray:
    """Return log n! less Stirling's formula."""
    table = STIRLING_REMAINDERS[np.minimum(n, SMALL - 1).astype(np.int64)]
    large = np.maximum(n, SMALL)
    s = 1 / (large * large)
    series = (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / large
    return np.where(n < SMALL, table, series)


def _deviance(x: FloatArray, mean: FloatArray) -> FloatArray:
    """Return x ln(x / mean) + mean - x without cancellation where the two are close."""
    v = (x - mean) / (x + mean)
    s = v * v
    odd = 1 / 3 + s * (1 / 5 + s * (1 / 7 + s * (1 / 9 + s * (1 / 11 + s * (1 / 13 + s / 15)))))
    close = (x - mean) * v + 2 * x * v * s * odd
    return np.where(np.abs(v) < 0.1, close, x * np.log(x / mean) + mean - x)
