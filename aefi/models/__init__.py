"""The rows of `aefi`: cases, the emergency record, the groups of a hall, screening and its signals."""

from aefi.models.cases import (
    Case,
    CaseComment,
    CaseOrigin,
    CaseState,
    CaseVersion,
    CaseView,
    Classification,
    ClassKind,
    Filing,
)
from aefi.models.emergency import EmergencyEntry, EntryKind
from aefi.models.groups import GroupEvent, GroupRule, GroupState
from aefi.models.guardian import GuardianAnswer, GuardianLink
from aefi.models.screening import (
    DecisionKind,
    RunState,
    ScreeningRun,
    Signal,
    SignalDecision,
)

__all__ = [
    "Case",
    "CaseComment",
    "CaseOrigin",
    "CaseState",
    "CaseVersion",
    "CaseView",
    "ClassKind",
    "Classification",
    "DecisionKind",
    "EmergencyEntry",
    "EntryKind",
    "Filing",
    "GroupEvent",
    "GroupRule",
    "GroupState",
    "GuardianAnswer",
    "GuardianLink",
    "RunState",
    "ScreeningRun",
    "Signal",
    "SignalDecision",
]
