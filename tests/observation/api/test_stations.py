"""Stopping a station: planned doses obey, given ones and watches do not."""

import pytest

from alerts.models import Role
from observation.models import Dose, StationStop
from tests.factories import NOON
from tests.floor_factories import Floor, event_types, frozen, last_event, make_lot, make_observation

pytestmark = pytest.mark.django_db
REASON = {"station": "3", "reason": "冷链温度超限"}
PLANNED = {"vaccine": "HPV9", "lot": "B202607A"}


@pytest.fixture
def floor():
    with frozen(NOON):
        floor = Floor()
        make_lot(floor.site)
        yield floor


def stop(floor, **options):
    return floor.post("{site}/stations/stop/", REASON, **{"role": Role.LEAD, **options})


def planned_at(floor, station):
    return floor.post("{site}/dose-checks/", {**PLANNED, "station": station})


def test_a_stopped_station_plans_no_dose_and_the_others_go_on(floor):
    stop(floor)

    refused, other, unnamed = (planned_at(floor, name) for name in ("3", "4", ""))

    assert (refused.status_code, other.status_code, unnamed.status_code) == (409, 200, 200)
    assert refused.json()["errors"][0]["code"] == "station_stopped"
    assert "冷链温度超限" in refused.json()["errors"][0]["message"]
    assert last_event(floor.site, "station.stopped").payload == {"station": "3"}


def test_a_dose_given_at_a_stopped_station_is_still_recorded(floor):
    stop(floor)

    answer = floor.post(
        "{site}/observations/", {"station": "3", "doses": [{"vaccine": "HPV9", "lot": "B202607A"}]}
    )

    assert answer.status_code == 201
    assert Dose.objects.get().station == "3"


def test_a_station_goes_on_when_the_lead_says_so(floor):
    stop(floor)

    floor.post("{site}/stations/resume/", {"station": "3"}, role=Role.LEAD)

    assert planned_at(floor, "3").status_code == 200
    assert StationStop.objects.get().resumed_at == NOON
    assert event_types(floor.site)[-1] == "station.resumed"


def test_stopping_twice_is_one_stop_and_letting_go_twice_one_event(floor):
    stop(floor)
    stop(floor)
    for _time in range(2):
        floor.post("{site}/stations/resume/", {"station": "3"}, role=Role.LEAD)

    told = [type_ for type_ in event_types(floor.site) if type_.startswith("station.")]
    assert told == ["station.stopped", "station.resumed"]


def test_the_list_shows_stations_in_use_and_stopped_ones(floor):
    make_observation(floor.site, seat="A1", station="7")
    stop(floor)

    rows = floor.get("{site}/stations/").json()

    assert [(row["station"], row["reason"]) for row in rows] == [("3", "冷链温度超限"), ("7", "")]
    assert rows[0]["stopped_at"] == NOON.isoformat()


def test_an_observer_may_not_stop_a_station(floor):
    assert stop(floor, role=Role.OBSERVER).status_code == 403
    assert not StationStop.objects.exists()
