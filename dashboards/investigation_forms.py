"""Forms of an investigation: its printed form, the sheets beside it, documents, the letter to the family."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from aefi.rules.forms import Item
from aefi.rules.investigation_form import SECTIONS, SHEETS, questions
from aefi.services.document_types import MOST_BYTES
from dashboards.case_forms import written

LONG = {"said", "deviation", "result", "distribution", "same_lot", "same_product", "similar"}


def words_of(item: Any) -> str:
    """Return an item's name, or a section's, as the reader's form has it."""
    is_chinese = (translation.get_language() or "").startswith("zh")
    return str(item.zh if is_chinese else item.en)


def field_of(item: Item) -> forms.Field:
    """Return the field of an item; nothing is required, what is missing is listed."""
    label = f"{item.number} {words_of(item)}{' *' if item.is_key else ''}"
    if item.codes:
        choices = [
            ("", "–"),
            *((one.code, f"{one.code} {words_of(one)}") for one in item.codes.codes),
        ]
        return forms.ChoiceField(label=label, choices=choices, required=False)
    if item.key in LONG:
        return written(label=label, max_length=4000, required=False)
    return forms.CharField(label=label, max_length=200, required=False)


class SheetForm(forms.Form):
    """One sheet; `replaces` is the one that was seen."""

    replaces = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, items: Mapping[str, Item], *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.items = dict(items)
        self.fields |= {key: field_of(item) for key, item in self.items.items()}

    @property
    def data_written(self) -> dict[str, str]:
        return {key: self.cleaned_data[key] for key in self.items if self.cleaned_data.get(key)}

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields of the investigation form by section and vaccine."""
        found = []
        for section in SECTIONS:
            for number in range(1, section.times + 1):
                start = f"{section.key}.{number}."
                fields = [self[key] for key in self.items if key.startswith(start)]
                count = f" {number}" if section.times > 1 else ""
                if fields:
                    found.append((f"{words_of(section)}{count}", fields))
        return found


def form_form(times: int, *given: Any, **options: Any) -> SheetForm:
    """Return the investigation form for so many vaccines."""
    return SheetForm(questions(times), *given, **options)


def sheet_form(kind: str, *given: Any, **options: Any) -> SheetForm:
    return SheetForm({item.key: item for item in SHEETS[kind]}, *given, **options)


class DocumentForm(forms.Form):
    """A file; it is read just above the limit, by which a larger one is told."""

    file = forms.FileField(label=_("File (PDF, picture, DOCX, XLSX, CSV or text, at most 20 MB)"))

    def content(self) -> bytes:
        data: bytes = self.cleaned_data["file"].read(MOST_BYTES + 1)
        return data


class WithdrawForm(forms.Form):
    """Which document is withdrawn, and why."""

    document = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason"), max_length=400)
