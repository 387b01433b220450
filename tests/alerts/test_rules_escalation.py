"""Who is paged when: the steps, their times, the keys of pages."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.rules import escalation
from alerts.rules.escalation import DEFAULT_POLICIES, HIGH, MEDIUM, STRESS, Step

START = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def seconds_until_next(steps, number, policy):
    at = escalation.next_step_at(steps, number=number, policy=policy, since=START)
    return (at - START).total_seconds()


@pytest.mark.parametrize(
    ("steps", "policy", "times"),
    [(HIGH, "high", [15, 30, 60]), (MEDIUM, "medium", [60, 90, 120]), (STRESS, "stress", [60])],
)
def test_each_step_begins_at_its_time_and_the_last_one_ends_in_exhaustion(steps, policy, times):
    assert [seconds_until_next(steps, number, policy) for number in range(len(steps))] == times


def test_a_sites_own_last_step_gets_its_time_before_the_call_is_exhausted():
    late = [Step(after=0, targets=("nurse",)), Step(after=120, targets=("everyone",))]

    assert seconds_until_next(late, 1, "high") == 150


def test_a_policy_without_steps_is_exhausted_after_a_minute():
    assert seconds_until_next([], -1, "high") == 60


@pytest.mark.parametrize("name", ["high", "medium", "stress"])
def test_a_snapshot_gives_the_same_steps_back(name):
    steps = DEFAULT_POLICIES[name]

    stored = escalation.snapshot_of(f"{name} v{'9' * 40}", steps)

    assert tuple(escalation.step_from(row) for row in stored) == steps
    assert stored[0]["policy"].startswith(f"{name} v9")


@pytest.mark.parametrize("steps", [HIGH, MEDIUM])
def test_the_last_step_reaches_everyone_also_outside(steps):
    assert steps[-1].targets == (escalation.EVERYONE,)
    assert steps[-1].outside


@pytest.mark.parametrize(
    ("targets", "paged"),
    [
        (["nurse", "psychologist"], ("nurse", "psychologist")),
        (["nurse", "nurse"], ("nurse",)),
        (["the boss"], ("everyone",)),
        (["nurse", "the boss"], ("nurse", "everyone")),
        ([["nurse"]], ("everyone",)),
        ([], ("everyone",)),
        ("nurse", ("everyone",)),
        (None, ("everyone",)),
    ],
)
def test_words_nobody_knows_page_everyone_rather_than_nobody(targets, paged):
    step = escalation.step_of(
        after=timedelta(), repeat_every=timedelta(seconds=10), targets=targets, channels=[]
    )

    assert step.targets == paged


@pytest.mark.parametrize(("given", "kept"), [(-10, 5), (0, 5), (4.9, 5), (5, 5), (30, 30)])
def test_a_repeat_is_never_so_quick_that_the_pager_does_nothing_else(given, kept):
    step = escalation.step_of(
        after=timedelta(seconds=-5),
        repeat_every=timedelta(seconds=given),
        targets=["nurse"],
        channels="outside",
    )

    assert step.repeat_every == kept
    assert step.after == 0
    assert not step.outside


@pytest.mark.parametrize(("attempts", "wait"), [(0, 1), (1, 1), (2, 2), (5, 16), (6, 30), (99, 30)])
def test_a_page_waits_twice_as_long_after_each_failure_up_to_thirty_seconds(attempts, wait):
    assert escalation.retry_wait(attempts) == timedelta(seconds=wait)


def test_the_longest_key_of_a_page_fits_its_column():
    uuid = "0" * 36

    key = escalation.page_key(uuid, step=99, round_=2**31 - 1, responder=uuid, channel="outside")

    assert key.startswith(f"{uuid}:99:")
    assert len(key) <= 120
