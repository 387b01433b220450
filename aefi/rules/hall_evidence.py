"""What speaks for and against each explanation of a group of reactions in a hall.

Four explanations, always all four and always in this order; none is ever chosen here. Evidence is
a code, worded by the screens. What is not known gives no evidence. Pure: no Django, no clock.
Source: docs/sources.md#hall-hypotheses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ORGANIC_SIGNS = frozenset(
    {"breathing", "noisy_breathing", "swelling", "rash", "rash_beyond_site", "repeated_vomiting"}
    | {"limp_child", "not_recovered", "fever"}
    | {"hives", "urticaria", "flushing", "redness", "facial_swelling", "angioedema", "wheeze"}
    | {"stridor", "persistent_cough", "persistent_vomiting"}
)
"""Skin, airway, breathing, gut, not recovering: never just a faint. The first two lines are the
floor's own codes, the others those of other programs. Source: docs/sources.md#danger-signs."""

PALLOR_SIGNS = frozenset(
    {"pale", "sweating", "slow_pulse", "collapse", "dizzy"}
    | {"pallor", "faint", "fainting", "syncope", "presyncope"}
)
"""The first line is the floor's own codes. Source: docs/sources.md#stress-like-signs."""

PALE_SUBTYPE = "vasovagal"
"""The suspected stress response that staff log for pale, slow pulse, fainted."""

QUICK_RECOVERY = timedelta(minutes=15)
"""Longest time from onset to recovery that is quick. Source: docs/sources.md#hall-hypotheses."""


@dataclass(frozen=True, slots=True)
class HallReaction:
    """One reaction as the hall knows it; empty text and None mean not known."""

    key: str
    at: datetime
    signs: frozenset[str]
    bay: str = ""
    lot: str = ""
    other_lots: tuple[str, ...] = ()
    """Lots of further doses of the same visit."""
    group: str = ""
    """School class or queue slot."""
    site: str = ""
    vaccinator: str = ""
    vial: str = ""
    is_serious: bool = False
    is_vaccinated: bool | None = True
    recovered_quickly: bool | None = None
    stress_subtype: str = ""
    """What staff suspected, with or without single signs."""

    @property
    def lots(self) -> frozenset[str]:
        """Return every known lot of the visit."""
        return frozenset({self.lot, *self.other_lots} - {""})


def is_quick(began_at: datetime, recovered_at: datetime | None) -> bool | None:
    """Say whether somebody recovered quickly; None while nobody has said that they did."""
    return None if recovered_at is None else recovered_at - began_at <= QUICK_RECOVERY


class HypothesisKind(StrEnum):
    """What a group of reactions can be."""

    PROGRAMME_ERROR = "programme_error"
    QUALITY = "quality"
    STRESS_RESPONSE = "stress_response"
    COINCIDENCE = "coincidence"


class Evidence(StrEnum):
    """One thing seen in a group."""

    ONE_VACCINATOR = "one_vaccinator"
    SEVERAL_VACCINATORS = "several_vaccinators"
    ONE_VIAL = "one_vial"
    SEVERAL_VIALS = "several_vials"
    ONE_LOT = "one_lot"
    SEVERAL_LOTS = "several_lots"
    LOT_STANDS_OUT = "lot_stands_out"
    SEVERAL_SITES = "several_sites"
    ONE_BAY = "one_bay"
    ONE_GROUP = "one_group"
    PALE_WITHOUT_RASH = "pale_without_rash"
    ORGANIC_SIGNS = "organic_signs"
    QUICK_RECOVERY = "quick_recovery"
    SLOW_RECOVERY = "slow_recovery"
    UNVACCINATED_ILL = "unvaccinated_ill"
    ONLY_VACCINATED_ILL = "only_vaccinated_ill"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One explanation with its evidence; the lists may both be empty."""

    kind: HypothesisKind
    evidence_for: tuple[Evidence, ...]
    evidence_against: tuple[Evidence, ...]


SPEAKS = {
    HypothesisKind.PROGRAMME_ERROR: (
        {Evidence.ONE_VACCINATOR, Evidence.ONE_VIAL},
        {Evidence.SEVERAL_VACCINATORS, Evidence.SEVERAL_VIALS, Evidence.UNVACCINATED_ILL},
    ),
    HypothesisKind.QUALITY: (
        {Evidence.ONE_LOT, Evidence.LOT_STANDS_OUT, Evidence.SEVERAL_SITES, Evidence.ORGANIC_SIGNS},
        {Evidence.SEVERAL_LOTS, Evidence.UNVACCINATED_ILL},
    ),
    HypothesisKind.STRESS_RESPONSE: (
        {
            Evidence.PALE_WITHOUT_RASH,
            Evidence.ONE_BAY,
            Evidence.ONE_GROUP,
            Evidence.QUICK_RECOVERY,
            Evidence.SEVERAL_LOTS,
        },
        {Evidence.ORGANIC_SIGNS, Evidence.SLOW_RECOVERY},
    ),
    HypothesisKind.COINCIDENCE: (
        {Evidence.UNVACCINATED_ILL},
        {Evidence.ONLY_VACCINATED_ILL},
    ),
}
"""Which evidence speaks for and against what. Source: docs/sources.md#hall-hypotheses."""


