"""`/sites/…/alerts/` over HTTP: a call is never refused."""

from uuid import UUID, uuid4

import pytest

from alerts.models import Alert, AlertState, Event
from alerts.outbox import SYSTEM
from alerts.services import calls
from tests.callers import Caller
from tests.factories import NOON, make_device, make_member, make_site, make_token, make_user

PROBLEM = "application/problem+json"


@pytest.fixture
def here(world):
    return f"sites/{world.site.uuid}/alerts/"


def raised(response):
    assert response.status_code == 201, response.content
    return Alert.objects.get(uuid=response.json()["uuid"])


# A call is never refused


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b"[]",
        b"7",
        b'"A8"',
        b"{not json",
        b"seat=A8",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 5000,
        b'{"note": "' + b"x" * 200_000 + b'"}',
        b'{"note": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_call_with_a_body_nobody_can_read_is_a_call(tablet, here, body):
    alert = raised(tablet.post(here, body))

    assert (alert.priority, alert.state, alert.place) == ("high", AlertState.EXHAUSTED, "?")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seat", "Z99"),
        ("seat", "座位" * 500),
        ("seat", {"row": 1}),
        ("seat", 1e999),
        ("seat", "30bfa723-f9f6-4a26-b37f-1a9092ab3aef"),
        ("bay", ["A"]),
        ("area", 0.5),
        ("place", "next to \0 the door"),
        ("place", "\ud83e half a character"),
        ("priority", "apocalyptic"),
        ("priority", float("nan")),
        ("priority", ["high"]),
        ("subject", "nobody"),
        ("person_kind", "x" * 500),
        ("signs", "hives"),
        ("signs", [None, {"a": 1}, "s" * 500, "\0"] * 40),
        ("note", "n" * 5000),
        ("note", {"deep": [[[[]]]]}),
        ("called_at", "yesterday"),
        ("called_at", "0001-01-01T00:00:00+14:00"),
        ("called_at", "9999-12-31T23:59:59-14:00"),
        ("called_at", 12),
        ("is_drill", "yes"),
        ("uuid", "not one"),
        ("uuid", 7),
        ("\0name", "value"),
    ],
)
def test_a_call_with_an_odd_field_is_a_call_and_keeps_the_rest(tablet, here, name, value):
    alert = raised(tablet.post(here, {"bay": "B", "note": "pale", name: value}))

    assert alert.priority == "high"
    assert not alert.is_drill
    if name not in {"bay", "note"}:
        assert (alert.bay.code, alert.summary["note"]) == ("B", ["pale"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "text/plain"},
        {"Content_Type": "multipart/form-data; boundary=x"},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Accept": "text/html"},
        {"Accept": "application/fhir+json;q=rubbish"},
        {"X_Device_Time": "0001-01-01T00:00:00+14:00"},
        {"X_Device_Time": "soon"},
        {"X_Source": "pigeon"},
        {"key": "k" * 500},
        {"key": "\x00\x07"},
    ],
)
def test_a_call_under_odd_headers_is_a_call(tablet, here, headers):
    raised(tablet.post(here, {"seat": "A8"}, **headers))


@pytest.mark.parametrize("query", ["?format=xml", "?state=%00", "?x=%ff"])
def test_a_call_with_an_odd_query_is_a_call(tablet, here, query):
    assert raised(tablet.post(here + query, {"seat": "A8"})).place == "A8"


def test_what_is_not_on_the_map_is_kept_as_words(tablet, here):
    alert = raised(tablet.post(here, {"seat": "Z9", "place": "by the window"}))

    assert alert.place == "by the window · Z9"


@pytest.mark.parametrize("name", ["A8", "a8", "key"])
def test_a_seat_is_known_by_its_code_or_its_key(tablet, here, world, name):
    seat = world.site.seats.get(code="A8")

    alert = raised(tablet.post(here, {"seat": str(seat.uuid) if name == "key" else name}))

    assert (alert.seat, alert.bay, alert.area) == (seat, seat.bay, seat.bay.area)


def test_a_seat_of_another_site_is_only_words(tablet, here):
    seat = make_site(name="elsewhere").seats.get(code="A8")

    alert = raised(tablet.post(here, {"seat": str(seat.uuid)}))

    assert alert.seat is None
    assert alert.place == str(seat.uuid)


