"""Two records of one person: find them, make them one, take it back. Works without script."""

from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from alerts.gateways import clock
from alerts.models import Site
from alerts.outbox import Origin
from alerts.services.refusals import Refusal
from dashboards import selectors
from dashboards.selectors import Viewer, page_config
from dashboards.views.lan import for_leads
from observation.models import PersonMerge, Recipient
from observation.services.persons import merge_recipients, undo_merge


class MergeForm(forms.Form):
    """Which record stays, which becomes part of it, and how that is known."""

    keep = forms.UUIDField(error_messages={"required": _("Choose the record that stays.")})
    merge = forms.UUIDField(
        error_messages={"required": _("Choose the record that becomes part of it.")}
    )
    reason = forms.CharField(label=_("How do you know?"), max_length=200)

    def __init__(self, site: Site, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.site = site

    def clean(self) -> None:
        """Find both records at this site; another site's is not found."""
        super().clean()
        for name in ("keep", "merge"):
            key = self.cleaned_data.get(name)
            if key and not Recipient.objects.filter(site=self.site, uuid=key).exists():
                self.add_error(name, ValidationError(_("Not found, or not at one of your sites.")))


@for_leads
def persons(request: HttpRequest, viewer: Viewer, site: Site) -> HttpResponse:
    """List who may be recorded twice, or who was searched for; merge two of them."""
    form = MergeForm(site, request.POST or None)
    if request.method == "POST" and form.is_valid() and _merged(form, viewer):
        return redirect("persons", site=site.uuid)
    words = request.GET.get("q", "").replace("\0", "").strip()
    context = {
        "form": form,
        "words": words,
        "rows": selectors.persons_found(site, words),
        "merges": PersonMerge.objects.filter(kept__site=site)
        .select_related("kept", "merged", "merged_by")
        .order_by("-merged_at", "-pk")[:50],
        "site": site,
        "viewer": viewer,
        "page": "persons",
        "title": _("Persons recorded twice"),
        "config": page_config(viewer, site, page="persons"),
        "catalogue": {},
    }
    return render(request, "dashboards/persons.html", context)


def _merged(form: MergeForm, viewer: Viewer) -> bool:
    """Merge; what the floor refuses becomes an error of the form."""
    origin = Origin(actor=viewer.user, device=viewer.device)
    try:
        merge_recipients(origin=origin, now=clock.now(), **form.cleaned_data)
    except Refusal as refusal:
        form.add_error("merge", str(refusal))
    return form.is_valid()


@require_POST
@for_leads
def undo(request: HttpRequest, viewer: Viewer, site: Site, *, merge: UUID) -> HttpResponse:
    """Let both records stand again as they were."""
    if not PersonMerge.objects.filter(kept__site=site, uuid=merge).exists():
        raise Http404
    origin = Origin(actor=viewer.user, device=viewer.device)
    undo_merge(merge_uuid=merge, origin=origin, now=clock.now())
    return redirect("persons", site=site.uuid)
