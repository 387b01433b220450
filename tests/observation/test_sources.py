"""Every number of the floor names a source that exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEADINGS = set(
    re.findall(r"^## ([a-z0-9-]+)$", (ROOT / "docs/sources.md").read_text(), re.MULTILINE)
)


def anchors():
    for app in ("alerts", "observation"):
        for file in (ROOT / app).rglob("*.py"):
            found = re.findall(r"docs/sources\.md#([a-z0-9-]+)", file.read_text())
            yield from ((anchor, file.name) for anchor in found)


@pytest.mark.parametrize(("anchor", "file"), sorted(set(anchors())))
def test_a_named_source_exists(anchor, file):
    assert anchor in HEADINGS


def test_each_source_has_a_value_a_source_and_who_approves():
    sections = re.split(
        r"^## [a-z0-9-]+$", (ROOT / "docs/sources.md").read_text(), flags=re.MULTILINE
    )

    for section in sections[1:]:
        assert re.search(r"^Values?: ", section, re.MULTILINE)
        assert re.search(r"^Source: ", section, re.MULTILINE)
        assert re.search(r"^Approve: ", section, re.MULTILINE)
