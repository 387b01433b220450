"""What an examination says about one thing: whether it is well, in words, and what to do."""

from dataclasses import asdict, dataclass
from enum import StrEnum

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "::1", "testserver"})


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """One line of the examination; `code` stays the same in every language."""

    code: str
    level: Level
    words: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def well(code: str, words: str) -> Finding:
    """Return that something is as it must be."""
    return Finding(code, Level.OK, words)


def doubtful(code: str, words: str, remedy: str) -> Finding:
    """Return that something should be seen to before people rely on it."""
    return Finding(code, Level.WARNING, words, remedy)


def broken(code: str, words: str, remedy: str) -> Finding:
    """Return that a promise of the product does not hold like this."""
    return Finding(code, Level.FAULT, words, remedy)
