"""`/alerts/` and `/pages/` over HTTP: an answer is never an error, a problem says what is wrong."""

from uuid import uuid4

import pytest

from alerts.models import Alert, DeviceKind, Event, Receipt, Role
from tests.callers import Caller
from tests.factories import make_device, make_member, make_site, make_user

PROBLEM = "application/problem+json"


# Answers


def test_a_locked_device_answers_for_the_person_named(world, tablet):
    li = world.on_duty("li")
    alert = world.call()

    response = tablet.post(f"alerts/{alert.uuid}/acknowledge/", {"responder": str(li.uuid)})

    first = response.json()["responders"][0]
    assert (first["name"], first["state"], first["is_first"]) == ("li", "coming", True)
    assert response.json()["state"] == "acknowledged"


@pytest.mark.parametrize("responder", ["stranger", "rubbish", None])
def test_an_answer_for_nobody_we_know_counts_for_the_device(world, tablet, responder):
    alert = world.call()
    if responder == "stranger":
        responder = str(make_user("stranger").uuid)

    response = tablet.post(f"alerts/{alert.uuid}/acknowledge/", {"responder": responder})

    assert response.json()["responders"][0]["responder"] is None
    assert response.json()["responders"][0]["name"] == "平板 1"


@pytest.mark.parametrize("body", [b"{not json", b"[]", b"", b'{"responder": "\\u0000"}'])
@pytest.mark.parametrize("verb", ["acknowledge", "arrive", "decline"])
def test_an_unreadable_answer_is_an_answer(world, tablet, verb, body):
    alert = world.call()

    assert tablet.post(f"alerts/{alert.uuid}/{verb}/", body).status_code == 200
    assert alert.responders.count() == 1


def test_a_phone_answers_for_its_owner_while_locked(world):
    li = world.on_duty("li")
    phone = make_device(world.site, kind=DeviceKind.PHONE, holder=li)
    alert = world.call()

    Caller(device=phone).post(f"alerts/{alert.uuid}/arrive/")

    assert alert.responders.get().user == li
    assert Event.objects.filter(type="alert.arrived").get().actor == li


def test_a_repeated_answer_is_told_the_same_again(world, tablet):
    alert, key = world.call(), str(uuid4())

    first = tablet.post(f"alerts/{alert.uuid}/acknowledge/", {}, key=key)
    second = tablet.post(f"alerts/{alert.uuid}/acknowledge/", {}, key=key)

    assert first.json() == second.json()
    assert Event.objects.filter(type="alert.joined").count() == 0


def test_a_key_that_came_with_another_answer_is_refused_in_words(world, tablet):
    alert, key = world.call(), str(uuid4())
    tablet.post(f"alerts/{alert.uuid}/acknowledge/", {}, key=key)

    response = tablet.post(f"alerts/{alert.uuid}/decline/", {}, key=key)

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "Idempotency-Key"


def test_the_life_of_a_call_over_http(world):
    li = world.on_duty("li")
    phone = Caller(li, device=make_device(world.site))
    alert = phone.post(f"sites/{world.site.uuid}/alerts/", {"seat": "A8"}).json()
    path = f"alerts/{alert['uuid']}/"
    assert alert["next_step_at"] is not None

    states = [phone.post(f"{path}{verb}/").json()["state"] for verb in ("acknowledge", "arrive")]
    moved = phone.post(f"{path}move/", {"seat": "B3"}).json()
    states.append(phone.post(f"{path}resolve/", {"words": "fine"}).json()["state"])
    states.append(phone.post(f"{path}review/", {"words": "looked at"}).json()["state"])

    assert states == ["acknowledged", "on_scene", "resolved", "reviewed"]
    assert (moved["seat"], moved["bay"], moved["place"]) == ("B3", "B", "B3")
    shown = phone.get(path).json()
    assert (shown["outcome"], shown["ended_at"] is not None) == ("looked at", True)
    assert phone.get(f"sites/{world.site.uuid}/alerts/?state=running").json() == []
    assert len(phone.get(f"sites/{world.site.uuid}/alerts/?state=rubbish").json()) == 1


def test_a_move_to_nowhere_is_refused_and_keeps_the_place(world, tablet):
    alert = world.call()

    response = tablet.post(f"alerts/{alert.uuid}/move/", {})

    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "place")
    assert Alert.objects.get().place == "A8"


