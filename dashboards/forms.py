"""Forms of the plain pages."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from aefi.models import DecisionKind
from aefi.services.screening_runs import Decision


class LoginForm(forms.Form):
    """Name and password; persons on shared tablets use badge or PIN instead."""

    username = forms.CharField(label=_("Name"), max_length=150)
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput, max_length=128)

    @property
    def credentials(self) -> dict[str, str]:
        """What is handed to the log-in backends."""
        return {name: str(self.cleaned_data[name]) for name in ("username", "password")}


class CodeForm(forms.Form):
    """The six digits that an authenticator app shows now."""

    code = forms.RegexField(
        r"^\s*\d{6}\s*$",
        label=_("Six digits"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"invalid": _("Six digits, as the app shows them now.")},
    )


class DecisionForm(forms.Form):
    """What an officer decides about a signal; `key` makes a form sent twice one decision."""

    kind = forms.ChoiceField(
        label=_("Decision"), choices=DecisionKind.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=400, widget=forms.Textarea({"rows": 3, "maxlength": 400})
    )
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Mapping[str, Any] | None, *, can_hold: bool) -> None:
        super().__init__(data, initial={"key": uuid4()})
        kinds = self.fields["kind"]
        if not can_hold and isinstance(kinds, forms.ChoiceField):
            kinds.choices = [one for one in DecisionKind.choices if one[0] != DecisionKind.HOLD_LOT]

    @property
    def decision(self) -> Decision:
        """Return what was decided."""
        said = self.cleaned_data
        return Decision(kind=said["kind"], reason=said["reason"], uuid=said["key"])
