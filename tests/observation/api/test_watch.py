"""The running watch: longer, closer, swept, mustered; and its timers."""

from datetime import timedelta

import pytest

from alerts.models import Role, Timer
from alerts.services.timers import fire_due
from observation.models import MusterMark, Observation
from tests.factories import NOON, make_site
from tests.floor_factories import Floor, event_types, frozen, last_event, make_observation

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def floor():
    with frozen(NOON):
        yield Floor()


def due_of(row, kind="observation.due"):
    return Timer.objects.armed().get(subject=str(row.uuid), kind=kind).due_at


def test_an_extension_moves_the_due_time_and_its_timer(floor):
    row = make_observation(floor.site)

    tile = floor.post(
        f"observations/{row.uuid}/extend/", {"minutes": 15, "reason": "皮疹史"}
    ).json()

    assert tile["due_at"] == (NOON + 45 * MINUTE).isoformat()
    assert due_of(row) == NOON + 45 * MINUTE


def test_the_words_of_an_extension_stay_out_of_the_event_log(floor):
    row = make_observation(floor.site)

    floor.post(f"observations/{row.uuid}/extend/", {"minutes": 15, "reason": "李雷的母亲要求"})

    row.refresh_from_db()
    assert last_event(floor.site, "observation.extended").payload["reason"] == "staff"
    assert row.period_reasons[-1]["words"] == "李雷的母亲要求"


