"""Reactions of one hall that may belong together, found while the session runs.

Four detectors propose groups; a person declares them. A proposal never says what a group is: it
lays four hypotheses side by side, always in the same order, with what speaks for and against each.
Pure: no Django, no clock, no NumPy, so that the web process can run it on every reaction.

Every number here is a proposal to be tuned. Source: docs/sources.md#hall-detectors.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from aefi.rules.exact_tails import adjusted_p_values, binomial_tail, poisson_tail
from aefi.rules.hall_evidence import HallReaction, Hypothesis, weigh

STRESS_LIKE_SIGNS = frozenset(
    {"collapse", "dizzy", "panic", "pale", "slow_pulse", "fast_breathing", "sweating"}
    | {"tingling", "nausea", "weak"}
    | {"faint", "fainting", "syncope", "presyncope", "dizziness", "weakness", "pallor"}
    | {"hyperventilation", "anxiety"}
)
"""Signs that spread by sight. The first two lines are the floor's own codes, the others those of
other programs. Crying alone is not one: small children cry. Source:
docs/sources.md#stress-like-signs."""


class Rule(StrEnum):
    """Which detector made a proposal."""

    STATUTORY = "statutory"
    BURST = "burst"
    LINE_OF_SIGHT = "line_of_sight"
    LOT_CONTRAST = "lot_contrast"


@dataclass(frozen=True, slots=True)
class DosesGiven:
    """Doses of one lot given at an instant, or since the record before it."""

    at: datetime
    lot: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """When reactions are proposed as a group. Source: docs/sources.md#hall-detectors."""

    statutory_reactions: int = 2
    """Serious and similar, in one site. Source: docs/sources.md#group-aefi."""
    statutory_period: timedelta = timedelta(hours=24)
    burst_period: timedelta = timedelta(minutes=30)
    burst_reactions: int = 3
    burst_ratio: float = 3.0
    burst_p: float = 0.01
    least_rate: float = 0.001
    """Reactions per dose taken for the hall's own rate while it has shown fewer."""
    sight_period: timedelta = timedelta(minutes=30)
    sight_reactions: int = 3
    lot_reactions: int = 3
    lot_false_discovery_rate: float = 0.10
    stress_like_signs: frozenset[str] = STRESS_LIKE_SIGNS


@dataclass(frozen=True, slots=True)
class Where:
    """What the members share by the rule that found them; all empty when it is the whole hall."""

    bay: str = ""
    group: str = ""
    lot: str = ""


HALL = Where()


@dataclass(frozen=True, slots=True)
class GroupProposal:
    """Reactions that may belong together; `expected` and `p` are None where nothing is tested.

    `others` fell ill beside the members without a dose and are not counted.
    """

    rule: Rule
    members: tuple[HallReaction, ...]
    observed: int
    expected: float | None
    p: float | None
    hypotheses: tuple[Hypothesis, ...]
    where: Where = HALL
    others: tuple[HallReaction, ...] = ()


def find_groups(
    reactions: Iterable[HallReaction],
    doses: Iterable[DosesGiven],
    settings: DetectorSettings | None = None,
    *,
    earlier: Iterable[HallReaction] = (),
) -> list[GroupProposal]:
    """Return what all four detectors propose, the statutory rule first.

    `earlier` reactions of the site, from before this session, are seen by that rule alone.
    """
    chosen = settings or DetectorSettings()
    ordered, given = _in_time(reactions), list(doses)
    found = [
        *statutory([*earlier, *ordered], chosen),
        *burst(ordered, given, chosen),
        *line_of_sight(ordered, chosen),
        *lot_contrast(ordered, given, chosen),
    ]
    return [with_members(proposal, proposal.members, ordered, chosen) for proposal in found]


