"""Sequential tests: one series looked at again and again with one chance of a false signal.

The rule of every test here is strict: a signal is a log-likelihood ratio greater than the critical
value. Times are expected counts when there is no excess, events are counts.
"""

from aefi.screening.sequential.binomial import (
    binomial_critical_value,
    binomial_log_likelihood_ratio,
)
from aefi.screening.sequential.conditional import (
    conditional_critical_value,
    conditional_log_likelihood_ratio,
)
from aefi.screening.sequential.poisson import (
    group_critical_value,
    poisson_critical_value,
    poisson_log_likelihood_ratio,
    poisson_performance,
)
from aefi.screening.sequential.spending import Look, Plan, Sequence, spending_thresholds

__all__ = [
    "Look",
    "Plan",
    "Sequence",
    "binomial_critical_value",
    "binomial_log_likelihood_ratio",
    "conditional_critical_value",
    "conditional_log_likelihood_ratio",
    "group_critical_value",
    "poisson_critical_value",
    "poisson_log_likelihood_ratio",
    "poisson_performance",
    "spending_thresholds",
]
