"""The card item by item, in the national order, for whoever types it into the national system."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from aefi.exchange import card, stored
from aefi.models import Case
from aefi.services import cases, worklist
from aefi.services.cases import Act
from alerts.gateways import clock
from alerts.models import User
from alerts.outbox import Origin
from dashboards.selectors import Viewer
from dashboards.views.cases import desk_page, for_writers


@require_safe
@for_writers
def copy(request: HttpRequest, viewer: Viewer, person: User, *, key: UUID) -> HttpResponse:
    """Show the card's items with code and value; the view is kept, for the values leave here."""
    rows = Case.objects.select_related("site")
    case = rows.filter(uuid=key, site__in=worklist.sites_of(person)).first()
    if case is None:
        raise Http404
    cases.note_view(case, "copy", Act(Origin(actor=person, device=viewer.device), clock.now()))
    facts = stored.from_json(case.facts)
    context = {
        "row": case,
        "items": [(one, _words(one)) for one in card.rows(facts)],
        "notes": card.notes(facts),
    }
    return desk_page(request, viewer, "copy", _("Copy into the national system"), context)


def _words(row: card.Row) -> str:
    is_chinese = (translation.get_language() or "").startswith("zh")
    dose = f" ({row.key.split('.')[1]})" if row.key.startswith("vaccines.") else ""
    return f"{row.item.number} {row.item.zh if is_chinese else row.item.en}{dose}"
