"""The register's rows for administrators: what was done and declared may only be read."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from aefi.models import (
    Assessment,
    Case,
    CaseComment,
    CaseDocument,
    CaseExport,
    CaseHanding,
    CaseImport,
    CasePair,
    CaseVersion,
    CaseView,
    Classification,
    DutyContact,
    EmergencyEntry,
    FamilyLetter,
    Filing,
    GroupEvent,
    GroupFiling,
    GuardianAnswer,
    GuardianLink,
    ImportedReport,
    InvestigationRecord,
    LotSequence,
    OfficerWord,
    ReceiverAnswer,
    SavedView,
    ScreeningRun,
    SequenceLook,
    Signal,
    SignalDecision,
)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that may be looked at and nothing else."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(EmergencyEntry)
class EmergencyEntryAdmin(ReadOnlyAdmin):
    list_display = ("alert", "kind", "at", "entered_at", "by", "source")
    list_filter = ("kind", "source")


@admin.register(GroupEvent)
class GroupEventAdmin(ReadOnlyAdmin):
    list_display = (
        "code",
        "site",
        "rule",
        "bay",
        "lot",
        "state",
        "observed",
        "proposed_at",
        "declared_at",
    )
    list_filter = ("rule", "state")


@admin.register(GroupFiling)
class GroupFilingAdmin(ReadOnlyAdmin):
    list_display = ("group", "at", "by", "proof", "reference", "done_at")


@admin.register(ScreeningRun)
class ScreeningRunAdmin(ReadOnlyAdmin):
    list_display = ("requested_at", "site", "region", "state", "progress", "finished_at", "error")
    list_filter = ("state",)


@admin.register(LotSequence)
class LotSequenceAdmin(ReadOnlyAdmin):
    list_display = ("lot", "site", "region", "state", "alpha", "started_at", "ended_at")
    list_filter = ("state",)


@admin.register(SequenceLook)
class SequenceLookAdmin(ReadOnlyAdmin):
    list_display = ("sequence", "at", "observed", "expected", "ratio", "boundary")


@admin.register(Signal)
class SignalAdmin(ReadOnlyAdmin):
    list_display = ("run", "rank", "lot", "age_group", "reaction", "observed", "expected", "q")


@admin.register(SignalDecision)
class SignalDecisionAdmin(ReadOnlyAdmin):
    list_display = ("signal", "kind", "reason", "decided_at", "by")
    list_filter = ("kind",)


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = ("number", "site", "state", "origin", "version", "is_serious", "due_at")
    list_filter = ("state", "origin", "is_serious")


@admin.register(
    CaseVersion,
    Classification,
    Filing,
    CaseComment,
    CaseView,
    CaseHanding,
    OfficerWord,
    ReceiverAnswer,
    Assessment,
    InvestigationRecord,
    CaseDocument,
)
class CaseRowAdmin(ReadOnlyAdmin):
    list_display = ("case", "at", "by", "__str__")


@admin.register(GuardianLink)
class GuardianLinkAdmin(ReadOnlyAdmin):
    list_display = ("uuid", "site", "created_at", "expires_at", "revoked_at")
    exclude = ("digest",)


@admin.register(GuardianAnswer)
class GuardianAnswerAdmin(ReadOnlyAdmin):
    list_display = ("observation", "day", "is_unwell", "answered_at", "case")
    list_filter = ("day", "is_unwell")


@admin.register(DutyContact)
class DutyContactAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("region", "proof", "name", "phone", "approved_by")


@admin.register(FamilyLetter)
class FamilyLetterAdmin(ReadOnlyAdmin):
    list_display = ("case", "at", "by", "approved_by", "approved_at")


@admin.register(CasePair)
class CasePairAdmin(ReadOnlyAdmin):
    list_display = ("one", "other", "score", "state", "decided_by")
    list_filter = ("state",)


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    list_display = ("owner", "name", "query", "is_first")


@admin.register(CaseImport)
class CaseImportAdmin(ReadOnlyAdmin):
    list_display = ("site", "format", "file_name", "at", "by", "opened", "known")
    list_filter = ("format",)


@admin.register(ImportedReport)
class ImportedReportAdmin(ReadOnlyAdmin):
    list_display = ("case", "format", "reference", "source")


@admin.register(CaseExport)
class CaseExportAdmin(ReadOnlyAdmin):
    list_display = ("at", "by", "state", "done", "total", "is_identified", "reason")
    list_filter = ("state", "is_identified")
