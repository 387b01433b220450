"""Two officers decide about the same cases at the same moment."""

import pytest

from aefi.exchange.case import CaseFacts
from aefi.models import Case, CasePair, PairState
from aefi.services import case_merges, cases
from aefi.services.case_merges import Choice
from aefi.services.cases import Act, NotNow
from alerts.models import Event
from alerts.outbox import Origin
from tests.factories import NOON, make_site
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ACT = Act(Origin(), NOON)


def opened(site):
    return cases.open_by_hand(site, CaseFacts("", discovered_at=NOON), ACT)


def pair_of(one, other):
    return CasePair.objects.create(one=one, other=other, score=50, found_at=NOON)


def merge(pair, kept):
    return lambda: case_merges.merge(pair.uuid, Choice(kept.uuid, "同一电话"), ACT)


def test_one_of_two_opposite_merges_stands():
    one, other = opened(make_site(name="here")), opened(make_site(name="there"))
    pair = pair_of(one, other)

    answers = at_once(merge(pair, one), merge(pair, other))

    assert all(isinstance(answer, CasePair) for answer in answers), answers
    assert len({answer.kept_id for answer in answers}) == 1
    assert Case.objects.filter(merged_into=None).count() == 1
    assert Event.objects.filter(type="case.merged").count() == 1


def test_a_chain_of_two_merges_leaves_no_case_under_a_part_of_another():
    first, middle, last = (opened(make_site(name=name)) for name in ("one", "two", "three"))
    upper, lower = pair_of(first, middle), pair_of(middle, last)

    answers = at_once(merge(upper, first), merge(lower, middle))

    refused = [answer for answer in answers if isinstance(answer, NotNow)]
    assert len(refused) == 1, answers
    assert Case.objects.filter(merged_into__merged_into__isnull=False).count() == 0


def test_a_merge_and_the_word_that_they_differ_leave_one_word():
    one, other = opened(make_site(name="here")), opened(make_site(name="there"))
    pair = pair_of(one, other)

    at_once(
        merge(pair, one),
        lambda: case_merges.call_different(pair.uuid, reason="twins", act=ACT),
    )

    pair.refresh_from_db()
    is_part = Case.objects.exclude(merged_into=None).exists()
    assert is_part == (pair.state == PairState.MERGED)


def test_a_case_that_turns_grave_while_it_is_merged_still_starts_its_two_hours():
    one, other = opened(make_site(name="here")), opened(make_site(name="there"))
    pair = pair_of(one, other)

    answers = at_once(
        merge(pair, one), lambda: cases.turn_grave(other.uuid, "death", reason="x", act=ACT)
    )

    assert not any(isinstance(answer, Exception) for answer in answers), answers
    standing = Case.objects.get(merged_into=None)
    assert "death" in standing.grave or "death" in Case.objects.get(pk=other.pk).grave
    assert cases.case_clocks.grave_of(standing)
