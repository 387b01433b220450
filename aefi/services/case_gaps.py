"""What a case still lacks: items of the national card, and what has to be said before it is closed."""

from django.utils.translation import gettext as _

from aefi.exchange import card, stored
from aefi.models import Case, CaseOrigin, Classification, Filing
from aefi.rules.clock_rules import Proof
from aefi.rules.forms import Missing
from aefi.services import case_clocks


def card_gaps(case: Case) -> list[Missing]:
    """Return the items that the national card still lacks; a concern without a person has none."""
    if case.origin == CaseOrigin.CONCERN:
        return []
    return card.missing(stored.from_json(case.facts))


def gaps_of(case: Case) -> list[str]:
    """Return what the national card and the record still lack, in words."""
    return [str(item) for item in card_gaps(case)] + record_gaps(case)


def record_gaps(case: Case) -> list[str]:
    """Return what has to be said about a case before it is closed."""
    gaps = []
    if any(clock.about and clock.missing for clock in case_clocks.clocks(case)):
        gaps.append(_("proof of the two-hour report"))
    if case.origin == CaseOrigin.CONCERN:
        return gaps
    whole = case_clocks.parts_of(case)
    if not Classification.objects.filter(case__in=whole, kind="final").exists():
        gaps.append(_("final classification"))
    if not Filing.objects.filter(case__in=whole, proof=Proof.CARD_ACCEPTED).exists():
        gaps.append(_("proof that the card was accepted"))
    return gaps
