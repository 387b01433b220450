"""What the officers told a site: kept with the case, and new to each of its staff until read."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from aefi.models import Case, CaseView, OfficerWord
from alerts.models import Role, Site, User

READERS = (Role.CLINICIAN, Role.LEAD)


def keep_word(case: Case, kind: str, text: str, row: dict[str, Any]) -> None:
    """Keep a word for the site, when it is an officer's; `row` says who and when."""
    person = row["by"]
    if person is not None and person.has_role(case.site, [Role.OFFICER]):
        OfficerWord.objects.create(case=case, kind=kind, text=text, **row)


def new_for(person: User) -> QuerySet[OfficerWord]:
    """Return the officers' words on cases of the person's sites, until the person opens the case."""
    sites = Site.objects.with_role(person, READERS)
    read = CaseView.objects.filter(
        case=OuterRef("case"), by=person, purpose="read", at__gt=OuterRef("at")
    )
    rows = OfficerWord.objects.filter(~Exists(read), case__site__in=sites).exclude(by=person)
    return rows.select_related("case").order_by("-at", "-pk")
