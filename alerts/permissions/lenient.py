"""How a call for help is read: whatever it is sent as, and never as an error."""

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

LONGEST_BODY = 100_000
"""Bytes of a call that are read; what comes after makes it unreadable, and a call all the same."""


class LenientParser(BaseParser):
    """An object out of any body: JSON cleaned of what cannot be stored, else nothing."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            data = _clean(json.loads(stream.read(LONGEST_BODY).decode(errors="replace")))
            return data if isinstance(data, dict) else {}
        except (ValueError, RecursionError):
            return {}


def _clean(value: Any) -> Any:
    """Return JSON without NUL characters and halves of characters, which no database keeps."""
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="replace").decode()
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(inner) for name, inner in value.items()}
    return value


class AnyContent(BaseContentNegotiation):
    """The first parser and the first renderer, whatever the request says it has and wants."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type
