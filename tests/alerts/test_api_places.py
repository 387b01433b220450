"""`/sites/`, `/sessions/`, `/duties/`, `/handovers/` over HTTP."""

from uuid import uuid4

import pytest

from alerts.models import Duty, Event, Handover, Membership, Role, Session, Site
from tests.callers import Caller
from tests.factories import make_device, make_duty, make_member, make_site, make_user


@pytest.fixture
def chen(world):
    return make_member(world.site, Role.LEAD, "chen")


@pytest.fixture
def lead(chen):
    return Caller(chen)


@pytest.fixture
def li(world):
    return make_member(world.site, Role.CLINICIAN, "li")


def close(world):
    world.session.closed_at = world.now
    world.session.save()


# Sites


def test_a_person_sees_the_sites_of_roles_and_regions(world):
    make_site(name="next door", county_code="310105")
    make_site(name="far away", county_code="440106")
    officer = make_user("officer")
    Membership.objects.create(user=officer, region="3101", role=Role.OFFICER)

    def names(person):
        return {site["name"] for site in Caller(person).get("sites/").json()}

    assert names(officer) == {"徐汇接种点", "next door"}
    assert names(make_member(world.site)) == {"徐汇接种点"}
    assert names(make_user("nobody")) == set()


def test_a_role_that_ended_shows_no_site(world, li):
    li.memberships.update(ended_at=world.now)

    assert Caller(li).get(f"sites/{world.site.uuid}/").status_code == 404


def test_the_map_has_areas_bays_seats_and_the_open_session(world):
    shown = Caller(device=make_device(world.site)).get(f"sites/{world.site.uuid}/").json()

    assert [bay["code"] for bay in shown["bays"]] == ["A", "B"]
    assert [len(bay["seats"]) for bay in shown["bays"]] == [10, 10]
    assert shown["session"]["name"] == "上午"

    close(world)
    assert (
        Caller(device=make_device(world.site, "2"))
        .get(f"sites/{world.site.uuid}/")
        .json()["session"]
        is None
    )


def test_people_on_duty_are_listed(world):
    world.on_duty("li")
    Duty.objects.update(from_at="2020-01-01T00:00:00Z")

    people = Caller(device=make_device(world.site)).get(f"sites/{world.site.uuid}/people/").json()

    assert [(row["name"], row["role"], row["is_reachable"]) for row in people] == [
        ("li", "physician", False)
    ]


def test_an_evacuation_is_started_by_anybody_and_ended_by_a_lead(world, lead):
    path = f"sites/{world.site.uuid}/evacuation/"
    tablet = Caller(device=make_device(world.site))

    assert tablet.post(path).json()["evacuating_since"] is not None
    assert tablet.post(path).status_code == 200
    assert tablet.post(f"{path}end/").status_code == 403
    assert lead.post(f"{path}end/").json()["evacuating_since"] is None
    assert lead.post(f"{path}end/").status_code == 200
    types = Event.objects.filter(type__startswith="site.").values_list("type", flat=True)
    assert sorted(types) == ["site.evacuation_ended", "site.evacuation_started"]


# Sessions


def test_a_lead_opens_a_session_and_leads_it(world, lead, chen):
    close(world)

    response = lead.post(f"sites/{world.site.uuid}/sessions/", {"name": "下午"})

    assert (response.status_code, response.json()["lead"]) == (201, str(chen.uuid))


def test_a_second_session_is_refused_with_the_one_that_is_open(world, lead):
    response = lead.post(f"sites/{world.site.uuid}/sessions/", {"name": "下午"})

    assert response.status_code == 409
    assert response.json()["facts"] == {"session": str(world.session.uuid)}
    assert response.json()["type"] == "about:blank#session_open_already"


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": "n" * 81}, {"name": "n", "lead": "x"}, {"name": ["n"]}, b"[]"],
)
def test_an_odd_session_is_a_problem_and_no_fault(world, lead, body):
    close(world)

    assert lead.post(f"sites/{world.site.uuid}/sessions/", body).status_code == 400


def test_a_session_is_led_by_somebody_of_the_site(world, lead):
    close(world)
    body = {"name": "下午", "lead": str(make_user("stranger").uuid)}

    response = lead.post(f"sites/{world.site.uuid}/sessions/", body)

    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "lead")


def test_the_readiness_gate_is_answered_point_by_point(world, lead):
    path = f"sessions/{world.session.uuid}/checks/"

    lead.post(path, {"checks": {"kit": True}})
    answer = lead.post(path, {"checks": {"ambulance": "120"}})

    assert answer.json()["checks"] == {"kit": True, "ambulance": "120"}


def test_an_answer_to_the_gate_may_be_a_structure(world, lead):
    body = b'{"checks": {"a": ' + b"[" * 48 + b"1" + b"]" * 48 + b"}}"

    assert lead.post(f"sessions/{world.session.uuid}/checks/", body).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"checks": 1},
        {"checks": ["kit"]},
        b'{"checks": {"a": 1e999}}',
        b'{"checks": {"a": "\\u0000"}}',
        b'{"checks": {"a": ' + b"[" * 49 + b"1" + b"]" * 49 + b"}}",
        b'{"checks": {"a": ' + b"[" * 500 + b"]" * 500 + b"}}",
    ],
)
def test_odd_answers_to_the_gate_are_a_problem_and_no_fault(world, lead, body):
    assert lead.post(f"sessions/{world.session.uuid}/checks/", body).status_code == 400


# Duties


