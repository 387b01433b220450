"""Forms of a case: its verbs."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aefi.exchange import stored
from aefi.exchange.case import CaseFacts, Outcome, Sex
from aefi.models import Case, ClassKind
from aefi.rules.classification import CONCLUDED_BY, DAMAGE_GRADES, FINAL_CLASSES_2019
from aefi.rules.clock_rules import Fact, Proof
from aefi.rules.seriousness import Criterion
from aefi.services.duty_words import TURNS
from aefi.services.instants import AHEAD
from alerts.gateways import clock

UNKNOWN = ("", _("not known"))
SEXES = [UNKNOWN, (Sex.MALE, _("male")), (Sex.FEMALE, _("female"))]
OUTCOMES = [
    UNKNOWN,
    (Outcome.RECOVERED, _("Recovered")),
    (Outcome.RECOVERING, _("Recovering")),
    (Outcome.NOT_RECOVERED, _("Not recovered")),
    (Outcome.SEQUELAE, _("Recovered with sequelae")),
    (Outcome.DIED, _("Died")),
]
CRITERIA = [
    (Criterion.DEATH, _("Death")),
    (Criterion.LIFE_THREATENING, _("Life-threatening")),
    (Criterion.HOSPITALISATION, _("Hospital stay")),
    (Criterion.DISABILITY, _("Lasting disability")),
    (Criterion.CONGENITAL_ANOMALY, _("Congenital anomaly")),
    (Criterion.OTHER_IMPORTANT, _("Medically important otherwise")),
]
GRAVE = list(TURNS.items())
PROOFS = [
    (Proof.CARD_ACCEPTED, _("Report card accepted (national number)")),
    (Proof.HEALTH_ADMINISTRATION_TOLD, _("Health administration told")),
    (Proof.DRUG_REGULATOR_TOLD, _("Drug regulator told")),
    (Proof.ONLINE_REPORT, _("Verified and entered online")),
    (Proof.INVESTIGATION_STARTED, _("Investigation started")),
    (Proof.INVESTIGATION_FORM_FILED, _("Investigation form filed")),
    (Proof.PRELIMINARY_REPORT_SENT, _("Preliminary report sent")),
    (Proof.PANEL_CONCLUSION, _("Panel concluded")),
    (Proof.SITE_REPORT_SENT, _("Site investigation report sent")),
    (Proof.USE_STOPPED, _("Use of the vaccine stopped")),
]
STAGES = [
    (Fact.INVESTIGATION_NEEDED, _("An investigation is needed")),
    (Fact.INVESTIGATION_STARTED, _("The investigation began")),
    (Fact.SITE_INVESTIGATION_ENDED, _("The investigation at the site ended")),
    (Fact.QUALITY_SUSPECTED, _("The quality of the vaccine is suspected")),
]


def coded(codes: Any) -> list[tuple[str, str]]:
    """Return a national code list as choices, in both languages of the form."""
    return [(one.code, f"{one.code} {one.zh} · {one.en}") for one in codes.codes]


def written(**options: Any) -> forms.CharField:
    return forms.CharField(widget=forms.Textarea({"rows": 3}), **options)


class FactsForm(forms.Form):
    """What is corrected most; everything else keeps the value of the version before."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    patient_name = forms.CharField(label=_("Name of the person"), max_length=80, required=False)
    birth_date = forms.DateField(
        label=_("Born on"), required=False, widget=forms.DateInput({"type": "date"})
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=SEXES, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    guardian = forms.CharField(label=_("Guardian"), max_length=80, required=False)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    fever_c = forms.FloatField(label=_("Fever, °C"), min_value=30, max_value=45, required=False)
    redness_cm = forms.FloatField(label=_("Redness, cm"), min_value=0, required=False)
    induration_cm = forms.FloatField(label=_("Induration, cm"), min_value=0, required=False)
    outcome = forms.ChoiceField(label=_("Outcome"), choices=OUTCOMES, required=False)
    is_judged = forms.BooleanField(label=_("Seriousness was judged"), required=False)
    serious_because = forms.MultipleChoiceField(
        label=_("Serious because of"),
        choices=CRITERIA,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    preliminary_diagnosis = forms.CharField(
        label=_("Preliminary diagnosis"), max_length=200, required=False
    )
    narrative = written(label=_("Course"), max_length=4000, required=False)
    reason = forms.CharField(label=_("Why it is changed"), max_length=400)

    OWN = ("version", "reason", "is_judged", "serious_because")

    @classmethod
    def read(cls, case: Case) -> dict[str, Any]:
        """Return what the form shows of a case."""
        because = case.facts["serious_because"]
        shown = {name: case.facts[name] for name in cls.base_fields if name in case.facts}
        judged = {"is_judged": because is not None, "serious_because": because or []}
        return {**shown, **judged, "version": case.version}

    def facts(self, case: Case) -> CaseFacts:
        """Return the case with what was typed."""
        said = {name: value for name, value in self.cleaned_data.items() if name not in self.OWN}
        because = self.cleaned_data["serious_because"]
        is_judged = self.cleaned_data["is_judged"] or bool(because)
        changed = {
            **said,
            "outcome": said["outcome"] or None,
            "serious_because": because if is_judged else None,
        }
        return stored.from_json({**case.facts, **changed})


class ReasonForm(forms.Form):
    """Why; a case without gaps closes without one."""

    reason = forms.CharField(label=_("Reason"), max_length=400, required=False)


class StageForm(forms.Form):
    """A stage of the investigation, and when it was reached; the first word on a stage stands."""

    milestone = forms.ChoiceField(label=_("What was reached"), choices=STAGES)
    at = forms.DateTimeField(
        label=_("When"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean_at(self) -> datetime:
        """Refuse an instant ahead: it would move limits that run from it."""
        at: datetime = self.cleaned_data["at"]
        if at > clock.now() + AHEAD:
            raise forms.ValidationError(_("This lies in the future. Write when it was."))
        return at


class WordForm(forms.Form):
    """A class with its reasons."""

    kind = forms.ChoiceField(label=_("Whose class"), choices=ClassKind.choices)
    code = forms.ChoiceField(label=_("Class"), choices=coded(FINAL_CLASSES_2019))
    concluded_by = forms.ChoiceField(
        label=_("Concluded by"), choices=[("", "–"), *coded(CONCLUDED_BY)], required=False
    )
    damage_grade = forms.ChoiceField(
        label=_("Damage grade"), choices=[("", "–"), *coded(DAMAGE_GRADES)], required=False
    )
    reason = written(label=_("Reasons and evidence"), max_length=2000)


class ProofForm(forms.Form):
    """What was filed or who was told, and when."""

    proof = forms.ChoiceField(label=_("Proof"), choices=PROOFS)
    about = forms.ChoiceField(label=_("For"), choices=[("", "–"), *GRAVE], required=False)
    reference = forms.CharField(label=_("National number, or name and telephone"), max_length=200)
    done_at = forms.DateTimeField(
        label=_("When"), widget=forms.DateTimeInput({"type": "datetime-local"})
    )


class GraveForm(forms.Form):
    """What turned the case grave."""

    kind = forms.ChoiceField(label=_("What happened"), choices=GRAVE)
    reason = forms.CharField(label=_("Source of the word"), max_length=400)


class CommentForm(forms.Form):
    """A word between site and officers."""

    text = written(label=_("Comment"), max_length=2000)


ACTS: dict[str, type[forms.Form]] = {
    "facts": FactsForm,
    "submit": ReasonForm,
    "return": ReasonForm,
    "classify": WordForm,
    "file": ProofForm,
    "turn": GraveForm,
    "stage": StageForm,
    "close": ReasonForm,
    "reopen": ReasonForm,
    "comment": CommentForm,
}
"""The verbs of a case with the form of each."""
