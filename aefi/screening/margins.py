"""The rate of a stratum as its age and its period by themselves make it."""

from collections.abc import Sequence

import numpy as np

from aefi.screening.facts import Floats, Integers

SWEEPS = 4
MARGIN_PRIOR = 1.0
"""Events by which a group is drawn towards the rate of all."""


def relative_rates(events: Floats, sizes: Floats, margins: Sequence[Integers]) -> Floats:
    """Return the rate of each stratum over that of all, fitted to every margin in turn.

    Parameters
    ----------
    events, sizes
        Events, and doses or reports, by stratum.
    margins
        For each dimension the group (code from 0) to which each stratum belongs.

    References
    ----------
    Deming & Stephan (1940), Annals of Mathematical Statistics 11(4):427-444.
    """
    relative, total = np.ones(sizes.size), sizes.sum()
    rate = events.sum() / total if total > 0 else 0.0
    for _ in range(SWEEPS):
        for margin in margins:
            seen = np.bincount(margin, events) + MARGIN_PRIOR
            fitted = np.bincount(margin, sizes * relative * rate) + MARGIN_PRIOR
            relative = relative * (seen / fitted)[margin]
    return relative
