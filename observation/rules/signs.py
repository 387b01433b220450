"""What staff may have seen, which of it calls for help by itself, and how loudly. Pure.

Signs come first, a diagnosis never. Codes not listed are kept as written and bring the nurse.
"""

from collections.abc import Mapping
from dataclasses import dataclass

YES, NO, UNKNOWN = "yes", "no", "unknown"

BUTTONS = (
    "breathing",
    "swelling",
    "rash",
    "collapse",
    "vomiting",
    "fit",
    "dizzy",
    "panic",
    "fever",
    "arm_sore",
)
"""The buttons of the reaction screen, in its order."""

DANGER_CHECKS = (
    "noisy_breathing",
    "swelling",
    "rash_beyond_site",
    "repeated_vomiting",
    "limp_child",
    "not_recovered",
)
"""Must be absent before a stress response is suspected. Source: docs/sources.md#danger-signs."""

DANGER = frozenset({*DANGER_CHECKS, "breathing", "fit"})
"""Signs that call by themselves, whatever else was marked. Source: docs/sources.md#danger-signs."""

DANGER_UNLESS_LOOKED = frozenset({"collapse", "rash"})
"""Signs that call unless danger was looked for and absent: a faint that recovered lying flat, rash
at the site only. Source: docs/sources.md#danger-signs."""

FINDINGS = frozenset(
    {"pale", "slow_pulse", "fast_breathing", "sweating", "tingling", "crying", "nausea", "weak"}
)
"""Findings of a stress response; they refuse nothing. Source: docs/sources.md#stress-response."""

KNOWN = frozenset({*BUTTONS, *DANGER, *DANGER_UNLESS_LOOKED, *FINDINGS})

HIGH, MEDIUM = "high", "medium"
STRESS = "stress"


@dataclass(frozen=True)
class Urgency:
    """How a reaction calls: the priority and the policy of its alert; no priority means no call."""

    priority: str | None
    policy: str = ""


def as_answer(written: object) -> str:
    """Return yes, no or unknown for whatever a client wrote; anything unclear counts as seen."""
    text = str(written).strip().lower()
    if text in {"no", "false", "0", "absent", "n"}:
        return NO
    return UNKNOWN if text in {"unknown", "none", "null", "", "?"} else YES


def seen(signs: Mapping[str, str]) -> list[str]:
    """Return the codes of the signs that were seen, as they came."""
    return [code for code, answer in signs.items() if answer == YES]


def unknown_codes(signs: Mapping[str, str]) -> list[str]:
    """Return the codes that are kept as written because nobody here knows them."""
    return [code for code in signs if code not in KNOWN]


def is_danger_excluded(signs: Mapping[str, str], *, danger_absent: bool | None) -> bool:
    """Say whether staff looked for every danger sign and found none."""
    answers = [signs.get(code) for code in DANGER_CHECKS]
    if YES in answers or UNKNOWN in answers:
        return False
    return danger_absent is True or all(answer == NO for answer in answers)


def danger_in(signs: Mapping[str, str], *, danger_absent: bool | None = None) -> list[str]:
    """Return the seen signs that call by themselves."""
    calling = DANGER
    if not is_danger_excluded(signs, danger_absent=danger_absent):
        calling = DANGER | DANGER_UNLESS_LOOKED
    return [code for code in seen(signs) if code in calling]


def priority_of(signs: Mapping[str, str], *, danger_absent: bool | None = None) -> str | None:
    """Return the priority that the signs alone ask for; None when they call nobody."""
    if danger_absent is False or danger_in(signs, danger_absent=danger_absent):
        return HIGH
    unknown = set(unknown_codes(signs))
    return MEDIUM if unknown.intersection(seen(signs)) else None


def urgency_of(
    signs: Mapping[str, str],
    *,
    danger_absent: bool | None = None,
    stress_subtype: str = "",
    call_for_help: bool = False,
) -> Urgency:
    """Return how a reaction calls.

    A suspected stress response pages its own team, but only once the danger signs were looked for;
    until then it is a high call. A bare call for help without any sign is a high call too.
    """
    by_signs = priority_of(signs, danger_absent=danger_absent)
    if by_signs == HIGH:
        return Urgency(HIGH)
    if stress_subtype:
        if is_danger_excluded(signs, danger_absent=danger_absent):
            return Urgency(MEDIUM, STRESS)
        return Urgency(HIGH)
    if call_for_help:
        return Urgency(MEDIUM if seen(signs) else HIGH)
    return Urgency(by_signs)


def is_more_urgent(wanted: str | None, running: str) -> bool:
    """Say whether a running call of priority `running` must be turned to a higher one."""
    order = {None: -1, "low": 0, MEDIUM: 1, HIGH: 2}
    return order.get(wanted, 2) > order.get(running, 2)
