"""Whether the instants of a case can follow each other; told in words, never a refusal."""

from datetime import datetime

from aefi.exchange import stored
from aefi.exchange.case import earliest
from aefi.models import Case
from aefi.rules.order import disorders


def disorders_of(case: Case, *, now: datetime) -> list[str]:
    """Return every pair of instants in the wrong order, compared to the minute."""
    facts = stored.from_json(case.facts)
    moments = {
        "born": facts.birth_date,
        "given": earliest(vaccine.given_at for vaccine in facts.vaccines),
        "onset": facts.onset_at,
        "discovered": facts.discovered_at,
        "reported": facts.reported_at,
        "received": facts.received_at,
        "died": facts.died_at,
    }
    return [disorder.text for disorder in disorders(moments, now=now)]
