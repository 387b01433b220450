"""Forms of the assessments: the questions of an edition, and the decision of a person."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aefi.rules.brighton_2007 import BRIGHTON_2007
from aefi.rules.causality import QUESTIONS as CAUSALITY
from aefi.rules.causality import SUBCLASSES, VERSION
from aefi.rules.seriousness import SCALES
from aefi.services.assessments import GATE, MOST_MINUTES, Decision, Sheet
from dashboards.assessment_words import (
    CLASSES,
    LEVELS,
    QUESTIONS,
    READINGS,
    SCALE_NAMES,
    SIGNS,
    SYSTEMS,
    WEIGHING,
)

NOT_ASSESSED = "not_assessed"
ANSWERS = [(NOT_ASSESSED, _("not assessed")), ("yes", _("yes")), ("no", _("no"))]


def asked(names: Iterable[str], words: Mapping[str, Any]) -> dict[str, forms.Field]:
    """Return one field of three answers for each question."""
    return {name: forms.ChoiceField(label=words[name], choices=ANSWERS) for name in names}


class AssessmentForm(forms.Form):
    """The answers as they stand, and on top of which assessment they were typed."""

    kind = ""
    base = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def answers(self) -> dict[str, Any]:
        """Return what was answered; a question that is left open is absent."""
        own = AssessmentForm.base_fields.keys() | {"reading", "decided", "reason", "is_decision"}
        said = {name: value for name, value in self.cleaned_data.items() if name not in own}
        return {name: value for name, value in said.items() if value not in {"", NOT_ASSESSED}}

    def sheet(self) -> Sheet:
        raise NotImplementedError

    def decision(self) -> Decision:
        """Return the decision, empty where only the answers are kept."""
        said = self.cleaned_data
        if self.data.get("act") != "decide":
            return Decision()
        decided = said["decided"]
        text = " ".join(decided) if isinstance(decided, list) else decided
        return Decision(text, said["reason"])


def reason() -> forms.CharField:
    return forms.CharField(
        label=_("Why, where the rules propose otherwise"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )


class CausalityForm(AssessmentForm):
    """WHO's questions in their steps, and the class that a person decides."""

    kind = "causality"
    weighing = forms.ChoiceField(
        label=_("How the other factors weigh"),
        choices=[("", _("not assessed")), *WEIGHING.items()],
        required=False,
    )
    decided = forms.MultipleChoiceField(
        label=_("The panel decides"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = reason()

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.fields |= asked(CAUSALITY, {key: f"{key} {words}" for key, words in QUESTIONS.items()})
        classes = [(code, f"{code} {CLASSES[code]}") for code in SUBCLASSES]
        self.fields["decided"].choices = classes  # type: ignore[attr-defined]

    def sheet(self) -> Sheet:
        return Sheet(self.kind, VERSION, self.answers())

    @property
    def groups(self) -> dict[str, list[forms.BoundField]]:
        """Return the questions by their step."""
        found: dict[str, list[forms.BoundField]] = {}
        for key in CAUSALITY:
            found.setdefault(key.partition(".")[0], []).append(self[key])
        found["IV"].append(self["weighing"])
        return found


class BrightonForm(AssessmentForm):
    """What was seen and measured, by body system, and the level that a person decides."""

    kind = "brighton"
    reading = forms.ChoiceField(label=_("Reading"), choices=list(READINGS.items()))
    decided = forms.ChoiceField(
        label=_("The level that is decided"),
        choices=[("", "–"), *LEVELS.items()],
        required=False,
    )
    reason = reason()

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.fields |= asked([*GATE, *(sign.code for sign in BRIGHTON_2007.signs)], SIGNS)

    def sheet(self) -> Sheet:
        return Sheet(self.kind, BRIGHTON_2007.id, self.answers(), self.cleaned_data["reading"])

    @property
    def groups(self) -> dict[str, list[forms.BoundField]]:
        """Return onset and course, then the signs by the body system of their criterion."""
        found = {"gate": [self[name] for name in GATE]}
        for system in (name for name in SYSTEMS if name != "gate"):
            codes = {
                code
                for criterion in (*BRIGHTON_2007.majors, *BRIGHTON_2007.minors)
                if criterion.system == system
                for code in criterion.signs
            }
            shown = {field.name for fields in found.values() for field in fields}
            signs = [sign.code for sign in BRIGHTON_2007.signs]
            found[system] = [self[code] for code in signs if code in codes - shown]
        return found


class SeverityForm(AssessmentForm):
    """How severe the reaction was at its worst, on a named scale."""

    kind = "severity"
    scale_grade = forms.ChoiceField(label=_("Scale and grade"), widget=forms.RadioSelect)
    minutes_to_adrenaline = forms.IntegerField(
        label=_("Minutes from the first sign to adrenaline; empty if none was given"),
        min_value=0,
        max_value=MOST_MINUTES,
        required=False,
    )
    is_over = forms.BooleanField(label=_("The reaction is over"), required=False)
    reason = reason()

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.fields["scale_grade"].choices = [  # type: ignore[attr-defined]
            (
                SCALE_NAMES[scale.id],
                [
                    (f"{scale.id} {one.code}", f"{one.code}: {GRADES[one.meaning]}")
                    for one in scale.grades
                ],
            )
            for scale in SCALES.values()
        ]

    def sheet(self) -> Sheet:
        said = self.cleaned_data
        scale, _space, grade = said["scale_grade"].partition(" ")
        minutes = said["minutes_to_adrenaline"]
        answers = {"grade": grade, "minutes_to_adrenaline": minutes, "is_over": said["is_over"]}
        return Sheet(self.kind, scale, answers)

    def decision(self) -> Decision:
        return Decision(reason=self.cleaned_data["reason"])


GRADES = {
    "one system: skin beyond the site, upper airway, eyes or nausea": _(
        "one system: skin beyond the site, upper airway, eyes or nausea"
    ),
    "two or more systems of grade 1": _("two or more systems of grade 1"),
    "mild lower airway that responds to treatment, cramps, vomiting, diarrhoea": _(
        "mild lower airway that responds to treatment, cramps, vomiting, diarrhoea"
    ),
    "severe bronchospasm that does not respond, laryngeal oedema with stridor": _(
        "severe bronchospasm that does not respond, laryngeal oedema with stridor"
    ),
    "respiratory failure, collapse with low pressure, loss of consciousness": _(
        "respiratory failure, collapse with low pressure, loss of consciousness"
    ),
    "one system": _("one system"),
    "more than one system, or lower airway that responds": _(
        "more than one system, or lower airway that responds"
    ),
    "lower airway that does not respond, or laryngeal oedema": _(
        "lower airway that does not respond, or laryngeal oedema"
    ),
    "respiratory failure or low pressure": _("respiratory failure or low pressure"),
    "death": _("Death"),
    "skin only": _("skin only"),
    "measurable, not life-threatening: pulse, pressure, breathing, gut": _(
        "measurable, not life-threatening: pulse, pressure, breathing, gut"
    ),
    "life-threatening: shock, bronchospasm": _("life-threatening: shock, bronchospasm"),
    "arrest of heart or breathing": _("arrest of heart or breathing"),
    "breathing, heart or gut involved": _("breathing, heart or gut involved"),
    "cyanosis, low saturation or pressure, confusion, collapse": _(
        "cyanosis, low saturation or pressure, confusion, collapse"
    ),
}
"""The steps of the scales in the reader's language."""
