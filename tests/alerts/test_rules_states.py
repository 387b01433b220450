"""The states of an alert and the moves between them, as one table."""

import pytest

from alerts.models import calls as rows
from alerts.rules import states

TABLE = {
    "open": "page exhaust acknowledge arrive resolve cancel escalate",
    "paging": "page exhaust acknowledge arrive resolve cancel escalate",
    "exhausted": "page exhaust acknowledge arrive resolve cancel escalate",
    "acknowledged": "arrive reopen resolve cancel escalate",
    "on_scene": "arrive reopen resolve cancel escalate",
    "resolved": "review",
    "cancelled": "review",
    "reviewed": "",
}


@pytest.mark.parametrize("state", rows.AlertState.values)
def test_each_state_allows_exactly_its_moves(state):
    allowed = {move for move in states.MOVES if states.may(move, state)}

    assert allowed == set(TABLE[state].split())


def test_every_state_is_unanswered_answered_or_ended():
    groups = [states.UNANSWERED, states.ANSWERED, states.ENDED]

    assert sorted(state for group in groups for state in group) == sorted(rows.AlertState.values)


def test_rows_and_rules_agree_on_the_groups():
    assert set(rows.UNANSWERED) == states.UNANSWERED
    assert set(rows.ENDED) == states.ENDED
