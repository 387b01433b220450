"""When the owners of a legal clock are reminded, and who they are. Pure: no Django, no clock.

Reminders of one clock are numbered: first the marks, then one after another until proof is recorded.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from aefi.rules.clocks import MARKS, Clock


class Circle(StrEnum):
    """Who is reminded, from the nearest to the widest."""

    SITE = "site"
    COUNTY = "county"
    REGION = "region"


CIRCLES = {
    50: (Circle.SITE,),
    80: (Circle.SITE, Circle.COUNTY),
    100: (Circle.SITE, Circle.COUNTY, Circle.REGION),
}
"""Who is reminded at each mark. Source: docs/sources.md#clock-marks."""
AT_ONCE_PERCENTS = (80, 100)
AT_ONCE_GRACE = timedelta(hours=1)
"""A duty without a limit of its own goes to the county at once, and wider after this."""
SHORTEST_REPEAT, LONGEST_REPEAT = timedelta(hours=1), timedelta(hours=24)
"""What is overdue is said again after each further limit, within these bounds."""


def _marks(clock: Clock) -> list[tuple[datetime, int]]:
    if clock.due_at <= clock.started_at:
        ats = (clock.started_at, clock.started_at + AT_ONCE_GRACE)
        return list(zip(ats, AT_ONCE_PERCENTS, strict=True))
    return [(clock.mark_at(percent), percent) for percent in MARKS]


def _repeat(clock: Clock) -> timedelta:
    return min(max(clock.due_at - clock.started_at, SHORTEST_REPEAT), LONGEST_REPEAT)


def instant(clock: Clock, number: int) -> datetime:
    """Return when reminder `number` of a clock, from 0, is due."""
    marks = _marks(clock)
    if number < len(marks):
        return marks[number][0]
    return marks[-1][0] + (number - len(marks) + 1) * _repeat(clock)


def percent(clock: Clock, number: int) -> int:
    """Return which mark reminder `number` stands for."""
    marks = _marks(clock)
    return marks[min(number, len(marks) - 1)][1]


def reached(clock: Clock, now: datetime) -> int:
    """Return the number of the newest reminder that is due; -1 before the first one."""
    marks = _marks(clock)
    last = marks[-1][0]
    if now < last:
        return sum(at <= now for at, _percent in marks) - 1
    return len(marks) - 1 + (now - last) // _repeat(clock)


def next_at(clocks: Iterable[Clock], sent: Mapping[str, int]) -> datetime | None:
    """Return when the next reminder of any running clock is due, after those that were sent."""
    running = (clock for clock in clocks if clock.missing)
    return min((instant(one, sent.get(one.key, -1) + 1) for one in running), default=None)


def due(clocks: Iterable[Clock], sent: Mapping[str, int], now: datetime) -> list[tuple[Clock, int]]:
    """Return the newest reminder of each running clock that was not sent yet."""
    running = [clock for clock in clocks if clock.missing]
    newest = [(clock, reached(clock, now)) for clock in running]
    return [(clock, number) for clock, number in newest if number > sent.get(clock.key, -1)]
