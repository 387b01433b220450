"""What a service says when it will not do a thing: a fact, in words, with the field it is about."""

from typing import Any


class Refusal(Exception):
    """A request that cannot be carried out as asked; the message says what to do instead.

    `code` names the fact for programs, `field` the part of the request, `facts` what to show.
    """

    code = "refused"

    def __init__(
        self, message: object, *, field: str = "", facts: dict[str, Any] | None = None
    ) -> None:
        super().__init__(str(message))
        self.field = field
        self.facts = facts or {}