def with_members(
    proposal: GroupProposal,
    members: Iterable[HallReaction],
    reactions: Iterable[HallReaction],
    settings: DetectorSettings | None = None,
) -> GroupProposal:
    """Return the proposal about `members`, weighed together with who fell ill beside them."""
    chosen = settings or DetectorSettings()
    ordered = _in_time(members)
    first, last = ordered[0].at - chosen.sight_period, ordered[-1].at + chosen.sight_period
    others = [
        reaction
        for reaction in _in_time(reactions)
        if reaction.is_vaccinated is False
        and first <= reaction.at <= last
        and any(_is_akin(reaction, member, chosen) for member in ordered)
    ]
    stands_out = proposal.rule is Rule.LOT_CONTRAST
    hypotheses = weigh(ordered, lot_stands_out=stands_out, others=others)
    return replace(proposal, members=tuple(ordered), others=tuple(others), hypotheses=hypotheses)


def statutory(reactions: Iterable[HallReaction], settings: DetectorSettings) -> list[GroupProposal]:
    """Propose serious and similar reactions at one site, however few doses were given.

    Similar: a sign in common. A reaction without recorded signs is similar to any other: what is
    missing must not hide a group that the law wants reported.
    """
    serious = [reaction for reaction in _counted(reactions) if reaction.is_serious]
    groups: list[list[HallReaction]] = []
    for reaction in serious:
        linked = [group for group in groups if _belongs(reaction, group, settings)]
        groups = [group for group in groups if group not in linked]
        groups.append([member for group in linked for member in group] + [reaction])
    return [
        _proposal(Rule.STATUTORY, _in_time(group))
        for group in groups
        if len(group) >= settings.statutory_reactions
    ]


def burst(
    reactions: Iterable[HallReaction], doses: Iterable[DosesGiven], settings: DetectorSettings
) -> list[GroupProposal]:
    """Propose short periods with many more stress-like reactions than the hall's rate of the day.

    The rate is that of all other doses of the day, never below `least_rate`; the chance of so many
    reactions among the period's doses is an exact Poisson tail. Periods end at a reaction and do
    not share reactions: of overlapping ones the least likely is kept.
    """
    stress_like, given = _stress_like(reactions, settings), list(doses)
    found = [
        proposal
        for last in stress_like
        if (proposal := _burst_until(last.at, stress_like, given, settings)) is not None
    ]
    found.sort(key=lambda proposal: (proposal.p or 0.0, proposal.members[0].at))
    return _without_shared_members(found)


def line_of_sight(
    reactions: Iterable[HallReaction], settings: DetectorSettings
) -> list[GroupProposal]:
    """Propose stress-like reactions within sight of each other: in one bay, class or queue slot."""
    stress_like = _stress_like(reactions, settings)
    found = [
        _proposal(Rule.LINE_OF_SIGHT, run, where=where)
        for place in (_bay, _group)
        for where, seen in _by(stress_like, place)
        for run in _runs(seen, settings.sight_period)
        if len(run) >= settings.sight_reactions
    ]
    found.sort(key=lambda proposal: (-proposal.observed, proposal.members[0].at))
    return _without_shared_members(found)


def lot_contrast(
    reactions: Iterable[HallReaction], doses: Iterable[DosesGiven], settings: DetectorSettings
) -> list[GroupProposal]:
    """Propose lots with more reactions than the other lots of the hall, dose for dose.

    Of all K reactions after a dose, k of this lot: P(Binomial(K, lot's share of doses) >= k), with
    the false discovery rate held over all lots of the hall. A reaction after doses of two lots
    counts once for each, as the doses do.
    """
    given = Counter[str]()
    for dose in doses:
        if dose.lot:
            given[dose.lot] += dose.count
    after_dose = [
        (lot, reaction)
        for reaction in _in_time(reactions)
        if reaction.is_vaccinated
        for lot in reaction.lots
        if given[lot] > 0
    ]
    total = sum(given.values())
    lots = sorted(lot for lot, count in given.items() if 0 < count < total)
    expected = {lot: len(after_dose) * given[lot] / total for lot in lots}
    members = {lot: [r for its_lot, r in after_dose if its_lot == lot] for lot in lots}
    chances = [
        binomial_tail(len(members[lot]), len(after_dose), given[lot] / total) for lot in lots
    ]
    adjusted = adjusted_p_values(chances)
    found = [
        _proposal(
            Rule.LOT_CONTRAST, members[lot], expected=expected[lot], p=chance, where=Where(lot=lot)
        )
        for lot, chance, q in zip(lots, chances, adjusted, strict=True)
        if len(members[lot]) >= settings.lot_reactions and q <= settings.lot_false_discovery_rate
    ]
    return sorted(found, key=lambda proposal: proposal.p or 0.0)


