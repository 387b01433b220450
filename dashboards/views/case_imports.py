"""Taking files of other systems into the register, and what became of them."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from aefi.exchange.case import Refused
from aefi.exchange.intake import MOST_BYTES, MOST_FILES, SentFile
from aefi.models import CaseImport
from aefi.models.transfers import ImportFormat
from aefi.services import case_imports, receiver_answers
from aefi.services.cases import Act
from alerts.gateways import clock
from alerts.models import Site, User
from alerts.outbox import Origin
from dashboards.import_words import place_words, reason_words
from dashboards.selectors import Viewer
from dashboards.views.cases import View, desk_page, for_writers

SHOWN = 20
MOST_REFUSALS = 200
"""Refusals shown for one file; the API has them all."""
ADVICE = {
    ImportFormat.VAERS: _(
        "Correct this line in the file and send the file again; what is known stays as it is."
    ),
    ImportFormat.UNKNOWN: _("Send VAERS tables, E2B(R3) XML or a FHIR R4 bundle."),
}
WHOLE = _("Nothing of this file was taken in. Ask its sender for a correct one and send that.")


class ManyFiles(forms.FileInput):
    """One field for all files of an export."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """The files of one form, no more than are taken in at once."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[SentFile]:
        """Read each file, cut just above the limit, by which a longer one is told."""
        files = data or []
        if not 0 < len(files) <= MOST_FILES:
            raise forms.ValidationError(
                _("Send between 1 and {most} files.").format(most=MOST_FILES)
            )
        return [SentFile(one.name or "file", one.read(MOST_BYTES + 1)) for one in files]


class ImportForm(forms.Form):
    """The files, and whose register they go into."""

    site = forms.ModelChoiceField(Site.objects.none(), label=_("Into the register of"))
    uploads = ManyFilesField(label=_("Files"), widget=ManyFiles({"multiple": True}))

    def __init__(self, person: User, *given: Any) -> None:
        super().__init__(*given)
        field = self.fields["site"]
        sites = case_imports.sites_of(person)
        field.queryset = sites  # type: ignore[attr-defined]
        field.initial = sites.first()


def for_officers(view: View) -> View:
    """Open a page of the desk to officers alone."""

    @for_writers
    def guarded(request: HttpRequest, viewer: Viewer, person: User, **keys: Any) -> HttpResponse:
        if not case_imports.sites_of(person).exists():
            return render(request, "dashboards/not_allowed.html", {"viewer": viewer}, status=403)
        return view(request, viewer, person, **keys)

    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@for_officers
def import_page(request: HttpRequest, viewer: Viewer, person: User) -> HttpResponse:
    """Take files in and list each refusal; sending a form twice changes nothing."""
    given = (request.POST, _all_files(request)) if request.method == "POST" else ()
    form = ImportForm(person, *given)
    made: list[CaseImport] = []
    answered: list[dict[str, Any]] = []
    if form.is_valid():
        act = Act(Origin(actor=person, device=viewer.device), clock.now())
        files = form.cleaned_data["uploads"]
        answers = [one for one in files if receiver_answers.is_one(one.content)]
        answered = [_answered(person, one, act) for one in answers]
        reports = [one for one in files if one not in answers]
        made = case_imports.take_in(form.cleaned_data["site"], reports, act)
    before = case_imports.imports_at(case_imports.sites_of(person))
    context = {
        "form": form,
        "answered": answered,
        "made": [(row, _refusals(row)) for row in made],
        "before": [
            (row, _refusals(row)) for row in before.exclude(pk__in=[one.pk for one in made])[:SHOWN]
        ],
    }
    return desk_page(request, viewer, "import", _("Cases from files"), context)


def _answered(person: User, file: SentFile, act: Act) -> dict[str, Any]:
    """Keep a receiver's answers, or say why the file cannot be read."""
    try:
        taken = receiver_answers.take_in(case_imports.sites_of(person), file.content, act)
    except Refused as refusal:
        where, reason = place_words(refusal.path), reason_words(refusal.reason)
        return {"name": file.name, "error": f"{where}: {reason}"}
    return {"name": file.name, "kept": taken.kept, "unknown": taken.unknown}


def _all_files(request: HttpRequest) -> dict[str, Any]:
    return {"uploads": request.FILES.getlist("uploads")}


def _refusals(row: CaseImport) -> list[tuple[str, str, object]]:
    is_whole = not row.opened and not row.known and row.format != ImportFormat.UNKNOWN
    advice = WHOLE if is_whole else ADVICE.get(ImportFormat(row.format), WHOLE)
    told = row.refused[:MOST_REFUSALS]
    return [(place_words(one["where"]), reason_words(one["reason"]), advice) for one in told]
