"""The rows of `alerts`: who, where, and what must reach a person in time."""

from alerts.models.calls import (
    Alert,
    AlertState,
    EscalationPolicy,
    EscalationStep,
    Page,
    PageChannel,
    Priority,
    Receipt,
    ReceiptKind,
    Responder,
    ResponderState,
)
from alerts.models.outgoing import Note
from alerts.models.people import AccessToken, Device, DeviceKind, Membership, Role, Specialty, User
from alerts.models.places import Area, AreaKind, Bay, Seat, SeatKind, Site, SiteKind
from alerts.models.sessions import Duty, DutyRole, Handover, Session
from alerts.models.stream import Command, Event, Heartbeat, Source, Stream, Timer, TimerState

__all__ = [
    "AccessToken",
    "Alert",
    "AlertState",
    "Area",
    "AreaKind",
    "Bay",
    "Command",
    "Device",
    "DeviceKind",
    "Duty",
    "DutyRole",
    "EscalationPolicy",
    "EscalationStep",
    "Event",
    "Handover",
    "Heartbeat",
    "Membership",
    "Note",
    "Page",
    "PageChannel",
    "Priority",
    "Receipt",
    "ReceiptKind",
    "Responder",
    "ResponderState",
    "Role",
    "Seat",
    "SeatKind",
    "Session",
    "Site",
    "SiteKind",
    "Source",
    "Specialty",
    "Stream",
    "Timer",
    "TimerState",
    "User",
]