def _burst_until(
    end: datetime,
    reactions: Sequence[HallReaction],
    doses: Sequence[DosesGiven],
    settings: DetectorSettings,
) -> GroupProposal | None:
    start = end - settings.burst_period
    members = [reaction for reaction in reactions if start < reaction.at <= end]
    inside = sum(dose.count for dose in doses if start < dose.at <= end)
    outside = sum(dose.count for dose in doses) - inside
    rate = (len(reactions) - len(members)) / outside if outside else 0.0
    expected = max(inside, 1) * max(rate, settings.least_rate)
    p = poisson_tail(len(members), expected)
    enough = len(members) >= max(settings.burst_reactions, settings.burst_ratio * expected)
    if not enough or p >= settings.burst_p:
        return None
    return _proposal(Rule.BURST, members, expected=expected, p=p)


def _belongs(
    reaction: HallReaction, group: Sequence[HallReaction], settings: DetectorSettings
) -> bool:
    return any(
        member.site == reaction.site
        and reaction.at - member.at <= settings.statutory_period
        and _is_similar(member, reaction)
        for member in group
    )


def _is_similar(one: HallReaction, other: HallReaction) -> bool:
    return not one.signs or not other.signs or bool(one.signs & other.signs)


def _is_akin(one: HallReaction, other: HallReaction, settings: DetectorSettings) -> bool:
    """Say whether two people may suffer from the same; all that spreads by sight is one thing."""
    are_stress_like = len(_all_stress_like([one, other], settings)) == 2
    return are_stress_like or _is_similar(one, other)


def _counted(reactions: Iterable[HallReaction]) -> list[HallReaction]:
    """Return all but those of people without a dose, who are evidence and never a reason."""
    return [reaction for reaction in _in_time(reactions) if reaction.is_vaccinated is not False]


def _stress_like(
    reactions: Iterable[HallReaction], settings: DetectorSettings
) -> list[HallReaction]:
    return _all_stress_like(_counted(reactions), settings)


def _all_stress_like(
    reactions: Iterable[HallReaction], settings: DetectorSettings
) -> list[HallReaction]:
    wanted = settings.stress_like_signs
    return [r for r in reactions if r.signs & wanted or r.stress_subtype]


def _bay(reaction: HallReaction) -> Where:
    return Where(bay=reaction.bay)


def _group(reaction: HallReaction) -> Where:
    return Where(group=reaction.group)


def _by(
    reactions: Iterable[HallReaction], place: Callable[[HallReaction], Where]
) -> list[tuple[Where, list[HallReaction]]]:
    seen: dict[tuple[str, Where], list[HallReaction]] = {}
    for reaction in reactions:
        if (where := place(reaction)) != HALL:
            seen.setdefault((reaction.site, where), []).append(reaction)
    return [(where, together) for (_site, where), together in seen.items()]


def _runs(reactions: Sequence[HallReaction], period: timedelta) -> Iterator[list[HallReaction]]:
    """Yield the reactions within `period` before each reaction, that one included."""
    for last in reactions:
        yield [r for r in reactions if last.at - period < r.at <= last.at]


def _without_shared_members(proposals: Iterable[GroupProposal]) -> list[GroupProposal]:
    kept: list[GroupProposal] = []
    taken: set[str] = set()
    for proposal in proposals:
        keys = {member.key for member in proposal.members}
        if not keys & taken:
            kept.append(proposal)
            taken |= keys
    return kept


def _in_time(reactions: Iterable[HallReaction]) -> list[HallReaction]:
    return sorted(reactions, key=lambda reaction: (reaction.at, reaction.key))


def _proposal(
    rule: Rule,
    members: Sequence[HallReaction],
    *,
    expected: float | None = None,
    p: float | None = None,
    where: Where = HALL,
) -> GroupProposal:
    return GroupProposal(
        rule=rule,
        members=tuple(members),
        observed=len(members),
        expected=expected,
        p=p,
        hypotheses=weigh(members, lot_stands_out=rule is Rule.LOT_CONTRAST),
        where=where,
    )
