"""The form of the guardian's page: the question of day 1 and day 3."""

from django import forms
from django.utils.translation import gettext_lazy as _

from aefi.services.guardian import Told

YES, NO = "yes", "no"


class AnswerForm(forms.Form):
    """Well or not; since when, what happened, where to be reached."""

    observation = forms.UUIDField(widget=forms.HiddenInput)
    unwell = forms.ChoiceField(
        label=_("Has anything unusual happened since the dose?"),
        choices=[(NO, _("No, all is well")), (YES, _("Yes"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose yes or no.")},
    )
    onset_at = forms.DateTimeField(
        label=_("When did it begin? Leave it empty if you are not sure."),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": _("Write day and time, like 2026-11-22 20:30.")},
    )
    what = forms.CharField(
        label=_("What happened?"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    phone = forms.CharField(
        label=_("Phone number at which you can be reached"),
        max_length=30,
        required=False,
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
    )

    @property
    def told(self) -> Told:
        said = self.cleaned_data
        if said["unwell"] == NO:
            return Told(is_unwell=False)
        return Told(
            is_unwell=True, onset_at=said["onset_at"], what=said["what"], phone=said["phone"]
        )
