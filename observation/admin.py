"""The floor's rows for administrators: master data may be edited, what happened is only read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from observation.models import (
    Dose,
    Lot,
    LotIssue,
    Observation,
    Reaction,
    Recipient,
    StationStop,
    Vaccine,
)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only the product's own verbs change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Vaccine)
class VaccineAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("code", "name", "name_en", "maker", "is_confirmed")
    list_filter = ("is_confirmed",)
    search_fields = ("code", "name", "name_en")


@admin.register(Lot)
class LotAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Lots are held and released by the verbs, which tell every screen; not here."""

    list_display = ("number", "vaccine", "expires_on", "held_at")
    readonly_fields = ("held_at", "held_by", "held_reason")
    search_fields = ("number", "number_key")


@admin.register(LotIssue)
class LotIssueAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("lot", "site", "quantity", "issued_at", "withdrawn_at")
    list_filter = ("site",)


@admin.register(Recipient)
class RecipientAdmin(ReadOnlyAdmin):
    list_display = ("uuid", "site", "born_on", "group_name", "created_at")
    exclude = ("document_cipher", "document_digest")
    list_filter = ("site",)


@admin.register(Observation)
class ObservationAdmin(ReadOnlyAdmin):
    list_display = ("ticket", "session", "seat", "started_at", "due_at", "ended_at", "end_kind")
    list_filter = ("site", "end_kind")


@admin.register(Dose)
class DoseAdmin(ReadOnlyAdmin):
    list_display = ("uuid", "vaccine", "lot", "given_at", "source", "flags")
    list_filter = ("source",)


@admin.register(Reaction)
class ReactionAdmin(ReadOnlyAdmin):
    list_display = ("uuid", "site", "person_kind", "seen_at", "stress_subtype", "undone_at")
    list_filter = ("site", "stress_subtype")


@admin.register(StationStop)
class StationStopAdmin(ReadOnlyAdmin):
    """Stations are stopped and let go on by the verbs, which tell every screen."""

    list_display = ["station", "site", "reason", "stopped_at", "stopped_by", "resumed_at"]
