"""Two officers who decide at the same instant: one decision stands, the other hears of it."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connection

from aefi.models import Assessment, FamilyLetter
from aefi.rules.causality import QUESTIONS
from aefi.services import assessments, case_classes, cases, conclusions
from aefi.services.assessments import Decision, Sheet
from aefi.services.case_classes import Word
from aefi.services.cases import Act, Outdated
from alerts.models import Event, Role
from alerts.outbox import Origin
from alerts.services.refusals import Refusal
from tests.aefi.cases import FULL
from tests.factories import NOON, make_member, make_site
from tests.floor_factories import frozen

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Carry out all acts at the same instant; return what each gave, a refusal where it was refused."""
    together, given = Barrier(len(acts)), []

    def carry_out(act: Callable[[], object]) -> None:
        together.wait(5)
        try:
            given.append(act())
        except Refusal as refusal:
            given.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=carry_out, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return given


@pytest.fixture
def officers():
    with frozen(NOON):
        site = make_site(county_code="310104")
        people = [make_member(site, Role.OFFICER, name) for name in ("one", "two")]
        case = cases.open_by_hand(site, FULL, Act(Origin(), NOON))
        yield case, [Act(Origin(actor=person), NOON) for person in people]


def test_one_of_two_decisions_on_the_cause_stands(officers):
    case, acts = officers
    sheet = Sheet("causality", "who_2018", dict.fromkeys(QUESTIONS, "yes"))
    decide = partial(assessments.assess, case.uuid, sheet, base=0)

    given = at_once(
        partial(decide, Decision("A1", "病历"), act=acts[0]),
        partial(decide, Decision("C", "病历"), act=acts[1]),
    )

    case.refresh_from_db()
    stands = Assessment.objects.get()
    assert [type(one) for one in given if isinstance(one, Refusal)] == [Outdated]
    assert (case.facts["who_classes"], case.version) == ([stands.decided], 2)


def test_two_approvals_of_a_letter_are_one(officers):
    case, acts = officers
    case_classes.classify(case.uuid, Word("final", "1", "已查明", concluded_by="3"), acts[0])
    letter = conclusions.write(case.uuid, "致家长", acts[0])

    given = at_once(*(partial(conclusions.approve, case.uuid, letter.pk, act) for act in acts))

    stands = FamilyLetter.objects.get()
    assert stands.approved_by in {act.origin.actor for act in acts}
    assert [one.approved_by for one in given] == [stands.approved_by] * 2
    assert Event.objects.filter(type="case.letter_approved").count() == 1
