"""The two-hour card's facts: contacts, script, letter; and the public concern without a patient."""

from datetime import timedelta

import pytest

from aefi.exchange.case import CaseFacts, EventFacts, VaccineFacts
from aefi.models import DutyContact
from aefi.rules.clock_rules import Grave, Proof
from aefi.services import cases, two_hours
from aefi.services.cases import Act, NotNow, Said
from alerts.models import Role
from alerts.outbox import Origin
from tests.factories import NOON, make_member, make_site
from tests.floor_factories import frozen

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def at_noon(db):
    with frozen(NOON):
        yield


@pytest.fixture
def site():
    return make_site(county_code="310104")


@pytest.fixture
def act(site):
    return Act(Origin(actor=make_member(site, Role.OFFICER)), NOON)


def grave_case(site, act):
    facts = CaseFacts(
        "",
        patient_name="王小明",
        vaccines=(VaccineFacts("流感疫苗", lot="F1", given_at=NOON - 30 * MINUTE),),
        events=(EventFacts("过敏性休克", onset_at=NOON - 20 * MINUTE),),
        discovered_at=NOON - 20 * MINUTE,
    )
    case = cases.open_by_hand(site, facts, act)
    return cases.turn_grave(case.uuid, Grave.DEATH, reason="医院来电", act=act)


def contact(region, name):
    proof = Proof.HEALTH_ADMINISTRATION_TOLD
    return DutyContact.objects.create(region=region, proof=proof, name=name, phone="1")


def test_the_most_local_contact_is_the_one_to_call(site, act):
    for region, name in (("", "国家"), ("310104", "徐汇"), ("31", "上海"), ("44", "广东")):
        contact(region, name)

    (turn,) = two_hours.turns_of(grave_case(site, act))

    by_proof = {call.proof: call.contact for call in turn.calls}
    assert by_proof[Proof.HEALTH_ADMINISTRATION_TOLD].name == "徐汇"
    assert by_proof[Proof.DRUG_REGULATOR_TOLD] is None


def test_a_call_that_was_made_is_ticked_with_its_time(site, act):
    case = grave_case(site, act)
    proof = Said(Proof.DRUG_REGULATOR_TOLD, "值班员 张", NOON + 5 * MINUTE, about=Grave.DEATH)
    case = cases.file(case.uuid, proof, act)

    (turn,) = two_hours.turns_of(case)

    done = {call.proof: call.done for call in turn.calls if call.done}
    assert list(done) == [Proof.DRUG_REGULATOR_TOLD]
    assert done[Proof.DRUG_REGULATOR_TOLD].at == NOON + 5 * MINUTE


def test_the_script_tells_what_happened_and_no_name(site, act):
    script = two_hours.script_of(grave_case(site, act))

    for word in ("徐汇接种点", "流感疫苗", "F1", "2026-11-22 11:30", "过敏性休克", "12:00"):
        assert word in script
    assert "王小明" not in script


def test_a_new_text_needs_a_new_approval(site, act):
    case = grave_case(site, act)
    first = two_hours.write_letter(case.uuid, "一", act)
    two_hours.approve_letter(case.uuid, first.pk, act)

    second = two_hours.write_letter(case.uuid, "二", act)

    assert second.approved_by is None
    with pytest.raises(two_hours.LetterChanged):
        two_hours.approve_letter(case.uuid, first.pk, act)


def test_a_public_concern_has_two_hours_and_no_card(site, act):
    case = cases.open_concern(site, "网传接种后死亡", act)

    (turn,) = two_hours.turns_of(case)

    assert turn.about == Grave.PUBLIC_CONCERN
    assert turn.clock.due_at == NOON + timedelta(hours=2)
    assert case.due_at == NOON + timedelta(hours=2)
    assert case.missing == []
    assert [clock.rule.code for clock in two_hours.case_clocks.clocks(case)] == ["R2"]


def test_three_calls_end_the_two_hours_of_a_concern(site, act):
    case = cases.open_concern(site, "网传接种后死亡", act)
    (turn,) = two_hours.turns_of(case)

    for call in turn.calls:
        case = cases.file(case.uuid, Said(call.proof, "值班员", NOON, about=turn.about), act)

    (turn,) = two_hours.turns_of(case)
    assert turn.clock.missing == ()
    assert case.due_at is None


def test_a_concern_closes_only_with_proof_or_a_reason(site, act):
    case = cases.open_concern(site, "网传接种后死亡", act)
    cases.move(case.uuid, "submit", reason="", act=act)

    with pytest.raises(NotNow) as refused:
        cases.move(case.uuid, "close", reason="", act=act)

    assert len(refused.value.facts["missing"]) == 1
