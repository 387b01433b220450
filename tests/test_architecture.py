"""The house keeps its shape: migrations are complete, tasks are registered, no file outgrows itself."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[1]
APPS = ("alerts", "observation", "aefi", "dashboards")


def sources() -> list[Path]:
    files = (path for app in APPS for path in (ROOT / app).rglob("*.py"))
    return [path for path in files if "migrations" not in path.parts]


@pytest.mark.django_db
def test_every_model_change_has_its_migration():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_every_module_says_what_it_is_for():
    silent = [
        str(path.relative_to(ROOT))
        for path in sources()
        if path.read_text(encoding="utf-8").strip()
        and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]

    assert silent == []


def test_no_file_is_longer_than_four_hundred_lines():
    long = {
        str(path.relative_to(ROOT)): count
        for path in sources()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }

    assert long == {}


def test_every_model_has_a_sentence_of_its_own():
    own = [model for model in apps.get_models() if model._meta.app_label in APPS]

    assert [m.__name__ for m in own if (m.__doc__ or "").startswith(f"{m.__name__}(")] == []


@pytest.mark.parametrize("module", ["alerts.permissions.problems", "alerts.permissions.parsers"])
def test_a_module_that_settings_name_may_be_the_first_to_be_imported(module):
    """Checks run in an order that changes from start to start; each may be the first to need it."""
    code = f"import django; django.setup(); import {module}"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "dashboards.project.settings"}

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stderr.decode()[-500:]
