"""A guardian's consent, and the removal of identities whose time of keeping is over."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from alerts.outbox import SYSTEM, Fact, Origin, append_event
from observation.models import DocumentKind, Dose, Observation, Recipient
from observation.rules import privacy as rules

Claim = Callable[[QuerySet[Recipient]], QuerySet[Recipient]]
_claims: list[Claim] = []
BUNDLE = 500


def keep_for(claim: Claim) -> None:
    """Have a higher app name, among recipients, those whose identity it still needs."""
    _claims.append(claim)


@transaction.atomic
def record_consent(recipient: Recipient, *, origin: Origin, now: datetime) -> Recipient:
    """Record that the guardian agreed; the first time stands."""
    row = Recipient.objects.select_for_update().get(pk=recipient.pk)
    if row.consent_at is None:
        row.consent_at, row.consent_by = now, origin.actor
        row.save(update_fields=["consent_at", "consent_by"])
        fact = Fact("person.consent_recorded", str(row.uuid))
        append_event(row.site_id, fact, now=now, origin=origin)
    return row


@dataclass(frozen=True)
class Overdue:
    """Somebody whose identity need not be kept any longer, and since which day."""

    recipient: Recipient
    kept_until: date


def overdue(*, now: datetime) -> Iterator[Overdue]:
    """Return whose record was kept long enough: every dose long expired, no watch, nobody's claim."""
    rows = Recipient.objects.filter(forgotten_at=None, observations__isnull=False)
    rows = rows.exclude(observations__in=Observation.objects.open()).distinct().order_by("pk")
    for claim in _claims:
        rows = rows.exclude(pk__in=claim(Recipient.objects.all()).values("pk"))
    for recipient in rows.iterator(chunk_size=BUNDLE):
        until = rules.kept_until(_expiries(recipient))
        if until is not None and until < now.date():
            yield Overdue(recipient, until)


def _expiries(recipient: Recipient) -> list[date | None]:
    doses = Dose.objects.filter(observation__recipient=recipient)
    return list(doses.values_list("lot__expires_on", flat=True))


@transaction.atomic
def forget(recipient: Recipient, *, now: datetime) -> None:
    """Remove who the person was; doses, reactions, year of birth and the event log stay."""
    row = Recipient.objects.select_for_update().get(pk=recipient.pk)
    row.name = row.phone = row.guardian = row.group_name = ""
    row.document_kind, row.document_cipher, row.document_digest = DocumentKind.NONE, "", ""
    row.external_system = row.external_id = ""
    row.born_on = row.born_on and row.born_on.replace(month=1, day=1)
    row.forgotten_at = now
    row.save()
    fact = Fact("person.forgotten", str(row.uuid))
    append_event(row.site_id, fact, now=now, origin=SYSTEM)
