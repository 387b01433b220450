"""The published schema says of every operation how it refuses."""

from typing import Any

from alerts.permissions.problems import CONTENT_TYPE

OF_EVERY = {
    "400": "The request is wrong; `errors` names the field.",
    "401": "Nobody is known here: log in, or send a token.",
    "403": "This person or device may not.",
    "404": "Not found, or not at one of the caller's sites.",
    "406": "Only JSON is spoken here.",
}
OF_CHANGES = {
    "409": "It cannot be done as things stand; `title` says why.",
    "415": "The body is not JSON.",
    "429": "Too many wrong tries.",
}
PROBLEM = {"$ref": "#/components/schemas/Problem"}


def add_problems(result: dict[str, Any], **_generation: Any) -> dict[str, Any]:
    """Name the problems of each operation, whichever of them its author named."""
    for methods in result["paths"].values():
        for method, operation in methods.items():
            problems = OF_EVERY if method == "get" else {**OF_EVERY, **OF_CHANGES}
            for status, words in problems.items():
                content = {CONTENT_TYPE: {"schema": PROBLEM}}
                operation["responses"][status] = {"description": words, "content": content}
    return result
