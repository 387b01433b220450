"""Groups of a hall: proposed from the floor's own reactions, judged by a person, never labelled."""

import csv
import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from aefi.models import GroupEvent, GroupRule, GroupState
from aefi.rules.groups import ReasonMissing
from aefi.rules.hall_clusters import Rule
from aefi.services import group_clocks, groups
from aefi.services.hall import doses_of
from alerts.models import Alert, Event, Source, Timer
from alerts.outbox import SYSTEM, Origin
from observation.models import Observation, PersonKind, Reaction
from observation.services import reactions
from observation.services.reactions import Seen
from tests.aefi.halls import (
    FAINT,
    at,
    cards,
    fall_ill,
    give,
    look,
    make_bay,
    make_used_lot,
    sight,
    three_faints,
    visitor_ill,
)
from tests.factories import NOON, make_device, make_session, make_site, make_user
from tests.floor_factories import (
    event_types,
    last_event,
    make_lot,
    make_observation,
    make_recipient,
)
from tests.shared import shared

pytestmark = pytest.mark.django_db
TWO_HOURS = timedelta(hours=2)


@pytest.fixture
def site():
    site = make_site()
    make_session(site)
    make_bay(site)
    return site


@pytest.fixture
def lead():
    return Origin(actor=make_user("lead"))


def declare(card, origin, minute=20, reason="三人同区先后晕倒"):
    return groups.declare(group_uuid=card.uuid, reason=reason, origin=origin, now=at(minute))


def undeclare(card, origin, minute=20, reason="同一家人晕针"):
    return groups.undeclare(group_uuid=card.uuid, reason=reason, origin=origin, now=at(minute))


def keys(rows):
    return [str(row.uuid) for row in rows]


def group_events(site):
    return [type_ for type_ in event_types(site) if type_.startswith("group.")]


def evidence(card, kind):
    return next(item for item in card.hypotheses if item["kind"] == kind)


def test_three_faints_in_one_bay_within_twelve_minutes_put_a_card_up(site):
    faints = three_faints(site)

    look()

    card = sight(site)
    assert (card.state, card.bay, card.observed, card.version) == ("proposed", "4", 3, 1)
    assert card.members == keys(faints)
    assert card.proposed_at == at(12)
    assert card.clock_due_at is None


def test_the_card_lays_four_hypotheses_side_by_side_with_their_evidence(site):
    lots = [make_lot(site, "L1"), make_lot(site, "L2")]
    for number in range(3):
        fall_ill(site, number * 6, seat=f"4-{number + 1}", lot=lots[number % 2])

    look()

    card = sight(site)
    assert [item["kind"] for item in card.hypotheses] == [
        "programme_error",
        "quality",
        "stress_response",
        "coincidence",
    ]
    assert evidence(card, "quality")["evidence_against"] == ["several_lots"]
    assert evidence(card, "stress_response") == {
        "kind": "stress_response",
        "evidence_for": ["several_lots", "one_bay", "pale_without_rash"],
        "evidence_against": [],
    }
    assert evidence(card, "coincidence")["evidence_against"] == ["only_vaccinated_ill"]


def test_a_burst_says_how_many_were_expected(site):
    make_used_lot(site, "L1", 480)
    three_faints(site)

    look()

    (burst,) = cards(site, rule="burst")
    thirty_doses_within_the_half_hour = 30 * 0.001
    assert burst.expected == pytest.approx(thirty_doses_within_the_half_hour)
    assert 0 < burst.p < 0.01


@pytest.mark.parametrize("minutes", [(0, 6), (0, 31, 62)])
def test_fewer_or_slower_faints_put_no_card_up(site, minutes):
    three_faints(site, *minutes)

    look(62)

    assert cards(site) == []


def test_a_report_arms_one_look_and_the_look_leaves_nothing_armed(site):
    three_faints(site)
    assert Timer.objects.armed().filter(kind=groups.DUE).count() == 1

    look()

    assert not Timer.objects.armed().filter(kind=groups.DUE).exists()
    assert not Timer.objects.filter(kind=groups.DUE).exclude(error="").exists()


