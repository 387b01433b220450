"""The `aefi` command: Django's commands and ours under one name."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command named on the command line; `verify-log` is `verify_log` in Django's words.

    A setting that stops the start is said in one sentence.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboards.project.settings")
    try:
        execute_from_command_line(in_django_words(sys.argv))
    except ImproperlyConfigured as error:
        sys.exit(f"✗ {error}")


def in_django_words(arguments: list[str]) -> list[str]:
    """Return the arguments with the command spelled as its module is; options stay as they are."""
    name, *rest = arguments
    if rest and not rest[0].startswith("-"):
        rest[0] = rest[0].replace("-", "_")
    return [name, *rest]
