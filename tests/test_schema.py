"""The published schema held against the product: no generated request meets a fault of the server.

Whatever comes back is a status that the schema names, and a refusal is a problem.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.db import transaction
from django.test import Client
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from alerts.models import Role
from tests.factories import make_token
from tests.routes import ROUTES, Scene

pytestmark = pytest.mark.django_db

EXAMPLES = 4
"""Requests per operation, well-formed and not; the same ones in every run."""
A_KEY = "00000000-0000-4000-8000-000000000000"
SENDERS = (Role.LEAD, Role.ADMINISTRATOR, Role.OFFICER, Role.CLINICIAN)
NEVER_SENT = {"authorization", "cookie", "host", "content-length", "content-type"}
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def operations() -> list[Any]:
    """Return every operation of the schema."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    schema = schemathesis.openapi.from_dict(document)
    return [result.ok() for result in schema.get_all_operations()]


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker) -> Iterator[Scene]:
    """One scene for all operations, taken back at the end; each sender with a token."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = Scene()
        made.tokens = {who: make_token(made.people[who], f"key-{who}") for who in SENDERS}
        yield made
        transaction.set_rollback(True)


def aimed(scene: Scene, operation: Any) -> tuple[str, str]:
    """Return the operation's path with the keys of rows that exist, and a token it lets in."""
    kinds = {p.name: p.definition["schema"]["type"] for p in operation.path_parameters}
    names = list(kinds)
    blank = operation.path
    for name, kind in kinds.items():
        blank = blank.replace(f"{{{name}}}", "1" if kind == "integer" else A_KEY)
    found = resolve(blank)
    here = (operation.method.lower(), found.url_name)
    row = next(route for route in ROUTES if (route.method, route.name) == here)
    path = operation.path
    for name, key in zip(names, scene.keys(row), strict=True):
        path = path.replace(f"{{{name}}}", str(key))
    sender = next((who for who in SENDERS if who in row.allowed), Role.LEAD)
    return path, scene.tokens[sender]


def send(case: Any, path: str, token: str) -> Any:
    """Send the generated request and take back what it did."""
    given_headers = {k: str(v) for k, v in (case.headers or {}).items()}
    headers = {k: v for k, v in given_headers.items() if k.lower() not in NEVER_SENT}
    body = (
        case.body if isinstance(case.body, (dict, list, str, int, float, bool, type(None))) else {}
    )
    with transaction.atomic():
        answer = Client(raise_request_exception=True).generic(
            case.method,
            path,
            json.dumps(body),
            content_type=case.media_type or "application/json",
            headers={**headers, "Authorization": token},
            query_params={k: str(v) for k, v in (case.query or {}).items()},
        )
        transaction.set_rollback(True)
    return answer


def complaint(operation: Any, answer: Any) -> str:
    """Return what is wrong with an answer, if anything."""
    if str(answer.status_code) not in operation.definition.raw["responses"]:
        return f"{answer.status_code} is not documented: {answer.content[:300]!r}"
    kind = answer.get("Content-Type", "")
    if answer.status_code >= 400 and kind != "application/problem+json":
        return f"{answer.status_code} came as {kind}"
    return ""


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_an_operation_answers_as_the_schema_says(scene, operation, mode):
    path, token = aimed(scene, operation)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def answers(case):
        assert complaint(operation, send(case, path, token)) == ""

    answers()
