"""The states of an alert and the moves between them, as one table that tests and services read."""

UNANSWERED = frozenset({"open", "paging", "exhausted"})
ANSWERED = frozenset({"acknowledged", "on_scene"})
ENDED = frozenset({"resolved", "cancelled", "reviewed"})

MOVES: dict[str, frozenset[str]] = {
    "page": UNANSWERED,
    "exhaust": UNANSWERED,
    "acknowledge": UNANSWERED,
    "arrive": UNANSWERED | ANSWERED,
    "reopen": ANSWERED,
    "resolve": UNANSWERED | ANSWERED,
    "cancel": UNANSWERED | ANSWERED,
    "review": frozenset({"resolved", "cancelled"}),
    "escalate": UNANSWERED | ANSWERED,
}
"""For each move, the states it starts from. Any other start changes nothing and is no error."""


def may(move: str, state: str) -> bool:
    """Say whether `move` starts from `state`."""
    return state in MOVES[move]