def test_the_card_stands_within_a_second_of_the_last_report(world):
    make_bay(world.site)
    three_faints(world.site)

    world.now = at(12)
    world.fast_forward(seconds=1)

    assert sight(world.site).proposed_at - at(12) <= timedelta(seconds=1)


def test_a_reaction_outside_every_session_is_no_reason_to_look(site):
    site.sessions.update(closed_at=NOON)

    visitor_ill(site, 0)

    assert not Timer.objects.filter(kind=groups.DUE).exists()


def test_a_fourth_faint_is_written_on_the_same_card(site):
    faints = three_faints(site)
    look()

    faints.append(fall_ill(site, 14, seat="4-9"))
    look(14)

    card = sight(site)
    assert (card.observed, card.version, card.members) == (4, 2, keys(faints))
    assert last_event(site, "group.updated").payload["observed"] == 4


def test_people_who_faint_one_after_the_other_stay_on_one_card(site):
    faints = three_faints(site)
    look()

    faints += three_faints(site, 25, 33, 35)
    look(35)

    card = sight(site)
    assert set(card.members) == set(keys(faints))
    assert card.observed == 5


def test_another_flurry_in_the_same_bay_is_the_same_question(site):
    first = three_faints(site)
    look()
    later = three_faints(site, 90, 95, 99)
    look(99)

    assert set(sight(site).members) == set(keys([*first, *later]))


def test_a_look_without_news_changes_nothing(site):
    three_faints(site)
    look()
    before = event_types(site)

    again = groups.detect(session_id=site.sessions.get().pk, now=at(13))

    assert again == []
    assert event_types(site) == before


def test_doses_given_meanwhile_renew_the_rates_without_a_new_version(site):
    three_faints(site)
    look()
    make_used_lot(site, "L1", 20)

    groups.detect(session_id=site.sessions.get().pk, now=at(13))

    (burst,) = cards(site, rule="burst")
    assert burst.version == 1
    assert group_events(site) == ["group.proposed", "group.proposed"]


def test_a_school_class_spread_over_the_hall_is_one_card(site):
    for minute, seat in [(0, "A1"), (5, "B1"), (9, "4-1")]:
        fall_ill(site, minute, seat=seat, group_name="三年2班")

    look()

    card = sight(site)
    assert (card.bay, card.group_name) == ("", "三年2班")
    assert "三年2班" not in json.dumps(list(Event.objects.values("payload")), ensure_ascii=False)


def test_a_lot_that_stands_out_has_a_card_of_its_own(site):
    rare, common = make_used_lot(site, "L1", 10), make_used_lot(site, "L2", 300)
    for minute, lot in [(0, rare), (40, rare), (80, rare), (100, common)]:
        fall_ill(site, minute, lot=lot, signs={"fever": "yes"})

    look(100)

    (card,) = cards(site)
    assert (card.rule, card.lot, card.observed) == ("lot_contrast", "HPV9 L1", 3)
    assert "lot_stands_out" in evidence(card, "quality")["evidence_for"]


def test_a_visit_made_by_mistake_adds_no_doses(site):
    row = make_observation(site, end_kind="cancelled", ended_at=NOON)
    give(row, make_lot(site))

    assert doses_of(site.sessions.get()) == []


def test_lots_as_written_are_told_apart_too(site):
    row = make_observation(site)
    give(row, make_lot(site, "L1"))
    row.doses.create(
        vaccine_as_written="流感", lot_as_written=" X9 ", given_at=NOON, entered_at=NOON
    )

    assert {dose.lot for dose in doses_of(row.session)} == {"HPV9 L1", "流感 X9"}


def test_a_rash_at_the_site_alone_does_not_speak_against_a_stress_response(site):
    three_faints(site, signs={**FAINT, "rash": "yes"})
    look()
    assert evidence(sight(site), "stress_response")["evidence_against"] == []

    fall_ill(site, 15, seat="4-9", signs={"dizzy": "yes", "rash_beyond_site": "yes"})
    look(15)
    assert evidence(sight(site), "stress_response")["evidence_against"] == ["organic_signs"]


