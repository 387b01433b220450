"""The log tells the whole story of a call: played in any order, the events rebuild its rows."""

from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from observation.services.replay import replay
from tests.alerts.test_alert_machine import Hall


class ReplayedHall(Hall):
    """The same hall; at its end the rows are rebuilt from the events and compared."""

    def teardown(self):
        try:
            found = replay(self.world.site)
            assert (found.differences, found.untold) == ([], 0)
            assert found.rows["alert"] == 1
        finally:
            transaction.set_rollback(True)
            self.example.__exit__(None, None, None)


def test_the_rows_of_a_call_are_rebuilt_from_its_events_whatever_happened(db):
    phases = [Phase.generate, Phase.shrink]
    quick = settings(
        max_examples=40,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(ReplayedHall, settings=quick)
