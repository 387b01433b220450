"""Groups of reactions in a hall: each detector on both sides of its limits, and real clusters."""

import csv
from datetime import UTC, datetime, timedelta

import pytest

from aefi.rules.hall_clusters import (
    DetectorSettings,
    DosesGiven,
    Rule,
    burst,
    find_groups,
    line_of_sight,
    lot_contrast,
    statutory,
)
from aefi.rules.hall_evidence import Evidence, HallReaction, HypothesisKind
from tests.shared import shared

NINE = datetime(2026, 5, 16, 9, tzinfo=UTC)
DETECTOR = DetectorSettings()
FAINT = frozenset({"faint", "pale"})


def make_reaction(minute, **changes):
    facts = {"signs": FAINT, "bay": "A", "lot": "L1", "site": "east", **changes}
    return HallReaction(key=f"{minute}-{facts['bay']}-{facts['lot']}", at=at(minute), **facts)


def at(minute):
    return NINE + timedelta(minutes=minute)


def steady_doses(count, *, minutes=480, lots=("L1", "L2")):
    """Spread the doses of a day over every tenth minute, the lots in turn."""
    slots = range(0, minutes, 10)
    whole, extra = divmod(count, len(slots))
    return [
        DosesGiven(at(minute), lots[i % len(lots)], whole + (i < extra))
        for i, minute in enumerate(slots)
    ]


def hypothesis(proposal, kind):
    return next(item for item in proposal.hypotheses if item.kind is kind)


def test_two_serious_similar_reactions_at_one_site_are_a_group_at_once():
    first = make_reaction(0, is_serious=True, signs=frozenset({"syncope", "fall"}))
    second = make_reaction(90, is_serious=True, signs=frozenset({"syncope"}))

    (group,) = statutory([second, first], DETECTOR)

    assert group.rule is Rule.STATUTORY
    assert group.members == (first, second)
    assert (group.observed, group.expected, group.p) == (2, None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"is_serious": False},
        {"signs": frozenset({"fever"})},
        {"site": "west"},
    ],
)
def test_serious_reactions_that_are_not_alike_are_no_statutory_group(changes):
    first = make_reaction(0, is_serious=True)
    second = make_reaction(5, **{"is_serious": True, **changes})

    assert statutory([first, second], DETECTOR) == []


@pytest.mark.parametrize(("hours", "groups"), [(24, 1), (25, 0)])
def test_the_statutory_period_includes_its_end(hours, groups):
    pair = [make_reaction(0, is_serious=True), make_reaction(60 * hours, is_serious=True)]

    assert len(statutory(pair, DETECTOR)) == groups


def test_a_serious_reaction_without_signs_counts_as_similar():
    bare = make_reaction(1, is_serious=True, signs=frozenset())

    assert statutory([make_reaction(0, is_serious=True), bare], DETECTOR) != []


def test_a_reaction_like_two_groups_joins_them():
    fever, both, rash = (
        make_reaction(minute, is_serious=True, signs=frozenset(signs))
        for minute, signs in [(0, {"fever"}), (20, {"fever", "rash"}), (10, {"rash"})]
    )

    (group,) = statutory([fever, both, rash], DETECTOR)

    assert group.members == (fever, rash, both)


def test_three_faints_in_half_an_hour_are_a_burst():
    reactions = [
        make_reaction(minute, bay=bay) for minute, bay in [(100, "A"), (110, "B"), (125, "C")]
    ]

    (group,) = burst(reactions, steady_doses(480), DETECTOR)

    assert group.observed == 3
    assert group.expected == pytest.approx(30 * 0.001)
    assert group.p == pytest.approx(0.03**3 / 6, rel=0.05)


@pytest.mark.parametrize("minutes", [(100, 110), (100, 110, 130), (100, 130, 160)])
def test_fewer_or_slower_faints_are_no_burst(minutes):
    reactions = [make_reaction(minute) for minute in minutes]

    assert burst(reactions, steady_doses(480), DETECTOR) == []


