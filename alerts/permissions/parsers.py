"""JSON as requests may bring it; apart from the errors, which need the views that need this."""

import json
import re
from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.parsers import JSONParser

DEEPEST = 50
"""Levels of lists and objects inside each other; deeper ones serve only to exhaust the stack."""
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL as JSON writes it, and not those six characters typed by somebody."""


class StrictJSONParser(JSONParser):
    """JSON as the RFC has it: no NaN, no infinity, no NUL, whatever the nesting a clear error."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
            text = json.dumps(data, ensure_ascii=False, allow_nan=False)
            text.encode()
        except (RecursionError, ValueError) as error:
            raise exceptions.ParseError(_("This is not readable JSON.")) from error
        if _is_deeper(data, DEEPEST):
            raise exceptions.ParseError(_("This JSON is nested too deeply."))
        if NUL.search(text):
            raise exceptions.ParseError(_("The text contains a NUL character; remove it."))
        return data


def _is_deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(levels == 0 or _is_deeper(item, levels - 1) for item in inner)
