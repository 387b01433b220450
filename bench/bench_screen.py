"""Time a whole screening run: 100,000 reports, 500 lots, 8 age groups, 300 reactions.

Prints seconds and peak memory of `run`, with and without doses, beside the bars; data are made up.
Run: python bench/bench_screen.py
"""

import resource
import sys
import time

from aefi.screening.plan import Plan
from aefi.screening.screen import run
from aefi.screening.simulate import Campaign, Plant, Simulated, simulate

BAR_SECONDS, BAR_GIB = 10.0, 1.0
CAMPAIGN = Campaign(
    lots=500,
    sites=40,
    weeks=52,
    doses=8_000_000,
    reports=100_000,
    reactions=300,
    products=10,
    weeks_in_use=8.0,
    plants=(Plant(17, 2.0), Plant(101, 3.0, age=3)),
    seed=7,
)


def peak_gib() -> float:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def bench(made: Simulated, *, with_doses: bool) -> bool:
    """Print one run; say whether it met the bars."""
    start = time.perf_counter()
    found = run(made.doses if with_doses else None, made.reports, Plan())
    seconds = time.perf_counter() - start
    kind = "with doses" if with_doses else "numerator only"
    print(
        f"{kind:15s} {seconds:6.2f} s (bar {BAR_SECONDS:g})  peak {peak_gib():.2f} GiB "
        f"(bar {BAR_GIB:g})  {len(found.signals)} signals, "
        f"{sum(one.cells for one in found.families):,} cells"
    )
    return seconds <= BAR_SECONDS and peak_gib() <= BAR_GIB


def main() -> None:
    """Make the campaign and time both kinds of run."""
    made = simulate(CAMPAIGN)
    print(
        f"{len(made.reports):,} reports, {len(made.lots)} lots, {len(CAMPAIGN.age_years)} age groups, "
        f"{len(made.reports.mentions.reaction.names)} reactions, {made.doses.doses.size:,} rows of "
        f"doses; memory before: {peak_gib():.2f} GiB"
    )
    met = [bench(made, with_doses=kind) for kind in (False, True)]
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
