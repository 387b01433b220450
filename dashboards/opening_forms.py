"""Forms that open a case: for a reaction of the hall, by hand, and for a public concern without a patient."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from aefi.exchange.case import CaseFacts, EventFacts, ReporterFacts, Sex, VaccineFacts
from aefi.services import worklist
from aefi.services.instants import AHEAD
from alerts.gateways import clock
from alerts.models import Site, User
from dashboards.case_forms import SEXES, written
from observation.models import Reaction


class SiteForm(forms.Form):
    """Which of the person's sites it is about."""

    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"), to_field_name="uuid")

    def __init__(self, sites: QuerySet[Site], data: Any = None) -> None:
        super().__init__(data)
        field: Any = self.fields["site"]
        field.queryset = sites.order_by("name")
        field.initial = field.queryset.first()


class ReactionForm(forms.Form):
    """One of the reactions that wait."""

    reaction = forms.ModelChoiceField(Reaction.objects.none(), to_field_name="uuid")

    def __init__(self, sites: QuerySet[Site], data: Any = None) -> None:
        super().__init__(data)
        field: Any = self.fields["reaction"]
        field.queryset = worklist.reactions_waiting(sites, now=clock.now())


class ConcernForm(SiteForm):
    """What is said, and where."""

    words = written(label=_("What is said, where, since when"), max_length=2000)


def instant(label: Any, **options: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, **options)


class ByHandForm(SiteForm):
    """What a caller or a letter tells; all but what happened may be missing."""

    patient_name = forms.CharField(label=_("Name of the person"), max_length=80, required=False)
    birth_date = forms.DateField(
        label=_("Born on"), required=False, widget=forms.DateInput({"type": "date"})
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=SEXES, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    vaccine = forms.CharField(label=_("Vaccine"), max_length=80, required=False)
    lot = forms.CharField(label=_("Lot"), max_length=40, required=False)
    given_at = instant(_("Vaccinated at"), required=False)
    term = forms.CharField(label=_("What happened, in a few words"), max_length=200)
    onset_at = instant(_("Began at"), required=False)
    discovered_at = instant(_("When the site came to know"), required=False)
    narrative = written(label=_("Course"), max_length=4000, required=False)

    def clean_discovered_at(self) -> Any:
        """Refuse an instant that lies ahead: its clock would begin too late."""
        known = self.cleaned_data["discovered_at"]
        if known and known > clock.now() + AHEAD:
            raise ValidationError(_("This lies in the future. Write when the site came to know."))
        return known

    def facts(self, person: User) -> CaseFacts:
        """Return the case as far as it was told."""
        said = self.cleaned_data
        dose = VaccineFacts(name=said["vaccine"], lot=said["lot"], given_at=said["given_at"])
        has_dose = said["vaccine"] or said["lot"] or said["given_at"]
        return CaseFacts(
            case_number="",
            county=said["site"].county_code,
            patient_name=said["patient_name"],
            birth_date=said["birth_date"],
            sex=Sex(said["sex"]),
            phone=said["phone"],
            vaccines=(dose,) if has_dose else (),
            events=(EventFacts(said["term"], onset_at=said["onset_at"]),),
            narrative=said["narrative"],
            reporter=ReporterFacts(name=str(person), institution=said["site"].name),
            discovered_at=said["discovered_at"],
        )