def test_two_serious_alike_are_a_card_once_the_second_is_marked(site):
    pair = [fall_ill(site, minute, signs={"fit": "yes"}) for minute in (0, 100)]
    look(100)
    assert cards(site) == []

    for reaction in pair:
        reactions.add_details(
            reaction_uuid=reaction.uuid,
            seen=Seen(),
            changes={"is_serious": True},
            origin=SYSTEM,
            now=at(110),
        )
    look(110)

    (card,) = cards(site)
    assert (card.rule, card.members) == ("statutory", keys(pair))


def test_the_statutory_rule_looks_back_over_sessions_of_the_day(site):
    morning = fall_ill(site, -120, signs={"fit": "yes"})
    site.sessions.update(closed_at=at(-60))
    make_session(site, name="下午", opened_at=at(-30))
    afternoon = fall_ill(site, 0, signs={"fit": "yes"})
    Reaction.objects.update(is_serious=True)

    look(0)

    (card,) = cards(site)
    assert card.members == keys([morning, afternoon])
    assert card.session == afternoon.session


def test_two_pictures_of_serious_reactions_are_two_cards(site):
    for minute, sign in enumerate(["fit", "swelling", "fit", "swelling"]):
        fall_ill(site, minute, signs={sign: "yes"})
    Reaction.objects.update(is_serious=True)

    look(5)

    assert [card.rule for card in cards(site)] == ["statutory", "statutory"]


def test_people_without_a_dose_are_evidence_and_never_members(site):
    visitors = [visitor_ill(site, minute, seat="4-9") for minute in (1, 2, 3)]
    look(3)
    assert cards(site) == []

    faints = three_faints(site)
    look()

    card = sight(site)
    assert (card.observed, card.members) == (3, keys(faints))
    assert card.others == keys(visitors)
    assert evidence(card, "coincidence")["evidence_for"] == ["unvaccinated_ill"]


def test_somebody_unknown_counts_among_the_members(site):
    faints = three_faints(site, 0, 6)
    unknown = visitor_ill(site, 9, seat="4-9", person_kind=PersonKind.UNKNOWN)
    look()

    assert sight(site).members == keys([*faints, unknown])


def test_faints_keyed_from_paper_are_placed_at_their_own_times(site):
    for number, minute in enumerate((0, 6, 12), 1):
        paper = Origin(source=Source.PAPER, device_at=at(minute))
        fall_ill(site, minute, seat=f"4-{number}", origin=paper, now=at(300))
    look(300)

    card = sight(site)
    assert card.proposed_at == at(300)
    assert card.observed == 3
    times = Reaction.objects.order_by("seen_at").values_list("seen_at", flat=True)
    assert list(times) == [at(0), at(6), at(12)]


def test_faints_hours_apart_keyed_at_one_sitting_are_no_group(site):
    for minute in (0, 100, 200):
        paper = Origin(source=Source.PAPER, device_at=at(minute))
        fall_ill(site, minute, seat="4-1", origin=paper, now=at(300))
    look(300)

    assert cards(site) == []


def test_a_group_found_after_the_session_was_closed_waits_for_a_word(site):
    session = site.sessions.get()
    rows = [make_observation(site, seat=f"4-{n}") for n in (1, 2, 3)]
    session.closed_at = at(200)
    session.save()

    for minute, row in enumerate(rows):
        paper = Origin(source=Source.PAPER, device_at=at(minute))
        reactions.report_reaction(
            observation_uuid=row.uuid, seen=Seen(signs=FAINT), origin=paper, now=at(300)
        )
    look(300)

    assert sight(site) in GroupEvent.objects.shown(at(3000))


def test_the_two_hours_start_with_the_declaration(site, lead):
    three_faints(site)
    look()

    card = declare(sight(site), lead, minute=20)

    assert (card.state, card.declared_by) == ("declared", lead.actor)
    assert card.declared_at == at(20)
    assert card.clock_due_at == at(20) + TWO_HOURS
    event = last_event(site, "group.declared")
    assert event.actor == lead.actor
    assert event.payload["clock_due_at"] == (at(20) + TWO_HOURS).isoformat()


def test_a_declaration_leaves_everything_else_as_it_is(site, lead):
    three_faints(site)
    look()

    def everything_else():
        rows = [
            list(model.objects.order_by("pk").values()) for model in (Alert, Observation, Reaction)
        ]
        timers = Timer.objects.exclude(kind=group_clocks.REMINDER).order_by("pk")
        others = GroupEvent.objects.exclude(rule="line_of_sight")
        return [*rows, list(timers.values()), list(others.values())]

    before = everything_else()

    declare(sight(site), lead)

    assert everything_else() == before
    assert group_events(site)[-1] == "group.declared"


