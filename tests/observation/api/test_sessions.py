"""The close of a session: every watch has an end, or the close says whose is missing."""

import pytest

from alerts.models import Role, Session
from observation.models import Observation
from tests.factories import NOON
from tests.floor_factories import Floor, event_types, frozen, make_observation

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor():
    with frozen(NOON):
        yield Floor()


def close(floor, *endings, **options):
    options = {"role": Role.LEAD, **options}
    return floor.post(
        f"sessions/{floor.session.uuid}/close/", {"endings": list(endings)}, **options
    )


def ending(row, kind="unwitnessed", **more):
    return {"observation": str(row.uuid), "kind": kind, **more}


def test_a_session_without_open_watches_is_closed(floor):
    make_observation(floor.site, ended_at=NOON, end_kind="complete")

    answer = close(floor)

    assert answer.json()["closed_at"] == NOON.isoformat()
    assert event_types(floor.site) == ["session.closed"]


def test_one_open_watch_holds_the_close_up_and_is_named(floor):
    row = make_observation(floor.site, seat="A1")

    answer = close(floor)

    assert answer.status_code == 409
    assert answer.json()["type"] == "about:blank#session_has_open"
    assert answer.json()["facts"]["open"] == [
        {
            "uuid": str(row.uuid),
            "ticket": row.ticket,
            "seat": "A1",
            "due_at": row.due_at.isoformat(),
        }
    ]
    assert Session.objects.get().closed_at is None


def test_the_close_says_how_each_watch_ended(floor):
    left = make_observation(floor.site)
    gone = make_observation(floor.site)

    close(floor, ending(left, "left_early", reason="接走"), ending(gone))

    kinds = dict(Observation.objects.values_list("ticket", "end_kind"))
    assert kinds == {left.ticket: "left_early", gone.ticket: "unwitnessed"}
    assert event_types(floor.site) == ["observation.ended", "observation.ended", "session.closed"]


def test_a_close_that_leaves_one_open_ends_none(floor):
    named = make_observation(floor.site)
    make_observation(floor.site)

    answer = close(floor, ending(named))

    assert answer.status_code == 409
    assert Observation.objects.open().count() == 2
    assert event_types(floor.site) == []


def test_endings_of_another_session_change_nothing_there(floor):
    elsewhere = make_observation(Floor(name="别处").site)

    close(floor, ending(elsewhere))

    assert Observation.objects.open().filter(pk=elsewhere.pk).exists()


def test_closing_twice_tells_once(floor):
    close(floor)
    again = close(floor)

    assert again.status_code == 200
    assert event_types(floor.site) == ["session.closed"]


@pytest.mark.parametrize("kind", ["gone", "", None])
def test_an_ending_of_no_kind_is_a_wrong_field(floor, kind):
    row = make_observation(floor.site)

    answer = close(floor, ending(row, kind))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "endings.0.kind"


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.VACCINATOR, Role.CLINICIAN, Role.OFFICER])
def test_only_who_leads_closes(floor, role):
    assert close(floor, role=role).status_code == 403


def test_a_session_of_another_site_is_not_found(floor):
    other = Floor(name="别处")

    answer = floor.post(f"sessions/{other.session.uuid}/close/", {}, role=Role.LEAD)

    assert answer.status_code == 404