def test_a_person_goes_on_duty_and_leaves(world, li):
    caller = Caller(li)
    body = {"role": "nurse", "bay": "A"}

    duty = caller.post(f"sessions/{world.session.uuid}/duties/", body).json()
    left = caller.post(f"duties/{duty['uuid']}/leave/").json()

    assert (duty["name"], duty["bay"], duty["area"], duty["to_at"]) == ("li", "A", "留观区", None)
    assert left["to_at"] is not None


def test_a_lead_puts_somebody_else_on_duty_and_a_colleague_does_not(world, lead, li):
    path, body = f"sessions/{world.session.uuid}/duties/", {"role": "nurse"}
    sun = make_member(world.site, Role.CLINICIAN, "sun")

    assert lead.post(path, {**body, "user": str(li.uuid)}).json()["name"] == "li"
    assert Caller(sun).post(path, {**body, "user": str(li.uuid)}).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "role"),
        ({"role": "boss"}, "role"),
        ({"role": "nurse", "bay": "Z"}, "area"),
        ({"role": "nurse", "area": "roof"}, "area"),
        ({"role": "nurse", "user": str(uuid4())}, "user"),
        ({"role": "nurse", "user": "li"}, "user"),
    ],
)
def test_an_odd_duty_is_a_problem_that_names_the_field(world, lead, body, field):
    response = lead.post(f"sessions/{world.session.uuid}/duties/", body)

    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, field)
    assert not Duty.objects.exists()


def test_nobody_goes_on_duty_in_a_closed_session(world, lead):
    close(world)

    response = lead.post(f"sessions/{world.session.uuid}/duties/", {"role": "nurse"})

    assert (response.status_code, response.json()["type"]) == (409, "about:blank#session_closed")


def test_the_last_physician_confirms_before_leaving(world, li):
    duty = make_duty(world.session, li, from_at="2020-01-01T00:00:00Z")
    path = f"duties/{duty.uuid}/leave/"

    refused = Caller(li).post(path)
    assert (refused.status_code, refused.json()["facts"]) == (409, {"role": "physician"})

    assert Caller(li).post(path, {"confirm": True}).status_code == 200


def test_the_refusal_is_in_the_callers_language(world, li):
    duty = make_duty(world.session, li, from_at="2020-01-01T00:00:00Z")

    refused = Caller(li).post(f"duties/{duty.uuid}/leave/", Accept_Language="en")

    assert refused.json()["title"].startswith("You are the last physician on duty.")


def test_a_colleagues_duty_is_ended_by_a_lead_only(world, lead, li):
    duty = make_duty(world.session, make_member(world.site, Role.CLINICIAN, "sun"), "nurse")

    assert Caller(li).post(f"duties/{duty.uuid}/leave/").status_code == 403
    assert lead.post(f"duties/{duty.uuid}/leave/").status_code == 200


# Handing over


def test_a_duty_is_handed_over(world, li):
    sun = make_member(world.site, Role.CLINICIAN, "sun")
    duty = make_duty(world.session, li, from_at="2020-01-01T00:00:00Z")
    body = {"to": str(sun.uuid), "subjects": [str(uuid4())], "note": "seat A8"}

    offered = Caller(li).post(f"duties/{duty.uuid}/hand-over/", body)
    waiting = Caller(sun).get("handovers/").json()
    accepted = Caller(sun).post(f"handovers/{offered.json()['uuid']}/accept/")

    assert (offered.status_code, accepted.status_code) == (201, 200)
    assert [row["uuid"] for row in waiting] == [offered.json()["uuid"]]
    assert (accepted.json()["name"], accepted.json()["role"]) == ("sun", "physician")
    assert Caller(sun).get("handovers/").json() == []
    assert Caller(li).post(f"handovers/{offered.json()['uuid']}/accept/").status_code == 409


@pytest.mark.parametrize(
    "body",
    [{}, {"to": str(uuid4())}, {"to": "sun"}, {"subjects": "all"}, {"note": "n" * 401}],
)
def test_an_odd_handover_is_a_problem_and_no_fault(world, li, body):
    duty = make_duty(world.session, li)

    assert Caller(li).post(f"duties/{duty.uuid}/hand-over/", body).status_code == 400
    assert not Handover.objects.exists()


# Another site's


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "sites/{site}/"),
        ("get", "sites/{site}/people/"),
        ("get", "sites/{site}/devices/"),
        ("get", "sites/{site}/alerts/"),
        ("post", "sites/{site}/sessions/"),
        ("post", "sites/{site}/evacuation/"),
        ("post", "sites/{site}/evacuation/end/"),
        ("post", "sessions/{session}/checks/"),
        ("post", "sessions/{session}/duties/"),
        ("post", "duties/{duty}/leave/"),
        ("post", "duties/{duty}/hand-over/"),
        ("post", "handovers/{handover}/accept/"),
    ],
)
def test_what_belongs_to_another_site_is_not_found(world, li, method, path):
    duty = make_duty(world.session, li)
    handover = Handover.objects.create(duty=duty, to_user=li, offered_at=world.now)
    keys = {"session": world.session, "site": world.site, "duty": duty, "handover": handover}
    stranger = Caller(make_member(make_site(name="elsewhere"), Role.LEAD, "stranger"))
    named = path.format(**{name: row.uuid for name, row in keys.items()})

    response = getattr(stranger, method)(named)

    assert (response.status_code, response.json()["status"]) == (404, 404)
    assert Site.objects.get(pk=world.site.pk).evacuating_since is None
    assert Session.objects.count() == 1
