"""What the floor's tables never store."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from alerts.models import Session
from observation.models import (
    Dose,
    LotIssue,
    MusterMark,
    Observation,
    PastDose,
    PersonKind,
    Reaction,
    ReactionVersion,
)
from tests.factories import NOON, make_site
from tests.floor_factories import make_lot, make_observation, make_recipient, make_vaccine

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return make_site()


def test_a_ticket_is_given_once_in_a_session(site):
    row = make_observation(site)

    with pytest.raises(IntegrityError):
        make_observation(site, session=Session.objects.get(), ticket=row.ticket)


def test_a_watch_is_never_due_before_it_starts(site):
    with pytest.raises(IntegrityError, match="observation_due_after_start"):
        make_observation(site, due_at=NOON - timedelta(seconds=1))


def test_a_watch_may_be_due_as_it_starts(site):
    assert make_observation(site, due_at=NOON).due_at == NOON


@pytest.mark.parametrize("end", [{"ended_at": NOON}, {"end_kind": "complete"}])
def test_an_end_has_a_time_and_a_kind(site, end):
    row = make_observation(site)

    with pytest.raises(IntegrityError, match="observation_end_has_kind"):
        Observation.objects.filter(pk=row.pk).update(**end)


def test_a_lot_stands_once_per_vaccine_however_it_is_written(site):
    make_lot(site, "B2026-07A")

    with pytest.raises(IntegrityError):
        make_lot(site, "b202607a")


def test_two_vaccines_may_have_a_lot_of_the_same_number(site):
    make_lot(site, vaccine=make_vaccine("A1"))

    assert make_lot(site, vaccine=make_vaccine("A2")).number == "B202607A"


def test_a_lot_is_issued_once_to_a_site(site):
    lot = make_lot(site)

    with pytest.raises(IntegrityError):
        LotIssue.objects.create(lot=lot, site=site, issued_at=NOON)


def external(**changes):
    return {"external_system": "his", "external_id": "1", **changes}


def test_an_imported_person_stands_once_per_site(site):
    make_recipient(site, **external())
    make_recipient(make_site(name="别处"), **external())

    with pytest.raises(IntegrityError):
        make_recipient(site, **external())


def test_an_imported_dose_stands_once(site):
    row = make_observation(site)
    values = {"observation": row, "given_at": NOON, "entered_at": NOON, **external()}
    Dose.objects.create(**values)

    with pytest.raises(IntegrityError):
        Dose.objects.create(**values)


def test_a_dose_of_the_history_stands_once_per_person(site):
    values = {"recipient": make_recipient(site), "entered_at": NOON, **external()}
    PastDose.objects.create(**values)

    with pytest.raises(IntegrityError):
        PastDose.objects.create(**values)


def make_reaction(site, **changes):
    values = {"site": site, "seen_at": NOON, "entered_at": NOON, "signs": {}, **changes}
    return Reaction.objects.create(**values)


def test_a_visitor_s_reaction_has_no_watch(site):
    row = make_observation(site)

    with pytest.raises(IntegrityError, match="reaction_of_others_has_no_observation"):
        make_reaction(site, person_kind=PersonKind.VISITOR, observation=row)


def test_a_version_of_a_reaction_stands_once(site):
    values = {"reaction": make_reaction(site), "version": 1, "replaced_at": NOON}
    ReactionVersion.objects.create(**values)

    with pytest.raises(IntegrityError):
        ReactionVersion.objects.create(**values)


def test_one_evacuation_ticks_a_person_once(site):
    values = {"observation": make_observation(site), "evacuation_at": NOON, "at": NOON}
    MusterMark.objects.create(is_seen=True, **values)

    with pytest.raises(IntegrityError):
        MusterMark.objects.create(is_seen=False, **values)


@pytest.mark.parametrize(
    ("changes", "is_listed"),
    [
        ({}, True),
        ({"ended_at": NOON, "end_kind": "complete"}, False),
        ({"ended_at": NOON, "end_kind": "left_early"}, True),
        ({"ended_at": NOON, "end_kind": "left_early", "settled_at": NOON}, False),
        ({"ended_at": NOON, "end_kind": "transferred"}, False),
    ],
)
def test_the_floor_shows_the_watched_and_who_still_needs_a_word(site, changes, is_listed):
    row = make_observation(site, **changes)

    assert (row in Observation.objects.on_floor()) is is_listed


def test_due_are_the_open_ones_whose_time_is_over(site):
    over = make_observation(site, due_at=NOON)
    make_observation(site, due_at=NOON + timedelta(seconds=1))
    make_observation(site, due_at=NOON, ended_at=NOON, end_kind="complete")

    assert list(Observation.objects.due(NOON)) == [over]


def test_rows_name_themselves_without_a_name(site):
    row = make_observation(site)
    reaction = make_reaction(site, signs={"rash": "yes", "fit": "no"})

    assert str(row) == f"#{row.ticket}"
    assert str(reaction) == "rash"