def test_the_first_declaration_stands(site, lead):
    three_faints(site)
    look()
    declare(sight(site), lead, minute=20)

    again = declare(sight(site), Origin(actor=make_user("officer")), minute=50, reason="x")

    assert (again.declared_at, again.declared_by) == (at(20), lead.actor)
    assert group_events(site).count("group.declared") == 1


def test_a_declaration_made_offline_counts_from_the_tap(site):
    three_faints(site)
    look()
    tablet = make_device(site, clock_offset_ms=0)
    offline = Origin(actor=make_user(), device=tablet, source=Source.OFFLINE, device_at=at(20))

    card = declare(sight(site), offline, minute=45)

    assert card.clock_due_at == at(20) + TWO_HOURS


@pytest.mark.parametrize("judge", [declare, undeclare])
@pytest.mark.parametrize("reason", ["", "  "])
def test_a_word_needs_a_reason(site, lead, judge, reason):
    three_faints(site)
    look()

    with pytest.raises(ReasonMissing):
        judge(sight(site), lead, reason=reason)

    assert sight(site).state == "proposed"


@pytest.mark.parametrize("judge", [declare, undeclare])
def test_a_word_needs_a_person(site, judge):
    three_faints(site)
    look()

    with pytest.raises(groups.NobodyDeclares):
        judge(sight(site), SYSTEM)


def test_the_database_keeps_no_declaration_without_person_and_reason(site):
    three_faints(site)
    look()

    for facts in [{"state": "declared"}, {"clock_due_at": NOON}]:
        with pytest.raises(IntegrityError), transaction.atomic():
            GroupEvent.objects.update(**facts)


def test_undeclaring_stops_the_clock_and_keeps_who_said_what(site, lead):
    three_faints(site)
    look()
    declare(sight(site), lead, minute=20)

    card = undeclare(sight(site), lead, minute=30)

    assert (card.state, card.clock_due_at, card.reason) == ("undeclared", None, "同一家人晕针")
    assert (card.declared_at, card.undeclared_at) == (at(20), at(30))
    assert group_events(site)[-2:] == ["group.declared", "group.undeclared"]


def test_undeclaring_twice_is_one_word(site, lead):
    three_faints(site)
    look()
    undeclare(sight(site), lead)

    undeclare(sight(site), lead, minute=40, reason="again")

    assert sight(site).undeclared_at == at(20)


def test_declaring_after_an_undeclaration_starts_the_clock_anew(site, lead):
    three_faints(site)
    look()
    undeclare(sight(site), lead, minute=20)

    card = declare(sight(site), lead, minute=60)

    assert card.clock_due_at == at(60) + TWO_HOURS


def test_people_put_aside_are_not_asked_about_again(site, lead):
    three_faints(site)
    look()
    undeclare(sight(site), lead)
    before = group_events(site)

    fall_ill(site, 60, seat="A1", signs={"arm_sore": "yes"})
    look(60)

    assert sight(site).state == "undeclared"
    assert group_events(site) == before


def test_one_more_person_puts_the_question_again(site, lead):
    faints = three_faints(site)
    look()
    undeclare(sight(site), lead, minute=13)

    faints.append(fall_ill(site, 20, seat="4-9"))
    look(20)

    card = sight(site)
    assert (card.state, card.proposed_at) == ("proposed", at(20))
    assert card.members == keys(faints)
    assert group_events(site)[-2:].count("group.proposed") == 1


def test_a_later_flurry_is_asked_about_without_those_put_aside(site, lead):
    three_faints(site)
    look()
    undeclare(sight(site), lead, minute=13)

    later = three_faints(site, 90, 95, 99)
    look(99)
    groups.detect(session_id=site.sessions.get().pk, now=at(100))

    assert sight(site).members == keys(later)


def test_one_more_person_near_a_declared_group_is_added_to_it(site, lead):
    faints = three_faints(site)
    look()
    due_at = declare(sight(site), lead, minute=13).clock_due_at

    faints.append(fall_ill(site, 20, seat="4-9"))
    look(20)

    card = sight(site)
    assert (card.state, card.members, card.clock_due_at) == ("declared", keys(faints), due_at)


