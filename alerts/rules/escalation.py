"""Who is paged when, and what state an alert may move to. Pure: no Django, no clock."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

# Words for whom a step pages; `alerts.services.targets` turns them into people.
AREA_PHYSICIANS = "area_physicians"
BACKUP_PHYSICIANS = "backup_physicians"
BAY_OBSERVER = "bay_observer"
NURSE = "nurse"
NURSE_OR_PHYSICIAN = "nurse_or_physician"
PSYCHOLOGIST = "psychologist"
SESSION_LEAD = "session_lead"
EVERYONE = "everyone"
TARGETS = (
    AREA_PHYSICIANS,
    BACKUP_PHYSICIANS,
    BAY_OBSERVER,
    NURSE,
    NURSE_OR_PHYSICIAN,
    PSYCHOLOGIST,
    SESSION_LEAD,
    EVERYONE,
)

ARRIVAL_LIMIT = timedelta(seconds=90)
"""Nobody on scene for this long after an answer: others are paged.

Source: docs/sources.md#arrival-limit.
"""

EXHAUSTED_REPEAT = timedelta(seconds=10)
"""An exhausted alert pages everyone this often. Source: docs/sources.md#exhausted-repeat."""

ANSWERER_CHECK = timedelta(seconds=5)
"""How often the reach of somebody who is coming is looked at.

Source: docs/sources.md#device-unseen.
"""

PROOF_WITHIN = timedelta(seconds=5)
"""A page that no screen of its person has proved to show by then goes outside as well.

Source: docs/sources.md#proof-within.
"""

EXHAUSTED_STEP = 99
"""The number under which the pages of an exhausted alert are filed."""


@dataclass(frozen=True)
class Step:
    """Whom to page `after` seconds from the start of paging, again each `repeat_every` seconds."""

    after: float
    targets: tuple[str, ...]
    repeat_every: float = 10.0
    outside: bool = False


HIGH = (
    Step(after=0, targets=(AREA_PHYSICIANS,)),
    Step(after=15, targets=(BACKUP_PHYSICIANS, SESSION_LEAD)),
    Step(after=30, targets=(EVERYONE,), outside=True),
)
MEDIUM = (
    Step(after=0, targets=(BAY_OBSERVER, NURSE), repeat_every=30),
    Step(after=60, targets=(AREA_PHYSICIANS,)),
    Step(after=90, targets=(EVERYONE,), outside=True),
)
STRESS = (Step(after=0, targets=(PSYCHOLOGIST, NURSE_OR_PHYSICIAN), repeat_every=30),)

DEFAULT_POLICIES: dict[str, tuple[Step, ...]] = {
    "high": HIGH,
    "medium": MEDIUM,
    "stress": STRESS,
    "low": (),
}
"""The steps before EXHAUSTED. Source: docs/sources.md#escalation-steps."""

LAST_STEP_WAIT = 30.0
"""Seconds that the last step of a site's own policy gets before the steps are used up."""

SHORTEST_REPEAT = 5.0
"""Seconds below which paging again would only drown the answer."""

EXHAUSTED_AFTER = {"high": 60.0, "medium": 120.0, "stress": 60.0}
"""Seconds until the steps are used up; `stress` becomes a high call then, others EXHAUSTED."""


def snapshot_of(name: str, steps: Sequence[Step]) -> list[dict[str, object]]:
    """Return the policy as stored on an alert, so that later edits leave a running call alone."""
    return [{**asdict(step), "targets": list(step.targets), "policy": name} for step in steps]


def step_from(snapshot: dict[str, object]) -> Step:
    """Return the step that `snapshot_of` stored."""
    return Step(
        after=float(str(snapshot["after"])),
        targets=tuple(snapshot["targets"]),  # type: ignore[arg-type]
        repeat_every=float(str(snapshot["repeat_every"])),
        outside=bool(snapshot["outside"]),
    )


def next_step_at(steps: Sequence[Step], *, number: int, policy: str, since: datetime) -> datetime:
    """Return when the step after `number` begins; past the last, when the alert is exhausted."""
    if number + 1 < len(steps):
        return since + timedelta(seconds=steps[number + 1].after)
    last = steps[-1].after if steps else 0.0
    return since + timedelta(seconds=max(EXHAUSTED_AFTER.get(policy, 60.0), last + LAST_STEP_WAIT))


def step_of(
    *, after: timedelta, repeat_every: timedelta, targets: object, channels: object
) -> Step:
    """Return a site's own step; words that nobody knows page everyone rather than nobody."""
    words = targets if isinstance(targets, list) and targets else [EVERYONE]
    known = (word if word in TARGETS else EVERYONE for word in words)
    return Step(
        after=max(0.0, after.total_seconds()),
        targets=tuple(dict.fromkeys(known)),
        repeat_every=max(SHORTEST_REPEAT, repeat_every.total_seconds()),
        outside=isinstance(channels, list) and "outside" in channels,
    )


def page_key(alert: object, *, step: int, round_: int, responder: object, channel: str) -> str:
    """Return the key under which a page can exist only once."""
    return f"{alert}:{step}:{round_}:{responder}:{channel}"


def retry_wait(attempts: int) -> timedelta:
    """Return how long a page waits after its `attempts`-th failed try: 1, 2, 4 … at most 30 s."""
    return timedelta(seconds=min(30.0, 2.0 ** max(0, attempts - 1)))
