"""Forms of a group on the desk: a person's word on it, and the proof of its report."""

from django import forms
from django.utils.translation import gettext_lazy as _

from aefi.rules.clock_rules import Proof
from dashboards.case_forms import PROOFS
from dashboards.opening_forms import instant

GROUP_PROOFS = {**dict(PROOFS), Proof.CARD_ACCEPTED: _("Group form accepted by the county CDC")}


class WordForm(forms.Form):
    """Why it is a group, or is none."""

    reason = forms.CharField(label=_("Reason"), max_length=400)


class ToldForm(forms.Form):
    """Who was told, and when."""

    proof = forms.ChoiceField(choices=list(GROUP_PROOFS.items()), widget=forms.HiddenInput)
    reference = forms.CharField(
        label=_("Who answered, or the national number"),
        max_length=200,
        error_messages={"required": _("Write who answered: without it nothing proves the call.")},
    )
    done_at = instant(_("When"))
