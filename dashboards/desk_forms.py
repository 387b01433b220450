"""The filters of the worklist; they live in the address, so that a list can be kept and sent."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from aefi.models import CaseOrigin, CaseState, ClassKind, Level
from aefi.services.case_bulk import NEED_WORDS
from alerts.models import Site

ALL = ("", _("all"))
FIRST_YEAR, LAST_YEAR = 1990, 2100
IS_COUNTY = RegexValidator(r"^[0-9]{2}([0-9]{2}){0,2}$", _("Give 2, 4 or 6 digits of the area."))
MORE = ("site", "county", "origin", "due", "class", "vaccine", "lot", "since", "until", "missing")
"""What stands behind "more filters"."""


def day_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )


class DeskForm(forms.Form):
    """The filters of the worklist over the sites of a person."""

    q = forms.CharField(label=_("Search"), max_length=80, required=False)
    state = forms.ChoiceField(
        label=_("State"), choices=[ALL, ("open", _("not closed")), *CaseState.choices]
    )
    serious = forms.ChoiceField(label=_("Serious"), choices=[ALL, ("1", _("yes")), ("0", _("no"))])
    site = forms.ChoiceField(label=_("Site"))
    county = forms.CharField(label=_("County or area"), max_length=6, validators=[IS_COUNTY])
    origin = forms.ChoiceField(label=_("Origin"), choices=[ALL, *CaseOrigin.choices])
    due = forms.ChoiceField(
        label=_("Legal limit"),
        choices=[
            ALL,
            ("late", _("overdue")),
            ("soon", _("within 24 hours")),
            ("none", _("no clock is running")),
        ],
    )
    vaccine = forms.CharField(label=_("Vaccine"), max_length=80)
    lot = forms.CharField(label=_("Lot"), max_length=40)
    since = day_field(_("Opened since"))
    until = day_field(_("Opened until"))
    missing = forms.ChoiceField(
        label=_("Items of the card"),
        choices=[ALL, ("some", _("something is missing")), ("none", _("complete"))],
    )

    def __init__(self, data: Any, sites: QuerySet[Site]) -> None:
        super().__init__(data)
        self.fields["class"] = forms.ChoiceField(
            label=_("Class"), choices=[ALL, *ClassKind.choices, ("none", _("none yet"))]
        )
        known = sites.order_by("name").values_list("uuid", "name")
        self.fields["site"].choices = [ALL, *((str(key), name) for key, name in known)]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.required = False

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        days = {name: said[name] for name in ("since", "until") if said.get(name)}
        for name, day in days.items():
            if not FIRST_YEAR <= day.year < LAST_YEAR:
                self.add_error(name, _("Choose a day between 1990 and 2100."))
        if len(days) == 2 and days["until"] < days["since"]:
            self.add_error("until", _("The last day lies before the first one."))
        return said

    @property
    def asked(self) -> dict[str, str]:
        """The filters that are set, as words; none where one of them cannot be read."""
        if not self.is_valid():
            return {}
        return {name: str(value) for name, value in self.cleaned_data.items() if value}

    @property
    def query(self) -> str:
        """The filters as they stand in the address."""
        return urlencode(self.asked)

    @property
    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in MORE]

    @property
    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in MORE]

    @property
    def shows_more(self) -> bool:
        """Say whether one of the further filters is set or wrong."""
        return any(self.asked.get(name) or name in self.errors for name in MORE)


class ViewForm(forms.Form):
    """The name under which the filters are kept."""

    name = forms.CharField(label=_("Name of the view"), max_length=40)
    is_first = forms.BooleanField(label=_("Open the desk with it"), required=False)


class BulkForm(forms.Form):
    """One act on the cases that are ticked."""

    verb = forms.ChoiceField(
        label=_("What to do with the ticked cases"),
        choices=[
            ("submit", _("Submit to the county")),
            ("return", _("Return for correction")),
            ("comment", _("Comment")),
            ("close", _("Close the case")),
        ],
    )
    words = forms.CharField(
        label=_("Reason or comment, the same for all"),
        max_length=400,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("verb") in NEED_WORDS and not said.get("words") and not self.errors:
            self.add_error("words", _("Say why, so that the site knows what to do."))
        return said


class OfferForm(forms.Form):
    """To which level a case is offered, and why."""

    to_level = forms.ChoiceField(label=_("To"), choices=Level.choices)
    reason = forms.CharField(label=_("Reason"), max_length=400)


class TakeForm(forms.Form):
    """Taking a case needs no further word."""


class WhyForm(forms.Form):
    """Why an offer is declined or taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=400)
