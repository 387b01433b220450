"""The documents keep up with the code."""

import re
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[1]
APPS = ("alerts", "observation", "aefi", "dashboards")


def cited_anchors() -> set[str]:
    texts = (
        path.read_text(encoding="utf-8") for app in APPS for path in (ROOT / app).rglob("*.py")
    )
    return {
        anchor for text in texts for anchor in re.findall(r"docs/sources\.md#([a-z0-9-]+)", text)
    }


def test_every_source_that_code_cites_stands_in_the_list():
    headings = re.findall(
        r"^##+ +(.+)$", (ROOT / "docs/sources.md").read_text(encoding="utf-8"), re.M
    )

    assert cited_anchors() - {heading.strip() for heading in headings} == set()


def test_every_model_is_in_the_glossary():
    glossary = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    names = [m.__name__ for m in apps.get_models() if m._meta.app_label in APPS]

    assert [name for name in names if f"`{name}`" not in glossary] == []


def test_every_file_of_the_journey_exists():
    journey = (ROOT / "docs/journey.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:alerts|observation|aefi|dashboards)/[\w/.-]+\.(?:py|js))`", journey)

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_function_of_the_journey_is_where_it_says():
    journey = (ROOT / "docs/journey.md").read_text(encoding="utf-8")
    steps = re.findall(
        r"`((?:alerts|observation|aefi|dashboards)/[\w/.-]+\.(?:py|js))` `(\w+)`", journey
    )

    assert steps
    assert [(file, name) for file, name in steps if not defines(ROOT / file, name)] == []


def defines(path: Path, name: str) -> bool:
    """Say whether the file defines a function, class or method of this name."""
    pattern = rf"(?:def|class|function|const) {name}\b|^\s+(?:async )?{name}\("
    return re.search(pattern, path.read_text(encoding="utf-8"), re.M) is not None
