"""Forms of the two-hour card: a call that was made, the letter, its approval."""

from django import forms
from django.utils.translation import gettext_lazy as _

from dashboards.case_forms import GRAVE, PROOFS, written
from dashboards.opening_forms import instant


class CalledForm(forms.Form):
    """Who was told, and when."""

    proof = forms.ChoiceField(choices=PROOFS, widget=forms.HiddenInput)
    about = forms.ChoiceField(choices=GRAVE, widget=forms.HiddenInput)
    reference = forms.CharField(
        label=_("Who answered, or the national number"),
        max_length=200,
        error_messages={"required": _("Write who answered: without it nothing proves the call.")},
    )
    done_at = instant(_("When"))


class LetterForm(forms.Form):
    """The words of the letter."""

    text = written(label=_("Letter to the family"), max_length=4000)


class ApproveForm(forms.Form):
    """Which letter is approved."""

    letter = forms.IntegerField(widget=forms.HiddenInput)
