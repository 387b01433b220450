"""Reading JSON that somebody else wrote: a wrong shape is refused with its path, never a crash."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from aefi.exchange.case import Moment, Refused, parsed

LARGEST = 1e12
"""No count or measurement comes near; infinity and NaN are refused with it."""


@dataclass(frozen=True)
class Node:
    """A value of a JSON document with its path; an absent value is `None` at its path."""

    value: object
    path: str

    def __getitem__(self, key: str) -> "Node":
        if self.value is None:
            return Node(None, f"{self.path}.{key}")
        if not isinstance(self.value, dict):
            raise Refused(self.path, "an object is expected")
        return Node(self.value.get(key), f"{self.path}.{key}")

    def __iter__(self) -> Iterator["Node"]:
        if self.value is None:
            return
        if not isinstance(self.value, list):
            raise Refused(self.path, "a list is expected")
        for index, value in enumerate(self.value):
            yield Node(value, f"{self.path}[{index}]")

    def __bool__(self) -> bool:
        return self.value is not None

    def first(self) -> "Node":
        """Return the first element of a list, absent when there is none."""
        return next(iter(self), Node(None, f"{self.path}[0]"))

    def text(self) -> str:
        """Return a string; empty when absent."""
        if self.value is None:
            return ""
        if not isinstance(self.value, str):
            raise Refused(self.path, "text is expected")
        return self.value

    def number(self) -> float | None:
        """Return a number; `None` when absent."""
        if self.value is None:
            return None
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise Refused(self.path, "a number is expected")
        if not abs(self.value) < LARGEST:
            raise Refused(self.path, "this number is too large to be one")
        return self.value

    def whole(self) -> int | None:
        """Return a whole number; `None` when absent."""
        number = self.number()
        if number is not None and number != int(number):
            raise Refused(self.path, "a whole number is expected")
        return None if number is None else int(number)

    def day(self) -> date | None:
        """Return a date, also of a value with a time; `None` when absent."""
        text = self.text()
        return parsed(self.path, text[:10], date.fromisoformat) if text else None

    def moment(self) -> Moment | None:
        """Return an aware instant or a plain date; `None` when absent."""
        text = self.text()
        if not text:
            return None
        if "T" not in text:
            return self.day()
        instant = parsed(self.path, text, datetime.fromisoformat)
        if instant.tzinfo is None:
            raise Refused(self.path, f"{text!r} has no time zone")
        return instant

    def refuse(self, reason: str) -> Refused:
        """Return a refusal of this value, to be raised."""
        return Refused(self.path, reason)