def weigh(
    members: Sequence[HallReaction],
    *,
    lot_stands_out: bool,
    others: Sequence[HallReaction] = (),
) -> tuple[Hypothesis, ...]:
    """Return the four explanations with the evidence that the members give.

    `others` fell ill beside them without a dose; they say something of coincidence and no more.
    """
    seen = evidence_of(members, others)
    if lot_stands_out:
        seen = [*seen, Evidence.LOT_STANDS_OUT]
    return tuple(
        Hypothesis(
            kind=kind,
            evidence_for=tuple(item for item in seen if item in supporting),
            evidence_against=tuple(item for item in seen if item in opposing),
        )
        for kind, (supporting, opposing) in SPEAKS.items()
    )


def evidence_of(
    members: Sequence[HallReaction], others: Sequence[HallReaction] = ()
) -> list[Evidence]:
    """Return what the members have in common, and what they have not."""
    dosed = [member for member in members if member.is_vaccinated]
    shared = [
        _one_or_several([m.vaccinator for m in dosed], "vaccinator"),
        _one_or_several([m.vial for m in dosed], "vial"),
        _lots([m.lots for m in dosed]),
        _several([m.site for m in members], Evidence.SEVERAL_SITES),
        _one([m.bay for m in members], Evidence.ONE_BAY),
        _one([m.group for m in members], Evidence.ONE_GROUP),
        _skin(members),
        _recovery(members),
        _doses([m.is_vaccinated for m in (*members, *others)]),
    ]
    return [item for item in shared if item is not None]


def _one(values: Sequence[str], evidence: Evidence) -> Evidence | None:
    """Return the evidence when all of at least two values are known and the same."""
    alike = len(values) > 1 and len(set(values)) == 1 and bool(values[0])
    return evidence if alike else None


def _several(values: Sequence[str], evidence: Evidence) -> Evidence | None:
    return evidence if len(set(values) - {""}) > 1 else None


def _one_or_several(values: Sequence[str], what: str) -> Evidence | None:
    several = _several(values, Evidence(f"several_{what}s"))
    return several or _one(values, Evidence(f"one_{what}"))


def _lots(visits: Sequence[frozenset[str]]) -> Evidence | None:
    """Return whether one lot was given to all; two lots given to everybody are one lot too."""
    known = [lots for lots in visits if lots]
    if len(known) < 2:
        return None
    if not frozenset.intersection(*known):
        return Evidence.SEVERAL_LOTS
    return Evidence.ONE_LOT if len(known) == len(visits) else None


def _doses(answers: Sequence[bool | None]) -> Evidence | None:
    """Return whether anybody fell ill without a dose; nobody knows while one is unknown."""
    if False in answers:
        return Evidence.UNVACCINATED_ILL
    return Evidence.ONLY_VACCINATED_ILL if all(answers) else None


def _skin(members: Sequence[HallReaction]) -> Evidence | None:
    if any(member.signs & ORGANIC_SIGNS for member in members):
        return Evidence.ORGANIC_SIGNS
    pale = sum(_is_pale(member) for member in members)
    return Evidence.PALE_WITHOUT_RASH if 2 * pale >= len(members) else None


def _is_pale(member: HallReaction) -> bool:
    return bool(member.signs & PALLOR_SIGNS) or member.stress_subtype == PALE_SUBTYPE


def _recovery(members: Sequence[HallReaction]) -> Evidence | None:
    known = [m.recovered_quickly for m in members if m.recovered_quickly is not None]
    if not known:
        return None
    return Evidence.QUICK_RECOVERY if all(known) else Evidence.SLOW_RECOVERY
