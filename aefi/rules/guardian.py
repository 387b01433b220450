"""When the guardian's page is open and what it asks. Pure: no Django, no clock."""

from datetime import datetime, timedelta

LINK_PERIOD = timedelta(days=7)
"""How long a family's code opens its page. Source: docs/sources.md#guardian-link-period."""

DAY_THREE = timedelta(days=3)
"""From when the second question is asked. Source: docs/sources.md#guardian-questions."""


def question_day(now: datetime, *, started_at: datetime, ended_at: datetime | None) -> int | None:
    """Return which day's question is asked, 1 or 3; none while the watch runs.

    The first opens with the release: a family that goes home unwell need not wait for a day.
    """
    if ended_at is None:
        return None
    return 3 if now - started_at >= DAY_THREE else 1


def onset_fault(onset_at: datetime | None, *, given_at: datetime, now: datetime) -> str:
    """Say what is impossible about an onset: `before_dose`, `future` or nothing.

    Compared to the minute, as nobody knows an onset more closely.
    """
    if onset_at is None:
        return ""
    onset, given, present = (
        at.replace(second=0, microsecond=0) for at in (onset_at, given_at, now)
    )
    if onset > present:
        return "future"
    return "before_dose" if onset < given else ""