def test_a_burst_is_measured_against_the_rate_of_the_rest_of_the_day():
    calm = [make_reaction(minute, bay="Z") for minute in (300, 400, 470)]
    flurry = [make_reaction(minute) for minute in (100, 105, 110)]

    (group,) = burst(calm + flurry, steady_doses(480), DETECTOR)

    assert group.members == tuple(flurry)
    assert group.expected == pytest.approx(30 * 3 / 450)


def test_what_a_busy_hall_shows_all_day_is_no_burst():
    reactions = [make_reaction(minute) for minute in range(0, 480, 8)]

    assert burst(reactions, steady_doses(8000), DETECTOR) == []


def test_a_rash_is_not_counted_among_faints():
    rashes = [make_reaction(minute, signs=frozenset({"rash"})) for minute in (100, 105, 110)]

    assert burst(rashes, steady_doses(480), DETECTOR) == []
    assert line_of_sight(rashes, DETECTOR) == []


def test_overlapping_bursts_are_told_once():
    reactions = [make_reaction(minute) for minute in (100, 105, 110, 115, 120)]

    (group,) = burst(reactions, steady_doses(480), DETECTOR)

    assert group.observed == 5


def test_three_faints_in_one_bay_are_in_line_of_sight():
    reactions = [make_reaction(minute, bay="B") for minute in (0, 10, 29)]

    (group,) = line_of_sight(reactions, DETECTOR)

    assert group.rule is Rule.LINE_OF_SIGHT
    assert group.observed == 3


def test_a_school_class_spread_over_bays_is_in_line_of_sight():
    reactions = [make_reaction(i, bay=bay, group="3-2") for i, bay in enumerate("ABC")]

    assert len(line_of_sight(reactions, DETECTOR)) == 1


@pytest.mark.parametrize(
    "places",
    [
        [("A", "east"), ("B", "east"), ("C", "east")],
        [("A", "east"), ("A", "west"), ("A", "north")],
        [("", "east"), ("", "east"), ("", "east")],
    ],
)
def test_faints_out_of_sight_of_each_other_are_not(places):
    reactions = [make_reaction(i, bay=bay, site=site) for i, (bay, site) in enumerate(places)]

    assert line_of_sight(reactions, DETECTOR) == []


def test_a_lot_is_compared_with_the_other_lots_of_the_hall_dose_for_dose():
    doses = [DosesGiven(NINE, "L1", 100), DosesGiven(NINE, "L2", 300)]
    reactions = [make_reaction(i * 60, lot="L1") for i in range(5)] + [make_reaction(9, lot="L2")]

    (group,) = lot_contrast(reactions, doses, DETECTOR)

    by_hand = 6 * 0.25**5 * 0.75 + 0.25**6
    assert group.expected == pytest.approx(1.5)
    assert group.p == pytest.approx(by_hand)
    assert {member.lot for member in group.members} == {"L1"}


def test_two_reactions_of_a_rare_lot_are_not_enough():
    doses = [DosesGiven(NINE, "L1", 1), DosesGiven(NINE, "L2", 3000)]

    assert lot_contrast([make_reaction(0), make_reaction(1)], doses, DETECTOR) == []


def test_one_lot_alone_in_the_hall_has_no_contrast():
    reactions = [make_reaction(i) for i in range(5)]

    assert lot_contrast(reactions, [DosesGiven(NINE, "L1", 100)], DETECTOR) == []


def test_people_without_a_dose_do_not_count_against_a_lot():
    doses = [DosesGiven(NINE, "L1", 100), DosesGiven(NINE, "L2", 300)]
    waiting = [make_reaction(i, is_vaccinated=False) for i in range(5)]

    assert lot_contrast(waiting, doses, DETECTOR) == []


def test_every_proposal_lays_the_same_four_hypotheses_side_by_side():
    reactions = [make_reaction(minute, is_serious=True) for minute in (100, 105, 110)]

    groups = find_groups(reactions, steady_doses(480))

    assert [group.rule for group in groups] == [Rule.STATUTORY, Rule.BURST, Rule.LINE_OF_SIGHT]
    for group in groups:
        assert [item.kind for item in group.hypotheses] == list(HypothesisKind)


