"""What the desk says of a group: its rule, its place, four explanations and what speaks for each."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from aefi.models import GroupEvent
from aefi.services.sign_words import sign_words

RULES = {
    "statutory": "Serious and alike at this site",
    "burst": "More than usual within half an hour",
    "line_of_sight": "Within sight of each other",
    "lot_contrast": "More after one lot than after the others",
}
HYPOTHESES = {
    "programme_error": "How the doses were given",
    "quality": "Quality of the product",
    "stress_response": "Shared stress response",
    "coincidence": "Coincidence: illness or surroundings",
}
EVIDENCE = {
    "one_vaccinator": "one vaccinator",
    "several_vaccinators": "several vaccinators",
    "one_vial": "one vial",
    "several_vials": "several vials",
    "one_lot": "one lot",
    "several_lots": "several lots",
    "lot_stands_out": "this lot stands out",
    "several_sites": "several sites",
    "one_bay": "one bay",
    "one_group": "one school class",
    "pale_without_rash": "pale, no rash",
    "organic_signs": "skin, breathing, gut or fever, or slow to wake",
    "quick_recovery": "quick recovery",
    "slow_recovery": "slow recovery",
    "unvaccinated_ill": "people without a dose are ill too",
    "only_vaccinated_ill": "only people with a dose are ill",
}
"""The words of the hall's card, which its catalogue of texts has in both languages."""


def words(text: str) -> str:
    """Return words of the hall in the reader's language."""
    return sign_words(text, get_language() or "zh-hans")


def rule_words(card: GroupEvent) -> str:
    return words(RULES.get(card.rule, card.rule))


def place_words(card: GroupEvent) -> str:
    """Return the bay, class or lot that the rule names, else the whole hall."""
    if card.bay:
        return _("Bay {code}").format(code=card.bay)
    if card.group_name:
        return _("Class {name}").format(name=card.group_name)
    return _("Lot {number}").format(number=card.lot) if card.lot else words("Whole hall")


def hypotheses_of(card: GroupEvent) -> list[dict[str, Any]]:
    """Return the explanations, each with what speaks for and against it."""
    return [
        {
            "name": words(HYPOTHESES.get(one["kind"], one["kind"])),
            "said_for": _listed(one["evidence_for"]),
            "said_against": _listed(one["evidence_against"]),
        }
        for one in card.hypotheses
    ]


def _listed(codes: list[str]) -> str:
    return ", ".join(words(EVIDENCE.get(code, code)) for code in codes)
