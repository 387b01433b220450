"""Whether the instants of a case can follow each other; told in the reader's words, never a refusal."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aefi.exchange import stored
from aefi.exchange.case import earliest
from aefi.models import Case
from aefi.rules.order import Disorder, disorders

INSTANTS = {
    "born": gettext_lazy("birth"),
    "reconstituted": gettext_lazy("reconstitution"),
    "given": gettext_lazy("vaccination"),
    "onset": gettext_lazy("onset"),
    "discovered": gettext_lazy("discovery"),
    "died": gettext_lazy("death"),
    "reported": gettext_lazy("report"),
    "received": gettext_lazy("receipt"),
    "investigated": gettext_lazy("investigation"),
    "admitted": gettext_lazy("admission"),
    "discharged": gettext_lazy("discharge"),
    "recovered": gettext_lazy("recovery"),
    "now": gettext_lazy("this moment"),
}


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
    return [told(disorder) for disorder in disorders(moments, now=now)]


def told(disorder: Disorder) -> str:
    """Say in the reader's language what stands in the wrong order, and by how much."""
    words = _("{earlier} {earlier_at} is {gap} after {later} {later_at}")
    return words.format(
        earlier=INSTANTS[disorder.earlier],
        earlier_at=disorder.earlier_at,
        gap=_gap(disorder),
        later=INSTANTS[disorder.later],
        later_at=disorder.later_at,
    )


def _gap(disorder: Disorder) -> str:
    if disorder.days:
        return _("{days} d").format(days=disorder.days)
    if disorder.hours:
        words = _("{hours} h {minutes} min")
        return words.format(hours=disorder.hours, minutes=disorder.minutes)
    return _("{minutes} min").format(minutes=disorder.minutes)
