"""The desk over HTTP: filters of the worklist, kept views, a case passed between levels."""

from datetime import timedelta

import pytest

from alerts.models import Membership, Role
from tests.callers import Caller
from tests.factories import NOON, make_user
from tests.floor_factories import Floor, frozen

HPV = {"patient_name": "王小明", "vaccines": [{"name": "HPV9", "lot": "B1"}]}


@pytest.fixture
def floor(db):
    with frozen(NOON + timedelta(minutes=20)):
        yield Floor(county_code="310104")


@pytest.fixture
def case(floor):
    return floor.post("{site}/cases/", {"facts": HPV}, role=Role.LEAD).json()


@pytest.fixture
def province(floor):
    person = make_user("province")
    Membership.objects.create(user=person, region="31", role=Role.OFFICER)
    return Caller(person)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("lot=B1", 1),
        ("lot=C9", 0),
        ("vaccine=HPV", 1),
        ("county=3101", 1),
        ("county=44", 0),
        ("class=none", 1),
        ("class=final", 0),
        ("origin=concern", 0),
        ("due=none", 0),
        ("missing=some", 1),
        ("missing=none", 0),
        ("since=2026-01-01&until=2100-01-01", 400),
        ("since=2027-01-01", 0),
        ("county=123", 400),
        ("due=whenever", 400),
        ("state=gone", 400),
        ("site=nowhere", 400),
        ("since=0001-01-01", 400),
    ],
)
def test_the_filters_of_the_desk_narrow_the_list_and_nonsense_is_refused(floor, case, query, count):
    answer = floor.get(f"cases/?{query}", role=Role.OFFICER)

    found = len(answer.json()) if answer.status_code == 200 else answer.status_code
    assert found == count


def offers(caller, case):
    return caller.ask("get", f"/api/v1/cases/{case['uuid']}/offers/").json()


def say(caller, case, verb, **body):
    return caller.ask("post", f"/api/v1/cases/{case['uuid']}/{verb}/", body)


def test_a_case_is_offered_taken_and_offered_back(floor, case, province):
    county = Caller(floor.person(Role.OFFICER))
    assert offers(county, case)["held_by"] == "county"

    said = say(county, case, "offer", to_level="province", reason="两县同批号")
    assert (said.status_code, said.json()["offers"][0]["answer"]) == (200, "open")
    assert say(county, case, "take").json()["type"].endswith("cannot_hand")
    taken = say(province, case, "take").json()

    assert (taken["held_by"], taken["offers"][0]["answered_by"]) == ("province", "province")
    assert say(province, case, "offer", to_level="county", reason="x").status_code == 200
    back = say(county, case, "decline", reason="请继续").json()
    assert (back["held_by"], back["offers"][0]["answer_reason"]) == ("province", "请继续")


@pytest.mark.parametrize(
    "body", [{}, {"to_level": "moon", "reason": "x"}, {"to_level": "province", "reason": ""}]
)
def test_an_offer_without_level_or_reason_changes_nothing(floor, case, province, body):
    county = Caller(floor.person(Role.OFFICER))

    assert say(county, case, "offer", **body).status_code == 400
    assert offers(county, case)["offers"] == []


def test_views_are_kept_replaced_and_let_go_by_their_owner_alone(floor, province):
    county = Caller(floor.person(Role.OFFICER))

    def keep(**body):
        return county.ask("post", "/api/v1/case-views/", {"name": "批号", **body})

    assert keep(filters={"lot": "B1"}).status_code == 201
    kept = keep(filters={"lot": "B2", "class": "none"}, is_first=True).json()
    assert (kept["query"], kept["is_first"]) == ("lot=B2&class=none", True)
    assert county.ask("get", "/api/v1/case-views/").json() == [kept]
    assert province.ask("get", "/api/v1/case-views/").json() == []
    assert province.ask("delete", f"/api/v1/case-views/{kept['id']}/").status_code == 409
    assert county.ask("delete", f"/api/v1/case-views/{kept['id']}/").status_code == 204
    assert county.ask("get", "/api/v1/case-views/").json() == []


@pytest.mark.parametrize("filters", [{}, {"due": "whenever"}, {"county": "x"}, "lot"])
def test_a_view_without_a_filter_that_means_something_is_refused(floor, filters):
    county = Caller(floor.person(Role.OFFICER))

    answer = county.ask("post", "/api/v1/case-views/", {"name": "x", "filters": filters})

    assert answer.status_code in {400, 409}
    assert county.ask("get", "/api/v1/case-views/").json() == []
