"""Which indicators a case meets: worked out whenever it changes, so that a year is counted at once."""

from aefi.models import Case
from aefi.services.indicators import records_among, verdicts_of


def renewed(case: Case) -> str:
    """Return the verdicts on a case as it stands in the database."""
    (record,) = records_among(Case.objects.filter(pk=case.pk))
    return verdicts_of(record)
