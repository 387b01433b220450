"""The rows of `aefi`: cases, the emergency record, the groups of a hall, screening and its signals."""

from aefi.models.assessments import Assessment, AssessmentKind
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
from aefi.models.desk import SavedView
from aefi.models.duplicates import CasePair, PairState
from aefi.models.emergency import EmergencyEntry, EntryKind
from aefi.models.exports import CaseExport
from aefi.models.group_records import GroupFiling
from aefi.models.groups import GroupEvent, GroupRule, GroupState
from aefi.models.guardian import GuardianAnswer, GuardianLink
from aefi.models.handing import CaseHanding, HandingAnswer, Level, OfficerWord, WordKind
from aefi.models.investigation import (
    CaseDocument,
    DocumentContent,
    InvestigationRecord,
    RecordKind,
)
from aefi.models.screening import (
    DecisionKind,
    RunState,
    ScreeningRun,
    Signal,
    SignalDecision,
)
from aefi.models.sequences import LotSequence, SequenceLook, SequenceState
from aefi.models.transfers import CaseImport, ImportedReport, ReceiverAnswer
from aefi.models.two_hours import DutyContact, FamilyLetter, LetterAbout

__all__ = [
    "Assessment",
    "AssessmentKind",
    "Case",
    "CaseComment",
    "CaseDocument",
    "CaseExport",
    "CaseHanding",
    "CaseImport",
    "CaseOrigin",
    "CasePair",
    "CaseState",
    "CaseVersion",
    "CaseView",
    "ClassKind",
    "Classification",
    "DecisionKind",
    "DocumentContent",
    "DutyContact",
    "EmergencyEntry",
    "EntryKind",
    "FamilyLetter",
    "Filing",
    "GroupEvent",
    "GroupFiling",
    "GroupRule",
    "GroupState",
    "GuardianAnswer",
    "GuardianLink",
    "HandingAnswer",
    "ImportedReport",
    "InvestigationRecord",
    "LetterAbout",
    "Level",
    "LotSequence",
    "OfficerWord",
    "PairState",
    "ReceiverAnswer",
    "RecordKind",
    "RunState",
    "SavedView",
    "ScreeningRun",
    "SequenceLook",
    "SequenceState",
    "Signal",
    "SignalDecision",
    "WordKind",
]
