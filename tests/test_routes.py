"""Who may do what: every address of the product against everybody who could ask for it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.routes import CALLERS, ROUTES, Scene
from tests.routes.row import NOBODY, STRANGER

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete")
REFUSALS = {401, 403, 404, 405, "lock"}
SUCCESSES = {200, 201, 302, 400, 409}
"""What a caller gets who is let in: the answer, a page to go on to, or what is wrong."""
LOG_IN_FIRST = {"/admin/login/", "/admin/", "/lock/"}
A_KEY = "00000000-0000-4000-8000-000000000000"


def addresses(resolver: Any, path: str = "/") -> Iterator[tuple[str, URLPattern]]:
    """Yield every pattern below `resolver` with the whole path that leads to it."""
    for entry in resolver.url_patterns:
        here = path + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, here)
        else:
            yield here, entry


def methods_of(entry: URLPattern) -> set[str]:
    """Return what a view of a class takes; a function does not tell."""
    actions = getattr(entry.callback, "actions", None)
    if actions:
        return set(actions) & set(METHODS)
    view = getattr(entry.callback, "view_class", None) or getattr(entry.callback, "cls", None)
    return {name for name in METHODS if hasattr(view, name)} if view else set()


ALL = [(path, entry) for path, entry in addresses(get_resolver())]
OURS = [(path, entry) for path, entry in ALL if not path.startswith("/admin/")]
VIEWS = {
    (method, entry.name, path.count("<")): path
    for path, entry in OURS
    for method in methods_of(entry)
}
PAGES = {(entry.name, path.count("<")): path for path, entry in OURS if not methods_of(entry)}
ROWS = {(route.method, route.name, len(route.of.split())) for route in ROUTES}


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker) -> Iterator[Scene]:
    """One scene for all rows; what a caller does to it is taken back after each answer."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Scene()
        transaction.set_rollback(True)


def answer(scene: Scene, route: Any, kind: str) -> int | str:
    """Return the status this kind of caller gets, or that it is sent to the lock screen."""
    address = reverse(route.name, args=scene.keys(route)) + scene.query(route)
    with transaction.atomic():
        response = scene.caller(kind).ask(route.method, address, scene.body(route))
        transaction.set_rollback(True)
    is_locked = response.status_code == 302 and response["Location"].startswith(reverse("lock"))
    return "lock" if is_locked else response.status_code


def test_every_route_has_a_row_and_every_row_a_route():
    of_pages = {row for row in ROWS if row[1:] in PAGES}

    assert ROWS - of_pages == set(VIEWS)
    assert {row[1:] for row in of_pages} == set(PAGES)


def test_no_row_stands_twice():
    assert len({(str(route), route.of) for route in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_route_lets_in_whom_its_row_names_and_nobody_else(scene, route):
    refused = {caller: route.expected(caller) for caller in CALLERS if route.expected(caller)}

    answers = {caller: answer(scene, route, caller) for caller in CALLERS}

    assert {who: told for who, told in answers.items() if told in REFUSALS} == refused
    assert {answers[who] for who in answers if who not in refused} <= SUCCESSES


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.of.startswith("site ")], ids=str
)
def test_below_ones_own_site_nothing_of_another_is_found(scene, route):
    _ours, theirs = scene.keys(route)
    address = reverse(route.name, args=[scene.elsewhere.uuid, theirs])

    found = scene.caller(STRANGER).ask(route.method, address, scene.body(route))

    assert found.status_code == 404


@pytest.mark.parametrize(("name", "keys"), sorted(PAGES))
def test_a_page_takes_no_other_method_than_its_rows_say(scene, name, keys):
    methods = {"get", "post"} - {row[0] for row in ROWS if row[1:] == (name, keys)}
    path = re.sub("<int:[a-z]+>", "1", PAGES[name, keys])
    path = re.sub("<uuid:[a-z]+>", A_KEY, path).replace("<str:", "x").replace(">", "")

    lead = scene.caller("lead")

    assert {lead.ask(method, path).status_code for method in methods} <= {405}


def test_the_administration_opens_to_no_role_of_a_site(scene):
    paths = [path for path, _entry in ALL if path.startswith("/admin/") and "(?P" not in path]
    closed = {re.sub("<[^>]+>", "1", path) for path in paths} - {"/admin/login/", "/admin/jsi18n/"}

    for kind in ("administrator", "officer", NOBODY):
        caller = scene.caller(kind)
        told = [caller.ask("get", path) for path in sorted(closed)]

        assert {response.status_code for response in told} == {302}
        assert {response["Location"].split("?")[0] for response in told} <= LOG_IN_FIRST
