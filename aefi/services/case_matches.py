"""Which cases may be second reports of each other: looked for whenever a case is written."""

from datetime import date, datetime

from django.db.models import Q, QuerySet

from aefi.exchange import stored
from aefi.exchange.case import CaseFacts, earliest
from aefi.models import Case, CasePair, PairState
from aefi.rules.duplicates import POSSIBLE_FROM, Candidate, Match, compare
from aefi.rules.names import pinyin

PREFECTURE_DIGITS = 4
MOST_COMPARED = 200
"""Cases that one is compared with at most, the newest first."""


def name_key(name: str) -> str:
    """Return the sorted letters of a name by sound: the same for both orders of its parts."""
    return "".join(sorted(pinyin(name)))[:80]


def birth_date_of(facts: CaseFacts) -> date | None:
    born = facts.birth_date
    return born.date() if isinstance(born, datetime) else born


def look(case: Case, facts: CaseFacts, *, now: datetime) -> None:
    """Keep every pair of this case that is alike enough, and drop the undecided ones that are not.

    What a person called different is asked again only when the two have become more alike.
    """
    before = {(one.one_id, one.other_id): one for one in pairs_of(case)}
    for other in _near(case):
        match = compare(_candidate(facts), _candidate(stored.from_json(other.facts)))
        keys = (min(case.pk, other.pk), max(case.pk, other.pk))
        pair = before.pop(keys, None)
        if match.score >= POSSIBLE_FROM:
            _keep(pair or CasePair(one_id=keys[0], other_id=keys[1], found_at=now), match)
        elif pair is not None and pair.state == PairState.OPEN:
            pair.delete()
    stale = [pair.pk for pair in before.values() if pair.state == PairState.OPEN]
    CasePair.objects.filter(pk__in=stale).delete()


def _keep(pair: CasePair, match: Match) -> None:
    if pair.state == PairState.MERGED:
        return
    if pair.state == PairState.DIFFERENT and match.score <= pair.score:
        return
    pair.state, pair.score = PairState.OPEN, match.score
    pair.reasons = [[reason.points, reason.text] for reason in match.reasons]
    pair.save()


def _near(case: Case) -> QuerySet[Case]:
    """Return the cases of the prefecture with the same letters in the name or the same birth date."""
    same = Q(name_key=case.name_key) if case.name_key else Q()
    if case.birth_date:
        same |= Q(birth_date=case.birth_date)
    if not same:
        return Case.objects.none()
    region = case.site.county_code[:PREFECTURE_DIGITS]
    rows = Case.objects.filter(same, site__county_code__startswith=region, merged_into=None)
    return rows.exclude(pk=case.pk).order_by("-pk")[:MOST_COMPARED]


def _candidate(facts: CaseFacts) -> Candidate:
    return Candidate(
        name=facts.patient_name,
        birth_date=birth_date_of(facts),
        sex=str(facts.sex),
        lots=frozenset(one.lot for one in facts.vaccines if one.lot),
        given_at=earliest(one.given_at for one in facts.vaccines),
        onset_at=facts.onset_at,
    )


def pairs_of(case: Case) -> QuerySet[CasePair]:
    """Return the pairs of a case, the likeliest first."""
    mine = CasePair.objects.filter(Q(one=case) | Q(other=case))
    return mine.select_related("one__site", "other__site", "decided_by").order_by("-score", "pk")