def test_after_the_time_an_extension_counts_from_now(floor):
    row = make_observation(floor.site, started_at=NOON - 40 * MINUTE)

    tile = floor.post(f"observations/{row.uuid}/extend/", {"minutes": 10, "reason": "头晕"}).json()

    assert tile["due_at"] == (NOON + 10 * MINUTE).isoformat()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"minutes": 0, "reason": "x"}, "minutes"),
        ({"minutes": 241, "reason": "x"}, "minutes"),
        ({"minutes": "long", "reason": "x"}, "minutes"),
        ({"minutes": 5}, "reason"),
        ({"reason": "x"}, "minutes"),
    ],
)
def test_an_extension_of_no_length_is_a_wrong_field(floor, body, field):
    row = make_observation(floor.site)

    answer = floor.post(f"observations/{row.uuid}/extend/", body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("minutes", [1, 240])
def test_the_shortest_and_the_longest_extension_are_taken(floor, minutes):
    row = make_observation(floor.site)
    body = {"minutes": minutes, "reason": "x"}

    assert floor.post(f"observations/{row.uuid}/extend/", body).status_code == 200


@pytest.mark.parametrize("verb", ["extend", "watch", "recheck"])
def test_an_ended_watch_is_not_taken_up_again(floor, verb):
    row = make_observation(floor.site, ended_at=NOON, end_kind="complete")

    answer = floor.post(f"observations/{row.uuid}/{verb}/", {"minutes": 5, "reason": "x"})

    assert answer.status_code == 409
    assert answer.json()["type"] == "about:blank#watch_ended"


def test_a_closer_look_is_due_every_five_minutes(floor):
    row = make_observation(floor.site)

    watched = floor.post(f"observations/{row.uuid}/watch/", role=Role.OBSERVER).json()
    with frozen(NOON + 4 * MINUTE):
        looked = floor.post(f"observations/{row.uuid}/recheck/").json()

    assert watched["watched_closely_since"] == NOON.isoformat()
    assert watched["recheck_at"] == (NOON + 5 * MINUTE).isoformat()
    assert looked["recheck_at"] == (NOON + 9 * MINUTE).isoformat()
    assert due_of(row, "observation.recheck") == NOON + 9 * MINUTE


def test_asking_for_a_closer_look_twice_changes_nothing(floor):
    row = make_observation(floor.site)
    floor.post(f"observations/{row.uuid}/watch/")

    with frozen(NOON + MINUTE):
        again = floor.post(f"observations/{row.uuid}/watch/").json()

    assert again["recheck_at"] == (NOON + 5 * MINUTE).isoformat()
    assert event_types(floor.site) == ["observation.watch_started"]


def test_the_closer_look_ends_and_the_watch_goes_on(floor):
    row = make_observation(floor.site)
    floor.post(f"observations/{row.uuid}/watch/")

    tile = floor.post(f"observations/{row.uuid}/unwatch/").json()
    floor.post(f"observations/{row.uuid}/unwatch/")

    assert (tile["watched_closely_since"], tile["recheck_at"], tile["ended_at"]) == (None,) * 3
    assert event_types(floor.site).count("observation.watch_ended") == 1
    assert not Timer.objects.armed().filter(kind="observation.recheck").exists()


def test_a_swept_bay_says_when(floor):
    bay = floor.site.bays.get(code="A")

    answer = floor.post(f"bays/{bay.uuid}/sweep/", role=Role.OBSERVER).json()

    assert answer == {"bay": "A", "swept_at": NOON.isoformat()}
    event = last_event(floor.site, "bay.swept")
    assert (event.subject, event.payload["at"]) == (str(bay.uuid), NOON.isoformat())


def test_a_sweep_that_arrives_late_never_moves_the_time_back(floor):
    bay = floor.site.bays.get(code="A")
    floor.post(f"bays/{bay.uuid}/sweep/")

    late = floor.post(
        f"bays/{bay.uuid}/sweep/",
        X_Source="paper",
        X_Device_Time=(NOON - 20 * MINUTE).isoformat(),
    )

    assert late.json()["swept_at"] == NOON.isoformat()


def test_a_bay_of_another_site_is_not_found(floor):
    bay = make_site(name="别处").bays.get(code="A")

    assert floor.post(f"bays/{bay.uuid}/sweep/").status_code == 404


def test_in_an_evacuation_the_last_tick_counts(floor):
    floor.site.evacuating_since = NOON
    floor.site.save()
    row = make_observation(floor.site)
    body = {"observation": str(row.uuid)}

    floor.post("{site}/muster/", {**body, "is_seen": False})
    answer = floor.post("{site}/muster/", {**body, "is_seen": True})

    assert answer.json() == {**body, "is_seen": True}
    assert [mark.is_seen for mark in MusterMark.objects.all()] == [True]
    assert floor.get("{site}/board/").json()["muster"] == {str(row.uuid): True}


def test_without_an_evacuation_nobody_is_ticked(floor):
    row = make_observation(floor.site)

    answer = floor.post("{site}/muster/", {"observation": str(row.uuid), "is_seen": True})

    assert answer.status_code == 409
    assert answer.json()["type"] == "about:blank#not_evacuating"


@pytest.mark.parametrize("body", [{}, {"observation": "x", "is_seen": True}, {"is_seen": True}])
def test_a_tick_of_nobody_is_a_wrong_request(floor, body):
    assert floor.post("{site}/muster/", body).status_code == 400


def test_a_person_of_another_site_is_not_on_the_muster_list(floor):
    row = make_observation(make_site(name="别处"))

    answer = floor.post("{site}/muster/", {"observation": str(row.uuid), "is_seen": True})

    assert answer.status_code == 404


def test_at_the_due_time_the_board_is_told_and_nobody_is_ended(floor):
    row = make_observation(floor.site, seat="A1")

    fire_due(now=NOON + 30 * MINUTE - timedelta(seconds=1))
    before = event_types(floor.site)
    fire_due(now=NOON + 30 * MINUTE)

    assert "observation.due" not in before
    assert event_types(floor.site)[-1] == "observation.due"
    row.refresh_from_db()
    assert row.ended_at is None


def test_an_extended_watch_is_not_due_at_its_first_time(floor):
    row = make_observation(floor.site, seat="A1")
    floor.post(f"observations/{row.uuid}/extend/", {"minutes": 10, "reason": "x"})

    fire_due(now=NOON + 30 * MINUTE)
    assert "observation.due" not in event_types(floor.site)

    fire_due(now=NOON + 40 * MINUTE)
    assert "observation.due" in event_types(floor.site)


@pytest.mark.parametrize(("seat", "told"), [("", ["observation.not_seated"]), ("A1", [])])
def test_who_reached_no_chair_in_three_minutes_is_looked_for(floor, seat, told):
    make_observation(floor.site, seat=seat)

    fire_due(now=NOON + 3 * MINUTE - timedelta(seconds=1))
    assert event_types(floor.site) == []
    fire_due(now=NOON + 3 * MINUTE)

    assert event_types(floor.site) == told


def test_a_closer_look_that_falls_due_is_told(floor):
    row = make_observation(floor.site, seat="A1")
    floor.post(f"observations/{row.uuid}/watch/")

    fire_due(now=NOON + 5 * MINUTE)

    assert event_types(floor.site)[-1] == "observation.recheck_due"


def test_the_timers_of_an_ended_watch_tell_nothing(floor):
    row = make_observation(floor.site)
    Observation.objects.filter(pk=row.pk).update(ended_at=NOON, end_kind="cancelled")

    fire_due(now=NOON + 60 * MINUTE)

    assert event_types(floor.site) == []
    assert not Timer.objects.armed().exists()
