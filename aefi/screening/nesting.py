"""One list without repeats: a signal that another one explains is told there, not again."""

from dataclasses import replace

from scipy.special import xlogy

from aefi.screening.findings import Signal

LEAST_RATIO_LEFT = 2.0
"""Drop in log-likelihood below which the rest of a signal is chance. Source: docs/screening.md#nested."""


def collapse(ranked: list[Signal]) -> list[Signal]:
    """Return the signals that stand without those ranked above them, which note the others.

    A narrow signal that only shows the ratio of a wider one (one reaction of a lot with more of
    everything) is told under the wider one, even if it ranked above.
    """
    kept: list[tuple[Signal, frozenset[str]]] = []
    for signal in ranked:
        own = frozenset(signal.cases)
        above = next(
            (i for i, (one, its) in enumerate(kept) if _explains(one, its, signal, own)), None
        )
        if above is not None:
            kept[above] = (_covering(kept[above][0], signal), kept[above][1])
            continue
        narrow = [one for one, its in kept if its < own and _is_share_of(one, signal)]
        for one in narrow:
            signal = _covering(signal, one)  # noqa: PLW2901 - the signal with what it covers
        kept = [pair for pair in kept if pair[0] not in narrow] + [(signal, own)]
    return [signal for signal, _ in kept]


def _covering(signal: Signal, other: Signal) -> Signal:
    names = dict.fromkeys((*signal.covers, other.name, *other.covers))
    return replace(signal, covers=tuple(names))


def _is_share_of(narrow: Signal, wide: Signal) -> bool:
    """Say whether a narrow signal is no more than the wide one's ratio makes it."""
    return ratio_left(narrow.observed, narrow.expected * wide.ratio) < LEAST_RATIO_LEFT


def _explains(kept: Signal, its_cases: frozenset[str], signal: Signal, own: frozenset[str]) -> bool:
    """Say whether nothing is left of a signal once the reports of another are taken out."""
    shared = len(own & its_cases)
    if not shared:
        return False
    held = len(its_cases)
    left = max(0.0, signal.observed - shared)
    expected = max(signal.expected - kept.expected * shared / held, 0.0) or signal.expected
    return ratio_left(left, expected) < LEAST_RATIO_LEFT


def ratio_left(observed: float, expected: float) -> float:
    """Return the Poisson log-likelihood ratio of an excess, 0 without one."""
    if observed <= expected:
        return 0.0
    return float(xlogy(observed, observed / max(expected, 1e-9)) - (observed - expected))