def test_more_help_and_taking_back(world, tablet):
    world.on_duty("li")
    world.on_duty("zhao", "backup")
    alert = world.call()

    paged = tablet.post(f"alerts/{alert.uuid}/escalate/").json()
    assert {page["responder_name"] for page in paged["pages"]} == {"", "li", "zhao"}

    response = tablet.post(f"alerts/{alert.uuid}/cancel/", {"words": "mistake"})
    assert response.json()["state"] == "cancelled"


def test_the_pages_shown_are_the_last_to_each_person_and_channel(world, tablet):
    world.on_duty("li")
    alert = world.call()
    world.fast_forward(seconds=10)

    shown = tablet.get(f"alerts/{alert.uuid}/").json()

    assert {page["round"] for page in shown["pages"]} == {2}
    assert shown["reach"]["paged"] == 1


@pytest.mark.parametrize("kind", ["received", "displayed", "sounded"])
def test_a_device_proves_what_became_of_a_page(world, tablet, kind):
    li = world.on_duty("li")
    alert = world.call()
    page = alert.pages.get(responder=li, channel="screen")

    for _again in range(2):
        assert tablet.post(f"pages/{page.uuid}/receipts/", {"kind": kind}).json() == {"kind": kind}

    assert Receipt.objects.filter(page=page, kind=kind).count() == 1
    assert tablet.get(f"alerts/{alert.uuid}/").json()["reach"][kind] == 1


def test_a_receipt_of_no_known_kind_is_refused(world, tablet):
    world.on_duty("li")
    page = world.call().pages.first()

    response = tablet.post(f"pages/{page.uuid}/receipts/", {"kind": "smelled"})

    assert response.status_code == 400


# Another site's


@pytest.mark.parametrize(
    "verb", ["acknowledge", "arrive", "decline", "resolve", "cancel", "review", "escalate", "move"]
)
def test_a_call_of_another_site_is_not_found(world, verb):
    world.on_duty("li")
    alert = world.call()
    stranger = Caller(make_member(make_site(name="elsewhere"), Role.LEAD))

    response = stranger.post(f"alerts/{alert.uuid}/{verb}/", {"place": "here"})

    assert response.status_code == 404
    assert Alert.objects.get(pk=alert.pk).version == alert.version


def test_a_page_of_another_site_is_not_found(world):
    page = world.call().pages.first()
    stranger = Caller(device=make_device(make_site(name="elsewhere")))

    response = stranger.post(f"pages/{page.uuid}/receipts/", {"kind": "displayed"})

    assert response.status_code == 404
    assert not Receipt.objects.exists()


# Problems


def test_a_problem_says_what_is_wrong_and_where(world, tablet):
    alert = world.call()

    response = tablet.post(f"alerts/{alert.uuid}/resolve/", {"words": "w" * 401})

    assert response.headers["Content-Type"] == PROBLEM
    problem = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert (problem["status"], problem["type"]) == (400, "about:blank#invalid")
    assert problem["errors"][0]["field"] == "words"
    assert problem["errors"][0]["code"] == "max_length"
    assert problem["detail"].startswith("words: ")


@pytest.mark.parametrize(
    "body",
    [
        b"{not json",
        b'{"words": NaN}',
        b'{"words": 1e999}',
        b'{"words": "\\u0000"}',
        b'{"words": "\\ud83e"}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_a_body_that_is_not_json_is_a_problem_and_no_fault(world, tablet, body):
    alert = world.call()

    response = tablet.post(f"alerts/{alert.uuid}/resolve/", body, key=str(uuid4()))

    assert response.status_code == 400
    assert response.headers["Content-Type"] == PROBLEM
    assert response.json()["errors"] == []


def test_somebody_who_types_the_six_letters_of_an_escape_is_understood(world, tablet):
    alert = world.call()

    response = tablet.post(f"alerts/{alert.uuid}/resolve/", {"words": r"code \u0000 seen"})

    assert response.json()["outcome"] == r"code \u0000 seen"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("get", "alerts/{}/acknowledge/", 405), ("get", "alerts/{}/", 404)],
)
def test_other_refusals_have_the_same_shape(tablet, method, path, status):
    response = getattr(tablet, method)(path.format(uuid4()))

    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.headers["Content-Type"] == PROBLEM
