"""Refusals where no view of the API is reached are problems too; a person gets a page."""

import pytest
from django.test import Client
from django.urls import path

from alerts.models import Role
from dashboards.project import urls
from tests.callers import Caller
from tests.factories import make_member, make_site

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"


def breaks(_request):
    raise RuntimeError("as if a view had a fault")


class _Broken:
    """The product's addresses and one whose view always fails."""

    urlpatterns = [path("api/v1/broken/", breaks), *urls.urlpatterns]
    handler404, handler500 = urls.handler404, urls.handler500


@pytest.fixture
def lead() -> Caller:
    return Caller(make_member(make_site(), Role.LEAD))


def is_problem(answer, status: int, code: str) -> bool:
    body = answer.json()
    assert answer["Content-Type"] == PROBLEM
    assert body["title"]
    assert body["errors"] == []
    return (answer.status_code, body["status"], body["type"]) == (
        status,
        status,
        f"about:blank#{code}",
    )


@pytest.mark.parametrize("address", ["/api/", "/api/v1/nothing/", "/api/v1/sites/7/", "/fhir/x/"])
def test_an_address_that_nothing_has_is_a_problem(address):
    assert is_problem(Client().get(address), 404, "not_found")


def test_a_page_that_nothing_has_stays_a_page():
    answer = Client().get("/nothing/")

    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_a_fault_of_the_server_is_a_problem_that_says_what_to_do(settings):
    settings.ROOT_URLCONF = _Broken

    answer = Client(raise_request_exception=False).get("/api/v1/broken/")

    assert is_problem(answer, 500, "fault")
    assert "Idempotency-Key" in answer.json()["title"]


def test_a_strange_host_is_a_problem():
    assert is_problem(Client().get("/api/v1/sites/", headers={"host": "a b"}), 400, "bad_request")


def test_a_wrong_method_is_a_problem(lead):
    assert is_problem(lead.http.delete("/api/v1/sites/"), 405, "method_not_allowed")


@pytest.mark.parametrize("raw", [b"{broken", b"\xff", b"[NaN]"])
def test_a_body_that_is_no_json_is_a_problem(lead, raw):
    answer = lead.post("devices/me/state/", raw)

    assert answer.status_code in {400, 403}
    assert answer["Content-Type"] == PROBLEM


def test_another_content_type_is_a_problem(lead):
    answer = lead.post("recipients/merge/", b"a=1", Content_Type="text/plain")

    assert is_problem(answer, 415, "unsupported_media_type")


def test_another_language_than_json_is_a_problem(lead):
    answer = lead.http.get("/api/v1/sites/", headers={"accept": "text/csv"})

    assert is_problem(answer, 406, "not_acceptable")