def test_a_flurry_hours_after_a_declared_group_is_a_new_question(site, lead):
    first = three_faints(site)
    look()
    declare(sight(site), lead, minute=13)

    later = three_faints(site, 90, 95, 99)
    look(99)

    declared, asked = cards(site, rule="line_of_sight")
    assert (declared.state, declared.members) == ("declared", keys(first))
    assert (asked.state, asked.members) == ("proposed", keys(later))


def undo(reaction, minute=15):
    reactions.undo_reaction(reaction_uuid=reaction.uuid, origin=SYSTEM, now=at(minute))
    look(minute)


def test_a_question_goes_with_the_reaction_that_was_a_slip_of_the_finger(site):
    faints = three_faints(site)
    look()

    undo(faints[0])

    card = sight(site)
    assert (card.state, card.reason, card.undeclared_by) == ("undeclared", "", None)
    assert card.members == keys(faints[1:])
    assert last_event(site, "group.undeclared").actor is None


def test_a_question_that_still_stands_loses_only_the_slip(site):
    faints = three_faints(site, 0, 4, 8, 12)
    look()

    undo(faints[0])

    assert (sight(site).state, sight(site).observed) == ("proposed", 3)
    assert sight(site).members == keys(faints[1:])


def test_a_declared_group_outlives_an_undone_reaction(site, lead):
    faints = three_faints(site)
    look()
    declare(sight(site), lead)

    undo(faints[0], minute=25)

    card = sight(site)
    assert (card.state, card.members) == ("declared", keys(faints[1:]))
    assert card.clock_due_at == at(20) + TWO_HOURS


def test_reactions_of_another_site_do_not_count(site):
    elsewhere = make_site(name="别处")
    make_session(elsewhere)
    make_bay(elsewhere)
    three_faints(site, 0, 6)

    three_faints(elsewhere, 3)
    look()

    assert GroupEvent.objects.count() == 0


def test_the_rules_of_the_model_are_those_of_the_detectors():
    assert GroupRule.values == [str(rule) for rule in Rule]


def test_nothing_stored_labels_a_group(site, lead):
    for number, subtype in enumerate(["vasovagal", "acute_stress", "dissociative"]):
        row = make_observation(site, seat=f"4-{number + 1}", recipient=make_recipient(site))
        seen = Seen(signs=FAINT, stress_subtype=subtype, danger_absent=True)
        reactions.report_reaction(
            observation_uuid=row.uuid, seen=seen, origin=SYSTEM, now=at(number)
        )
    look()
    declare(sight(site), lead)

    stored = [list(GroupEvent.objects.values()), list(Event.objects.values("type", "payload"))]
    words = f"{stored} {GroupState.choices} {GroupRule.choices}".lower()
    assert not any(label in words for label in ("psychogenic", "心因", "hysteri", "癔症"))


def real_clusters():
    path = shared("data/hause2021_mmwr_table1_site_clusters.csv")
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return [row for row in rows if len(row["site"]) == 1]


@pytest.mark.shared
def test_the_five_real_clusters_are_found_from_the_floor_s_own_rows():
    """A third of the cases follow each other in one lane, the others are spread over the day."""
    clusters = real_clusters()
    assert [row["site"] for row in clusters] == list("ABCDE")
    for row in clusters:
        site = make_site(name=f"Site {row['site']}")
        make_session(site, opened_at=at(-300))
        make_bay(site)
        doses, cases = int(row["vaccinated"]), int(row["anxiety_cases"])
        lots = [make_used_lot(site, f"{row['site']}{n}", doses // 2) for n in (1, 2)]
        close = max(3, cases // 3)

        for case in range(cases):
            minute = 4 * case if case < close else 120 + 11 * case
            fall_ill(site, minute, seat=f"4-{case % 10 + 1}", lot=lots[case % 2])
        look(600)

        found = {card.rule for card in cards(site)}
        assert {"burst", "line_of_sight"} <= found, row["site"]
        assert "lot_contrast" not in found, row["site"]
        assert all(len(card.hypotheses) == 4 for card in cards(site))
