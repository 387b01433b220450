"""Holding a lot stops planned doses everywhere and touches no watch."""

from uuid import uuid4

import pytest

from alerts.models import Role
from observation.models import Dose, LotIssue, Observation, Reaction
from tests.factories import NOON
from tests.floor_factories import Floor, event_types, frozen, last_event, make_lot, make_observation

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor():
    with frozen(NOON):
        yield Floor()


def hold(floor, lot, **options):
    return floor.post(
        f"lots/{lot.uuid}/hold/", {"reason": "三例皮疹"}, **{"role": Role.LEAD, **options}
    )


def test_a_held_lot_stops_planned_doses_at_every_site_it_was_issued_to(floor):
    other = Floor(name="别处")
    lot = make_lot(floor.site)
    LotIssue.objects.create(lot=lot, site=other.site, issued_at=NOON)
    planned = {"vaccine": "HPV9", "lot": "B202607A"}

    answer = hold(floor, lot).json()

    assert answer["held_at"] == NOON.isoformat()
    assert other.post("{site}/dose-checks/", planned).status_code == 409
    assert last_event(floor.site, "lot.held").payload["lot"] == "B202607A"
    assert event_types(other.site) == ["lot.held"]


def test_a_held_lot_ends_and_stops_no_watch(floor):
    lot = make_lot(floor.site)
    row = make_observation(floor.site, due_at=NOON)

    hold(floor, lot)

    assert Observation.objects.open().count() == 1
    assert floor.post(f"observations/{row.uuid}/release/").status_code == 200


def test_holding_twice_tells_once(floor):
    lot = make_lot(floor.site)

    hold(floor, lot)
    hold(floor, lot)

    assert event_types(floor.site) == ["lot.held"]


def test_a_released_lot_may_be_used_again(floor):
    lot = make_lot(floor.site)
    hold(floor, lot)

    released = floor.post(f"lots/{lot.uuid}/release/", {"reason": "已排除"}, role=Role.OFFICER)
    floor.post(f"lots/{lot.uuid}/release/", {"reason": "又一次"}, role=Role.OFFICER)
    planned = floor.post("{site}/dose-checks/", {"vaccine": "HPV9", "lot": "B202607A"})

    assert released.json()["held_at"] is None
    assert planned.status_code == 200
    assert event_types(floor.site) == ["lot.held", "lot.released"]


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.OBSERVER, 403),
        (Role.VACCINATOR, 403),
        (Role.CLINICIAN, 403),
        (Role.LEAD, 200),
        (Role.OFFICER, 200),
        (Role.ADMINISTRATOR, 200),
    ],
)
def test_leads_and_officers_hold_lots(floor, role, status):
    assert hold(floor, make_lot(floor.site), role=role).status_code == status


def test_a_lot_of_another_site_is_not_found(floor):
    lot = make_lot(Floor(name="别处").site)

    assert hold(floor, lot).status_code == 404
    assert floor.post(f"lots/{uuid4()}/hold/", {"reason": "x"}, role=Role.LEAD).status_code == 404


def test_a_lot_that_was_given_here_is_held_here_though_never_issued(floor):
    lot = make_lot()
    floor.post("{site}/observations/", {"doses": [{"vaccine": "HPV9", "lot": "B202607A"}]})

    assert hold(floor, lot).status_code == 200
    assert event_types(floor.site)[-1] == "lot.held"


def test_a_hold_says_why(floor):
    lot = make_lot(floor.site)

    assert floor.post(f"lots/{lot.uuid}/hold/", {}, role=Role.LEAD).status_code == 400


def test_a_hold_flags_those_under_observation_with_the_lot_and_a_release_unflags_them(floor):
    lot, other = make_lot(floor.site), make_lot(floor.site, "C1")
    mine, elses, gone = (make_observation(floor.site) for _ in range(3))
    give(mine, lot)
    give(elses, other)
    give(gone, lot)
    Observation.objects.filter(pk=gone.pk).update(ended_at=NOON, end_kind="complete")

    hold(floor, lot)

    assert flags(mine, elses, gone) == [["lot_held_since"], [], []]
    assert last_event(floor.site, "observation.flagged").payload == {"flags": ["lot_held_since"]}
    floor.post(f"lots/{lot.uuid}/release/", {"reason": "y"}, role=Role.LEAD)
    assert flags(mine, elses, gone) == [[], [], []]


def test_who_had_two_held_lots_stays_flagged_until_both_are_released(floor):
    lot, other = make_lot(floor.site), make_lot(floor.site, "C1")
    row = make_observation(floor.site)
    give(row, lot)
    give(row, other)
    hold(floor, lot)
    hold(floor, other)

    floor.post(f"lots/{lot.uuid}/release/", {"reason": "y"}, role=Role.LEAD)

    assert flags(row) == [["lot_held_since"]]


def test_the_officer_lists_everyone_who_had_a_lot_at_the_sites_overseen(floor):
    other = Floor(name="别处")
    lot = make_lot(floor.site)
    watched, gone = make_observation(floor.site, seat="A2"), make_observation(floor.site)
    elsewhere, mistaken = make_observation(other.site), make_observation(floor.site)
    for row in (watched, gone, elsewhere, mistaken):
        give(row, lot)
    Observation.objects.filter(pk=gone.pk).update(ended_at=NOON, end_kind="complete")
    Observation.objects.filter(pk=mistaken.pk).update(ended_at=NOON, end_kind="cancelled")
    Reaction.objects.create(site=floor.site, observation=gone, seen_at=NOON, entered_at=NOON)

    found = floor.get(f"lots/{lot.uuid}/recipients/", role=Role.OFFICER).json()

    assert (found["number"], found["count"], found["watched"]) == ("B202607A", 2, 1)
    rows = {row["observation"]: row for row in found["recipients"]}
    assert rows.keys() == {str(watched.uuid), str(gone.uuid)}
    assert (rows[str(watched.uuid)]["seat"], rows[str(watched.uuid)]["is_watched"]) == ("A2", True)
    assert (rows[str(gone.uuid)]["reactions"], rows[str(gone.uuid)]["is_watched"]) == (1, False)


def test_a_long_list_is_read_in_pages(floor):
    lot = make_lot(floor.site)
    give(make_observation(floor.site), lot)
    path = f"lots/{lot.uuid}/recipients/"

    assert floor.get(f"{path}?offset=1", role=Role.OFFICER).json()["recipients"] == []
    assert floor.get(f"{path}?offset=1", role=Role.OFFICER).json()["count"] == 1
    assert floor.get(f"{path}?offset=x", role=Role.OFFICER).status_code == 400


def test_another_regions_officer_finds_no_recipients(floor):
    other = Floor(name="别处")
    lot = make_lot(floor.site)
    give(make_observation(floor.site), lot)

    assert other.get(f"lots/{lot.uuid}/recipients/", role=Role.OFFICER).status_code == 404
    assert floor.get(f"lots/{lot.uuid}/recipients/", role=Role.LEAD).status_code == 403


def give(row, lot):
    """A dose of the lot in this visit."""
    Dose.objects.create(
        observation=row, lot=lot, vaccine=lot.vaccine, given_at=NOON, entered_at=NOON
    )


def flags(*rows):
    return [Observation.objects.get(pk=row.pk).flags for row in rows]
