"""Words for what the statistics say: signs as the hall words them, names in English where known."""

from collections.abc import Mapping
from functools import lru_cache

from django.utils.translation.trans_real import DjangoTranslation


@lru_cache(maxsize=4)
def _catalogue(language: str) -> DjangoTranslation:
    return DjangoTranslation(language, domain="djangojs")


def sign_words(code: str, language: str) -> str:
    """Return the words for a sign's code; the code itself where there are none."""
    return str(_catalogue(language).gettext(code)) if code else ""


def in_english(text: str, names: Mapping[str, str]) -> str:
    """Return a text with the names of vaccines and sites in English where they have one."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, names[name])
    return text
