"""The guardian's link, call and answers: one family, one running call, one case."""

from datetime import timedelta

import pytest

from aefi.models import Case, GuardianAnswer, GuardianLink
from aefi.rules import guardian as rules
from aefi.rules import guardian_texts as texts
from aefi.services import guardian
from aefi.services.guardian import Told
from alerts.models import Alert, DutyRole
from alerts.outbox import SYSTEM
from alerts.services import calls
from observation.models import Dose
from tests.factories import NOON, make_duty, make_member
from tests.floor_factories import (
    event_types,
    make_lot,
    make_observation,
    make_party,
    make_recipient,
)

LATER = NOON + timedelta(hours=9)
UNWELL = Told(
    is_unwell=True, onset_at=NOON + timedelta(hours=8), what="手臂红肿", phone="13800000000"
)


@pytest.fixture
def watch(world):
    """A child in seat A3 with its sister in A4, the dose given at noon."""
    party = make_party(world.site)
    child = make_recipient(world.site, guardian="王大山")
    row = make_observation(world.site, seat="A3", party=party, recipient=child)
    make_observation(world.site, seat="A4", party=party)
    lot = make_lot(world.site)
    Dose.objects.create(
        observation=row, vaccine=lot.vaccine, lot=lot, given_at=NOON, entered_at=NOON
    )
    return row


@pytest.fixture
def released(watch):
    watch.ended_at, watch.end_kind = NOON + timedelta(minutes=30), "complete"
    watch.save()
    return watch


def linked(watch, now=NOON):
    return guardian.link_for(watch, by=None, now=now)


def test_a_family_has_one_link_and_it_shows_the_family_alone(world, watch):
    make_observation(world.site, seat="A5")
    sister = watch.party.observations.exclude(pk=watch.pk).get()

    link = linked(watch)

    assert linked(sister) == link
    assert guardian.family_of(link) == [watch, sister]


def test_somebody_who_came_alone_has_a_link_of_their_own(world):
    alone = make_observation(world.site, seat="B1")

    assert guardian.family_of(linked(alone)) == [alone]


def test_the_database_holds_nothing_that_opens_the_page(watch):
    link = linked(watch)
    secret = guardian.secret_of(link)

    assert len(secret) >= 22
    assert secret not in {str(value) for value in vars(GuardianLink.objects.get()).values()}
    assert guardian.link_named(secret, now=NOON) == link


@pytest.mark.parametrize("secret", ["", "x", "\0", "é" * 300])
def test_a_wrong_secret_opens_nothing(watch, secret):
    linked(watch)

    assert guardian.link_named(secret, now=NOON) is None


def test_a_link_is_over_after_its_days_and_another_is_drawn(watch):
    link = linked(watch)
    end = NOON + rules.LINK_PERIOD

    assert guardian.link_named(guardian.secret_of(link), now=end - timedelta(seconds=1)) == link
    assert guardian.link_named(guardian.secret_of(link), now=end) is None
    assert linked(watch, now=end) != link


def test_a_revoked_link_opens_nothing_and_another_is_drawn(watch):
    link = linked(watch)

    guardian.revoke(watch, now=NOON)

    assert guardian.link_named(guardian.secret_of(link), now=NOON) is None
    assert guardian.secret_of(linked(watch)) != guardian.secret_of(link)


def test_a_call_reaches_the_observer_of_the_bay_first(world, watch):
    observer = make_member(world.site, username="zhang")
    make_duty(world.session, observer, DutyRole.OBSERVER, bay=watch.seat.bay)
    world.on_duty("physician")

    alert = guardian.call_staff(watch, now=NOON)

    assert world.paged(alert) == ["zhang"]
    assert (alert.place, alert.summary["signs"]) == ("A3", [guardian.FROM_PHONE])
    world.fast_forward(seconds=61)
    assert "physician" in world.paged(alert)


def test_a_second_tap_joins_the_running_call(watch):
    first = guardian.call_staff(watch, now=NOON)

    assert guardian.call_staff(watch, now=NOON) == first
    assert Alert.objects.count() == 1


def test_a_tap_joins_what_staff_called_already(world, watch):
    urgent = world.call(subject=watch.uuid)

    assert guardian.call_staff(watch, now=NOON) == urgent


