"""What counts in a hall: the floor's own signs, people without a dose, visits of several doses."""

from datetime import UTC, datetime, timedelta

import pytest

from aefi.rules.hall_clusters import (
    HALL,
    STRESS_LIKE_SIGNS,
    DosesGiven,
    Rule,
    Where,
    find_groups,
)
from aefi.rules.hall_evidence import (
    ORGANIC_SIGNS,
    PALLOR_SIGNS,
    QUICK_RECOVERY,
    Evidence,
    HallReaction,
    evidence_of,
    is_quick,
)
from observation.models import StressSubtype
from observation.rules import signs

NINE = datetime(2026, 5, 16, 9, tzinfo=UTC)
NEITHER = {"fit", "vomiting", "arm_sore", "crying"}
"""A fit may jerk in a faint or be one; single vomiting, a sore arm and crying are common after
any dose."""


def make_reaction(minute=0, **changes):
    facts = {"signs": frozenset({"collapse"}), "bay": "4", "lot": "L1", "site": "east", **changes}
    key = changes.pop("key", f"{minute}-{sorted(facts.items(), key=str)}")
    return HallReaction(key=key, at=NINE + timedelta(minutes=minute), **facts)


def faints(*minutes, **changes):
    return [make_reaction(minute, **changes) for minute in minutes]


def rules_of(reactions, doses=()):
    return [group.rule for group in find_groups(reactions, doses)]


def test_every_sign_of_the_floor_is_stress_like_or_organic_or_said_to_be_neither():
    assert signs.KNOWN - STRESS_LIKE_SIGNS - ORGANIC_SIGNS == NEITHER
    assert not STRESS_LIKE_SIGNS & ORGANIC_SIGNS


def test_pallor_is_stress_like():
    assert PALLOR_SIGNS <= STRESS_LIKE_SIGNS


@pytest.mark.parametrize("sign", signs.DANGER_CHECKS)
def test_what_must_be_absent_before_a_stress_response_is_suspected_speaks_against_it(sign):
    assert sign in ORGANIC_SIGNS


@pytest.mark.parametrize("sign", ["collapse", "dizzy", "panic", "pale", "tingling", "nausea"])
def test_three_of_a_button_in_one_bay_are_proposed(sign):
    assert Rule.LINE_OF_SIGHT in rules_of(faints(0, 5, 12, signs=frozenset({sign})))


@pytest.mark.parametrize("sign", sorted({*NEITHER, "rash", "fever"}))
def test_three_of_another_button_are_not(sign):
    assert rules_of(faints(0, 5, 12, signs=frozenset({sign}))) == []


@pytest.mark.parametrize("subtype", StressSubtype.values)
def test_suspected_stress_responses_count_without_a_single_sign(subtype):
    suspected = faints(0, 5, 12, signs=frozenset(), stress_subtype=subtype)

    assert rules_of(suspected) == [Rule.BURST, Rule.LINE_OF_SIGHT]
    assert (Evidence.PALE_WITHOUT_RASH in evidence_of(suspected)) == (subtype == "vasovagal")


@pytest.mark.parametrize("is_serious", [True, False])
def test_people_without_a_dose_are_never_a_group(is_serious):
    visitors = faints(0, 5, 12, is_vaccinated=False, is_serious=is_serious)

    assert rules_of([*visitors, *faints(14, 16)]) == []


def test_somebody_of_whom_nobody_knows_counts_and_says_nothing_of_coincidence():
    reactions = [*faints(0, 5), make_reaction(12, is_vaccinated=None, lot="")]

    (sight,) = [g for g in find_groups(reactions, []) if g.rule is Rule.LINE_OF_SIGHT]

    assert sight.observed == 3
    seen = {item for h in sight.hypotheses for item in h.evidence_for + h.evidence_against}
    assert not seen & {Evidence.UNVACCINATED_ILL, Evidence.ONLY_VACCINATED_ILL}


@pytest.mark.parametrize(
    ("minute", "changes", "is_beside"),
    [
        (20, {}, True),
        (20, {"signs": frozenset({"dizzy"})}, True),
        (20, {"signs": frozenset()}, True),
        (-30, {}, True),
        (42, {}, True),
        (20, {"signs": frozenset({"arm_sore"})}, False),
        (-31, {}, False),
        (43, {}, False),
    ],
)
def test_who_fell_ill_beside_a_group_is_close_in_time_and_alike(minute, changes, is_beside):
    visitor = make_reaction(minute, is_vaccinated=False, lot="", **changes)

    groups = find_groups([*faints(0, 5, 12), visitor], [])

    assert groups
    assert all((group.others == (visitor,)) is is_beside for group in groups)
    assert all(group.observed == 3 for group in groups)


def test_a_proposal_says_which_place_or_lot_it_is_about():
    earlier = NINE - timedelta(hours=1)
    doses = [DosesGiven(earlier, "L1", 100), DosesGiven(earlier, "L2", 900)]
    here = find_groups(faints(0, 5, 12), doses)
    a_class = faints(0, group="3-2", bay="1") + faints(5, 12, group="3-2", bay="2")

    assert {group.rule: group.where for group in here} == {
        Rule.BURST: HALL,
        Rule.LINE_OF_SIGHT: Where(bay="4"),
        Rule.LOT_CONTRAST: Where(lot="L1"),
    }
    assert Where(group="3-2") in [group.where for group in find_groups(a_class, [])]


def test_earlier_serious_reactions_of_the_site_count_for_the_statutory_rule_alone():
    morning = faints(-200, is_serious=True)
    afternoon = faints(0, is_serious=True)

    (group,) = find_groups(afternoon, [], earlier=morning)

    assert group.rule is Rule.STATUTORY
    assert group.members == (*morning, *afternoon)
    assert find_groups(afternoon, [], earlier=[]) == []


def test_a_visit_of_two_doses_counts_for_both_lots():
    doses = [DosesGiven(NINE, lot, count) for lot, count in [("L1", 50), ("L2", 950), ("X", 1000)]]
    both = faints(0, 60, 120, lot="X", other_lots=("L1",))

    (group,) = [g for g in find_groups(both, doses) if g.rule is Rule.LOT_CONTRAST]

    assert group.where == Where(lot="L1")
    assert group.expected == pytest.approx(6 * 50 / 2000)


@pytest.mark.parametrize(
    ("lots", "evidence"),
    [
        ([("L1",), ("L1", "X"), ("X", "L1")], Evidence.ONE_LOT),
        ([("L1", "X"), ("L2", "X")], Evidence.ONE_LOT),
        ([("L1", "X"), ("L2", "Y")], Evidence.SEVERAL_LOTS),
        ([("L1",), ()], None),
        ([(), ()], None),
    ],
)
def test_one_lot_is_a_lot_that_everybody_had(lots, evidence):
    members = [
        make_reaction(minute, lot=one[0] if one else "", other_lots=one[1:])
        for minute, one in enumerate(lots)
    ]

    about_lots = {Evidence.ONE_LOT, Evidence.SEVERAL_LOTS} & set(evidence_of(members))
    assert about_lots == ({evidence} if evidence else set())


@pytest.mark.parametrize(
    ("recovered_after", "answer"),
    [(None, None), (QUICK_RECOVERY, True), (QUICK_RECOVERY + timedelta(seconds=1), False)],
)
def test_quick_is_within_the_limit_and_unknown_until_somebody_says_so(recovered_after, answer):
    recovered_at = None if recovered_after is None else NINE + recovered_after

    assert is_quick(NINE, recovered_at) is answer
