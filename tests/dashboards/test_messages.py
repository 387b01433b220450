"""Chinese first, English complete: every text has its translation."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils import translation

from dashboards.project.messages import LOCALE_DIR, compile_messages
from dashboards.selectors import catalogue
from observation.rules import signs

ROOT = Path(__file__).resolve().parents[2]
APPS = ("alerts", "observation", "aefi", "dashboards")
SCRIPTS = ROOT / "dashboards/static/dashboards"
SAME_IN_BOTH = {"HELP", "OK"}
HAN = re.compile(r"[\u4e00-\u9fff]")
PLACE = re.compile(r"%\(\w+\)s|\{\w+\}")


def entries(locale: str, domain: str) -> dict[str, str]:
    """Return the catalogue's texts; a plural entry by its singular."""
    path = LOCALE_DIR / locale / "LC_MESSAGES" / f"{domain}.po"
    with path.open("rb") as file:
        found = [message for message in read_po(file) if message.id]
    first = lambda value: value if isinstance(value, str) else value[0]  # noqa: E731
    return {first(message.id): first(message.string) for message in found}


def in_scripts() -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in SCRIPTS.rglob("*.js"))
    return {
        found
        for text in texts
        for found in re.findall(r'(?<![\w.])t\(\s*"((?:[^"\\]|\\.)*)"', text)
    }


def in_python() -> set[str]:
    found = set()
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                    "_",
                    "gettext",
                    "gettext_lazy",
                }:
                    found |= {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return found


def in_templates() -> set[str]:
    found = set()
    for path in (ROOT / "dashboards/templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        found |= {words for _quote, words in re.findall(r"{%\s*translate\s+([\"'])(.*?)\1", text)}
    return found


@pytest.mark.parametrize(
    ("domain", "used"), [("djangojs", in_scripts), ("django", in_python), ("django", in_templates)]
)
def test_every_text_is_translated(domain, used):
    known = entries("zh_Hans", domain)

    assert sorted(text for text in used() if not known.get(text)) == []


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_a_translation_is_chinese_and_keeps_its_places(domain):
    known = entries("zh_Hans", domain)

    odd = {
        text: words
        for text, words in known.items()
        if text not in SAME_IN_BOTH
        and (not HAN.search(words) or set(PLACE.findall(text)) != set(PLACE.findall(words)))
    }
    assert odd == {}


def test_every_sign_has_words_in_both_languages():
    for locale in ("zh_Hans", "en"):
        known = entries(locale, "djangojs")

        assert [code for code in signs.KNOWN if not known.get(code)] == []


def test_the_scripts_get_the_catalogue_of_the_reader():
    compile_messages()

    with translation.override("zh-hans"):
        assert catalogue()["May leave"] == "可离场"
    with translation.override("en"):
        assert catalogue()["breathing"] == "breathing / throat"
