"""Django's admin of `alerts`: set up places, people and policies; look at calls, pages and the log.

Nothing here deletes a row that a call, a page or an event may lean on.
"""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext as _

from alerts.gateways import clock
from alerts.models import (
    AccessToken,
    Alert,
    Area,
    Bay,
    ClockHold,
    Command,
    Device,
    Duty,
    EscalationPolicy,
    EscalationStep,
    Event,
    Handover,
    Heartbeat,
    Membership,
    Note,
    Page,
    Receipt,
    Responder,
    Seat,
    Session,
    Site,
    Stream,
    Timer,
    TrialPage,
    User,
)
from alerts.rules.escalation import TARGETS
from alerts.services.sites import SCOPES, draw_secret

if TYPE_CHECKING:
    RowAdmin = admin.ModelAdmin[Any]
    Rows = admin.TabularInline[Any, Any]
    RowForm = forms.ModelForm[Any]
    PeopleAdmin = UserAdmin[Any]
else:
    RowAdmin, Rows = admin.ModelAdmin, admin.TabularInline
    RowForm, PeopleAdmin = forms.ModelForm, UserAdmin


class Kept(RowAdmin):
    """Rows that may be added and corrected, never deleted."""

    list_per_page = 50

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class Looked(Kept):
    """Rows that the product alone writes: to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Site)
class SiteAdmin(Kept):
    list_display = ["name", "kind", "county_code", "hotline", "evacuating_since"]
    search_fields = ["name", "county_code"]
    readonly_fields = ["uuid", "evacuating_since"]


@admin.register(Area, Bay, Seat)
class PlaceAdmin(Kept):
    list_display = ["__str__", "site"]
    list_filter = ["site"]


class MembershipRows(Rows):
    model = Membership
    extra = 0
    can_delete = False


@admin.register(User)
class PersonAdmin(PeopleAdmin):
    """Accounts; PIN and badge are set on the devices and are not shown."""

    inlines = [MembershipRows]
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        (None, {"fields": ["display_name", "contact_urls"]}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Device)
class DeviceAdmin(Looked):
    list_display = ["name", "site", "kind", "holder", "last_seen_at", "retired_at"]
    list_filter = ["site", "kind"]
    exclude = ["secret_digest", "enrolment_digest"]


class TokenForm(RowForm):
    scopes = forms.MultipleChoiceField(choices=[(scope, scope) for scope in SCOPES])


@admin.register(AccessToken)
class TokenAdmin(Kept):
    """Tokens of machines; the secret is shown once, when it is made."""

    form = TokenForm
    list_display = ["name", "user", "created_at", "revoked_at"]
    fields = ["user", "name", "sites", "scopes", "revoked_at"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's own signature
        if not change:
            secret, obj.digest = draw_secret()
            obj.created_at = clock.now()
            shown = _("The token, shown this once: %(secret)s") % {"secret": secret}
            self.message_user(request, shown, messages.WARNING)
        super().save_model(request, obj, form, change)


@admin.register(Session)
class SessionAdmin(Looked):
    list_display = ["name", "site", "lead", "opened_at", "closed_at"]
    list_filter = ["site"]


@admin.register(Duty, Handover)
class DutyAdmin(Looked):
    list_display = ["__str__"]


class StepForm(RowForm):
    def clean_targets(self) -> Any:
        """Return the words for whom a step pages.

        :raises forms.ValidationError: when one is not among those that are understood.
        """
        words = self.cleaned_data["targets"]
        if not isinstance(words, list) or not words or any(word not in TARGETS for word in words):
            raise forms.ValidationError(
                _("Write a list of these words: %(words)s") % {"words": ", ".join(TARGETS)}
            )
        return words


class StepRows(Rows):
    model = EscalationStep
    form = StepForm
    extra = 0


@admin.register(EscalationPolicy)
class PolicyAdmin(Kept):
    list_display = ["name", "site", "version", "approved_by"]
    inlines = [StepRows]


@admin.register(Alert)
class AlertAdmin(Looked):
    list_display = ["place", "site", "priority", "state", "raised_at", "ended_at", "is_drill"]
    list_filter = ["site", "state", "priority"]
    date_hierarchy = "raised_at"


@admin.register(Page)
class PageAdmin(Looked):
    list_display = ["responder", "channel", "step", "round", "created_at", "sent_at", "error"]
    list_filter = ["channel"]


@admin.register(Note)
class NoteAdmin(Looked):
    list_display = ["responder", "title", "created_at", "sent_at", "error"]


@admin.register(TrialPage)
class TrialPageAdmin(Looked):
    list_display = ["key", "created_at", "sent_at", "attempts", "error"]


@admin.register(Event)
class EventAdmin(Looked):
    list_display = ["seq", "stream", "type", "subject", "actor", "device", "server_at"]
    list_filter = ["stream", "type"]


@admin.register(Timer)
class TimerAdmin(Looked):
    list_display = ["kind", "subject", "state", "due_at", "attempts", "error"]
    list_filter = ["state", "kind"]


@admin.register(Command)
class CommandAdmin(Looked):
    """Answers may hold what is shown once, such as an enrolment code."""

    list_display = ["caller", "key", "status", "received_at"]
    exclude = ["response"]


admin.site.register([ClockHold, Receipt, Responder, Stream, Heartbeat], Looked)
