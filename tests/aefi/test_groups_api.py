"""Groups over HTTP: who sees them, who judges them, and what an answer never says."""

import json

import pytest

from aefi.models import GroupEvent
from alerts.models import Role
from tests.aefi.halls import at, look, make_bay, sight, three_faints, visitor_ill
from tests.factories import NOON, make_member, make_token
from tests.floor_factories import Floor, event_types, frozen

FOUR = ["programme_error", "quality", "stress_response", "coincidence"]


@pytest.fixture
def floor(db):
    with frozen(at(20)):
        floor = Floor()
        make_bay(floor.site)
        yield floor


@pytest.fixture
def card(floor):
    three_faints(floor.site)
    look()
    return sight(floor.site)


def listed(floor, *, role=Role.OBSERVER):
    answer = floor.get("{site}/groups/", role=role)
    assert answer.status_code == 200
    return answer.json()


def judge(floor, card, verb="declare", *, role=Role.LEAD, reason="三人同区先后晕倒", **options):
    return floor.post(f"groups/{card.uuid}/{verb}/", {"reason": reason}, role=role, **options)


def test_staff_see_the_cards_with_places_times_and_signs(floor, card):
    visitor = visitor_ill(floor.site, 14, seat="4-9")
    look(14)

    shown = next(one for one in listed(floor) if one["rule"] == "line_of_sight")

    first = shown["members"][0]
    assert (shown["uuid"], shown["state"], shown["bay"]) == (str(card.uuid), "proposed", "4")
    assert [member["seat"] for member in shown["members"]] == ["4-1", "4-2", "4-3"]
    assert (first["signs"], first["at"]) == (["collapse", "pale"], NOON.isoformat())
    assert [item["kind"] for item in shown["hypotheses"]] == FOUR
    assert [other["reaction"] for other in shown["others"]] == [str(visitor.uuid)]
    assert shown["others"][0]["ticket"] is None


def test_an_answer_names_nobody_and_labels_nothing(floor, card):
    judge(floor, card)

    text = json.dumps(listed(floor), ensure_ascii=False).lower()

    assert "李雷" not in text
    assert not any(label in text for label in ("psychogenic", "心因", "hysteri", "癔症"))


@pytest.mark.parametrize("role", [Role.LEAD, Role.OFFICER])
def test_the_lead_or_the_officer_declares_and_the_clock_is_in_the_answer(floor, card, role):
    answer = judge(floor, card, role=role)

    assert answer.status_code == 200
    assert answer.json()["state"] == "declared"
    assert answer.json()["declared_by"] == str(floor.person(role))
    assert answer.json()["clock_due_at"] == at(140).isoformat()


@pytest.mark.parametrize("verb", ["declare", "undeclare"])
@pytest.mark.parametrize(
    "role", [Role.OBSERVER, Role.VACCINATOR, Role.CLINICIAN, Role.ADMINISTRATOR]
)
def test_nobody_else_judges(floor, card, verb, role):
    assert judge(floor, card, verb, role=role).status_code == 403
    assert sight(floor.site).state == "proposed"


@pytest.mark.parametrize("verb", ["declare", "undeclare"])
@pytest.mark.parametrize("role", [Role.LEAD, Role.OFFICER])
def test_another_site_s_lead_and_officer_find_nothing(floor, card, verb, role):
    elsewhere = Floor(name="别处", county_code="440100")

    assert judge(elsewhere, card, verb, role=role).status_code == 404
    assert elsewhere.get(f"sites/{floor.site.uuid}/groups/", role=role).status_code == 404
    assert listed(elsewhere, role=role) == []
    assert sight(floor.site).state == "proposed"


def test_an_officer_of_the_region_may(floor, card):
    region = make_member(None, Role.OFFICER, region="3101")
    floor.people[Role.OFFICER] = region
    make_token(region, secret=f"secret-{region.username}")

    assert judge(floor, card, role=Role.OFFICER).status_code == 200


@pytest.mark.parametrize("verb", ["declare", "undeclare"])
@pytest.mark.parametrize("reason", ["", "   ", None, "x" * 401])
def test_a_reason_that_is_none_or_too_long_is_a_wrong_field(floor, card, verb, reason):
    answer = judge(floor, card, verb, reason=reason)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "reason"
    assert sight(floor.site).state == "proposed"


def test_the_same_request_sent_twice_is_one_declaration(floor, card):
    first = judge(floor, card, key="3f2c1a52-6e0e-4a41-9c1f-0a57f2b6a001")
    again = judge(floor, card, key="3f2c1a52-6e0e-4a41-9c1f-0a57f2b6a001")

    assert again.json() == first.json()
    assert again.headers["Idempotent-Replay"] == "true"
    assert event_types(floor.site).count("group.declared") == 1


def test_a_group_put_aside_stays_in_the_list_of_its_session(floor, card):
    answer = judge(floor, card, "undeclare", reason="同一家人晕针")

    assert answer.json()["undeclared_by"] == str(floor.person(Role.LEAD))
    states = {one["rule"]: one["state"] for one in listed(floor)}
    assert states == {"burst": "proposed", "line_of_sight": "undeclared"}


def test_after_the_session_only_open_questions_and_declared_groups_are_listed(floor, card):
    judge(floor, card)
    burst = GroupEvent.objects.get(rule="burst")
    judge(floor, burst, "undeclare")
    floor.site.sessions.update(closed_at=at(60))

    with frozen(at(120)):
        assert [one["rule"] for one in listed(floor)] == ["line_of_sight"]
    with frozen(at(20 + 24 * 60)):
        assert listed(floor) == []


def test_an_unknown_group_is_not_found(floor):
    answer = floor.post("groups/3f2c1a52-6e0e-4a41-9c1f-0a57f2b6a001/declare/", {"reason": "x"})

    assert answer.status_code == 404
