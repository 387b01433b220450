"""Whatever is sent, the floor answers with a problem and never with a server error."""

import json
from uuid import uuid4

import pytest
from django.test import Client

from alerts.models import Role
from tests.factories import NOON, make_site
from tests.floor_factories import (
    Floor,
    frozen,
    make_call,
    make_lot,
    make_observation,
    make_recipient,
)

pytestmark = pytest.mark.django_db

DEEP = "[" * 40 + "]" * 40
BODIES = [
    "",
    "null",
    "[]",
    "{}",
    "3",
    '"text"',
    "{broken",
    '{"a": NaN}',
    '{"x": "\\u0000"}',
    '{"x": "\\ud800"}',
    f'{{"signs": {DEEP}, "doses": {DEEP}, "recipient": {DEEP}}}',
    '{"seat": {}, "kind": [], "minutes": {}, "note": {}, "uuid": {}, "data": 3, "visits": 3}',
    '{"seat": 1e400, "minutes": 1e400, "ticket": 1e400, "last": 1e400, "weight_kg": 1e400}',
    json.dumps({"signs": {"x" * 5000: "y" * 5000}, "call_for_help": "perhaps", "note": "n" * 9999}),
    json.dumps({"visits": [{"recipient": {"born_on": "9999-99-99"}, "doses": [None, 3]}]}),
    json.dumps({"doses": [{"given_at": "9999-12-31T23:59:59Z", "dose_number": 10**30}]}),
    json.dumps({"doses": [{"given_at": "0001-01-01T00:00:00+14:00"}]}),
    json.dumps({"recipient": {"weight_kg": "1e999", "risks": [[], {}, None]}}),
    json.dumps({"tickets": [-1, 10**20], "bay": {"a": 1}, "party": 5, "minutes": 10**20}),
    json.dumps({"onset_at": "9999-12-31T23:59:59-14:00", "at": "0001-01-01T00:00:00+14:00"}),
]
PATHS = [
    "{site}/observations/",
    "{site}/dose-checks/",
    "{site}/check-ins/",
    "{site}/releases/",
    "{site}/reactions/",
    "{site}/muster/",
    "observations/{row}/doses/",
    "observations/{row}/seat/",
    "observations/{row}/release/",
    "observations/{row}/leave/",
    "observations/{row}/settle/",
    "observations/{row}/extend/",
    "observations/{row}/watch/",
    "observations/{row}/reactions/",
    "recipients/merge/",
    "lots/{lot}/hold/",
    "alerts/{call}/entries/",
    "sessions/{session}/close/",
]


@pytest.fixture
def floor():
    with frozen(NOON):
        yield Floor()


@pytest.mark.parametrize("path", PATHS)
def test_no_body_makes_a_server_error(floor, path):
    row = make_observation(floor.site, recipient=make_recipient(floor.site))
    url = path.format(
        site=f"sites/{floor.site.uuid}",
        row=row.uuid,
        lot=make_lot(floor.site).uuid,
        call=make_call(row).uuid,
        session=floor.session.uuid,
    )
    client = Client(raise_request_exception=False)

    statuses = {
        body: client.post(
            f"/api/v1/{url}",
            body,
            content_type="application/json",
            headers=floor.headers(Role.LEAD, **{"Idempotency-Key": str(uuid4())}),
        ).status_code
        for body in BODIES
    }

    assert not {body: status for body, status in statuses.items() if status >= 500}


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Device-Time": "yesterday"},
        {"X-Device-Time": "9999-12-31T23:59:59Z"},
        {"X-Device-Time": "0001-01-01T00:00:00+00:00", "X-Source": "paper"},
        {"X-Source": "dream"},
        {"Idempotency-Key": "x" * 500},
    ],
)
def test_no_header_makes_a_server_error(floor, headers):
    row = make_observation(floor.site, due_at=NOON)
    client = Client(raise_request_exception=False)

    for path in (f"sites/{floor.site.uuid}/observations/", f"observations/{row.uuid}/release/"):
        answer = client.post(
            f"/api/v1/{path}",
            {"doses": [{"given_at": NOON.isoformat()}]},
            content_type="application/json",
            headers=floor.headers(Role.LEAD, **headers),
        )
        assert answer.status_code < 500


@pytest.mark.parametrize(
    "path",
    ["observations/not-a-key/", "sites/1/board/", "recipients/merge/", "observations/1/release/"],
)
def test_an_address_that_is_none_is_not_found_or_not_allowed(floor, path):
    assert floor.get(path).status_code in {404, 405}


def test_a_person_without_a_role_finds_no_site(floor):
    stranger = Floor(name="别处")

    answer = stranger.get(f"sites/{floor.site.uuid}/board/")

    assert answer.status_code == 404
    assert make_site(name="第三处").uuid != floor.site.uuid