def test_after_a_call_has_ended_a_tap_calls_again(watch):
    first = guardian.call_staff(watch, now=NOON)
    calls.resolve(alert_uuid=first.uuid, outcome="", origin=SYSTEM, now=NOON)

    assert guardian.call_staff(watch, now=NOON) != first


def test_a_released_person_without_a_seat_is_called_for_as_well(released):
    released.seat = released.bay = None
    released.save()

    alert = guardian.call_staff(released, now=LATER)

    assert (alert.person_kind, alert.place) == ("released", f"#{released.ticket}")


def test_a_yes_makes_a_draft_with_what_hall_and_family_know(released):
    said = guardian.answer(linked(released), released, UNWELL, now=LATER)

    case = Case.objects.get()
    assert (case.origin, case.state, said.case) == ("guardian", "draft", case)
    assert case.facts["phone"] == "13800000000"
    assert case.facts["guardian"] == "王大山"
    assert case.facts["vaccines"][0]["lot"] == "B202607A"
    assert case.facts["events"][0]["term"] == "手臂红肿"
    assert case.due_at == LATER + timedelta(hours=48)
    assert {"case.opened", "guardian.answered"} <= set(event_types(released.site))


def test_the_same_yes_sent_twice_is_one_answer_and_one_case(released):
    link = linked(released)

    first = guardian.answer(link, released, UNWELL, now=LATER)

    assert guardian.answer(link, released, UNWELL, now=LATER) == first
    assert Case.objects.count() == 1


def test_a_yes_of_day_three_adds_to_the_case_of_day_one(released):
    link = linked(released)
    guardian.answer(link, released, UNWELL, now=LATER)

    again = Told(is_unwell=True, what="仍有发热")
    guardian.answer(link, released, again, now=NOON + timedelta(days=3))

    assert "仍有发热" in Case.objects.get().comments.get().text
    assert sorted(GuardianAnswer.objects.values_list("day", flat=True)) == [1, 3]


def test_a_no_makes_no_case(released):
    guardian.answer(linked(released), released, Told(is_unwell=False), now=LATER)

    assert not Case.objects.exists()


def test_a_yes_without_a_word_more_is_a_case_too(released):
    guardian.answer(linked(released), released, Told(is_unwell=True), now=LATER)

    assert Case.objects.get().facts["events"][0]["term"]


@pytest.mark.parametrize("minutes", [-1, 9 * 60 + 1])
def test_an_onset_before_the_dose_or_in_the_future_is_explained(released, minutes):
    told = Told(is_unwell=True, onset_at=NOON + timedelta(minutes=minutes))

    with pytest.raises(guardian.OnsetImpossible) as refusal:
        guardian.answer(linked(released), released, told, now=LATER)

    assert refusal.value.field == "onset_at"
    assert not GuardianAnswer.objects.exists()


def test_an_onset_between_two_doses_of_the_visit_is_possible(released):
    half_an_hour = timedelta(minutes=30)
    released.doses.update(given_at=NOON - half_an_hour)
    told = Told(is_unwell=True, onset_at=NOON - half_an_hour / 2)

    said = guardian.answer(linked(released), released, told, now=LATER)

    assert said.onset_at == NOON - half_an_hour / 2


def test_within_the_minute_of_the_dose_nothing_is_impossible():
    given_at = NOON + timedelta(seconds=40)

    assert rules.onset_fault(NOON, given_at=given_at, now=LATER) == ""


def test_while_the_watch_runs_staff_are_called_instead_of_a_question(watch):
    with pytest.raises(guardian.NotYetAsked):
        guardian.answer(linked(watch), watch, UNWELL, now=NOON)


@pytest.mark.parametrize(
    ("hours", "ended", "day"), [(1, False, None), (1, True, 1), (71, True, 1), (72, True, 3)]
)
def test_which_question_is_asked(hours, ended, day):
    now = NOON + timedelta(hours=hours)

    assert rules.question_day(now, started_at=NOON, ended_at=NOON if ended else None) == day


def test_a_vaccine_adds_its_own_words_to_the_common_ones():
    common, more = texts.possible_for(["X"]), texts.possible_for(["HPV9", "FLU"])

    assert more[: len(common)] == common == texts.POSSIBLE
    assert len(more) == len(common) + 2