def test_a_key_that_came_with_something_else_does_not_stop_a_call(tablet, here):
    key = str(uuid4())
    first = raised(tablet.post(here, {"seat": "A8"}, key=key))

    second = raised(tablet.post(here, {"seat": "B2"}, key=key))

    assert (first.place, second.place) == ("A8", "B2")


@pytest.mark.parametrize("body", [{"seat": "A8"}, b"{not json"])
def test_a_repeated_call_is_the_same_call(tablet, here, body):
    key = str(uuid4())

    first, second = tablet.post(here, body, key=key), tablet.post(here, body, key=key)

    assert first.json() == second.json()
    assert second.headers["Idempotent-Replay"] == "true"
    assert Alert.objects.count() == 1


def test_a_call_made_before_it_was_sent_keeps_its_time_on_the_servers_clock(world, here):
    device = make_device(world.site, clock_offset_ms=60_000)
    body = {"called_at": "2020-01-01T08:00:00+08:00"}

    alert = raised(Caller(device=device).post(here, body, X_Source="offline"))

    assert alert.called_at.isoformat() == "2020-01-01T00:01:00+00:00"
    assert Event.objects.get(type="alert.raised").payload["late"] is True


# Who calls


def test_an_expired_login_with_a_stale_csrf_token_still_calls_from_an_enrolled_device(world, here):
    browser = Caller(device=make_device(world.site), checks_csrf=True)
    browser.http.cookies["sessionid"] = "expired"
    browser.http.cookies["csrftoken"] = "stale"

    raised(browser.post(here, {}, X_CSRFToken="another"))


def test_a_login_with_a_stale_csrf_token_still_calls_from_an_enrolled_device(world, here):
    ann = make_member(world.site)
    browser = Caller(ann, device=make_device(world.site), checks_csrf=True)

    raised(browser.post(here, {}))


def test_another_sites_page_cannot_use_the_login(world, here):
    browser = Caller(make_member(world.site), device=make_device(world.site), checks_csrf=True)

    assert browser.post(here, {}, Sec_Fetch_Site="cross-site").status_code == 403
    assert not Alert.objects.exists()


def test_a_person_without_a_role_here_still_calls_from_the_sites_own_device(world, here):
    helper = make_user("helper")

    alert = raised(Caller(helper, device=make_device(world.site)).post(here, {}))

    assert alert.raised_by == helper
    assert Caller(helper).post(here, {}).status_code == 404


def test_a_machine_calls_with_a_token_that_may_write(world, here):
    ann = make_member(world.site)
    writer, reader = make_token(ann, "one"), make_token(ann, "two", scopes=["read"])

    raised(Caller(token=writer).post(here, {}))

    refused = Caller(token=reader).post(here, {}, Accept_Language="en")
    assert (refused.status_code, refused.json()["title"]) == (403, "This token may not write.")
    assert Caller(token=reader).get(here).status_code == 200


def test_a_machine_that_only_imports_neither_reads_nor_calls(world, here):
    importer = Caller(token=make_token(make_member(world.site), scopes=["import"]))

    assert (importer.get(here).status_code, importer.post(here, {}).status_code) == (403, 403)


def test_nobody_knows_an_unknown_or_retired_caller(world, here):
    retired = make_device(world.site, retired_at=NOON)

    for caller in (Caller(), Caller(device=retired), Caller(token="Bearer guess")):
        response = caller.post(here, {})
        assert response.status_code == 401
        assert response.headers["Content-Type"] == PROBLEM


def test_a_device_of_another_site_finds_no_site_here(here):
    other = make_device(make_site(name="elsewhere"))

    assert Caller(device=other).post(here, {}).status_code == 404


def test_another_sites_call_with_the_same_key_is_never_shown_or_touched(world, here):
    other = make_site(name="elsewhere")
    theirs = calls.raise_alert(site=other, call=calls.Call(), origin=SYSTEM, now=NOON)

    response = Caller(device=make_device(world.site)).post(here, {"uuid": str(theirs.uuid)})

    assert UUID(response.json()["uuid"]) != theirs.uuid
    assert response.json()["site"] == str(world.site.uuid)
