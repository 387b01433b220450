"""Signs of life: a process says each second that it works and how late; others judge the age."""

from dataclasses import dataclass
from datetime import datetime

from alerts.gateways import clock
from alerts.models import Heartbeat

PAGER, WATCHDOG = "pager", "watchdog"
"""How the names of the heartbeats of these processes begin."""


@dataclass(frozen=True)
class Pulse:
    """The age of a sign of life and the lateness it told of, in real milliseconds."""

    age_ms: float
    lag_ms: float


def record(process: str, *, lag_ms: float, now: datetime, note: str = "") -> None:
    """Keep the last sign of life of `process`."""
    values = {"at": now, "lag_ms": round(lag_ms, 1), "note": note[:200]}
    if not Heartbeat.objects.filter(process=process).update(**values):
        Heartbeat.objects.create(process=process, **values)


def pager_pulse(*, now: datetime) -> Pulse | None:
    """Return the pulse of the pager heard from last; None before the first one."""
    return pulse_of(PAGER, now=now)


def pulse_of(kind: str, *, now: datetime) -> Pulse | None:
    """Return the pulse of the process of this kind heard from last; None before the first one."""
    beats = Heartbeat.objects.filter(process__startswith=kind)
    last = beats.order_by("-at").first()
    if last is None:
        return None
    age = (now - last.at).total_seconds() / clock.rate()
    return Pulse(age_ms=round(max(0.0, age) * 1000, 1), lag_ms=last.lag_ms)