def test_pale_quick_and_of_several_lots_speaks_for_a_stress_response():
    reactions = [
        make_reaction(minute, lot=lot, recovered_quickly=True)
        for minute, lot in [(0, "L1"), (5, "L2"), (9, "L1")]
    ]

    (group,) = line_of_sight(reactions, DETECTOR)

    stress = hypothesis(group, HypothesisKind.STRESS_RESPONSE)
    assert set(stress.evidence_for) == {
        Evidence.SEVERAL_LOTS,
        Evidence.ONE_BAY,
        Evidence.PALE_WITHOUT_RASH,
        Evidence.QUICK_RECOVERY,
    }
    assert stress.evidence_against == ()
    assert Evidence.SEVERAL_LOTS in hypothesis(group, HypothesisKind.QUALITY).evidence_against


def test_a_rash_or_a_slow_recovery_speaks_against_a_stress_response():
    reactions = [make_reaction(i) for i in range(2)]
    reactions.append(make_reaction(5, signs=FAINT | {"hives"}, recovered_quickly=False))

    (group,) = line_of_sight(reactions, DETECTOR)

    stress = hypothesis(group, HypothesisKind.STRESS_RESPONSE)
    assert stress.evidence_against == (Evidence.ORGANIC_SIGNS, Evidence.SLOW_RECOVERY)


def test_one_vaccinator_speaks_for_a_programme_error():
    reactions = [make_reaction(i, vaccinator="Li", vial="7") for i in range(3)]

    (group,) = line_of_sight(reactions, DETECTOR)

    error = hypothesis(group, HypothesisKind.PROGRAMME_ERROR)
    assert error.evidence_for == (Evidence.ONE_VACCINATOR, Evidence.ONE_VIAL)


def test_illness_of_the_unvaccinated_speaks_for_coincidence():
    visitor = make_reaction(2, is_vaccinated=False, lot="", bay="Z")
    reactions = [make_reaction(0), make_reaction(1), visitor, make_reaction(3)]

    group = next(g for g in find_groups(reactions, []) if g.rule is Rule.LINE_OF_SIGHT)

    assert (group.observed, group.others) == (3, (visitor,))
    coincidence = hypothesis(group, HypothesisKind.COINCIDENCE)
    assert coincidence.evidence_for == (Evidence.UNVACCINATED_ILL,)


def test_what_is_not_known_is_no_evidence():
    reactions = [make_reaction(i, lot="", group="3-2", bay="") for i in range(3)]

    (group,) = line_of_sight(reactions, DETECTOR)

    seen = {item for h in group.hypotheses for item in h.evidence_for + h.evidence_against}
    assert seen == {Evidence.ONE_GROUP, Evidence.PALE_WITHOUT_RASH, Evidence.ONLY_VACCINATED_ILL}


def real_clusters():
    path = shared("data/hause2021_mmwr_table1_site_clusters.csv")
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield row["site"], int(row["vaccinated"]), int(row["anxiety_cases"])


def spread_over(cases, minutes):
    return [
        make_reaction(60 + minutes * i / cases, bay=f"lane {i % 8}", lot=f"L{1 + i % 2}")
        for i in range(cases)
    ]


@pytest.mark.shared
def test_every_real_cluster_is_found_when_its_cases_follow_each_other():
    for site, doses, cases in real_clusters():
        groups = find_groups(spread_over(cases, min(60, 8 * cases)), steady_doses(doses))

        assert Rule.BURST in {group.rule for group in groups}, site


@pytest.mark.shared
def test_no_real_cluster_blames_a_lot_or_takes_an_even_day_for_a_burst():
    for site, doses, cases in real_clusters():
        even = find_groups(spread_over(cases, 400), steady_doses(doses))

        assert Rule.LOT_CONTRAST not in {group.rule for group in even}, site
        if doses > 100:
            assert Rule.BURST not in {group.rule for group in even}, site
